// Mistakes about how much a runner may hold, how fast it may be asked, and how large things may be.
import type { Call } from '../call.js'
import { defineMutant, type Mutant, type Spoil } from '../mutant.js'
import { isSuccess, itemsOf, refusal, textIn } from '../reply.js'
import { editReply, editRequest, insteadOf, refuseWhen } from '../spoils.js'
import type { Stage } from '../stage.js'
import type { Settings } from '../../../src/mocks/base/settings.js'
import type { OperationId } from '../../../src/kernel/operation.js'

/** The mock runs with another limit than it declares. */
export function otherLimit(what: string, mistake: string, settings: Partial<Settings>): Mutant {
  const touches = Object.keys(settings).flatMap((name) => LIMITED[name] ?? [])
  return defineMutant({ id: `limits/${what}`, mistake, settings, touches })
}

/** Operations that a limit concerns. */
const LIMITED: Readonly<Record<string, readonly OperationId[]>> = {
  max_pending_jobs_per_runner: ['createJob'],
  max_agents_per_runner: ['registerAgents'],
  max_log_entries_per_batch: ['appendJobLogs'],
  bridge_max_pending_per_runner: ['createBridgeCommand'],
  bridge_max_commands_per_minute: ['createBridgeCommand'],
  bridge_max_write_commands_per_minute: ['createBridgeCommand'],
}

/** Refuses what `isTooMuch`; the mock's own limits are out of the way. */
function limits(isTooMuch: (call: Call, stage: Stage) => boolean, status = 429): Spoil {
  return refuseWhen(status, isTooMuch)
}

const runnerIdOf = ({ path }: Call): string => path['runnerId'] ?? ''

const WRITES = new Set(['WriteFile', 'EditFile', 'Exec'])

/** Counts commands within some span of time; `weigh` says what each of them counts. */
function rates(options: {
  most: number
  weigh: (call: Call) => number
  keyOf?: (call: Call) => string
  spanOf?: (now: number) => number
}): Spoil {
  const { most, weigh, keyOf = runnerIdOf, spanOf = (now) => Math.floor(now / 60_000) } = options
  return (stage) => {
    const counts = new Map<string, number>()
    return async (call) => {
      const key = `${keyOf(call)} ${spanOf(stage.now())}`
      const count = (counts.get(key) ?? 0) + weigh(call)
      if (count > most && weigh(call) > 0) return refusal(429)
      const reply = await call.proceed()
      if (isSuccess(reply)) counts.set(key, count)
      return reply
    }
  }
}

const isWrite = ({ body }: Call): boolean => WRITES.has(textIn(body, 'type'))
const unlimited = { bridge_max_commands_per_minute: 1_000_000, bridge_max_write_commands_per_minute: 1_000_000 }
/** The declared limit of payloads, in bytes. */
export const LARGEST = 1_048_576

/** Bytes of a value as JSON. */
export function sizeOf(value: unknown): number {
  return value === undefined ? 0 : Buffer.byteLength(JSON.stringify(value))
}

