// Mistakes about time, limits and long polls: lives and ends, how much a runner may hold, how long a poll waits.
import type { Call } from '../call.js'
import { defineMutant, defineShould, type Mutant, type Spoil } from '../mutant.js'
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

export const timeMutants: readonly Mutant[] = [
  defineMutant('time/only-first-heartbeat-counts', 'Only the first heartbeat renews the life of a runner.', {
    touches: ['heartbeat'],
    spoil: takesFirstHeartbeat,
  }),
  defineMutant('time/lapse-loses-agents', 'A runner that comes back has lost its agents.', {
    touches: ['heartbeat'],
    spoil: (stage) => async (call) => {
      const wasLapsed = isLapsed(stage, runnerIdOf(call))
      const reply = await call.proceed()
      if (wasLapsed) await call.ask('registerAgents', { path: call.path, body: {} })
      return reply
    },
  }),
  defineMutant('time/lapse-loses-capabilities', 'A runner that comes back has the default capabilities.', {
    touches: ['heartbeat'],
    spoil: editRequest((call, stage) =>
      isLapsed(stage, runnerIdOf(call)) && !('capabilities' in call.members)
        ? { body: { capabilities: ['jobs'] } }
        : undefined,
    ),
  }),
  defineMutant('time/lapsed-reports-refused', 'Reports of a lapsed runner are refused (409).', {
    touches: ['reportJobResult'],
    spoil: refuseWhen(409, (call, stage) => isLapsed(stage, stage.runnerOf(call)?.id ?? '')),
  }),
  defineMutant('time/timed-out-announced', 'A job that timed out is announced to its runner as cancelled.', {
    touches: ['heartbeat'],
    spoil: editReply((reply, call, stage) => {
      const failed = stage.jobsOf(runnerIdOf(call), 'failed').map(({ id }) => id)
      return isSuccess(reply) && failed.length > 0 ? withBody(reply, { cancelled_job_ids: failed }) : reply
    }),
  }),
  defineMutant('time/session-default-of-a-minute', 'A session that names no time to live has a minute.', {
    touches: ['createPairingSession'],
    spoil: editRequestBody((body) => ({ ttl_seconds: 60, ...body })),
  }),
  defineMutant('time/runner-ends-with-session', 'A runner is disconnected when its session expires.', {
    touches: ['getRunner'],
    spoil: editReply((reply, call, stage) => {
      const session = stage.runnerOf(call)?.session
      return session !== undefined && stage.stateOf('pairingSession', session.id) === 'expired' ? refusal(404) : reply
    }),
  }),
  defineMutant('time/timeout-wakes-nobody', 'A reader does not notice that a command times out.', {
    touches: ['getBridgeCommand'],
    spoil: (stage) => async (call) => {
      const reply = await call.proceed()
      const isOver = textIn(membersIn(reply), 'status') === 'timed_out'
      if (call.query.get('wait') === 'true' && isOver) await stage.sleep(60, call.exchange.signal)
      return reply
    },
  }),
  defineMutant('time/unanswered-command-kept', 'A command that was picked up and never answered stays picked up.', {
    touches: ['getBridgeCommand'],
    spoil: keepsPickedUp,
  }),
]

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
const unlimited = { bridge_max_commands_per_minute: 1_000_000, bridge_max_write_commands_per_minute: 1_000_000 }
/** The declared limit of payloads, in bytes. */
const MAX_SIZE = 1_048_576

