// Mistakes about time, limits and long polls: lives and ends, how much a runner may hold, how long a poll waits.
import type { Call } from '../call.js'
import { mutantsOf, type Mutant, type Spoil } from '../mutant.js'
import { hasWork, isEmpty, nothing, runnerIdOf } from '../polls.js'
import { answer, isSuccess, itemsOf, membersIn, refusal, textIn, withBody } from '../reply.js'
import { doesAnyway, editReply, editRequestBody, refuseWhen } from '../spoils.js'

export const timeMutants: readonly Mutant[] = mutantsOf((it) => {
  it('time/lapsed-reports-refused [reportJobResult]: Reports of a lapsed runner are refused (409).', () =>
    refuseWhen(409, (call, stage) => stage.stateOf('runner', stage.runnerOf(call)?.id ?? '') === 'disconnected'))
  it('time/session-default-of-a-minute [createPairingSession]: A session that names no time to live has a minute.', () =>
    editRequestBody((body) => ({ ttl_seconds: 60, ...body })))
  it('time/timeout-wakes-nobody [getBridgeCommand]: A reader does not notice that a command times out.', () =>
    (stage) =>
    async (call) => {
      const reply = await call.proceed()
      const isOver = textIn(membersIn(reply), 'status') === 'timed_out'
      if (call.query.get('wait') === 'true' && isOver) await stage.sleep(60, call.exchange.signal)
      return reply
    })
})

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

const UNLIMITED = 'bridge_max_commands_per_minute=1000000 bridge_max_write_commands_per_minute=1000000'
/** The declared limit of payloads, in bytes. */
const MAX_SIZE = 1_048_576

export const limitMutants: readonly Mutant[] = mutantsOf((it) => {
  it('limits/queue-of-the-user [createJob one-by-one]: The limit of pending jobs is one of all runners of a user.', () =>
    refuseWhen(429, (call, stage) => {
      const pending = stage.present().map(({ id }) => stage.jobsOf(id, 'pending').length)
      return call.text !== '' && pending.reduce((sum, each) => sum + each, 0) >= 100
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
