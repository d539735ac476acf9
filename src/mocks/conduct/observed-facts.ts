/** Reads the few facts that rules need out of requests and answers. What cannot be read is left out, never guessed. */
import type { OperationId } from '../../kernel/operation.js'
import type { Reply } from '../base/exchange.js'
import type { HandOut } from './conduct-trace.js'

/** The status in the body of a report. */
export function reportedStatus(operation: OperationId, body: unknown): string | undefined {
  const isReport = operation === 'reportJobResult' || operation === 'reportBridgeResult'
  const status = isReport ? memberOf(body, 'status') : undefined
  return typeof status === 'string' ? status : undefined
}

/** The capabilities in the body of a heartbeat. */
export function declaredCapabilities(operation: OperationId, body: unknown): readonly string[] | undefined {
  const declared = operation === 'heartbeat' ? memberOf(body, 'capabilities') : undefined
  return Array.isArray(declared) ? textsIn(declared) : undefined
}

/** Whether lines of log hold the key with which they are sent; undefined where there are no lines or no key. */
export function leaksKey(operation: OperationId, body: unknown, key: string): boolean | undefined {
  if (operation !== 'appendJobLogs' || !Array.isArray(body) || key.length < SHORTEST_KEY) return undefined
  return body.some((entry) => String(memberOf(entry, 'text')).includes(key))
}

/** Shorter keys may stand in a line by chance. */
const SHORTEST_KEY = 8

/** What an answer hands out. */
export function handOutsOf(operation: OperationId, reply: Reply): readonly HandOut[] {
  if (reply.status !== 200) return []
  if (operation === 'nextJob') return [parse(reply.body)].flatMap((job) => toHandOut(job, 'id', 'timeout'))
  if (operation !== 'nextBridgeCommands') return []
  const commands = memberOf(parse(reply.body), 'commands')
  if (!Array.isArray(commands)) return []
  return commands.flatMap((command) => toHandOut(command, 'command_id', 'timeout_seconds'))
}

/** The cancellations that an answer announces. */
export function announcedBy(operation: OperationId, reply: Reply): readonly string[] {
  if (operation !== 'heartbeat' || reply.status !== 200) return []
  const ids = memberOf(parse(reply.body), 'cancelled_job_ids')
  return Array.isArray(ids) ? textsIn(ids) : []
}

/** `Retry-After` in seconds; as a date it is not read. */
export function retryAfterOf({ headers }: Reply): number | undefined {
  const seconds = Number(headers['retry-after'] ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined
}

function toHandOut(value: unknown, idName: string, timeoutName: string): HandOut[] {
  const id = memberOf(value, idName)
  const seconds = memberOf(value, timeoutName)
  if (typeof id !== 'string') return []
  return [{ id, timeoutMs: typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : undefined }]
}

function textsIn(values: readonly unknown[]): string[] {
  return values.filter((value) => typeof value === 'string')
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
