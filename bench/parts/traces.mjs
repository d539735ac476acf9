// How the cost of lists and sums grows with the number of traces. Each size is measured in a process of its own.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { at } from '../peers.mjs'

const run = promisify(execFile)

/** @param {import('../stage.mjs').Stage} stage */
export async function measureTraces({ traceSizes, say }) {
  const results = []
  for (const count of traceSizes) {
    const program = [process.execPath, '--expose-gc', at('programs/traces.mjs'), String(count)]
    const { stdout } = await run('taskset', ['-c', '0', ...program])
    say(`traces ${stdout.trim()}`)
    results.push(JSON.parse(stdout))
  }
  return results
}
