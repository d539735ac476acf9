// Races: calls that are right one by one, and wrong when they overlap. Each looks, lets time pass, and acts on what it saw.
import type { Reply } from '../../../src/mocks/base/exchange.js'
import type { Caller } from '../call.js'
import { defineMutant, type Mutant } from '../mutant.js'
import {
  answer,
  createdIn,
  isSuccess,
  itemsOf,
  membersIn,
  refusal,
  textIn,
  withBody,
  withHeaders,
  type Members,
} from '../reply.js'
import { runnerIdOf, takesInTwoSteps, tellsOthers, theSame } from '../polls.js'
import { Overlaps, together } from '../races.js'

const handOutMutants = [
  defineMutant({
    id: 'concurrency/jobs-moved-in-two-steps',
    mistake: 'A job is looked up and then moved from the queue to the running ones: two polls may get the same.',
    touches: ['nextJob'],
    // A poll whose work went elsewhere need not be waited for.
    settings: { next_job_poll_timeout_seconds: 0.5 },
    spoil: takesInTwoSteps(),
  }),
  defineMutant({
    id: 'concurrency/commands-moved-in-two-steps',
    mistake: 'Commands are looked up and then marked as picked up: two polls may get the same.',
    touches: ['nextBridgeCommands'],
    settings: { bridge_poll_timeout_seconds: 0.5 },
    spoil: takesInTwoSteps(),
  }),
  defineMutant({
    id: 'concurrency/job-lost-between-polls',
    mistake: 'Of many polls that come at once one takes a job and loses it.',
    touches: ['nextJob'],
    settings: { next_job_poll_timeout_seconds: 0.5 },
    spoil: (stage) => {
      const polls = new Overlaps<{ count: number }>()
      return (call) =>
        polls.during(
          runnerIdOf(call),
          () => ({ count: 0 }),
          async (shared) => {
            const place = ++shared.count
            await stage.overlap()
            if (place === 8 && stage.jobsOf(runnerIdOf(call), 'pending').length > 0)
              await call.ask('nextJob', { path: call.path })
            return call.proceed()
          },
        )
    },
  }),
  defineMutant({
    id: 'concurrency/waiting-polls-get-the-same',
    mistake: 'A job that comes while several polls wait is handed to two of them.',
    touches: ['nextJob'],
    spoil: tellsOthers(theSame, 1),
  }),
  defineMutant({
    id: 'concurrency/listed-by-time',
    mistake: 'Jobs are listed by the time of their creation: of two in the same millisecond one is shown.',
    touches: ['createJob', 'listJobs'],
    spoil: (stage) => {
      const wait = together(stage)
      return async (call) => {
        if (call.operation === 'createJob') await wait()
        const reply = await call.proceed()
        const page = membersIn(reply)
        if (!isSuccess(reply) || call.operation === 'createJob') return reply
        const byTime = new Map(itemsOf(page['content']).map((job) => [textIn(job, 'created_at').slice(0, 23), job]))
        return withBody(reply, { ...page, content: [...byTime.values()] })
      }
    },
  }),
]

