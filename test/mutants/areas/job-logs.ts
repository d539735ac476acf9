// Mistakes about a job's log.
import { defineMutant, type Mutant, type Spoil } from '../mutant.js'
import { isSuccess, itemsOf, jsonIn, membersOf, textIn, withBody } from '../reply.js'
import type { Stage } from '../stage.js'

/** Keeps logs of its own, in a wrong way, and shows them in place of the mock's. */
function keepsLogs(
  append: (log: readonly unknown[], batch: readonly unknown[], jobId: string, stage: Stage) => readonly unknown[],
  keyOf: (jobId: string, stage: Stage) => string = (jobId) => jobId,
): Spoil {
  return (stage) => {
    const logs = new Map<string, readonly unknown[]>()
    return async (call) => {
      const jobId = call.path['jobId'] ?? ''
      const key = keyOf(jobId, stage)
      const reply = await call.proceed()
      if (!isSuccess(reply)) return reply
      if (call.operation === 'appendJobLogs')
        logs.set(key, append(logs.get(key) ?? [], itemsOf(call.body), jobId, stage))
      else return withBody(reply, (logs.get(key) ?? []).slice(Number(call.query.get('offset') ?? 0)))
      return reply
    }
  }
}

const touches = ['appendJobLogs', 'getJobLogs'] as const

export const jobLogMutants: readonly Mutant[] = [
  defineMutant('job-logs/dropped-while-pending', 'What is logged before the hand-out is dropped.', {
    touches,
    spoil: keepsLogs((log, batch, jobId, stage) =>
      stage.stateOf('job', jobId) === 'pending' ? log : [...log, ...batch],
    ),
  }),
  defineMutant('job-logs/counted-in-job', 'A job shows the last line of its log as an error.', {
    touches: ['appendJobLogs', 'getJob'],
    spoil: () => {
      const last = new Map<string, string>()
      return async (call) => {
        const jobId = call.path['jobId'] ?? ''
        if (call.operation === 'appendJobLogs') last.set(jobId, textIn(itemsOf(call.body).at(-1), 'text'))
        const reply = await call.proceed()
        if (call.operation !== 'getJob' || !last.has(jobId) || !isSuccess(reply)) return reply
        return withBody(reply, { ...membersOf(jsonIn(reply)), error: last.get(jobId) })
      }
    },
  }),
]
