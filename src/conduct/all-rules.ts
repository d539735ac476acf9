/**
 * The rules by which clients are graded. To add one, add a row to `x-client-rules` of kit.yaml and what watches over it
 * here. Those for who creates and reads jobs and commands, web apps and callers of the SDK, are below: one caller is
 * everybody who calls in one name, so each rule leaves room for several pages that are open at once.
 */
import { clientRules } from '../generated/kit-client-rules.js'
import { inSeconds, type NamedRule, type Rule, type Tell, type Watcher } from './conduct-rule.js'
import { CallPace, judgeRetry, paceWatchers, watchRetries } from './pace-rules.js'
import { workWatchers } from './work-rules.js'
import { isAfter, type AnsweredTrace, type TracedCall } from './conduct-trace.js'
import { keepNewest, renew } from '../kernel/group-by.js'
import { decidedOperations, roleOf, workMachines, type OperationRole } from '../lifecycle/roles.js'

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

const appWatchers = {
  'app/gone'(_caller, tell) {
    return watchInVain(tell, ({ answer }) => answer.status === 404 || answer.status === 410, '404')
  },
  'app/ended'(_caller, tell) {
    return watchInVain(tell, ({ answer }) => answer.showsEnd === true, 'its end')
  },
  /** No more reads of one thing than a second can bring news of. Those that hung up are on their way. */
  'app/pace'(_caller, tell) {
    const paces = new Map<string, CallPace>()
    return {
      end(call) {
        if (!READS.has(call.operation) || call.answer.status !== 200) return
        renew(paces, aboutOf(call), () => new CallPace(tell)).add(call)
        keepNewest(paces, MAX_REMEMBERED)
      },
    }
  },
  /** The same creation again, word for word. */
  'app/retry-after'(caller, tell) {
    const isRefused = ({ operation, answer }: AnsweredTrace): boolean =>
      CREATIONS.has(operation) && answer.retryAfterMs !== undefined
    return watchRetries(caller, tell, isRefused, judgeRetry)
  },
} satisfies Record<string, Rule['watch']>

const watchers = { ...paceWatchers, ...workWatchers, ...appWatchers }

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

function aboutOf({ operation, subject = '' }: TracedCall): string {
  return `${operation} ${subject}`
}
