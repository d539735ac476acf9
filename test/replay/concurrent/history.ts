// A recording as calls of the model: which operation, with what, between which two moments, and what was answered.
import { matchOperation } from '../../../src/kernel/all-operations.js'
import { isOperationId, type OperationId } from '../../../src/kernel/operation.js'
import {
  modelled,
  textOf,
  type ModelAnswer,
  type ModelCall,
  type Modelled,
} from '../../../src/contracts/model/rules/call.js'
import type { Moment } from '../../../src/contracts/model/rules/model-world.js'
import { gunzipSync } from 'node:zlib'
import { bytesOf, type Message, type RecordedExchange, type Recording } from '../recording.js'

/** A call of a recording. */
export interface Visit {
  id: number
  /** Any operation of the spec; undefined for a path that is none. */
  operation: OperationId | undefined
  /** undefined for an operation that the model does not know. */
  call: ModelCall | undefined
  answer: ModelAnswer
  /** The client hung up: the answer is nobody's, and what the call does may come later. */
  isAborted: boolean
  /** The interval in which it took effect. */
  now: Moment
}

const NS_PER_MS = 1e6

/** The calls in the order in which they began. */
export function readVisits({ header, exchanges }: Recording): Visit[] {
  return exchanges.map((exchange) => toVisit(exchange, header.base_path))
}

function toVisit(exchange: RecordedExchange, basePath: string): Visit {
  const { id, method, path, status = 0, response } = exchange
  const match = matchOperation(method, path.slice(basePath.length))
  const operation = match.kind === 'operation' ? match.operation.id : undefined
  const now = { from: exchange.at_start_ns / NS_PER_MS, to: exchange.at_end_ns / NS_PER_MS }
  const location = response?.headers['location']
  const body = parse(response?.body)
  const createdId = location?.slice(location.lastIndexOf('/') + 1)
  const answer = { status, body, createdId, waitedMs: now.to - now.from }
  const ids = match.kind === 'operation' ? match.path : {}
  const call = isModelled(operation) ? toCall(operation, ids, exchange) : undefined
  return { id, operation, call, answer, isAborted: exchange.aborted === true, now }
}

function isModelled(id: OperationId | undefined): id is Modelled {
  return id !== undefined && isOperationId(id) && modelled.some((each) => each === id)
}

function toCall(operation: Modelled, ids: Readonly<Record<string, string>>, exchange: RecordedExchange): ModelCall {
  const { query = '', request } = exchange
  const path = Object.fromEntries(Object.entries(ids).map(([name, value]) => [name, value.toLowerCase()]))
  const asked = Object.fromEntries([...new URLSearchParams(query)].map(([name, value]) => [name, scalar(value)]))
  return { operation, identity: 'main', path, query: asked, body: parse(textOfMessage(request)), secret: 'right' }
}

function textOfMessage(request: Message): string | undefined {
  const bytes = bytesOf(request)
  if (bytes === undefined || request.headers['content-encoding'] !== 'gzip') return bytes?.toString('utf8')
  try {
    return gunzipSync(bytes).toString('utf8')
  } catch {
    return undefined
  }
}

function scalar(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d{1,9}$/.test(text) ? Number(text) : text
}

function parse(text: string | undefined): unknown {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return value
  } catch {
    return undefined
  }
}

/** The project that a call names. */
export function projectOf({ call }: Visit): string {
  const asked = call?.query['project_id']
  return (typeof asked === 'string' ? asked : textOf(call?.body, 'project_id')).toLowerCase()
}
