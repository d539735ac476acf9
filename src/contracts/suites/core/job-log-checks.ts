// Checks of a job's log.
import { checksOn } from './checks-on.js'
import type { LocalRunnerLogEntry } from '../../../kernel/types.js'
import { needsLogs } from '../../check/check-steps.js'

function lines(from: number, to: number): LocalRunnerLogEntry[] {
  return Array.from({ length: to - from }, (_, at) => ({
    stream: (from + at) % 3 === 0 ? 'stderr' : 'stdout',
    text: `line ${from + at}`,
  }))
}

const TICK = { stream: 'stdout', text: 'tick' }

const ANY_TEXTS: readonly LocalRunnerLogEntry[] = [
  { stream: 'stdout', text: 'greeting Ada\n' },
  { stream: 'stderr', text: '\u001b[31mred\u001b[0m\r\n\ttabbed' },
  { stream: 'stdout', text: '  spaces around  ' },
  { stream: 'agent.trace', text: 'Grüße, 世界 🌍 "quoted" \\ </script>' },
  { stream: 'stdout', text: 'x'.repeat(20_000) },
]

export const jobLogChecks = checksOn('appendJobLogs job', (it, at) => {
  it`job-logs/empty [getJobLogs]: The log of a job that wrote nothing is an empty list.
    pair, createJob, nextJob, getJobLogs 1`
  it`job-logs/equal-entries: Entries that are alike are all kept.
    pair, createJob, nextJob, appendJobLogs 1 ${[TICK, TICK]}, appendJobLogs 1 ${[TICK]}, getJobLogs 1`
  it`job-logs/offset-past-the-end [getJobLogs]: An offset at the end or past it gives an empty list.
    pair, createJob, nextJob, appendJobLogs 1 ${lines(0, 3)}, getJobLogs 1 offset=3, getJobLogs 1 offset=4,
    getJobLogs 1 offset=1000`
  it`job-logs/following [getJobLogs]: A reader who asks from where it stopped sees every entry once.
    pair, createJob, nextJob, appendJobLogs 1 ${lines(0, 4)}, getJobLogs 1, appendJobLogs 1 ${lines(4, 8)},
    getJobLogs 1 offset=4, appendJobLogs 1 ${lines(8, 12)}, getJobLogs 1 offset=8`
  it`job-logs/of-one-job: Each job has a log of its own.
    pair, createJob x2, appendJobLogs 1 ${lines(0, 2)}, appendJobLogs 2 ${lines(5, 6)}, getJobLogs 1, getJobLogs 2`
  it`job-logs/whole-life: A log grows before, during and after the run of its job, and survives its end.
    pair, createJob, appendJobLogs 1 ${lines(0, 1)}, nextJob, appendJobLogs 1 ${lines(1, 2)}, reportJobResult 1,
    appendJobLogs 1 ${lines(2, 3)}, getJobLogs 1`
  it`job-logs/job-unchanged: Appending to the log leaves the job itself as it was.
    pair, createJob, nextJob, getJob 1, appendJobLogs 1, getJob 1`
  at('appendJobLogs job', needsLogs(40))
  it`job-logs/order-in-batch: Entries come back whole, in the order of their batch.
    pair, createJob, nextJob, appendJobLogs 1 ${lines(0, 40)}, getJobLogs 1`
  at('appendJobLogs job', needsLogs(10))
  it`job-logs/order-across-batches: Batches are appended to one another.
    pair, createJob, nextJob, appendJobLogs 1 ${lines(0, 10)}, appendJobLogs 1 ${lines(10, 20)},
    appendJobLogs 1 ${lines(20, 30)}, getJobLogs 1`
  at('getJobLogs job', needsLogs(5))
  it`job-logs/offset: An offset skips as many entries, within a batch and across batches.
    pair, createJob, nextJob, appendJobLogs 1 ${lines(0, 5)},
    appendJobLogs 1 ${lines(5, 10)}${[0, 1, 4, 5, 6, 9].map((offset) => `, getJobLogs 1 offset=${offset}`).join('')}`
  it`job-logs/any-text [appendJobLogs]: Texts of any letters, line ends and terminal colours included, and any stream come back as they were.
    pair, createJob, nextJob, appendJobLogs 1 ${ANY_TEXTS}, getJobLogs 1`
})
