// What the mock costs inside one process, without sockets: run in a process of its own, so that nothing else has
// warmed or spoilt its code.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { at } from '../peers.mjs'

const run = promisify(execFile)

/** @param {import('../stage.mjs').Stage} stage */
export async function measureProcess({ say, scale }) {
  const programs = ['handle', 'fetch', 'life', 'jobs', 'msw', 'bodies']
  const results = {}
  for (const program of programs) {
    const args = ['-c', '0', process.execPath, '--expose-gc', at(`programs/${program}.mjs`), String(scale)]
    const { stdout } = await run('taskset', args)
    Object.assign(results, JSON.parse(stdout))
    say(stdout.trim())
  }
  return results
}
