/**
 * The few facts that rules need of an exchange, whoever saw it: a mock that watches its callers, or a judge that reads a
 * recording. What cannot be read is left out, never guessed.
 */
import type { OperationId } from '../kernel/operation.js'
import type { Answer, Call, HandOut } from './conduct-trace.js'

/** The operations of a runner's own process. Every other call may come from anybody. */
export const runnersOwn: ReadonlySet<OperationId> = new Set<OperationId>([
  'heartbeat',
  'registerAgents',
  'patchChecklist',
  'nextJob',
  'reportJobResult',
  'appendJobLogs',
  'nextBridgeCommands',
  'reportBridgeResult',
])

/** What a request says, besides what it is about. */
export type RequestFacts = Pick<Call, 'reports' | 'capabilities' | 'leaks'>

/** What an answer says. */
export type AnswerFacts = Omit<Answer, 'at' | 'order'>

/**
 * Reads a request.
 * @param body as JSON; undefined for none
 * @param key with which it is sent; empty where nobody knows it
 */
export function factsOfRequest(operation: OperationId, body: unknown, key: string): RequestFacts {
  switch (operation) {
    case 'reportJobResult':
    case 'reportBridgeResult': {
      const status = memberOf(body, 'status')
      return typeof status === 'string' ? { reports: status } : {}
    }
    case 'heartbeat': {
      const declared = memberOf(body, 'capabilities')
      return Array.isArray(declared) ? { capabilities: textsIn(declared) } : {}
    }
    case 'appendJobLogs':
      if (!Array.isArray(body) || key.length < SHORTEST_KEY) return {}
      return { leaks: body.some((entry) => String(memberOf(entry, 'text')).includes(key)) }
    default:
      return {}
  }
}

/** Shorter keys may stand in a line by chance. */
const SHORTEST_KEY = 8

/**
 * Reads an answer.
 * @param retryAfter the header; as a date it is not read
 * @param read gives the body as JSON, or undefined for none; asked only where it matters
 */
export function factsOfAnswer(
  operation: OperationId,
  { status, retryAfter, read }: { status: number; retryAfter: string | undefined; read: () => unknown },
): AnswerFacts {
  const seconds = Number(retryAfter ?? Number.NaN)
  return {
    status,
    retryAfterMs: Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined,
    handsOut: status === 200 ? handOutsOf(operation, read) : [],
    announces: status === 200 && operation === 'heartbeat' ? announcedBy(read()) : [],
    ...(status === 200 && READS.has(operation) && { showsEnd: ENDS.has(memberOf(read(), 'status')) }),
  }
}

const READS: ReadonlySet<OperationId> = new Set<OperationId>(['getJob', 'getBridgeCommand'])
const ENDS: ReadonlySet<unknown> = new Set(['completed', 'failed', 'cancelled', 'timed_out'])

function handOutsOf(operation: OperationId, read: () => unknown): readonly HandOut[] {
  if (operation === 'nextJob') return toHandOut(read(), 'id', 'timeout')
  if (operation !== 'nextBridgeCommands') return []
  const commands = memberOf(read(), 'commands')
  if (!Array.isArray(commands)) return []
  return commands.flatMap((command) => toHandOut(command, 'command_id', 'timeout_seconds'))
}

function announcedBy(body: unknown): readonly string[] {
  const ids = memberOf(body, 'cancelled_job_ids')
  return Array.isArray(ids) ? textsIn(ids) : []
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

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
