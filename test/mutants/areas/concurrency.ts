// Races: calls that are right one by one, and wrong when they overlap. Each looks, lets time pass, and acts on what it saw.
// And mistakes that random sequences of calls must come upon by themselves.
import type { ApiResponse } from '../../../src/mocks/base/exchange.js'
import type { Call, Caller } from '../call.js'
import { defineMutant, defineShould, type Mutant, type Spoil } from '../mutant.js'
import { handOut, runnerIdOf, takesInTwoSteps, tellsOthers, theSame } from '../polls.js'
import { overlapping, together } from '../races.js'
import {
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
  type Members,
} from '../reply.js'
import { asOwner, showsInstead, type Keep } from '../spoils.js'
import type { Stage } from '../stage.js'

/** A poll whose work went elsewhere need not be waited for. */
const shortPolls = { next_job_poll_timeout_seconds: 0.5, bridge_poll_timeout_seconds: 0.5 }

const losesJob = overlapping(
  runnerIdOf,
  () => ({ count: 0 }),
  async (call, shared, stage) => {
    const place = ++shared.count
    await stage.overlap()
    if (place === 8 && stage.jobsOf(runnerIdOf(call), 'pending').length > 0)
      await call.ask('nextJob', { path: call.path })
    return call.proceed()
  },
)

const listsByTime: Spoil = (stage) => {
  const wait = together(stage)
  return async (call) => {
    if (call.operation === 'createJob') await wait()
    const reply = await call.proceed()
    const page = membersIn(reply)
    if (!isSuccess(reply) || call.operation === 'createJob') return reply
    const byTime = new Map(itemsOf(page['content']).map((job) => [textIn(job, 'created_at').slice(0, 23), job]))
    return withBody(reply, { ...page, content: [...byTime.values()] })
  }
}

/** Gives all but the first of the runners that are activated at once an owner of their own. */
const sharesSlots: Spoil = (stage) => {
  const aliases = new Map<string, Caller>()
  const activate = overlapping(
    (call) => `${stage.sessionOf(call)?.projectId} ${stage.sessionOf(call)?.type}`,
    () => ({ count: 0 }),
    async (call, shared) => {
      const place = shared.count++
      await stage.overlap()
      const authorization = `${call.caller.authorization}${place === 0 ? '' : `#${place}`}`
      const caller = { ...call.caller, authorization }
      aliases.set(stage.sessionOf(call)?.runnerId ?? '', caller)
      return call.proceed({ headers: { ...caller } })
    },
  )(stage)
  return (call) => {
    if (call.operation === 'activatePairingSession' && stage.sessionOf(call) !== undefined) return activate(call)
    const alias = aliases.get(stage.runnerOf(call)?.id ?? '')
    return call.proceed(alias === undefined ? {} : { headers: { ...alias } })
  }
}

const overwritesLogs: Spoil = (stage) => {
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
}

const emptiesSlot: Spoil = (stage) => async (call) => {
  const { projectId: project_id, type } = stage.sessionOf(call) ?? {}
  const { body } = await call.ask('listRunners', { query: { project_id } })
  const before = itemsOf(membersOf(body)['content']).filter((runner) => textIn(runner, 'type') === type)
  for (const runner of before) await call.ask('disconnectRunner', { path: { runnerId: textIn(runner, 'id') } })
  if (before.length > 0) await stage.overlap()
  return call.proceed()
}

/** Undoes reports that come while a poll is about to mark their commands. */
async function undoesReports(call: Call, keep: Keep, stage: Stage): Promise<ApiResponse> {
  if (call.operation === 'reportBridgeResult') {
    const isPending = stage.stateOf('bridgeCommand', call.path['commandId'] ?? '') === 'pending'
    // The report finds the command while the poll is about to mark it.
    if (isPending || stage.commandsOf(runnerIdOf(call), 'picked_up').length > 0) await stage.overlap()
    return call.proceed()
  }
  const seen = stage.commandsOf(runnerIdOf(call), 'pending')
  if (seen.length > 0) await stage.overlap()
  await stage.overlap()
  for (const { id } of seen) keep({ status: 'picked_up', result: undefined, completed_at: undefined }, id)
  return call.proceed()
}

/** Lets reports on a job that was running wait for others, and keeps something of those that are late. */
export function keepsOfLate(
  keptOf: (report: Members) => Members,
  isLate = (state: string) => state !== 'running',
): Spoil {
  return showsInstead(async (call, keep, stage) => {
    const state = (): string => stage.stateOf('job', call.path['jobId'] ?? '')
    const before = state()
    await stage.overlap()
    if (before === 'running' && isLate(state())) keep(keptOf(call.members))
    return call.proceed()
  })
}

const outlivesRunner: Spoil = (stage) => {
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
}

const twoSteps = [
  ['jobs', ['nextJob']],
  ['commands', ['nextBridgeCommands']],
] as const

/** Work is looked up and then taken, as the checks of an area must notice. */
const movedInTwoSteps = (area: string): Mutant[] =>
  twoSteps.map(([what, touches]) =>
    defineMutant(`${area}/${what}-moved-in-two-steps`, `In ${area}, ${what} are looked up and then taken.`, {
      ...{ touches, settings: shortPolls, spoil: takesInTwoSteps() },
    }),
  )

