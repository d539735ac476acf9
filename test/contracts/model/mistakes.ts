// Mistakes that servers make, each of which some sequence of calls shows.
import type { ApiResponse } from '../../../src/mocks/base/exchange.js'
import { meet } from '../../mutants/barrier.js'
import { objectOf } from '../../../src/kernel/json-value.js'
import { type Call, type Mistake, withBody } from './broken-target.js'

const json = (body: unknown): ApiResponse => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

async function oldestPending(call: Call): Promise<string | undefined> {
  const page = await call.ask('listJobs', call.path)
  return page?.content.findLast(({ status }) => status === 'pending')?.id
}

/** Each makes a mistake with a memory of its own. */
export const mistakes = {
  newestFirst(): Mistake {
    const taken = new Map<string, unknown[]>()
    return async (call) => {
      if (call.operation !== 'nextJob') return call.proceed()
      const { runnerId = '' } = call.path
      const jobs = taken.get(runnerId) ?? []
      taken.set(runnerId, jobs)
      while ((await oldestPending(call)) !== undefined) jobs.push(await call.ask('nextJob', { runnerId }))
      const newest = jobs.pop()
      return newest === undefined ? call.proceed() : json(newest)
    }
  },
  /** Looks for the oldest job, then takes it: callers who came at the same time get the same. */
  looksThenTakes(): Mistake {
    return async (call) => {
      const oldest = call.operation === 'nextJob' ? await oldestPending(call) : undefined
      if (oldest === undefined) return call.proceed()
      await meet()
      if ((await oldestPending(call)) === oldest) await call.ask('nextJob', call.path)
      return json(await call.ask('getJob', { jobId: oldest }))
    }
  },
  countsOneMore(): Mistake {
    return async (call) => {
      const reply = await call.proceed()
      if (call.operation !== 'listJobs' || reply.status !== 200) return reply
      const { total, ...page } = objectOf(JSON.parse(reply.body))
      return withBody(reply, { ...page, total: Number(total) > 0 ? Number(total) + 1 : 0 })
    }
  },
  secondReportCounts(): Mistake {
    return async (call) => {
      const reply = await call.proceed()
      const isSecond = call.operation === 'reportBridgeResult' && reply.status === 409
      return isSecond ? { ...reply, status: 204, headers: {}, body: '' } : reply
    }
  },
} as const satisfies Record<string, () => Mistake>
