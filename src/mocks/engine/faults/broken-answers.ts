/** The answers that faults give: errors, broken connections, and real answers that were spoilt on the way. */
import type { Reply } from '../../base/exchange.js'
import { errorReply, errorsReply } from '../../base/reply.js'
import type { Fault } from '../../base/fault.js'

/** The error answer of a fault with a status. */
export function errorOf(fault: Fault, status: number, id: string): Reply {
  const message = fault.message ?? `The fault '${id}' answers ${status} here.`
  const reply = fault.shape === 'errors' ? errorsReply(status, [message]) : errorReply(status, message)
  if (fault.retry_after !== undefined) reply.headers['retry-after'] = String(fault.retry_after)
  return reply
}

const UTF8 = new TextEncoder()

/** The first half of an answer; its `content-length` still announces the whole. Where it is cut is no matter of chance. */
export function truncated({ status, headers, body }: Reply): Reply {
  const length = UTF8.encode(body).length
  return {
    status,
    headers: { ...headers, 'content-length': String(length) },
    body: body.slice(0, Math.floor(body.length / 2)),
    connection: 'cut',
  }
}

/**
 * An answer whose JSON has a wrong type wherever its schema wants one: every field of an object changes its type, any
 * other value becomes something that the operation does not answer. Of a stream each line is spoilt.
 */
export function invalid({ status, headers, body }: Reply): Reply {
  const lines = body.split(LINE_END).map((line) => line && JSON.stringify(spoil(JSON.parse(line))))
  return { status, headers: { ...headers }, body: lines.join(LINE_END) }
}

const LINE_END = '\r\n'

function spoil(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return retype(value)
  const fields = Object.entries(value).map(([name, member]) => [name, retype(member)] as const)
  // Of an object without any the type is all that can be wrong.
  return fields.length === 0 ? [] : Object.fromEntries(fields)
}

function retype(value: unknown): unknown {
  if (typeof value === 'string') return value.length
  if (Array.isArray(value)) return { length: value.length }
  if (typeof value === 'object' && value !== null) return Object.keys(value)
  return value === null ? 'null' : [value]
}

/** Whether an answer brings a job or commands. */
export function handsOut({ delivery, body }: Reply): boolean {
  return delivery !== undefined && body !== EMPTY_BATCH
}

const EMPTY_BATCH = JSON.stringify({ commands: [] })

/** An answer once more, without the way to take back what it hands out. */
export function copyOf({ status, headers, body }: Reply): Reply {
  return { status, headers: { ...headers }, body }
}
