/** The rules by which clients are graded, as a table. To add one, add a row, with the next free id of a requirement. */
import { appRules } from './app-rules.js'
import { rule, type Rule } from './conduct-rule.js'
import * as pace from './pace-rules.js'
import * as work from './work-rules.js'

/** All rules for runners, in the order of a report. */
export const rules: readonly Rule[] = [
  rule('CON-001', 'must', 'heartbeat/interval', pace.watchHeartbeats).says(
    'Heartbeats come well inside the time to live',
    'the runner made no second heartbeat, and did not go on for so long that one was due',
  ),
  rule('CON-002', 'must', 'gone/stop', pace.watchStop).says(
    'A heartbeat answered 410 ends the runner',
    'no heartbeat was answered 410',
  ),
  rule('CON-003', 'must', 'backoff/pause', pace.watchBackoff).says(
    'A pause follows 429 and 5xx',
    'no call that was answered 429 or 5xx was made again',
  ),
  rule('CON-004', 'should', 'backoff/retry-after', pace.watchRetryAfter).says(
    'Retry-After is waited out',
    'no call that was answered with Retry-After was made again',
  ),
  rule('CON-005', 'must', 'poll/pace', pace.watchPace).says(
    'Polls and heartbeats do not spin',
    'the runner made no two polls, or heartbeats, that were answered and brought no work',
  ),
  rule('CON-022', 'should', 'poll/time-limit', pace.watchPollLimit).says(
    'A poll that is never answered is given up',
    'every poll was answered in its time',
  ),
  rule('CON-006', 'must', 'work/once', work.watchOnce).says(
    'The end of a job or command is reported once',
    'no job or command was reported as ended',
  ),
  rule('CON-007', 'should', 'work/twice', work.watchTwice).says(
    'What is handed out twice is done once',
    'nothing was handed out twice',
  ),
  rule('CON-008', 'must', 'work/reported', work.watchReported).says(
    'Whatever is taken comes to an end in time',
    'no job or command was handed out',
  ),
  rule('CON-009', 'should', 'work/resent', work.watchResent).says(
    'A refused result is sent again',
    'no result was refused, or lost on its way',
  ),
  rule('CON-010', 'should', 'job/cancellation', work.watchCancellation).says(
    'A job whose cancellation was announced does not succeed',
    'no cancellation was announced of a job that then ended',
  ),
  rule('CON-011', 'should', 'job/stops', work.watchStops).says(
    'Cancelled work stops within a time',
    'no cancellation was announced',
  ),
  rule('CON-012', 'should', 'job/logs-first', work.watchLogs).says(
    'Logs come before the result',
    'no job had both logs and a result',
  ),
  rule('CON-013', 'should', 'job/secrets', work.watchSecrets).says(
    'No line of log holds the API key',
    'no lines of log came',
  ),
  rule('CON-014', 'should', 'capabilities/fit', work.watchCapabilities).says(
    'Capabilities fit the type',
    'no heartbeat declared capabilities',
  ),
  rule('CON-015', 'should', 'exit/goodbye', pace.watchGoodbye).says(
    'A runner that ends says goodbye',
    'the runner went on to the end of the recording',
  ),
]

/** A rule as it is named in reports and in the list of requirements. */
export type NamedRule = Pick<Rule, 'id' | 'requirement' | 'title' | 'severity' | 'idle'>

const NO_COMMAND = 'no command came to an end'
const watchNothing = (): Record<string, never> => ({})

/** Rules on what a client makes of commands, which `conduct` gives it to do: no traffic shows whether they are kept. */
export const commandRules: Readonly<Record<'result' | 'signature', NamedRule>> = {
  result: rule('CON-020', 'must', 'command/result', watchNothing).says('Commands do what they say', NO_COMMAND),
  signature: rule('CON-021', 'must', 'command/signature', watchNothing).says(
    'Answers are signed, and forged commands refused',
    NO_COMMAND,
  ),
}

/** All that is asked of clients, in the order of their ids. */
export const allRules: readonly NamedRule[] = [...rules, ...appRules, ...Object.values(commandRules)].toSorted((a, b) =>
  a.requirement < b.requirement ? -1 : 1,
)

export function whyIdle(id: string): string | undefined {
  return allRules.find((each) => each.id === id)?.idle
}

/** The frozen id of a rule; undefined for an unknown one. */
export function requirementOfRule(id: string): string | undefined {
  return allRules.find((each) => each.id === id)?.requirement
}
