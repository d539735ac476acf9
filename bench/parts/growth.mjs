// How the cost of single operations grows with the number of jobs and of runners, and what a finished job costs in
// memory. Each size is measured in a process of its own.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { at } from '../peers.mjs'

const run = promisify(execFile)

/** @param {import('../stage.mjs').Stage} stage */
export async function measureGrowth({ jobSizes, runnerSizes, weekSeconds, say }) {
  const results = { jobs: [], runners: [], week: undefined }
  for (const count of jobSizes) results.jobs.push(await measure('growth-jobs', count, say))
  for (const count of runnerSizes) results.runners.push(await measure('growth-runners', count, say))
  results.week = await measure('week', weekSeconds, say)
  return results
}

async function measure(program, count, say) {
  const { stdout } = await run('taskset', [
    '-c',
    '0',
    process.execPath,
    '--expose-gc',
    '--max-old-space-size=12000',
    at(`programs/${program}.mjs`),
    String(count),
  ])
  say(`${program} ${stdout.trim()}`)
  return JSON.parse(stdout)
}
