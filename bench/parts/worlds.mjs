// What worlds beside each other cost, by scenario, and how fast the world is in which there is much.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { at } from '../peers.mjs'
import { startServer } from '../server.mjs'
import { median } from '../statistics.mjs'

const run = promisify(execFile)

/** @param {import('../stage.mjs').Stage} stage */
export async function measureWorlds({ peers, nodeOf, starts, freePort, say }) {
  const beside = []
  for (const scenario of ['empty', 'demo', 'playground']) beside.push(await measure('worlds', say, scenario))
  const busy = await measure('busy', say)
  const own = peers.find(({ isOwn }) => isOwn)
  const samples = []
  for (let turn = 0; turn < starts; turn++) {
    const port = await freePort()
    const server = await startServer({ node: nodeOf(own), args: [...own.args(port), '--scenario', 'busy'], port })
    samples.push(server.firstAnswerMs)
    await server.stop()
  }
  return { beside, busy: { ...busy, serveMs: Math.round(median(samples)) } }
}

async function measure(program, say, ...args) {
  const words = [process.execPath, '--expose-gc', at(`programs/${program}.mjs`), ...args]
  const { stdout } = await run('taskset', ['-c', '0', ...words])
  say(`${program} ${stdout.trim()}`)
  return JSON.parse(stdout)
}
