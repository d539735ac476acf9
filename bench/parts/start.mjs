// From spawning the process to its first answer, all servers in turn.
import { startServer } from '../server.mjs'
import { median } from '../statistics.mjs'

/** @param {import('../stage.mjs').Stage} stage */
export async function measureStart({ peers, nodeOf, starts, freePort, say }) {
  const own = peers.filter(({ isOwn }) => isOwn)
  // As the first start on a machine, which finds nothing compiled.
  const first = own.map((peer) => ({
    ...peer,
    name: `${peer.name}, first start`,
    env: { NODE_DISABLE_COMPILE_CACHE: '1' },
  }))
  const servers = peers.flatMap((peer) => (peer.isOwn ? [peer, ...first] : [peer]))
  const samples = new Map(servers.map(({ name }) => [name, []]))
  for (let turn = 0; turn < starts; turn++) {
    for (const each of servers) {
      const port = await freePort()
      const server = await startServer({ node: nodeOf(each), args: each.args(port), port, env: each.env })
      samples.get(each.name).push(server.firstAnswerMs)
      await server.stop()
    }
  }
  return servers.map(({ name, version }) => {
    const ms = Math.round(median(samples.get(name)))
    say(`${name}: first answer after ${ms} ms`)
    return { name, version, ms }
  })
}
