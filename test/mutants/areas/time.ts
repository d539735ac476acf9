// Mistakes about time, limits and long polls: lives and ends, how much a runner may hold, how long a poll waits.
import type { Call } from '../call.js'
import { mutantsOf, type Mutant, type Spoil } from '../mutant.js'
import { hasWork, isEmpty, nothing, runnerIdOf } from '../polls.js'
import { answer, isSuccess, itemsOf, membersIn, refusal, textIn, withBody } from '../reply.js'
import { doesAnyway, editReply, editRequest, editRequestBody, refuseWhen } from '../spoils.js'
import type { Stage } from '../stage.js'

/** Whether the heartbeat of a runner has lapsed. */
function isLapsed(stage: Stage, runnerId: string): boolean {
  return stage.stateOf('runner', runnerId) === 'disconnected'
}

const takesFirstHeartbeat: Spoil = () => {
  const beaten = new Set<string>()
  return async (call) => {
    const isFirst = !beaten.has(runnerIdOf(call))
    beaten.add(runnerIdOf(call))
    return isFirst ? call.proceed() : answer(200, { cancelled_job_ids: [] })
  }
}

const keepsPickedUp: Spoil = editReply((reply, { path }, stage) => {
  const command = stage.commands.get(path['commandId'] ?? '')
  const isThere = command !== undefined && stage.stateOf('runner', command.runnerId) !== 'none'
  const isOver = reply.status === 404 || textIn(membersIn(reply), 'status') === 'timed_out'
  if (!isOver || !isThere) return reply
  const shown = { command_id: command.id, runner_id: command.runnerId, type: textIn(command.request, 'type') }
  const rest = { args: command.request['args'], timeout_seconds: 1, submitted_at: '2026-01-01T00:00:00Z' }
  return answer(200, { ...shown, ...rest, status: 'picked_up', picked_up_at: rest.submitted_at })
})

export const timeMutants: readonly Mutant[] = mutantsOf((it) => {
  it('time/only-first-heartbeat-counts [heartbeat]: Only the first heartbeat renews the life of a runner.', () =>
    takesFirstHeartbeat)
  it('time/lapse-loses-agents [heartbeat]: A runner that comes back has lost its agents.', () =>
    (stage) =>
    async (call) => {
      const wasLapsed = isLapsed(stage, runnerIdOf(call))
      const reply = await call.proceed()
      if (wasLapsed) await call.ask('registerAgents', { path: call.path, body: {} })
      return reply
    })
  it('time/lapse-loses-capabilities [heartbeat]: A runner that comes back has the default capabilities.', () =>
    editRequest((call, stage) =>
      isLapsed(stage, runnerIdOf(call)) && !('capabilities' in call.members)
        ? { body: { capabilities: ['jobs'] } }
        : undefined,
    ))
  it('time/lapsed-reports-refused [reportJobResult]: Reports of a lapsed runner are refused (409).', () =>
    refuseWhen(409, (call, stage) => isLapsed(stage, stage.runnerOf(call)?.id ?? '')))
  it('time/timed-out-announced [heartbeat]: A job that timed out is announced to its runner as cancelled.', () =>
    editReply((reply, call, stage) => {
      const failed = stage.jobsOf(runnerIdOf(call), 'failed').map(({ id }) => id)
      return isSuccess(reply) && failed.length > 0 ? withBody(reply, { cancelled_job_ids: failed }) : reply
    }))
  it('time/session-default-of-a-minute [createPairingSession]: A session that names no time to live has a minute.', () =>
    editRequestBody((body) => ({ ttl_seconds: 60, ...body })))
  it('time/runner-ends-with-session [getRunner]: A runner is disconnected when its session expires.', () =>
    editReply((reply, call, stage) => {
      const session = stage.runnerOf(call)?.session
      return session !== undefined && stage.stateOf('pairingSession', session.id) === 'expired' ? refusal(404) : reply
    }))
  it('time/timeout-wakes-nobody [getBridgeCommand]: A reader does not notice that a command times out.', () =>
    (stage) =>
    async (call) => {
      const reply = await call.proceed()
      const isOver = textIn(membersIn(reply), 'status') === 'timed_out'
      if (call.query.get('wait') === 'true' && isOver) await stage.sleep(60, call.exchange.signal)
      return reply
    })
  it('time/unanswered-command-kept [getBridgeCommand]: A command that was picked up and never answered stays picked up.', () =>
    keepsPickedUp)
})

const WRITES = new Set(['WriteFile', 'EditFile', 'Exec'])

interface Rate {
  most: number
  /** What a command counts. Default: 1. */
  weigh?: (call: Call) => number
  keyOf?: (call: Call) => string
  minutes?: number
}

/** Counts commands within spans of time. */
function rates({ most, weigh = () => 1, keyOf = runnerIdOf, minutes = 1 }: Rate): Spoil {
  return (stage) => {
    const counts = new Map<string, number>()
    return async (call) => {
      const key = `${keyOf(call)} ${Math.floor(stage.now() / (60_000 * minutes))}`
      const count = (counts.get(key) ?? 0) + weigh(call)
      if (count > most && weigh(call) > 0) return refusal(429)
      const reply = await call.proceed()
      if (isSuccess(reply)) counts.set(key, count)
      return reply
    }
  }
}

const pendingOf = (stage: Stage, runnerId: string): number => stage.jobsOf(runnerId, 'pending').length
const UNLIMITED = 'bridge_max_commands_per_minute=1000000 bridge_max_write_commands_per_minute=1000000'
/** The declared limit of payloads, in bytes. */
const MAX_SIZE = 1_048_576

