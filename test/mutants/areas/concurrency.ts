// Races: calls that are right one by one, and wrong when they overlap. Each looks, lets time pass, and acts on what it saw.
// And mistakes that random sequences of calls must come upon by themselves.
import type { ApiResponse } from '../../../src/mocks/base/exchange.js'
import type { Call, Caller } from '../call.js'
import { type AddMutant, mutantsOf, type Mutant, type Spoil } from '../mutant.js'
import { handOut, runnerIdOf, takesInTwoSteps, tellsOthers, theSame, overlapping, together } from '../polls.js'
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
const SHORT_POLLS = 'next_job_poll_timeout_seconds=0.5 bridge_poll_timeout_seconds=0.5'

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

/** Work is looked up and then taken, as the checks of an area must notice. */
function moveInTwoSteps(it: AddMutant, area: string): void {
  for (const [what, poll] of Object.entries({ jobs: 'nextJob', commands: 'nextBridgeCommands' })) {
    const name = `${area}/${what}-moved-in-two-steps [${poll} ${SHORT_POLLS}]`
    it(`${name}: In ${area}, ${what} are looked up and then taken.`, () => takesInTwoSteps())
  }
}

export const concurrencyMutants: readonly Mutant[] = mutantsOf((it) => {
  moveInTwoSteps(it, 'concurrency')
  it(`concurrency/job-lost-between-polls [nextJob ${SHORT_POLLS}]: Of many polls that come at once one takes a job and loses it.`, () =>
    losesJob)
  it('concurrency/waiting-polls-get-the-same [nextJob]: Two polls that wait get the same job.', () =>
    tellsOthers(theSame, 1))
  it('concurrency/listed-by-time [createJob listJobs]: Of two jobs of one millisecond the list shows one.', () =>
    listsByTime)
  it('concurrency/slot-taken-by-several [all]: Activations at once do not evict each other.', () => sharesSlots)
  it('concurrency/sessions-shared-by-key [createPairingSession]: Sessions that are opened at once with one key are one session.', () =>
    overlapping(
      ({ body }) => textIn(body, 'activation_key'),
      (call) => ({ reply: call.proceed() }),
      async (_, { reply }, stage) => {
        await stage.overlap()
        return { ...(await reply) }
      },
    ))
  it('concurrency/logs-overwritten [appendJobLogs getJobLogs]: Of batches of log entries that come at once some are lost.', () =>
    overwritesLogs)
  it('concurrency/agents-mixed [registerAgents]: Agents are registered one by one: registrations that come at once mix.', () =>
    overlapping(
      runnerIdOf,
      (): Members => ({}),
      async (call, agents, stage) => {
        Object.assign(agents, call.members)
        await stage.overlap()
        return call.proceed({ body: agents })
      },
    ))
  it('concurrency/registration-clears-first [registerAgents]: Agents are taken away before the new ones come.', () =>
    (stage) =>
    async (call) => {
      await call.ask('registerAgents', { path: call.path, body: {} })
      await stage.overlap()
      return call.proceed()
    })
  it('concurrency/slot-empty-between [activatePairingSession]: A runner leaves its slot before the new one has taken it.', () =>
    emptiesSlot)
  it('concurrency/limit-passed-by-several [max_pending_jobs_per_runner=10000 createJob should]: Jobs that come at once go beyond the limit of the queue.', () =>
    overlapping(
      (call, stage) => stage.takerOf(call)?.id ?? '',
      (call, stage) => stage.jobsOf(stage.takerOf(call)?.id ?? '', 'pending').length,
      async (call, count, stage) => {
        await stage.overlap()
        return count >= 100 ? refusal(429) : call.proceed()
      },
    ))
  it('concurrency/project-made-twice [createProject should]: Projects that are made at once may share a name.', () =>
    overlapping(
      ({ body }) => textIn(body, 'name'),
      () => ({ location: undefined as string | undefined }),
      async (call, shared, stage) => {
        const reply = await call.proceed()
        if (createdIn(reply) !== '') shared.location = reply.headers['location']
        await stage.overlap()
        const isLate = reply.status === 409 && shared.location !== undefined
        return isLate ? withHeaders(answer(201), { location: shared.location }) : reply
      },
    ))
  it('concurrency/refused-report-overwrites [reportBridgeResult getBridgeCommand]: A refused report leaves its duration behind.', () =>
    showsInstead(async (call, keep, stage) => {
      const before = stage.stateOf('bridgeCommand', call.path['commandId'] ?? '')
      await stage.overlap()
      const reply = await call.proceed()
      if (reply.status === 409 && before === 'picked_up') keep({ duration_ms: call.members['duration_ms'] })
      return reply
    }))
  it('concurrency/pick-up-undoes-report [reportBridgeResult nextBridgeCommands getBridgeCommand]: A poll marks a command that was reported meanwhile.', () =>
    showsInstead(undoesReports))
  it('concurrency/job-report-in-pieces [reportJobResult getJob]: Of several reports at once each leaves some of its fields.', () =>
    keepsOfLate((report) => without(report, 'status', 'trace_id')))
  it('concurrency/cancel-keeps-late-result [reportJobResult getJob]: A cancelled job keeps a result that came in meanwhile.', () =>
    keepsOfLate(
      ({ result }) => ({ result }),
      (state) => state === 'cancelled',
    ))
  it('concurrency/cancelled-while-handed-out [nextJob]: A job is handed out that was cancelled, unannounced.', () =>
    (stage) =>
    async (call) => {
      const seen = stage.jobsOf(runnerIdOf(call), 'pending')
      if (seen.length > 0) await stage.overlap()
      const [first] = seen
      if (first === undefined || stage.stateOf('job', first.id) !== 'cancelled') return call.proceed()
      return handOut(call, seen, answer(200, {}))
    })
  it('concurrency/announced-by-several [heartbeat]: Heartbeats at once announce the same cancellation.', () =>
    overlapping(
      runnerIdOf,
      () => new Set<unknown>(),
      async (call, ids, stage) => {
        const reply = await call.proceed()
        for (const id of itemsOf(membersIn(reply)['cancelled_job_ids'])) ids.add(id)
        await stage.overlap()
        return isSuccess(reply) ? withBody(reply, { cancelled_job_ids: [...ids] }) : reply
      },
    ))
  it('concurrency/disconnect-leaves-handed-out-job [nextJob getJob]: A job outlives its runner that was just handed out.', () =>
    outlivesRunner)
})

export const modelMutants: readonly Mutant[] = mutantsOf((it) => {
  moveInTwoSteps(it, 'model')
  it('model/reads-open-to-all [getRunner getJob listJobs getJobLogs getBridgeCommand]: Anybody may read runners, jobs and commands.', () =>
    asOwner(() => true))
})
