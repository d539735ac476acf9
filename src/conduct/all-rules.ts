/**
 * The rules by which clients are graded. To add one, add a row to `x-client-rules` of kit.yaml and what watches over it
 * here. Those for who creates and reads jobs and commands, web apps and callers of the SDK, are below: one caller is
 * everybody who calls in one name, so each rule leaves room for several pages that are open at once.
 */
import { clientRules } from '../generated/kit-client-rules.js'
import { type NamedRule, type Rule, inSeconds, type FollowedRunner, type Tell, type Watcher } from './conduct-rule.js'
import * as pace from './pace-rules.js'
import * as work from './work-rules.js'
import { isAfter, keepNewest, renew, type AnsweredTrace, type TracedCall } from './conduct-trace.js'
import { decidedOperations, roleOf, workMachines, type OperationRole } from '../lifecycle/roles.js'

const watchers = {
  'heartbeat/interval': pace.watchHeartbeats,
  'gone/stop': pace.watchStop,
  'backoff/pause': pace.watchBackoff,
  'backoff/retry-after': pace.watchRetryAfter,
  'poll/pace': pace.watchPace,
  'poll/time-limit': pace.watchPollLimit,
  'work/once': work.watchOnce,
  'work/twice': work.watchTwice,
  'work/reported': work.watchReported,
  'work/resent': work.watchResent,
  'job/cancellation': work.watchCancellation,
  'job/stops': work.watchStops,
  'job/logs-first': work.watchLogs,
  'job/secrets': work.watchSecrets,
  'capabilities/fit': work.watchCapabilities,
  'exit/goodbye': pace.watchGoodbye,
  'app/gone': watchGone,
  'app/ended': watchEnded,
  'app/pace': watchReadPace,
  'app/retry-after': watchCreations,
} satisfies Record<string, Rule['watch']>

/** All rules for runners, in the order of a report. */
export const rules: readonly Rule[] = clientRules.runner.map((rule) => ({ ...rule, watch: watchers[rule.id] }))

export const appRules: readonly Rule[] = clientRules.app.map((rule) => ({ ...rule, watch: watchers[rule.id] }))

/** Rules on what a client makes of commands, which `conduct` gives it to do: no traffic shows whether they are kept. */
export const commandRules = clientRules.command

/** All that is asked of clients, in the order of their ids. */
export const allRules: readonly NamedRule[] = [...rules, ...appRules, ...commandRules].toSorted((a, b) =>
  a.requirement < b.requirement ? -1 : 1,
)

export function findRule(id: string): NamedRule | undefined {
  return allRules.find((each) => each.id === id)
}

/** Reads of one job or command after which nothing new comes: as many as a library retries a request, and some more. */
const MAX_IN_VAIN = 5
const IN_VAIN_MS = 60_000
/** Jobs, commands and refusals that are remembered of one caller. */
const MAX_REMEMBERED = 200

const isWork = (machine: string | undefined): boolean => workMachines.some((each) => each === machine)
const operationsThat = (holds: (role: OperationRole) => boolean): ReadonlySet<string> =>
  new Set(decidedOperations.filter((id) => holds(roleOf(id))))
const READS = operationsThat(({ isRead, machine }) => isRead && isWork(machine))
/** Calls that create a job or command. */
export const CREATIONS = operationsThat(({ creates }) => isWork(creates))

/** Whether these rules are about a call. */
export function isOfApps(operation: string): boolean {
  return READS.has(operation) || CREATIONS.has(operation)
}

function watchGone(_caller: unknown, tell: Tell): Watcher {
  return watchInVain(tell, ({ answer }) => answer.status === 404 || answer.status === 410, '404')
}

function watchEnded(_caller: unknown, tell: Tell): Watcher {
  return watchInVain(tell, ({ answer }) => answer.showsEnd === true, 'its end')
}

/** app/gone, app/ended: an answer after which the same read brings nothing new. */
function watchInVain(tell: Tell, isLast: (call: AnsweredTrace) => boolean, what: string): Watcher {
  const last = new Map<string, { answered: AnsweredTrace; vain: TracedCall[] }>()
  return {
    begin(call) {
      const known = READS.has(call.operation) ? last.get(aboutOf(call)) : undefined
      if (known === undefined || !isAfter(call, known.answered)) return
      tell.exercise()
      const vain = [...known.vain.filter(({ at }) => at > call.at - IN_VAIN_MS), call]
      known.vain = vain
      if (vain.length <= MAX_IN_VAIN) return
      known.vain = []
      const note = `read ${vain.length} times within ${inSeconds(call.at - (vain[0]?.at ?? 0))} after ${what} was answered`
      tell.breach({ call, note, expected: `no more than ${MAX_IN_VAIN} reads`, because: [known.answered] })
    },
    end(call) {
      if (!READS.has(call.operation)) return
      const about = aboutOf(call)
      if (!isLast(call)) {
        // It is there again, or has not ended.
        if (call.answer.status === 200) last.delete(about)
        return
      }
      if (!last.has(about)) last.set(about, { answered: call, vain: [] })
      keepNewest(last, MAX_REMEMBERED)
    },
  }
}

/** app/pace: no more reads of one thing than a second can bring news of. Those that hung up are on their way. */
function watchReadPace(_caller: unknown, tell: Tell): Watcher {
  const paces = new Map<string, pace.CallPace>()
  return {
    end(call) {
      if (!READS.has(call.operation) || call.answer.status !== 200) return
      renew(paces, aboutOf(call), () => new pace.CallPace(tell)).add(call)
      keepNewest(paces, MAX_REMEMBERED)
    },
  }
}

/** app/retry-after: the same creation again, word for word. */
function watchCreations(caller: FollowedRunner, tell: Tell): Watcher {
  const isRefused = ({ operation, answer }: AnsweredTrace): boolean =>
    CREATIONS.has(operation) && answer.retryAfterMs !== undefined
  return pace.watchRetries(caller, tell, isRefused, pace.judgeRetry)
}

function aboutOf({ operation, subject = '' }: TracedCall): string {
  return `${operation} ${subject}`
}
