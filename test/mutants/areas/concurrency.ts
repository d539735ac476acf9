// Races: calls that are right one by one, and wrong when they overlap. Each looks, lets time pass, and acts on what it saw.
import type { ApiResponse } from '../../../src/mocks/base/exchange.js'
import type { Caller } from '../call.js'
import { type Mutant, defineMutant, defineShould } from '../mutant.js'
import { handOut, runnerIdOf, takesInTwoSteps, tellsOthers, theSame } from '../polls.js'
import { Overlaps, showsInstead, together } from '../races.js'
import {
  type Members,
  answer,
  createdIn,
  isSuccess,
  itemsOf,
  membersIn,
  membersOf,
  refusal,
  textIn,
  withBody,
  withHeaders,
  without,
} from '../reply.js'

export const concurrencyMutants: readonly Mutant[] = [
  defineMutant('concurrency/jobs-moved-in-two-steps', 'A job is looked up and then moved: two polls get the same.', {
    touches: ['nextJob'],
    // A poll whose work went elsewhere need not be waited for.
    settings: { next_job_poll_timeout_seconds: 0.5 },
    spoil: takesInTwoSteps(),
  }),
  defineMutant(
    'concurrency/commands-moved-in-two-steps',
    'Commands are looked up and then marked: two polls get the same.',
    {
      touches: ['nextBridgeCommands'],
      settings: { bridge_poll_timeout_seconds: 0.5 },
      spoil: takesInTwoSteps(),
    },
  ),
  defineMutant('concurrency/job-lost-between-polls', 'Of many polls that come at once one takes a job and loses it.', {
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
  defineMutant('concurrency/waiting-polls-get-the-same', 'Two polls that wait get the same job.', {
    touches: ['nextJob'],
    spoil: tellsOthers(theSame, 1),
  }),
  defineMutant('concurrency/listed-by-time', 'Of two jobs of one millisecond the list shows one.', {
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
  defineMutant('concurrency/activated-twice', 'Activations at once all succeed.', {
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
  defineMutant('concurrency/slot-taken-by-several', 'Activations at once do not evict each other.', {
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
  defineMutant('concurrency/sessions-shared-by-key', 'Sessions that are opened at once with one key are one session.', {
    touches: ['createPairingSession'],
    spoil: (stage) => {
      const openings = new Overlaps<{ reply: Promise<ApiResponse> | undefined }>()
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
  defineMutant('concurrency/logs-overwritten', 'Of batches of log entries that come at once some are lost.', {
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
  defineMutant('concurrency/agents-mixed', 'Agents are registered one by one: registrations that come at once mix.', {
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
  defineMutant('concurrency/registration-clears-first', 'Agents are taken away before the new ones come.', {
    touches: ['registerAgents'],
    spoil: (stage) => async (call) => {
      await call.ask('registerAgents', { path: call.path, body: {} })
      await stage.overlap()
      return call.proceed()
    },
  }),
  defineMutant('concurrency/slot-empty-between', 'A runner leaves its slot before the new one has taken it.', {
    touches: ['activatePairingSession'],
    spoil: (stage) => async (call) => {
      const { projectId: project_id, type } = stage.sessions.get(call.path['sessionId'] ?? '') ?? {}
      const { body } = await call.ask('listRunners', { query: { project_id } })
      const before = itemsOf(membersOf(body)['content']).filter((runner) => textIn(runner, 'type') === type)
      for (const runner of before) await call.ask('disconnectRunner', { path: { runnerId: textIn(runner, 'id') } })
      if (before.length > 0) await stage.overlap()
      return call.proceed()
    },
  }),
  defineShould('concurrency/limit-passed-by-several', 'Jobs that come at once go beyond the limit of the queue.', {
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
  defineShould('concurrency/project-made-twice', 'Projects that are made at once may share a name.', {
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
  defineMutant('concurrency/command-ends-twice', 'Several reports at once on one command are taken.', {
    touches: ['reportBridgeResult'],
    spoil: (stage) => async (call) => {
      const before = stage.stateOf('bridgeCommand', call.path['commandId'] ?? '')
      await stage.overlap()
      const reply = await call.proceed()
      return reply.status === 409 && before === 'picked_up' ? answer(204) : reply
    },
  }),
  defineMutant('concurrency/refused-report-overwrites', 'A refused report leaves its duration behind.', {
    touches: ['reportBridgeResult', 'getBridgeCommand'],
    spoil: (stage) => {
      const shown = new Map<string, Members>()
      const show = showsInstead(stage, shown)
      return async (call) => {
        if (call.operation === 'getBridgeCommand') return show(call)
        const id = call.path['commandId'] ?? ''
        const before = stage.stateOf('bridgeCommand', id)
        await stage.overlap()
        const reply = await call.proceed()
        if (reply.status === 409 && before === 'picked_up') shown.set(id, { duration_ms: call.members['duration_ms'] })
        return reply
      }
    },
  }),
  defineMutant(
    'concurrency/pick-up-undoes-report',
    'A poll marks a command as picked up that was reported meanwhile.',
    {
      touches: ['reportBridgeResult', 'nextBridgeCommands', 'getBridgeCommand'],
      spoil: (stage) => {
        const undone = new Map<string, Members>()
        const show = showsInstead(stage, undone)
        return async (call) => {
          if (call.operation === 'getBridgeCommand') return show(call)
          if (call.operation === 'reportBridgeResult') {
            const isPending = stage.stateOf('bridgeCommand', call.path['commandId'] ?? '') === 'pending'
            // The report finds the command while the poll is about to mark it.
            if (isPending || stage.commandsOf(runnerIdOf(call), 'picked_up').length > 0) await stage.overlap()
            return call.proceed()
          }
          const seen = stage.commandsOf(runnerIdOf(call), 'pending')
          if (seen.length > 0) await stage.overlap()
          await stage.overlap()
          for (const { id } of seen) undone.set(id, { status: 'picked_up', result: undefined, completed_at: undefined })
          return call.proceed()
        }
      },
    },
  ),
  defineMutant('concurrency/job-report-in-pieces', 'Of several reports at once each leaves some of its fields.', {
    touches: ['reportJobResult', 'getJob'],
    spoil: (stage) => {
      const shown = new Map<string, Members>()
      const show = showsInstead(stage, shown)
      return async (call) => {
        if (call.operation === 'getJob') return show(call)
        const id = call.path['jobId'] ?? ''
        const before = stage.stateOf('job', id)
        await stage.overlap()
        const isLate = before === 'running' && stage.stateOf('job', id) !== 'running'
        if (isLate) shown.set(id, { ...shown.get(id), ...without(call.members, 'status', 'trace_id') })
        return call.proceed()
      }
    },
  }),
  defineMutant('concurrency/cancel-keeps-late-result', 'A cancelled job keeps a result that came in meanwhile.', {
    touches: ['reportJobResult', 'getJob'],
    spoil: (stage) => {
      const shown = new Map<string, Members>()
      const show = showsInstead(stage, shown)
      return async (call) => {
        if (call.operation === 'getJob') return show(call)
        const id = call.path['jobId'] ?? ''
        const before = stage.stateOf('job', id)
        await stage.overlap()
        if (before === 'running' && stage.stateOf('job', id) === 'cancelled')
          shown.set(id, { result: call.members['result'] })
        return call.proceed()
      }
    },
  }),
  defineMutant(
    'concurrency/cancelled-while-handed-out',
    'A job is handed out that is cancelled meanwhile, unannounced.',
    {
      touches: ['nextJob'],
      spoil: (stage) => async (call) => {
        const seen = stage.jobsOf(runnerIdOf(call), 'pending')
        if (seen.length > 0) await stage.overlap()
        const [first] = seen
        if (first === undefined || stage.stateOf('job', first.id) !== 'cancelled') return call.proceed()
        return handOut(call, seen, answer(200, {}))
      },
    },
  ),
  defineMutant('concurrency/announced-by-several', 'Heartbeats at once announce the same cancellation.', {
    touches: ['heartbeat'],
    spoil: (stage) => {
      const beats = new Overlaps<{ ids: Set<unknown> }>()
      return (call) =>
        beats.during(
          runnerIdOf(call),
          () => ({ ids: new Set() }),
          async (shared) => {
            const reply = await call.proceed()
            for (const id of itemsOf(membersIn(reply)['cancelled_job_ids'])) shared.ids.add(id)
            await stage.overlap()
            return isSuccess(reply) ? withBody(reply, { cancelled_job_ids: [...shared.ids] }) : reply
          },
        )
    },
  }),
  defineMutant(
    'concurrency/disconnect-leaves-handed-out-job',
    'A job outlives its runner when it is just handed out.',
    {
      touches: ['nextJob', 'getJob'],
      spoil: (stage) => {
        const kept = new Map<string, Members>()
        return async (call) => {
          const reply = await call.proceed()
          if (call.operation === 'nextJob') {
            const job = membersIn(reply)
            await stage.overlap()
            if (stage.stateOf('runner', runnerIdOf(call)) === 'none' && 'id' in job) kept.set(textIn(job, 'id'), job)
            return reply
          }
          const job = kept.get(call.path['jobId'] ?? '')
          return reply.status === 404 && job !== undefined ? answer(200, job) : reply
        }
      },
    },
  ),
]
