/** The rules by which clients are graded, as a table. To add one, add a row, with the next free id of a requirement. */
import { appRules } from './app-rules.js'
import { rule, type Rule } from './conduct-rule.js'
import * as pace from './pace-rules.js'
import * as work from './work-rules.js'

/** All rules for runners, in the order of a report. */
export const rules: readonly Rule[] = [
  rule('CON-001', 'must', 'heartbeat/interval', 'Heartbeats come well inside the time to live', pace.watchHeartbeats),
  rule('CON-002', 'must', 'gone/stop', 'A heartbeat answered 410 ends the runner', pace.watchStop),
  rule('CON-003', 'must', 'backoff/pause', 'A pause follows 429 and 5xx', pace.watchBackoff),
  rule('CON-004', 'should', 'backoff/retry-after', 'Retry-After is waited out', pace.watchRetryAfter),
  rule('CON-005', 'must', 'poll/pace', 'Polls and heartbeats do not spin', pace.watchPace),
  rule('CON-006', 'must', 'work/once', 'The end of a job or command is reported once', work.watchOnce),
  rule('CON-007', 'should', 'work/twice', 'What is handed out twice is done once', work.watchTwice),
  rule('CON-008', 'must', 'work/reported', 'Whatever is taken comes to an end in time', work.watchReported),
  rule('CON-009', 'should', 'work/resent', 'A refused result is sent again', work.watchResent),
  rule(
    ...(['CON-010', 'should', 'job/cancellation'] as const),
    ...(['A job whose cancellation was announced does not succeed', work.watchCancellation] as const),
  ),
  rule('CON-011', 'should', 'job/stops', 'Cancelled work stops within a time', work.watchStops),
  rule('CON-012', 'should', 'job/logs-first', 'Logs come before the result', work.watchLogs),
  rule('CON-013', 'should', 'job/secrets', 'No line of log holds the API key', work.watchSecrets),
  rule('CON-014', 'should', 'capabilities/fit', 'Capabilities fit the type', work.watchCapabilities),
  rule('CON-015', 'should', 'exit/goodbye', 'A runner that ends says goodbye', pace.watchGoodbye),
]

/** A rule as it is named in reports and in the list of requirements. */
export type NamedRule = Pick<Rule, 'id' | 'requirement' | 'title' | 'severity'>

const watchNothing = (): Record<string, never> => ({})

/** Rules on what a client makes of commands, which `conduct` gives it to do: no traffic shows whether they are kept. */
export const commandRules: Readonly<Record<'result' | 'signature', NamedRule>> = {
  result: rule('CON-020', 'must', 'command/result', 'Commands do what they say', watchNothing),
  signature: rule(
    ...(['CON-021', 'must', 'command/signature'] as const),
    ...(['Answers are signed, and forged commands refused', watchNothing] as const),
  ),
}

/** All that is asked of clients, in the order of their ids. */
export const allRules: readonly NamedRule[] = [...rules, ...appRules, ...Object.values(commandRules)]

/** The frozen id of a rule; undefined for an unknown one. */
export function requirementOfRule(id: string): string | undefined {
  return allRules.find((each) => each.id === id)?.requirement
}
