// Mistakes that servers make, each of which some sequence of calls shows.
import { setTimeout as delay } from 'node:timers/promises'
import type { ApiResponse } from '../../../src/mocks/base/exchange.js'
import { meet } from '../../mutants/barrier.js'
import { createdId, withBody, type Call, type Mistake } from './broken-target.js'

const json = (body: unknown): ApiResponse => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

/** The members of a reply's body. */
const membersOf = ({ body }: ApiResponse): Record<string, unknown> => JSON.parse(body) as Record<string, unknown>

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
  offsetCountsFromOne(): Mistake {
    return async (call) => {
      const reply = await call.proceed()
      if (call.operation !== 'getJobLogs' || reply.status !== 200 || !call.query.has('offset')) return reply
      const all = (await call.ask('getJobLogs', call.path)) ?? []
      return withBody(reply, all.slice(Math.max(0, Number(call.query.get('offset')) - 1)))
    }
  },
  announcesTwice(): Mistake {
    const told = new Map<string, unknown[]>()
    return async (call) => {
      const reply = await call.proceed()
      if (call.operation !== 'heartbeat' || reply.status !== 200) return reply
      const { cancelled_job_ids: ids } = membersOf(reply) as { cancelled_job_ids: unknown[] }
      const again = told.get(call.path['runnerId'] ?? '') ?? []
      told.set(call.path['runnerId'] ?? '', ids)
      return withBody(reply, { cancelled_job_ids: [...again, ...ids] })
    }
  },
  lastResultCounts(): Mistake {
    const last = new Map<string, unknown>()
    return async (call) => {
      const { jobId = '' } = call.path
      const reply = await call.proceed()
      if (call.operation === 'reportJobResult' && reply.status === 204 && call.body['result'] !== undefined) {
        last.set(jobId, call.body['result'])
      }
      if (call.operation !== 'getJob' || reply.status !== 200 || !last.has(jobId)) return reply
      return withBody(reply, { ...membersOf(reply), result: last.get(jobId) })
    }
  },
  everybodySeesJobs(): Mistake {
    const owners = new Map<string, Call['headers']>()
    return async (call) => {
      const reply = await call.proceed()
      if (call.operation === 'createJob' && reply.status === 201) owners.set(createdId(reply), call.headers)
      if (call.operation !== 'getJob' || reply.status !== 404) return reply
      const job = await call.ask('getJob', call.path, owners.get(call.path['jobId'] ?? ''))
      return job === undefined ? reply : json(job)
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
  pollsSleep(): Mistake {
    return async (call) => {
      const isIdle = call.operation === 'nextJob' && (await call.ask('listJobs', call.path)) !== undefined
      if (!isIdle || (await oldestPending(call)) !== undefined) return call.proceed()
      await delay(10_000)
      return json(null)
    }
  },
  checklistReplaced(): Mistake {
    const last = new Map<string, unknown>()
    return async (call) => {
      const { runnerId = '' } = call.path
      const reply = await call.proceed()
      if (call.operation === 'patchChecklist' && reply.status === 204) last.set(runnerId, call.body)
      if (call.operation !== 'getRunner' || reply.status !== 200 || !last.has(runnerId)) return reply
      return withBody(reply, { ...membersOf(reply), checklist: last.get(runnerId) })
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