export const limitMutants: readonly Mutant[] = mutantsOf((it) => {
  it('limits/refused-job-queued [max_pending_jobs_per_runner=1000 createJob]: A job beyond the limit is refused, and queued.', () =>
    (stage) =>
    async (call) => {
      const isFull = pendingOf(stage, stage.takerOf(call)?.id ?? '') >= 100
      const reply = await call.proceed()
      return isFull && isSuccess(reply) ? refusal(429) : reply
    })
  it('limits/queue-of-the-user [createJob one-by-one]: The limit of pending jobs is one of all runners of a user.', () =>
    refuseWhen(429, (call, stage) => {
      const pending = stage.present().map(({ id }) => pendingOf(stage, id))
      return call.text !== '' && pending.reduce((sum, each) => sum + each, 0) >= 100
    }))
  it('limits/picked-up-commands-count [createBridgeCommand]: Picked-up commands count against the limit of pending ones.', () =>
    refuseWhen(429, (call, stage) => {
      const counts = ['pending', 'picked_up'].map((state) => stage.commandsOf(runnerIdOf(call), state).length)
      return counts.reduce((sum, each) => sum + each, 0) >= 50
    }))
  it('limits/refused-agents-clear [registerAgents]: A refused registration clears the agents.', () =>
    doesAnyway(400, () => ({ body: {} })))
  it('limits/log-batch-cut [appendJobLogs]: A batch that is too long is refused, and its first entries are appended.', () =>
    doesAnyway(400, ({ body }) => ({ body: itemsOf(body).slice(0, 1000) })))
  it('limits/oversized-patch-stored [patchChecklist]: A patch that is too large is refused, and its keys are stored.', () =>
    doesAnyway(400, ({ members }) => ({
      body: Object.fromEntries(Object.keys(members).map((name) => [name, 1])),
    })))
  it('limits/log-limited-as-a-whole [appendJobLogs]: The limit of a batch is one of the whole log.', () =>
    rates({
      most: 1000,
      weigh: ({ body }) => itemsOf(body).length,
      keyOf: ({ path }) => path['jobId'] ?? '',
      minutes: Infinity,
    }))
  it(`limits/reads-use-up-writes [${UNLIMITED} createBridgeCommand]: Once the rate of writes is used up, reading is refused, too.`, () =>
    rates({ most: 120 }))
  it(`limits/rate-of-all-runners [${UNLIMITED} createBridgeCommand one-by-one]: The rate of writes is one of all runners of a user.`, () =>
    rates({ most: 120, weigh: ({ body }) => (WRITES.has(textIn(body, 'type')) ? 1 : 0), keyOf: () => 'all' }))
  it(`limits/rate-of-two-minutes [${UNLIMITED} createBridgeCommand]: A rate is not free again with the next minute.`, () =>
    rates({ most: 600, minutes: 60 }))
  it('limits/args-with-room-for-the-rest [createBridgeCommand]: The size of a command is that of its whole request.', () =>
    refuseWhen(400, ({ text }) => text.length > MAX_SIZE))
})

/** The poll of a runner that goes meanwhile is left waiting. */
const leavesPollsWaiting: Spoil = (stage) => async (call) => {
  const isThere = (): boolean => stage.stateOf('runner', runnerIdOf(call)) !== 'none'
  const wasThere = isThere()
  const reply = await call.proceed()
  if (wasThere && !isThere()) await stage.sleep(10_000, call.exchange.signal)
  return reply
}

const takesJobsLate: Spoil = (stage) => {
  const stale = new Set<string>()
  return async (call) => {
    const reply = await call.proceed()
    const runnerId = stage.takerOf(call)?.id ?? ''
    if (call.operation === 'nextJob' && reply.body === 'null') stale.add(runnerIdOf(call))
    if (call.operation === 'createJob' && stale.delete(runnerId)) await call.ask('nextJob', { path: { runnerId } })
    return reply
  }
}

export const longPollMutants: readonly Mutant[] = mutantsOf((it) => {
  it('long-poll/nothing-as-no-content [nextJob]: nextJob answers 204 without a body when there is nothing to do.', () =>
    editReply((reply) => (reply.body === 'null' ? answer(204) : reply)))
  it('long-poll/pending-job-after-a-wait [nextJob]: A poll begins to look when its time is nearly over.', () =>
    (stage) =>
    async (call) => {
      await stage.sleep(9, call.exchange.signal)
      return call.proceed()
    })
  it('long-poll/ended-poll-takes-next-job [nextJob createJob]: A poll that has ended takes the next job.', () =>
    takesJobsLate)
  it('long-poll/nothing-as-null-batch [nextBridgeCommands]: nextBridgeCommands answers null when there is nothing to do.', () =>
    editReply((reply) => (isEmpty(reply) && reply.status === 200 ? withBody(reply, null) : reply)))
  it('long-poll/batch-waits-to-fill [nextBridgeCommands]: A poll waits until its time is over or its batch is full.', () =>
    (stage) =>
    async (call) => {
      if (stage.isAlive(runnerIdOf(call))) await stage.sleep(30, call.exchange.signal)
      return hasWork(call, stage) ? call.proceed() : nothing(call)
    })
  for (const operation of ['nextJob', 'nextBridgeCommands'] as const)
    it(`long-poll/${operation}-of-gone-runner [${operation} should]: A ${operation} whose runner goes is never answered.`, () =>
      leavesPollsWaiting)
})