const storeMutants = [
  defineMutant({
    id: 'concurrency/activated-twice',
    mistake: 'Whether a session is open is looked up before it is activated: several activations succeed.',
    touches: ['activatePairingSession'],
    spoil: (stage) => async (call) => {
      const id = call.path['sessionId'] ?? ''
      const before = stage.stateOf('pairingSession', id)
      await stage.overlap()
      const reply = await call.proceed()
      const location = `${call.exchange.base ?? ''}/v1/private/local-runners/${stage.sessions.get(id)?.runnerId ?? ''}`
      return reply.status === 409 && before === 'open' ? answer(201, undefined, { location }) : reply
    },
  }),
  defineMutant({
    id: 'concurrency/slot-taken-by-several',
    mistake: 'Runners that are activated at once for one slot do not notice each other.',
    touches: 'all',
    spoil: (stage) => {
      const aliases = new Map<string, Caller>()
      const slots = new Overlaps<{ count: number }>()
      return async (call) => {
        const session = stage.sessions.get(call.path['sessionId'] ?? '')
        if (call.operation !== 'activatePairingSession' || session === undefined) {
          const alias = aliases.get(stage.runnerOf(call)?.id ?? '')
          return call.proceed(alias === undefined ? {} : { headers: { ...alias } })
        }
        return slots.during(
          `${session.projectId} ${session.type}`,
          () => ({ count: 0 }),
          async (shared) => {
            const place = shared.count++
            await stage.overlap()
            const caller = {
              ...call.caller,
              authorization: `${call.caller.authorization}${place === 0 ? '' : `#${place}`}`,
            }
            aliases.set(session.runnerId, caller)
            return call.proceed({ headers: { ...caller } })
          },
        )
      }
    },
  }),
  defineMutant({
    id: 'concurrency/sessions-shared-by-key',
    mistake: 'Sessions that are opened at once with one key are one session.',
    touches: ['createPairingSession'],
    spoil: (stage) => {
      const openings = new Overlaps<{ reply: Promise<Reply> | undefined }>()
      return (call) =>
        openings.during(
          textIn(call.body, 'activation_key'),
          () => ({ reply: undefined }),
          async (shared) => {
            shared.reply ??= call.proceed()
            await stage.overlap()
            return { ...(await shared.reply) }
          },
        )
    },
  }),
  defineMutant({
    id: 'concurrency/logs-overwritten',
    mistake: 'A log is read, extended and written: of batches that come at once some are lost.',
    touches: ['appendJobLogs', 'getJobLogs'],
    spoil: (stage) => {
      const logs = new Map<string, readonly unknown[]>()
      return async (call) => {
        const jobId = call.path['jobId'] ?? ''
        const before = logs.get(jobId) ?? []
        const reply = await call.proceed()
        if (!isSuccess(reply)) return reply
        if (call.operation === 'getJobLogs') return withBody(reply, before.slice(Number(call.query.get('offset') ?? 0)))
        await stage.overlap()
        logs.set(jobId, [...before, ...itemsOf(call.body)])
        return reply
      }
    },
  }),
  defineMutant({
    id: 'concurrency/agents-mixed',
    mistake: 'Agents are registered one by one: registrations that come at once mix.',
    touches: ['registerAgents'],
    spoil: (stage) => {
      const registrations = new Overlaps<{ agents: Members }>()
      return (call) =>
        registrations.during(
          runnerIdOf(call),
          () => ({ agents: {} }),
          async (shared) => {
            Object.assign(shared.agents, call.members)
            await stage.overlap()
            return call.proceed({ body: shared.agents })
          },
        )
    },
  }),
  defineMutant({
    id: 'concurrency/limit-passed-by-several',
    mistake: 'The queue is counted before a job is added: jobs that come at once go beyond its limit.',
    severity: 'should',
    settings: { max_pending_jobs_per_runner: 10_000 },
    touches: ['createJob'],
    spoil: (stage) => {
      const counts = new Overlaps<{ count: number }>()
      return (call) => {
        const taker = stage.takerOf(call)?.id ?? ''
        return counts.during(
          taker,
          () => ({ count: stage.jobsOf(taker, 'pending').length }),
          async (shared) => {
            await stage.overlap()
            return shared.count >= 100 ? refusal(429) : call.proceed()
          },
        )
      }
    },
  }),
  defineMutant({
    id: 'concurrency/project-made-twice',
    mistake: 'Whether a name is free is looked up before a project is made: several of one name are made at once.',
    severity: 'should',
    touches: ['createProject'],
    spoil: (stage) => {
      const names = new Overlaps<{ location: string | undefined }>()
      return (call) =>
        names.during(
          textIn(call.body, 'name'),
          () => ({ location: undefined }),
          async (shared) => {
            const reply = await call.proceed()
            if (createdIn(reply) !== '') shared.location = reply.headers['location']
            await stage.overlap()
            const isLate = reply.status === 409 && shared.location !== undefined
            return isLate ? withHeaders(answer(201), { location: shared.location }) : reply
          },
        )
    },
  }),
]

export const concurrencyMutants: readonly Mutant[] = [...handOutMutants, ...storeMutants]
