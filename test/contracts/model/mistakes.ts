// Mistakes that servers make, each of which some sequence of calls shows.
import { meet } from '../../mutants/barrier.js'
import type { Call } from '../../mutants/call.js'
import type { Spoiler } from '../../mutants/mutant.js'
import { answer, itemsOf, membersOf, textIn } from '../../mutants/reply.js'

/** The id of the oldest pending job; empty without one. */
async function oldestPending(call: Call): Promise<string> {
  const { body } = await call.ask('listJobs', { path: call.path })
  const pending = itemsOf(membersOf(body)['content']).filter((job) => textIn(job, 'status') === 'pending')
  return textIn(pending.at(-1), 'id')
}

/** Each makes a mistake with a memory of its own. */
export const mistakes = {
  newestFirst(): Spoiler {
    const taken = new Map<string, unknown[]>()
    return async (call) => {
      if (call.operation !== 'nextJob') return call.proceed()
      const { runnerId = '' } = call.path
      const jobs = taken.get(runnerId) ?? []
      taken.set(runnerId, jobs)
      while ((await oldestPending(call)) !== '') jobs.push((await call.ask('nextJob', { path: call.path })).body)
      const newest = jobs.pop()
      return newest === undefined ? call.proceed() : answer(200, newest)
    }
  },
  /** Looks for the oldest job, then takes it: callers who came at the same time get the same. */
  looksThenTakes(): Spoiler {
    return async (call) => {
      const jobId = call.operation === 'nextJob' ? await oldestPending(call) : ''
      if (jobId === '') return call.proceed()
      await meet()
      if ((await oldestPending(call)) === jobId) await call.ask('nextJob', { path: call.path })
      return answer(200, (await call.ask('getJob', { path: { jobId } })).body)
    }
  },
  secondReportCounts(): Spoiler {
    return async (call) => {
      const reply = await call.proceed()
      return call.operation === 'reportBridgeResult' && reply.status === 409 ? answer(204) : reply
    }
  },
} as const satisfies Record<string, () => Spoiler>
