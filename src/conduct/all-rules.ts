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
import {
  watchBackoff,
  watchGoodbye,
  watchHeartbeats,
  watchPace,
  watchPollLimit,
  watchRetryAfter,
  watchStop,
} from './pace-rules.js'

/** All rules, in the order of a report. */
export const rules: readonly Rule[] = [
  {
    ...{ id: 'heartbeat/interval', requirement: 'CON-001', severity: 'must', watch: watchHeartbeats },
    title: 'Heartbeats come well inside the time to live',
    idle: 'the runner made no second heartbeat, and did not go on for so long that one was due',
  },
  {
    ...{ id: 'gone/stop', requirement: 'CON-002', severity: 'must', watch: watchStop },
    title: 'A heartbeat answered 410 ends the runner',
    idle: 'no heartbeat was answered 410',
  },
  {
    ...{ id: 'backoff/pause', requirement: 'CON-003', severity: 'must', watch: watchBackoff },
    title: 'A pause follows 429 and 5xx',
    idle: 'no call that was answered 429 or 5xx was made again',
  },
  {
    ...{ id: 'backoff/retry-after', requirement: 'CON-004', severity: 'should', watch: watchRetryAfter },
    title: 'Retry-After is waited out',
    idle: 'no call that was answered with Retry-After was made again',
  },
  {
    ...{ id: 'poll/pace', requirement: 'CON-005', severity: 'must', watch: watchPace },
    title: 'Polls and heartbeats do not spin',
    idle: 'the runner made no two polls, or heartbeats, that were answered and brought no work',
  },
  {
    ...{ id: 'poll/time-limit', requirement: 'CON-022', severity: 'should', watch: watchPollLimit },
    title: 'A poll that is never answered is given up',
    idle: 'every poll was answered in its time',
  },
  {
    ...{ id: 'work/once', requirement: 'CON-006', severity: 'must', watch: watchOnce },
    title: 'The end of a job or command is reported once',
    idle: 'no job or command was reported as ended',
  },
  {
    ...{ id: 'work/twice', requirement: 'CON-007', severity: 'should', watch: watchTwice },
    title: 'What is handed out twice is done once',
    idle: 'nothing was handed out twice',
  },
  {
    ...{ id: 'work/reported', requirement: 'CON-008', severity: 'must', watch: watchReported },
    title: 'Whatever is taken comes to an end in time',
    idle: 'no job or command was handed out',
  },
  {
    ...{ id: 'work/resent', requirement: 'CON-009', severity: 'should', watch: watchResent },
    title: 'A refused result is sent again',
    idle: 'no result was refused, or lost on its way',
  },
  {
    ...{ id: 'job/cancellation', requirement: 'CON-010', severity: 'should', watch: watchCancellation },
    title: 'A job whose cancellation was announced does not succeed',
    idle: 'no cancellation was announced of a job that then ended',
  },
  {
    ...{ id: 'job/stops', requirement: 'CON-011', severity: 'should', watch: watchStops },
    title: 'Cancelled work stops within a time',
    idle: 'no cancellation was announced',
  },
  {
    ...{ id: 'job/logs-first', requirement: 'CON-012', severity: 'should', watch: watchLogs },
    title: 'Logs come before the result',
    idle: 'no job had both logs and a result',
  },
  {
    ...{ id: 'job/secrets', requirement: 'CON-013', severity: 'should', watch: watchSecrets },
    title: 'No line of log holds the API key',
    idle: 'no lines of log came',
  },
  {
    ...{ id: 'capabilities/fit', requirement: 'CON-014', severity: 'should', watch: watchCapabilities },
    title: 'Capabilities fit the type',
    idle: 'no heartbeat declared capabilities',
  },
  {
    ...{ id: 'exit/goodbye', requirement: 'CON-015', severity: 'should', watch: watchGoodbye },
    title: 'A runner that ends says goodbye',
    idle: 'the runner went on to the end of the recording',
  },
]

/** A rule as it is named in reports and in the list of requirements. */
export type NamedRule = Pick<Rule, 'id' | 'requirement' | 'title' | 'severity' | 'idle'>

/** Rules on what a client makes of commands, which `conduct` gives it to do: no traffic shows whether they are kept. */
export const commandRules = [
  {
    id: 'command/result',
    requirement: 'CON-020',
    title: 'Commands do what they say',
    idle: 'no command came to an end',
    severity: 'must',
  },
  {
    id: 'command/signature',
    requirement: 'CON-021',
    title: 'Answers are signed, and forged commands refused',
    idle: 'no command came to an end',
    severity: 'must',
  },
] as const satisfies readonly NamedRule[]

/** All that is asked of clients, in the order of their ids. */
export const allRules: readonly NamedRule[] = [...rules, ...appRules, ...commandRules].toSorted((a, b) =>
  a.requirement < b.requirement ? -1 : 1,
)

/** Why a rule was neither kept nor broken, when nothing better is known. */
export function whyIdle(id: string): string | undefined {
  return [...rules, ...commandRules].find((rule) => rule.id === id)?.idle
}

/** The frozen id of a rule; undefined for one that is none. */
export function requirementOfRule(id: string): string | undefined {
  return allRules.find((rule) => rule.id === id)?.requirement
}
