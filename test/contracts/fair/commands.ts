// Variants in bridge commands: what servers in use do besides the rules.
import { settings } from '../../../src/lifecycle/table.js'
import type { Reply } from '../../../src/mocks/base/exchange.js'
import type { Call } from '../../mutants/call.js'
import { hasWork, nothing, runnerIdOf } from '../../mutants/polls.js'
import { answer, isSuccess, jsonIn, membersIn, refusal, textIn, withBody, type Members } from '../../mutants/reply.js'
import type { Stage } from '../../mutants/stage.js'
import { defineVariant, type Variant } from './variant.js'

const commandIdOf = ({ path }: Call): string => (path['commandId'] ?? '').toLowerCase()

const waits = ({ query }: Call): boolean => query.get('wait') === 'true'

/** How long a reader waits, in seconds. */
const waitOf = ({ query }: Call): number => Math.min(Math.max(Number(query.get('timeout') ?? 30), 1), 120)

const isOpen = (reply: Reply): boolean =>
  isSuccess(reply) && ['pending', 'picked_up'].includes(textIn(jsonIn(reply), 'status'))

/** The command as it is, without waiting. */
const readNow = (call: Call): Promise<Reply> => call.proceed({ query: { wait: undefined } })

/** Whether everything but the size of its args lets a command through. */
async function wouldBeTaken(call: Call): Promise<boolean> {
  const args = 'x'.repeat(settings.bridge_max_payload_bytes.default + 1)
  return (await call.proceed({ body: { ...call.members, args } })).status === 400
}

const readerVariants = [
  defineVariant({
    id: 'stale-wait',
    what: 'A wait that runs out answers the command as it was when the wait began.',
    touches: ['getBridgeCommand'],
    checks: [
      'waiting-readers/*',
      'time/*command*',
      'time/timeout-wakes-reader',
      'model/commands',
      'model/time',
      'lifecycle/*getBridgeCommand*',
    ],
    spoil: (dice) => (stage) => async (call) => {
      if (!waits(call)) return call.proceed()
      const until = stage.now() + 1000 * waitOf(call)
      const before = await readNow(call)
      const reply = await call.proceed()
      const runnerIsThere = stage.stateOf('runner', runnerIdOf(call).toLowerCase()) !== 'none'
      // What expires meanwhile ends no wait.
      const hasExpired = isOpen(before) && reply.status === 404 && runnerIsThere && dice.plays()
      if (hasExpired) await stage.sleep((until - stage.now()) / 1000, call.exchange.signal)
      const hasRunOut = isOpen(before) && isOpen(reply) && stage.now() >= until && dice.plays()
      return hasExpired || hasRunOut ? before : reply
    },
  }),
  defineVariant({
    id: 'one-waiter-wakes',
    what: 'Of several waiters for one command, one wakes at its end; the others answer when their time is over.',
    touches: ['getBridgeCommand'],
    checks: ['waiting-readers/*', 'time/timeout-wakes-reader', 'model/commands', 'model/concurrent-commands'],
    spoil: (dice) => (stage) => {
      const waiting = new Map<string, { others: number; hasWoken: boolean }>()
      return async (call) => {
        if (!waits(call)) return call.proceed()
        const id = commandIdOf(call)
        const line = waiting.get(id) ?? { others: 0, hasWoken: false }
        waiting.set(id, line)
        line.others++
        const until = stage.now() + 1000 * waitOf(call)
        const before = await readNow(call)
        const reply = await call.proceed()
        const isLate = isOpen(before) && stage.now() < until && line.hasWoken && call.exchange.signal?.aborted !== true
        line.hasWoken = true
        const sleepsOn = isLate && dice.plays()
        if (sleepsOn) await stage.sleep((until - stage.now()) / 1000, call.exchange.signal)
        if (--line.others === 0) waiting.delete(id)
        return sleepsOn ? dice.pick([before, reply]) : reply
      }
    },
  }),
]

/** Pending commands whose life was over before anybody polled for them, by runner. */
class ExpiredCommands {
  private readonly waiting = new Map<string, Set<string>>()
  private readonly stage: Stage

  constructor(stage: Stage) {
    this.stage = stage
  }

  /** Notes what a call has left pending, or has handed out. */
  note(call: Call, reply: Reply): void {
    const line = this.lineOf(call)
    if (call.operation === 'createBridgeCommand' && reply.status === 201) line.add(textIn(jsonIn(reply), 'command_id'))
    for (const id of line) if (!['pending', 'none'].includes(this.stage.stateOf('bridgeCommand', id))) line.delete(id)
  }

  of(call: Call): string[] {
    return [...this.lineOf(call)].filter((id) => this.stage.stateOf('bridgeCommand', id) === 'none')
  }

  drop(call: Call, ids: readonly string[]): void {
    for (const id of ids) this.lineOf(call).delete(id)
  }

  private lineOf(call: Call): Set<string> {
    const runnerId = runnerIdOf(call).toLowerCase()
    const line = this.waiting.get(runnerId) ?? new Set<string>()
    this.waiting.set(runnerId, line)
    return line
  }
}