const queueMutants = [
  otherLimit('one-job-too-many', 'A runner holds one pending job more than declared.', {
    max_pending_jobs_per_runner: 101,
  }),
  otherLimit('one-job-too-few', 'A runner holds one pending job less than declared.', {
    max_pending_jobs_per_runner: 99,
  }),
  otherLimit('jobs-unlimited', 'A runner holds any number of pending jobs.', {
    max_pending_jobs_per_runner: 1_000_000,
  }),
  otherLimit('one-command-too-many', 'A runner holds one pending command more than declared.', {
    bridge_max_pending_per_runner: 51,
  }),
  otherLimit('one-command-too-few', 'A runner holds one pending command less than declared.', {
    bridge_max_pending_per_runner: 49,
  }),
  defineMutant({
    id: 'limits/refused-job-queued',
    mistake: 'A job beyond the limit is refused, and queued.',
    settings: { max_pending_jobs_per_runner: 1000 },
    touches: ['createJob'],
    spoil: (stage) => async (call) => {
      const isFull = stage.jobsOf(stage.takerOf(call)?.id ?? '', 'pending').length >= 100
      const reply = await call.proceed()
      return isFull && isSuccess(reply) ? refusal(429) : reply
    },
  }),
  defineMutant({
    id: 'limits/running-jobs-count',
    mistake: 'Running jobs count against the limit of pending ones.',
    touches: ['createJob'],
    spoil: limits((call, stage) => {
      const runnerId = stage.takerOf(call)?.id ?? ''
      return stage.jobsOf(runnerId, 'pending').length + stage.jobsOf(runnerId, 'running').length >= 100
    }),
  }),
  defineMutant({
    id: 'limits/cancelled-jobs-count',
    mistake: 'Cancelled jobs count against the limit of pending ones.',
    touches: ['createJob'],
    spoil: limits((call, stage) => {
      const runnerId = stage.takerOf(call)?.id ?? ''
      return stage.jobsOf(runnerId, 'pending').length + stage.jobsOf(runnerId, 'cancelled').length >= 100
    }),
  }),
  defineMutant({
    id: 'limits/queue-before-agent',
    mistake: 'A full queue is noticed (429) before an unknown agent (400).',
    touches: ['createJob'],
    spoil: limits((call, stage) => stage.jobsOf(stage.takerOf(call)?.id ?? '', 'pending').length >= 100),
  }),
  defineMutant({
    id: 'limits/queue-of-the-user',
    mistake: 'The limit of pending jobs is one of all runners of a user.',
    touches: ['createJob'],
    oneByOne: true,
    spoil: limits((call, stage) => {
      const pending = stage.present().map(({ id }) => stage.jobsOf(id, 'pending').length)
      return call.text !== '' && pending.reduce((sum, each) => sum + each, 0) >= 100
    }),
  }),
  defineMutant({
    id: 'limits/full-queue-as-conflict',
    mistake: 'A full queue is 409 instead of 429.',
    touches: ['createJob', 'createBridgeCommand'],
    spoil: insteadOf(429, 409),
  }),
  defineMutant({
    id: 'limits/picked-up-commands-count',
    mistake: 'Commands that were picked up count against the limit of pending ones.',
    touches: ['createBridgeCommand'],
    spoil: limits(
      (call, stage) =>
        stage.commandsOf(runnerIdOf(call), 'pending').length + stage.commandsOf(runnerIdOf(call), 'picked_up').length >=
        50,
    ),
  }),
  defineMutant({
    id: 'limits/queue-before-capability',
    mistake: 'A full queue is noticed (429) before a missing capability (409).',
    touches: ['createBridgeCommand'],
    spoil: limits((call, stage) => stage.commandsOf(runnerIdOf(call), 'pending').length >= 50),
  }),
  defineMutant({
    id: 'limits/payload-before-queue',
    mistake: 'Args that are too large are noticed (400) before a full queue (429).',
    touches: ['createBridgeCommand'],
    spoil: refuseWhen(400, ({ members }) => sizeOf(members['args']) > LARGEST),
  }),
  defineMutant({
    id: 'limits/payload-before-capability',
    mistake: 'Args that are too large are noticed (400) before a missing capability (409).',
    touches: ['createBridgeCommand'],
    spoil: editReply((reply, { members }) =>
      reply.status === 409 && sizeOf(members['args']) > LARGEST ? refusal(400) : reply,
    ),
  }),
  defineMutant({
    id: 'limits/payload-before-rate',
    mistake: 'Args that are too large are noticed (400) before a rate that is used up (429).',
    touches: ['createBridgeCommand'],
    spoil: editReply((reply, call, stage) => {
      const isFull = stage.commandsOf(runnerIdOf(call), 'pending').length >= 50
      return reply.status === 429 && !isFull && sizeOf(call.members['args']) > LARGEST ? refusal(400) : reply
    }),
  }),
  defineMutant({
    id: 'limits/queue-before-life',
    mistake: 'That a queue is full is noticed (429) before the lapse of its runner (409).',
    touches: ['createJob'],
    spoil: editReply((reply, call, stage) => {
      const isFull = stage.jobsOf(stage.takerOf(call)?.id ?? '', 'pending').length >= 100
      return reply.status === 409 && isFull ? refusal(429) : reply
    }),
  }),
]

const batchMutants = [
  otherLimit('one-agent-too-many', 'A runner registers one agent more than declared.', { max_agents_per_runner: 51 }),
  otherLimit('one-agent-too-few', 'A runner registers one agent less than declared.', { max_agents_per_runner: 49 }),
  defineMutant({
    id: 'limits/agents-cut',
    mistake: 'Of too many agents the first ones are registered.',
    touches: ['registerAgents'],
    spoil: editRequest(({ members }) =>
      Object.keys(members).length > 50 ? { body: Object.fromEntries(Object.entries(members).slice(0, 50)) } : undefined,
    ),
  }),
  defineMutant({
    id: 'limits/refused-agents-clear',
    mistake: 'A registration of too many agents is refused once the old ones are gone.',
    touches: ['registerAgents'],
    spoil: () => async (call) => {
      const reply = await call.proceed()
      if (reply.status === 400) await call.ask('registerAgents', { path: call.path, body: {} })
      return reply
    },
  }),
  defineMutant({
    id: 'limits/agents-before-owner',
    mistake: 'Too many agents are noticed (400) before an unknown runner (404).',
    touches: ['registerAgents'],
    spoil: refuseWhen(400, ({ members }) => Object.keys(members).length > 50),
  }),
  defineMutant({
    id: 'limits/too-many-agents-as-rate',
    mistake: 'Too many agents are 429 instead of 400.',
    touches: ['registerAgents'],
    spoil: insteadOf(400, 429),
  }),
  otherLimit('one-log-entry-too-many', 'A batch holds one log entry more than declared.', {
    max_log_entries_per_batch: 1001,
  }),
  otherLimit('one-log-entry-too-few', 'A batch holds one log entry less than declared.', {
    max_log_entries_per_batch: 999,
  }),
  defineMutant({
    id: 'limits/log-batch-cut',
    mistake: 'A batch that is too long is refused, and its first entries are appended.',
    touches: ['appendJobLogs'],
    spoil: () => async (call) => {
      const reply = await call.proceed()
      if (reply.status === 400)
        await call.ask('appendJobLogs', { path: call.path, body: itemsOf(call.body).slice(0, 1000) })
      return reply
    },
  }),
  defineMutant({
    id: 'limits/log-limited-as-a-whole',
    mistake: 'The limit of a batch is one of the whole log.',
    touches: ['appendJobLogs'],
    spoil: () => {
      const counts = new Map<string, number>()
      return async (call) => {
        const jobId = call.path['jobId'] ?? ''
        const count = (counts.get(jobId) ?? 0) + itemsOf(call.body).length
        if (count > 1000) return refusal(400)
        const reply = await call.proceed()
        if (isSuccess(reply)) counts.set(jobId, count)
        return reply
      }
    },
  }),
  defineMutant({
    id: 'limits/log-keeps-the-latest',
    mistake: 'A log keeps its latest thousand entries, and offsets count from there.',
    touches: ['getJobLogs'],
    spoil: () => async (call) => {
      const { body } = await call.ask('getJobLogs', { path: call.path })
      const all = itemsOf(body)
      const reply = await call.proceed()
      const offset = Number(call.query.get('offset') ?? 0)
      return isSuccess(reply) ? { ...reply, body: JSON.stringify(all.slice(-1000).slice(Math.max(offset, 0))) } : reply
    },
  }),
]

