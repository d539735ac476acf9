/** The rules by which clients are graded. To add one, add a row to `x-client-rules` of kit.yaml and what watches over it here. */
import { clientRules } from '../generated/kit-client-rules.js'
import { appRules } from './app-rules.js'
import type { NamedRule, Rule } from './conduct-rule.js'
import * as pace from './pace-rules.js'
import * as work from './work-rules.js'

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
} satisfies Record<string, Rule['watch']>

/** All rules for runners, in the order of a report. */
export const rules: readonly Rule[] = clientRules.runner.map((rule) => ({ ...rule, watch: watchers[rule.id] }))

/** Rules on what a client makes of commands, which `conduct` gives it to do: no traffic shows whether they are kept. */
export const commandRules = clientRules.command

/** All that is asked of clients, in the order of their ids. */
export const allRules: readonly NamedRule[] = [...rules, ...appRules, ...commandRules].toSorted((a, b) =>
  a.requirement < b.requirement ? -1 : 1,
)

export function findRule(id: string): NamedRule | undefined {
  return allRules.find((each) => each.id === id)
}
