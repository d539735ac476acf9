// From spawning the process to its first answer, all servers in turn.
import { startServer } from '../server.mjs'
import { median } from '../statistics.mjs'

/** @param {import('../stage.mjs').Stage} stage */
export async function measureStart({ peers, nodeOf, starts, freePort, say }) {
  const samples = new Map(peers.map(({ name }) => [name, []]))
  for (let turn = 0; turn < starts; turn++) {
    for (const peer of peers) {
      const port = await freePort()
      const server = await startServer({ node: nodeOf(peer), args: peer.args(port), port })
      samples.get(peer.name).push(server.firstAnswerMs)
      await server.stop()
    }
  }
  return peers.map(({ name, version }) => {
    const ms = Math.round(median(samples.get(name)))
    say(`${name}: first answer after ${ms} ms`)
    return { name, version, ms }
  })
}