const rateMutants = [
  otherLimit('one-command-a-minute-too-many', 'A runner accepts one command a minute more than declared.', {
    bridge_max_commands_per_minute: 601,
  }),
  otherLimit('one-command-a-minute-too-few', 'A runner accepts one command a minute less than declared.', {
    bridge_max_commands_per_minute: 599,
  }),
  otherLimit('one-write-a-minute-too-many', 'A runner accepts one write a minute more than declared.', {
    bridge_max_write_commands_per_minute: 121,
  }),
  otherLimit('one-write-a-minute-too-few', 'A runner accepts one write a minute less than declared.', {
    bridge_max_write_commands_per_minute: 119,
  }),
  otherLimit('writes-at-any-rate', 'Writes have no rate of their own.', {
    bridge_max_write_commands_per_minute: 1_000_000,
  }),
  defineMutant({
    id: 'limits/exec-is-no-write',
    mistake: 'Exec does not count as a write.',
    settings: unlimited,
    touches: ['createBridgeCommand'],
    spoil: rates({ most: 120, weigh: (call) => (isWrite(call) && textIn(call.body, 'type') !== 'Exec' ? 1 : 0) }),
  }),
  defineMutant({
    id: 'limits/edits-are-no-writes',
    mistake: 'EditFile does not count as a write.',
    settings: unlimited,
    touches: ['createBridgeCommand'],
    spoil: rates({ most: 120, weigh: (call) => (isWrite(call) && textIn(call.body, 'type') !== 'EditFile' ? 1 : 0) }),
  }),
  defineMutant({
    id: 'limits/searches-are-writes',
    mistake: 'SearchFiles counts as a write.',
    settings: unlimited,
    touches: ['createBridgeCommand'],
    spoil: rates({
      most: 120,
      weigh: (call) => (isWrite(call) || textIn(call.body, 'type') === 'SearchFiles' ? 1 : 0),
    }),
  }),
  defineMutant({
    id: 'limits/reads-use-up-writes',
    mistake: 'Once the rate of writes is used up, reading is refused, too.',
    settings: unlimited,
    touches: ['createBridgeCommand'],
    spoil: rates({ most: 120, weigh: () => 1 }),
  }),
  defineMutant({
    id: 'limits/rate-of-each-type',
    mistake: 'Each type of write has the whole rate for itself.',
    settings: unlimited,
    touches: ['createBridgeCommand'],
    spoil: rates({
      most: 120,
      weigh: (call) => (isWrite(call) ? 1 : 0),
      keyOf: (call) => `${runnerIdOf(call)} ${textIn(call.body, 'type')}`,
    }),
  }),
  defineMutant({
    id: 'limits/rate-of-all-runners',
    mistake: 'The rate of writes is one of all runners of a user.',
    settings: unlimited,
    touches: ['createBridgeCommand'],
    oneByOne: true,
    spoil: rates({ most: 120, weigh: (call) => (isWrite(call) ? 1 : 0), keyOf: () => 'all' }),
  }),
  defineMutant({
    id: 'limits/rate-of-two-minutes',
    mistake: 'A rate is not free again with the next minute.',
    settings: unlimited,
    touches: ['createBridgeCommand'],
    spoil: rates({ most: 600, weigh: () => 1, spanOf: (now) => Math.floor(now / 3_600_000) }),
  }),
  defineMutant({
    id: 'limits/exceeded-rate-as-unavailable',
    mistake: 'A rate that is exceeded is 503 instead of 429.',
    touches: ['createBridgeCommand'],
    answers5xx: true,
    spoil: insteadOf(429, 503),
  }),
]

export const limitMutants: readonly Mutant[] = [...queueMutants, ...batchMutants, ...rateMutants]
