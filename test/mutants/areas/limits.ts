// Mistakes about how much a runner may hold, how fast it may be asked, and how large things may be.
import type { Call } from '../call.js'
import { type Mutant, type Spoil, defineMutant } from '../mutant.js'
import { isSuccess, itemsOf, refusal, textIn } from '../reply.js'
import { editReply, refuseWhen } from '../spoils.js'
import type { Stage } from '../stage.js'

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
const MAX_SIZE = 1_048_576

export const limitMutants: readonly Mutant[] = [
  defineMutant('limits/refused-job-queued', 'A job beyond the limit is refused, and queued.', {
    settings: { max_pending_jobs_per_runner: 1000 },
    touches: ['createJob'],
    spoil: (stage) => async (call) => {
      const isFull = stage.jobsOf(stage.takerOf(call)?.id ?? '', 'pending').length >= 100
      const reply = await call.proceed()
      return isFull && isSuccess(reply) ? refusal(429) : reply
    },
  }),
  defineMutant('limits/queue-of-the-user', 'The limit of pending jobs is one of all runners of a user.', {
    touches: ['createJob'],
    oneByOne: true,
    spoil: limits((call, stage) => {
      const pending = stage.present().map(({ id }) => stage.jobsOf(id, 'pending').length)
      return call.text !== '' && pending.reduce((sum, each) => sum + each, 0) >= 100
    }),
  }),
  defineMutant('limits/picked-up-commands-count', 'Picked-up commands count against the limit of pending ones.', {
    touches: ['createBridgeCommand'],
    spoil: limits(
      (call, stage) =>
        stage.commandsOf(runnerIdOf(call), 'pending').length + stage.commandsOf(runnerIdOf(call), 'picked_up').length >=
        50,
    ),
  }),
  defineMutant('limits/refused-agents-clear', 'A refused registration clears the agents.', {
    touches: ['registerAgents'],
    spoil: () => async (call) => {
      const reply = await call.proceed()
      if (reply.status === 400) await call.ask('registerAgents', { path: call.path, body: {} })
      return reply
    },
  }),
  defineMutant('limits/log-batch-cut', 'A batch that is too long is refused, and its first entries are appended.', {
    touches: ['appendJobLogs'],
    spoil: () => async (call) => {
      const reply = await call.proceed()
      if (reply.status === 400)
        await call.ask('appendJobLogs', { path: call.path, body: itemsOf(call.body).slice(0, 1000) })
      return reply
    },
  }),
  defineMutant('limits/log-limited-as-a-whole', 'The limit of a batch is one of the whole log.', {
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
  defineMutant('limits/reads-use-up-writes', 'Once the rate of writes is used up, reading is refused, too.', {
    settings: unlimited,
    touches: ['createBridgeCommand'],
    spoil: rates({ most: 120, weigh: () => 1 }),
  }),
  defineMutant('limits/rate-of-all-runners', 'The rate of writes is one of all runners of a user.', {
    settings: unlimited,
    touches: ['createBridgeCommand'],
    oneByOne: true,
    spoil: rates({ most: 120, weigh: (call) => (isWrite(call) ? 1 : 0), keyOf: () => 'all' }),
  }),
  defineMutant('limits/rate-of-two-minutes', 'A rate is not free again with the next minute.', {
    settings: unlimited,
    touches: ['createBridgeCommand'],
    spoil: rates({ most: 600, weigh: () => 1, spanOf: (now) => Math.floor(now / 3_600_000) }),
  }),
  defineMutant('limits/args-with-room-for-the-rest', 'The size of a command is that of its whole request.', {
    touches: ['createBridgeCommand'],
    spoil: refuseWhen(400, ({ text }) => text.length > MAX_SIZE),
  }),
  defineMutant('limits/oversized-patch-stored', 'A patch that is too large is refused, and its keys are stored.', {
    touches: ['patchChecklist'],
    spoil: () => async (call) => {
      const reply = await call.proceed()
      const keys = Object.fromEntries(Object.keys(call.members).map((name) => [name, 1]))
      if (reply.status === 400) await call.ask('patchChecklist', { path: call.path, body: keys })
      return reply
    },
  }),
  defineMutant('limits/oversized-as-invalid', 'Args that are too large are 422.', {
    touches: ['createBridgeCommand', 'reportBridgeResult', 'patchChecklist'],
    spoil: editReply((reply, { text }) => (reply.status === 400 && text.length > MAX_SIZE / 2 ? refusal(422) : reply)),
  }),
]