export const limitMutants: readonly Mutant[] = [
  defineMutant('limits/refused-job-queued', 'A job beyond the limit is refused, and queued.', {
    settings: { max_pending_jobs_per_runner: 1000 },
    touches: ['createJob'],
    spoil: (stage) => async (call) => {
      const isFull = pendingOf(stage, stage.takerOf(call)?.id ?? '') >= 100
      const reply = await call.proceed()
      return isFull && isSuccess(reply) ? refusal(429) : reply
    },
  }),
  defineMutant('limits/queue-of-the-user', 'The limit of pending jobs is one of all runners of a user.', {
    touches: ['createJob'],
    oneByOne: true,
    spoil: refuseWhen(429, (call, stage) => {
      const pending = stage.present().map(({ id }) => pendingOf(stage, id))
      return call.text !== '' && pending.reduce((sum, each) => sum + each, 0) >= 100
    }),
  }),
  defineMutant('limits/picked-up-commands-count', 'Picked-up commands count against the limit of pending ones.', {
    touches: ['createBridgeCommand'],
    spoil: refuseWhen(429, (call, stage) => {
      const counts = ['pending', 'picked_up'].map((state) => stage.commandsOf(runnerIdOf(call), state).length)
      return counts.reduce((sum, each) => sum + each, 0) >= 50
    }),
  }),
  defineMutant('limits/refused-agents-clear', 'A refused registration clears the agents.', {
    touches: ['registerAgents'],
    spoil: doesAnyway(400, () => ({ body: {} })),
  }),
  defineMutant('limits/log-batch-cut', 'A batch that is too long is refused, and its first entries are appended.', {
    touches: ['appendJobLogs'],
    spoil: doesAnyway(400, ({ body }) => ({ body: itemsOf(body).slice(0, 1000) })),
  }),
  defineMutant('limits/oversized-patch-stored', 'A patch that is too large is refused, and its keys are stored.', {
    touches: ['patchChecklist'],
    spoil: doesAnyway(400, ({ members }) => ({
      body: Object.fromEntries(Object.keys(members).map((name) => [name, 1])),
    })),
  }),
  defineMutant('limits/log-limited-as-a-whole', 'The limit of a batch is one of the whole log.', {
    touches: ['appendJobLogs'],
    spoil: rates({
      most: 1000,
      weigh: ({ body }) => itemsOf(body).length,
      keyOf: ({ path }) => path['jobId'] ?? '',
      minutes: Infinity,
    }),
  }),
  defineMutant('limits/reads-use-up-writes', 'Once the rate of writes is used up, reading is refused, too.', {
    settings: unlimited,
    touches: ['createBridgeCommand'],
    spoil: rates({ most: 120 }),
  }),
  defineMutant('limits/rate-of-all-runners', 'The rate of writes is one of all runners of a user.', {
    settings: unlimited,
    touches: ['createBridgeCommand'],
    oneByOne: true,
    spoil: rates({ most: 120, weigh: ({ body }) => (WRITES.has(textIn(body, 'type')) ? 1 : 0), keyOf: () => 'all' }),
  }),
  defineMutant('limits/rate-of-two-minutes', 'A rate is not free again with the next minute.', {
    settings: unlimited,
    touches: ['createBridgeCommand'],
    spoil: rates({ most: 600, minutes: 60 }),
  }),
  defineMutant('limits/args-with-room-for-the-rest', 'The size of a command is that of its whole request.', {
    touches: ['createBridgeCommand'],
    spoil: refuseWhen(400, ({ text }) => text.length > MAX_SIZE),
  }),
]

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

export const longPollMutants: readonly Mutant[] = [
  defineMutant('long-poll/nothing-as-no-content', 'nextJob answers 204 without a body when there is nothing to do.', {
    touches: ['nextJob'],
    spoil: editReply((reply) => (reply.body === 'null' ? answer(204) : reply)),
  }),
  defineMutant('long-poll/pending-job-after-a-wait', 'A poll begins to look when its time is nearly over.', {
    touches: ['nextJob'],
    spoil: (stage) => async (call) => {
      await stage.sleep(9, call.exchange.signal)
      return call.proceed()
    },
  }),
  defineMutant('long-poll/ended-poll-takes-next-job', 'A poll that has ended takes the next job.', {
    touches: ['nextJob', 'createJob'],
    spoil: takesJobsLate,
  }),
  defineMutant('long-poll/nothing-as-null-batch', 'nextBridgeCommands answers null when there is nothing to do.', {
    touches: ['nextBridgeCommands'],
    spoil: editReply((reply) => (isEmpty(reply) && reply.status === 200 ? withBody(reply, null) : reply)),
  }),
  defineMutant('long-poll/batch-waits-to-fill', 'A poll waits until its time is over or its batch is full.', {
    touches: ['nextBridgeCommands'],
    spoil: (stage) => async (call) => {
      if (stage.isAlive(runnerIdOf(call))) await stage.sleep(30, call.exchange.signal)
      return hasWork(call, stage) ? call.proceed() : nothing(call)
    },
  }),
  ...(['nextJob', 'nextBridgeCommands'] as const).map((operation) =>
    defineShould(`long-poll/${operation}-of-gone-runner`, `A ${operation} whose runner goes is never answered.`, {
      touches: [operation],
      spoil: leavesPollsWaiting,
    }),
  ),
]