const queueVariants = [
  defineVariant({
    id: 'expired-command-ends-poll',
    what: 'An expired pending command ends a poll with an empty batch, and counts as pending until then.',
    // A server does so always or never; all accidents at once are a profile of the mock.
    joins: false,
    touches: ['createBridgeCommand', 'nextBridgeCommands'],
    checks: ['time/*command*', 'long-poll/*command*', 'model/time', 'limits/pending-commands*'],
    spoil: (dice) => (stage) => {
      const expired = new ExpiredCommands(stage)
      return async (call) => {
        const isThere = stage.stateOf('runner', runnerIdOf(call).toLowerCase()) !== 'none'
        const old = isThere ? expired.of(call) : []
        const room = settings.bridge_max_pending_per_runner.default
        const pending = stage.commandsOf(runnerIdOf(call).toLowerCase(), 'pending').length
        if (call.operation === 'nextBridgeCommands' && old.length > 0) {
          expired.drop(call, old)
          const { status } = await call.ask('getRunner', { path: call.path })
          if (status === 200 && !hasWork(call, stage) && dice.plays()) return nothing(call)
        }
        const isFull = call.operation === 'createBridgeCommand' && pending < room && pending + old.length >= room
        if (isFull && (await wouldBeTaken(call)) && dice.plays()) return refusal(429)
        const reply = await call.proceed()
        expired.note(call, reply)
        return reply
      }
    },
  }),
  defineVariant({
    id: 'refused-commands-count',
    what: 'A command that is refused for its size counts against the rate.',
    touches: ['createBridgeCommand'],
    checks: ['limits/*', 'lifecycle/*oversized*', 'lifecycle/*exceeded*', 'model/commands'],
    spoil: (dice) => (stage) => {
      const taken = new Map<string, number>()
      const rates = {
        all: settings.bridge_max_commands_per_minute.default,
        writes: settings.bridge_max_write_commands_per_minute.default,
      }
      return async (call) => {
        const minute = `${runnerIdOf(call).toLowerCase()} ${Math.floor(stage.now() / 60_000)}`
        const isWrite = ['WriteFile', 'EditFile', 'Exec'].includes(textIn(call.body, 'type'))
        const kinds = isWrite ? (['all', 'writes'] as const) : (['all'] as const)
        const countOf = (kind: keyof typeof rates): number => taken.get(`${minute} ${kind}`) ?? 0
        const isOver = kinds.some((kind) => countOf(kind) >= rates[kind])
        if (isOver && (await wouldBeTaken(call))) return refusal(429)
        const reply = await call.proceed()
        const counts = reply.status === 201 || (reply.status === 400 && call.text.length > 1_000_000 && dice.plays())
        if (counts) for (const kind of kinds) taken.set(`${minute} ${kind}`, countOf(kind) + 1)
        return reply
      }
    },
  }),
]

/** Commands of endpoint runners that the mock has timed out, as if nobody had. */
class Untimed {
  private readonly stage: Stage
  private readonly reported = new Map<string, Members>()

  constructor(stage: Stage) {
    this.stage = stage
  }

  /** Whether the call is about one of them. */
  concerns(call: Call): boolean {
    const id = commandIdOf(call)
    const runner = this.stage.runners.get(runnerIdOf(call).toLowerCase())
    return runner?.session.type === 'endpoint' && this.stage.stateOf('bridgeCommand', id) === 'timed_out'
  }

  /** What is shown in place of a command that has timed out. */
  shown(reply: Reply): Reply {
    const { completed_at: ended, ...command } = membersIn(reply)
    if (!isSuccess(reply) || command['status'] !== 'timed_out') return reply
    const own = this.reported.get(textIn(command, 'command_id'))
    if (own !== undefined) return withBody(reply, { ...command, ...own, completed_at: ended })
    return this.isOver(command) ? refusal(404) : withBody(reply, { ...command, status: 'picked_up' })
  }

  /** Takes a report that the mock has refused for the timeout. */
  take(call: Call, reply: Reply, command: Members): Reply {
    const id = commandIdOf(call)
    if (reply.status !== 409 || this.reported.has(id)) return reply
    if (this.isOver(command)) return refusal(404)
    this.reported.set(id, call.members)
    return answer(204)
  }

  private isOver(command: Members): boolean {
    const life = 2000 * Number(command['timeout_seconds']) + 60_000
    return this.stage.now() - Date.parse(textIn(command, 'submitted_at')) > life
  }
}

const timeoutVariants = [
  defineVariant({
    id: 'endpoint-commands-untimed',
    what: 'Commands of endpoint runners never time out.',
    touches: ['getBridgeCommand', 'reportBridgeResult'],
    checks: ['time/*command*', 'bridge/*', 'model/time'],
    spoil: (dice) => (stage) => {
      const untimed = new Untimed(stage)
      return async (call) => {
        const until = stage.now() + 1000 * waitOf(call)
        const reply = await call.proceed()
        if (!untimed.concerns(call) || !dice.plays(commandIdOf(call))) return reply
        if (call.operation === 'getBridgeCommand') {
          if (waits(call) && stage.now() < until) await stage.sleep((until - stage.now()) / 1000, call.exchange.signal)
          return untimed.shown(reply)
        }
        const { body } = await call.ask('getBridgeCommand', { path: call.path })
        return untimed.take(call, reply, membersIn({ body: JSON.stringify(body) }))
      }
    },
  }),
]

export const commandVariants: readonly Variant[] = [...readerVariants, ...queueVariants, ...timeoutVariants]
