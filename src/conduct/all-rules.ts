/** The rules by which clients are graded, as a table. To add one, add a row. */
import { judgeBackoff, judgeGoodbye, judgeHeartbeats, judgePace, judgeRetryAfter, judgeStop } from './pace-rules.js'
import type { Rule } from './conduct-rule.js'
import { judgeCancellation, judgeCapabilities, judgeLogs, judgeSecrets, judgeStops } from './job-rules.js'
import { judgeOnce, judgeReported, judgeResent, judgeTwice } from './work-rules.js'

/** All rules, in the order of a report. */
export const rules: readonly Rule[] = [
  {
    id: 'heartbeat/interval',
    title: 'Heartbeats come well inside the time to live',
    severity: 'must',
    judge: judgeHeartbeats,
  },
  { id: 'gone/stop', title: 'A heartbeat answered 410 ends the runner', severity: 'must', judge: judgeStop },
  { id: 'backoff/pause', title: 'A pause follows 429 and 5xx', severity: 'must', judge: judgeBackoff },
  { id: 'backoff/retry-after', title: 'Retry-After is waited out', severity: 'should', judge: judgeRetryAfter },
  { id: 'poll/pace', title: 'Polls and heartbeats do not spin', severity: 'must', judge: judgePace },
  { id: 'work/once', title: 'The end of a job or command is reported once', severity: 'must', judge: judgeOnce },
  { id: 'work/twice', title: 'What is handed out twice is done once', severity: 'should', judge: judgeTwice },
  { id: 'work/reported', title: 'Whatever is taken comes to an end in time', severity: 'must', judge: judgeReported },
  { id: 'work/resent', title: 'A refused result is sent again', severity: 'should', judge: judgeResent },
  {
    id: 'job/cancellation',
    title: 'A job whose cancellation was announced does not succeed',
    severity: 'should',
    judge: judgeCancellation,
  },
  { id: 'job/stops', title: 'Cancelled work stops within a time', severity: 'should', judge: judgeStops },
  { id: 'job/logs-first', title: 'Logs come before the result', severity: 'should', judge: judgeLogs },
  { id: 'job/secrets', title: 'No line of log holds the API key', severity: 'should', judge: judgeSecrets },
  { id: 'capabilities/fit', title: 'Capabilities fit the type', severity: 'should', judge: judgeCapabilities },
  { id: 'exit/goodbye', title: 'A runner that ends says goodbye', severity: 'should', judge: judgeGoodbye },
]
