// Mistakes about a job's log.
import { defineMutant, type Mutant, type Spoil } from '../mutant.js'
import { answer, isSuccess, itemsOf, jsonIn, membersOf, refusal, textIn, withBody } from '../reply.js'
import { editBody, editReply, editRequest } from '../spoils.js'
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

/** Changes every entry that is appended. */
function editTexts(edit: (text: string) => string): Spoil {
  return editRequest(({ body }) => ({
    body: itemsOf(body).map((entry) => ({ ...membersOf(entry), text: edit(textIn(entry, 'text')) })),
  }))
}

const touches = ['appendJobLogs', 'getJobLogs'] as const

export const jobLogMutants: readonly Mutant[] = [
  defineMutant({
    id: 'job-logs/batch-reversed',
    mistake: 'The entries of a batch are stored in reverse.',
    touches,
    spoil: keepsLogs((log, batch) => [...log, ...batch.toReversed()]),
  }),
  defineMutant({
    id: 'job-logs/prepended',
    mistake: 'A batch is put before those that came earlier.',
    touches,
    spoil: keepsLogs((log, batch) => [...batch, ...log]),
  }),
  defineMutant({
    id: 'job-logs/replaced',
    mistake: 'A batch replaces the log.',
    touches,
    spoil: keepsLogs((_, batch) => batch),
  }),
  defineMutant({
    id: 'job-logs/equal-entries-once',
    mistake: 'Entries that are alike are kept once.',
    touches,
    spoil: keepsLogs((log, batch) => {
      const all = [...log, ...batch].map((entry) => JSON.stringify(entry))
      return [...new Set(all)].map((entry) => JSON.parse(entry) as unknown)
    }),
  }),
  defineMutant({
    id: 'job-logs/of-the-runner',
    mistake: 'All jobs of a runner share one log.',
    touches,
    spoil: keepsLogs(
      (log, batch) => [...log, ...batch],
      (jobId, stage) => stage.jobs.get(jobId)?.runnerId ?? jobId,
    ),
  }),
  defineMutant({
    id: 'job-logs/dropped-while-pending',
    mistake: 'What is logged before the hand-out is dropped.',
    touches,
    spoil: keepsLogs((log, batch, jobId, stage) =>
      stage.stateOf('job', jobId) === 'pending' ? log : [...log, ...batch],
    ),
  }),
  defineMutant({
    id: 'job-logs/dropped-after-the-end',
    mistake: 'What is logged after the end of a job is dropped.',
    touches,
    spoil: keepsLogs((log, batch, jobId, stage) =>
      stage.stateOf('job', jobId) === 'completed' ? log : [...log, ...batch],
    ),
  }),
  defineMutant({
    id: 'job-logs/gone-with-the-end',
    mistake: 'A job that has ended has an empty log.',
    touches: ['getJobLogs'],
    spoil: editReply((reply, { path }, stage) =>
      isSuccess(reply) && stage.stateOf('job', path['jobId'] ?? '') === 'completed' ? withBody(reply, []) : reply,
    ),
  }),
  defineMutant({
    id: 'job-logs/latest-thirty',
    mistake: 'Only the latest thirty entries are kept.',
    touches,
    spoil: keepsLogs((log, batch) => [...log, ...batch].slice(-30)),
  }),
  defineMutant({
    id: 'job-logs/offset-one-too-far',
    mistake: 'An offset skips one entry too many.',
    touches: ['getJobLogs'],
    spoil: editBody((entries, { query }) =>
      Number(query.get('offset') ?? 0) > 0 ? itemsOf(entries).slice(1) : entries,
    ),
  }),
  defineMutant({
    id: 'job-logs/offset-from-one',
    mistake: 'Offsets count from 1: the entry at the offset comes first.',
    touches: ['getJobLogs'],
    spoil: editRequest(({ query }) => {
      const offset = Number(query.get('offset') ?? 0)
      return offset > 0 ? { query: { offset: String(offset - 1) } } : undefined
    }),
  }),
  defineMutant({
    id: 'job-logs/offset-ignored',
    mistake: 'The offset is ignored.',
    touches: ['getJobLogs'],
    spoil: editRequest(() => ({ query: { offset: undefined } })),
  }),
  defineMutant({
    id: 'job-logs/offset-from-the-end',
    mistake: 'An offset past the end gives the last entry again.',
    touches: ['getJobLogs'],
    spoil: () => async (call) => {
      const reply = await call.proceed()
      const isPast = isSuccess(reply) && itemsOf(jsonIn(reply)).length === 0
      if (!isPast) return reply
      const all = await call.ask('getJobLogs', { path: call.path })
      return withBody(reply, itemsOf(all.body).slice(-1))
    },
  }),
  defineMutant({
    id: 'job-logs/past-the-end-unknown',
    mistake: 'An offset past the end is 404.',
    touches: ['getJobLogs'],
    spoil: editReply((reply, { query }) => (query.has('offset') && reply.body === '[]' ? refusal(404) : reply)),
  }),
  defineMutant({
    id: 'job-logs/empty-without-body',
    mistake: 'An empty log is 204.',
    touches: ['getJobLogs'],
    spoil: editReply((reply) => (reply.body === '[]' ? answer(204) : reply)),
  }),
  defineMutant({
    id: 'job-logs/trimmed',
    mistake: 'The space around texts is cut off.',
    touches: ['appendJobLogs'],
    spoil: editTexts((text) => text.trim() || text),
  }),
  defineMutant({
    id: 'job-logs/without-colours',
    mistake: 'The codes of terminal colours are taken out of texts.',
    touches: ['appendJobLogs'],
    spoil: editTexts((text) => text.split('\u001b[31m').join('').split('\u001b[0m').join('')),
  }),
  defineMutant({
    id: 'job-logs/cut',
    mistake: 'Texts are cut to 4096 characters.',
    touches: ['appendJobLogs'],
    spoil: editTexts((text) => text.slice(0, 4096)),
  }),
  defineMutant({
    id: 'job-logs/escaped',
    mistake: 'Texts are escaped for HTML when they are stored.',
    touches: ['appendJobLogs'],
    spoil: editTexts((text) => text.replaceAll('<', '&lt;')),
  }),
  defineMutant({
    id: 'job-logs/known-streams-only',
    mistake: 'A stream other than stdout and stderr is shown as stdout.',
    touches: ['getJobLogs'],
    spoil: editBody((entries) =>
      itemsOf(entries).map((entry) => ({
        ...membersOf(entry),
        stream: textIn(entry, 'stream') === 'stderr' ? 'stderr' : 'stdout',
      })),
    ),
  }),
  defineMutant({
    id: 'job-logs/streams-apart',
    mistake: 'Entries come sorted by their stream.',
    touches: ['getJobLogs'],
    spoil: editBody((entries) =>
      itemsOf(entries).toSorted((a, b) => textIn(a, 'stream').localeCompare(textIn(b, 'stream'))),
    ),
  }),
  defineMutant({
    id: 'job-logs/counted-in-job',
    mistake: 'A job shows the last line of its log as an error.',
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
