/** The rules by which clients are graded, as a table. To add one, add a row, with the next free id of a requirement. */
import { appRules } from './app-rules.js'
import type { Rule } from './conduct-rule.js'
import {
  watchCancellation,
  watchCapabilities,
  watchLogs,
  watchSecrets,
  watchStops,
  watchOnce,
  watchReported,
  watchResent,
  watchTwice,
} from './work-rules.js'
import { watchBackoff, watchGoodbye, watchHeartbeats, watchPace, watchRetryAfter, watchStop } from './pace-rules.js'

/** All rules, in the order of a report. */
export const rules: readonly Rule[] = [
  {
    id: 'heartbeat/interval',
    requirement: 'CON-001',
    title: 'Heartbeats come well inside the time to live',
    severity: 'must',
    watch: watchHeartbeats,
  },
  {
    id: 'gone/stop',
    requirement: 'CON-002',
    title: 'A heartbeat answered 410 ends the runner',
    severity: 'must',
    watch: watchStop,
  },
  {
    id: 'backoff/pause',
    requirement: 'CON-003',
    title: 'A pause follows 429 and 5xx',
    severity: 'must',
    watch: watchBackoff,
  },
  {
    id: 'backoff/retry-after',
    requirement: 'CON-004',
    title: 'Retry-After is waited out',
    severity: 'should',
    watch: watchRetryAfter,
  },
  {
    id: 'poll/pace',
    requirement: 'CON-005',
    title: 'Polls and heartbeats do not spin',
    severity: 'must',
    watch: watchPace,
  },
  {
    id: 'work/once',
    requirement: 'CON-006',
    title: 'The end of a job or command is reported once',
    severity: 'must',
    watch: watchOnce,
  },
  {
    id: 'work/twice',
    requirement: 'CON-007',
    title: 'What is handed out twice is done once',
    severity: 'should',
    watch: watchTwice,
  },
  {
    id: 'work/reported',
    requirement: 'CON-008',
    title: 'Whatever is taken comes to an end in time',
    severity: 'must',
    watch: watchReported,
  },
  {
    id: 'work/resent',
    requirement: 'CON-009',
    title: 'A refused result is sent again',
    severity: 'should',
    watch: watchResent,
  },
  {
    id: 'job/cancellation',
    requirement: 'CON-010',
    title: 'A job whose cancellation was announced does not succeed',
    severity: 'should',
    watch: watchCancellation,
  },
  {
    id: 'job/stops',
    requirement: 'CON-011',
    title: 'Cancelled work stops within a time',
    severity: 'should',
    watch: watchStops,
  },
  {
    id: 'job/logs-first',
    requirement: 'CON-012',
    title: 'Logs come before the result',
    severity: 'should',
    watch: watchLogs,
  },
  {
    id: 'job/secrets',
    requirement: 'CON-013',
    title: 'No line of log holds the API key',
    severity: 'should',
    watch: watchSecrets,
  },
  {
    id: 'capabilities/fit',
    requirement: 'CON-014',
    title: 'Capabilities fit the type',
    severity: 'should',
    watch: watchCapabilities,
  },
  {
    id: 'exit/goodbye',
    requirement: 'CON-015',
    title: 'A runner that ends says goodbye',
    severity: 'should',
    watch: watchGoodbye,
  },
]

/** A rule as it is named in reports and in the list of requirements. */
export type NamedRule = Pick<Rule, 'id' | 'requirement' | 'title' | 'severity'>

/** Rules on what a client makes of commands, which `conduct` gives it to do: no traffic shows whether they are kept. */
export const commandRules = [
  { id: 'command/result', requirement: 'CON-020', title: 'Commands do what they say', severity: 'must' },
  {
    id: 'command/signature',
    requirement: 'CON-021',
    title: 'Answers are signed, and forged commands refused',
    severity: 'must',
  },
] as const satisfies readonly NamedRule[]

/** All that is asked of clients, in the order of their ids. */
export const allRules: readonly NamedRule[] = [...rules, ...appRules, ...commandRules]

/** The frozen id of a rule; undefined for one that is none. */
export function requirementOfRule(id: string): string | undefined {
  return allRules.find((rule) => rule.id === id)?.requirement
}