export const concurrencyMutants: readonly Mutant[] = [
  ...movedInTwoSteps('concurrency'),
  defineMutant('concurrency/job-lost-between-polls', 'Of many polls that come at once one takes a job and loses it.', {
    touches: ['nextJob'],
    settings: shortPolls,
    spoil: losesJob,
  }),
  defineMutant('concurrency/waiting-polls-get-the-same', 'Two polls that wait get the same job.', {
    touches: ['nextJob'],
    spoil: tellsOthers(theSame, 1),
  }),
  defineMutant('concurrency/listed-by-time', 'Of two jobs of one millisecond the list shows one.', {
    touches: ['createJob', 'listJobs'],
    spoil: listsByTime,
  }),
  defineMutant('concurrency/slot-taken-by-several', 'Activations at once do not evict each other.', {
    touches: 'all',
    spoil: sharesSlots,
  }),
  defineMutant('concurrency/sessions-shared-by-key', 'Sessions that are opened at once with one key are one session.', {
    touches: ['createPairingSession'],
    spoil: overlapping(
      ({ body }) => textIn(body, 'activation_key'),
      (call) => ({ reply: call.proceed() }),
      async (_, { reply }, stage) => {
        await stage.overlap()
        return { ...(await reply) }
      },
    ),
  }),
  defineMutant('concurrency/logs-overwritten', 'Of batches of log entries that come at once some are lost.', {
    touches: ['appendJobLogs', 'getJobLogs'],
    spoil: overwritesLogs,
  }),
  defineMutant('concurrency/agents-mixed', 'Agents are registered one by one: registrations that come at once mix.', {
    touches: ['registerAgents'],
    spoil: overlapping(
      runnerIdOf,
      (): Members => ({}),
      async (call, agents, stage) => {
        Object.assign(agents, call.members)
        await stage.overlap()
        return call.proceed({ body: agents })
      },
    ),
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
    spoil: emptiesSlot,
  }),
  defineShould('concurrency/limit-passed-by-several', 'Jobs that come at once go beyond the limit of the queue.', {
    settings: { max_pending_jobs_per_runner: 10_000 },
    touches: ['createJob'],
    spoil: overlapping(
      (call, stage) => stage.takerOf(call)?.id ?? '',
      (call, stage) => stage.jobsOf(stage.takerOf(call)?.id ?? '', 'pending').length,
      async (call, count, stage) => {
        await stage.overlap()
        return count >= 100 ? refusal(429) : call.proceed()
      },
    ),
  }),
  defineShould('concurrency/project-made-twice', 'Projects that are made at once may share a name.', {
    touches: ['createProject'],
    spoil: overlapping(
      ({ body }) => textIn(body, 'name'),
      () => ({ location: undefined as string | undefined }),
      async (call, shared, stage) => {
        const reply = await call.proceed()
        if (createdIn(reply) !== '') shared.location = reply.headers['location']
        await stage.overlap()
        const isLate = reply.status === 409 && shared.location !== undefined
        return isLate ? withHeaders(answer(201), { location: shared.location }) : reply
      },
    ),
  }),
  defineMutant('concurrency/refused-report-overwrites', 'A refused report leaves its duration behind.', {
    touches: ['reportBridgeResult', 'getBridgeCommand'],
    spoil: showsInstead(async (call, keep, stage) => {
      const before = stage.stateOf('bridgeCommand', call.path['commandId'] ?? '')
      await stage.overlap()
      const reply = await call.proceed()
      if (reply.status === 409 && before === 'picked_up') keep({ duration_ms: call.members['duration_ms'] })
      return reply
    }),
  }),
  defineMutant('concurrency/pick-up-undoes-report', 'A poll marks a command that was reported meanwhile.', {
    touches: ['reportBridgeResult', 'nextBridgeCommands', 'getBridgeCommand'],
    spoil: showsInstead(undoesReports),
  }),
  defineMutant('concurrency/job-report-in-pieces', 'Of several reports at once each leaves some of its fields.', {
    touches: ['reportJobResult', 'getJob'],
    spoil: keepsOfLate((report) => without(report, 'status', 'trace_id')),
  }),
  defineMutant('concurrency/cancel-keeps-late-result', 'A cancelled job keeps a result that came in meanwhile.', {
    touches: ['reportJobResult', 'getJob'],
    spoil: keepsOfLate(
      ({ result }) => ({ result }),
      (state) => state === 'cancelled',
    ),
  }),
  defineMutant('concurrency/cancelled-while-handed-out', 'A job is handed out that was cancelled, unannounced.', {
    touches: ['nextJob'],
    spoil: (stage) => async (call) => {
      const seen = stage.jobsOf(runnerIdOf(call), 'pending')
      if (seen.length > 0) await stage.overlap()
      const [first] = seen
      if (first === undefined || stage.stateOf('job', first.id) !== 'cancelled') return call.proceed()
      return handOut(call, seen, answer(200, {}))
    },
  }),
  defineMutant('concurrency/announced-by-several', 'Heartbeats at once announce the same cancellation.', {
    touches: ['heartbeat'],
    spoil: overlapping(
      runnerIdOf,
      () => new Set<unknown>(),
      async (call, ids, stage) => {
        const reply = await call.proceed()
        for (const id of itemsOf(membersIn(reply)['cancelled_job_ids'])) ids.add(id)
        await stage.overlap()
        return isSuccess(reply) ? withBody(reply, { cancelled_job_ids: [...ids] }) : reply
      },
    ),
  }),
  defineMutant('concurrency/disconnect-leaves-handed-out-job', 'A job outlives its runner that was just handed out.', {
    touches: ['nextJob', 'getJob'],
    spoil: outlivesRunner,
  }),
]

export const modelMutants: readonly Mutant[] = [
  ...movedInTwoSteps('model'),
  defineMutant('model/reads-open-to-all', 'Anybody may read runners, jobs and commands.', {
    touches: ['getRunner', 'getJob', 'listJobs', 'getJobLogs', 'getBridgeCommand'],
    spoil: asOwner(() => true),
  }),
]
