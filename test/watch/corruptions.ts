// What a server that breaks a rule would have answered in place of what was recorded: for each operation and each way to
// be wrong, one changed answer.
import { operationIn } from '../../src/kernel/recording/recorded-call.js'
import { isObject, type JsonObject } from '../../src/kernel/json-value.js'
import { responses } from '../../src/kernel/all-operations.js'
import { runnerOperations, type OperationId } from '../../src/kernel/operation.js'
import { isLong, type RecordedExchange, type Recording } from '../replay/recording.js'

/** A recording with one answer changed. */
export interface Corruption {
  /** The operation, and how its answer is wrong. */
  what: string
  /** The exchange whose answer was changed. */
  id: number
  recording: Recording
}

/** An answer that may be changed, and what was said before it. */
interface View {
  operation: OperationId
  exchange: RecordedExchange
  body: unknown
  /** The exchanges before it. */
  before: readonly RecordedExchange[]
  /** Earlier answers of the operation that were a success. */
  successes: readonly RecordedExchange[]
}
type Change = (view: View) => readonly (readonly [how: string, changed: RecordedExchange])[]

const STRANGE = '0190babc-62a0-71d2-832a-0feffa467600'
const LONG_AGO = '2020-01-01T00:00:00Z'
const NS_PER_S = 1e9
const EMPTY = { headers: {} }
const JSON_TYPE = { 'content-type': 'application/json' }

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '') as unknown
  } catch {
    return undefined
  }
}

function answering(exchange: RecordedExchange, body: unknown, status = exchange.status): RecordedExchange {
  const headers = { ...JSON_TYPE, ...exchange.response?.headers }
  return { ...exchange, ...(status === undefined ? {} : { status }), response: { headers, body: JSON.stringify(body) } }
}

const isSuccess = ({ status = 500 }: RecordedExchange): boolean => status < 300

/** Another value of the same kind. */
function another(name: string, value: unknown): unknown {
  if (name === 'status')
    return value === 'running' || value === 'picked_up' ? 'pending' : value === 'failed' ? 'completed' : 'failed'
  if (typeof value === 'number') return value + 1
  if (typeof value === 'string')
    return name.endsWith('_at') ? LONG_AGO : value.length === STRANGE.length ? STRANGE : 'nobody'
  return Array.isArray(value) ? value.slice(1) : { of: 'nobody' }
}

/** The fields by which a page holds its entries. */
const LISTS = new Set(['content', 'commands'])
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** The object whose fields an answer shows: the body, or the first of its list. */
function shownIn(body: unknown): { shown: JsonObject; put: (changed: unknown) => unknown } | undefined {
  const list = listOf(body)
  if (isObject(list[0])) return { shown: list[0], put: (changed) => list.with(0, changed) }
  if (!isObject(body)) return undefined
  const page = Object.entries(body).find(([name]) => LISTS.has(name))
  if (page === undefined) return { shown: body, put: (changed) => changed }
  const inner = shownIn(page[1])
  return inner && { shown: inner.shown, put: (changed) => ({ ...body, [page[0]]: inner.put(changed) }) }
}

/** A field that is another one, is missing or is null. */
const fields: Change = ({ exchange, body, before }) => {
  const { shown, put } = shownIn(body) ?? {}
  if (shown === undefined || put === undefined || !isSuccess(exchange)) return []
  const said = before.map(({ request, response }) => `${request.body} ${response?.body}`).join('\n')
  // What nobody has said before, a server may say as it likes.
  const known = Object.entries(shown).filter(([, value]) => said.includes(JSON.stringify(value)))
  return known.flatMap(([name, value]) => {
    const { [name]: _, ...rest } = shown
    return [
      [`another ${name}`, answering(exchange, put({ ...shown, [name]: another(name, value) }))],
      [`no ${name}`, answering(exchange, put(rest))],
    ] as const
  })
}

/** A list that lacks its first entry, has its last one twice, or is in another order. */
const lists: Change = ({ exchange, body }) => {
  const [name, value] = isObject(body) ? (Object.entries(body).find(([key]) => LISTS.has(key)) ?? []) : ['', body]
  const list = listOf(value)
  if (list.length === 0) return []
  const put = (changed: unknown[]): RecordedExchange =>
    answering(exchange, name === '' ? changed : { ...(body as object), [String(name)]: changed })
  return [
    ['one less', put(list.slice(1))],
    ['one twice', put([...list, list.at(-1)])],
    ['backwards', put(list.toReversed())],
  ]
}

/** The answer that the same request got before. */
const again: Change = ({ exchange, before }) => {
  const asked = ({ method, path, query, request: { body, headers } }: RecordedExchange): string =>
    JSON.stringify([method, path, query, body, headers])
  const other = before.findLast(
    (each) => each.path === exchange.path && asked(each) === asked(exchange) && isSuccess(each),
  )
  if (other?.response === undefined || other.status === undefined) return []
  return [[`as ${other.status} before`, { ...exchange, status: other.status, response: other.response }]]
}

/** A refusal that is a success, with the answer of another call. */
const accepted: Change = ({ exchange, successes }) => {
  const { status = 0 } = exchange
  const other = successes.at(-1)
  if (status < 400 || [401, 403, 405, 406, 415, 429].includes(status) || other?.status === undefined) return []
  return [[`${status} as ${other.status}`, { ...exchange, status: other.status, response: other.response ?? EMPTY }]]
}

/** A success whose id was given before. */
const twice: Change = ({ exchange, successes }) => {
  const other = successes.at(-1)
  const isMade =
    exchange.status === 201 && other?.response?.headers['location'] !== exchange.response?.headers['location']
  return isMade && other?.response !== undefined ? [['an id again', { ...exchange, response: other.response }]] : []
}

/** A poll that got something is answered late. */
const late: Change = ({ exchange, body }) => {
  const isHandOut = exchange.path.endsWith('/next') && /_id":|"id":/.test(JSON.stringify(body ?? null))
  return isHandOut ? [['late', { ...exchange, at_end_ns: exchange.at_end_ns + 4 * NS_PER_S }]] : []
}

/** A wait is over at once: with nothing, or with a command that has not ended. */
const early: Change = ({ exchange, body }) => {
  const { path, query = '', at_start_ns: from, at_end_ns: to } = exchange
  const atOnce = { ...exchange, at_end_ns: from + NS_PER_S / 100 }
  const isIdle = path.endsWith('/next') && /^(null|\{"commands":\[\]\})$/.test(JSON.stringify(body ?? null))
  if (!isSuccess(exchange) || to - from < NS_PER_S / 4) return []
  if (isIdle) return [['early', atOnce]]
  if (!query.includes('wait=true') || !isObject(body)) return []
  const { completed_at: _at, result: _result, error: _error, duration_ms: _ms, ...open } = body
  const status = 'picked_up_at' in body ? 'picked_up' : 'pending'
  return [['early', answering(atOnce, { ...open, status })]]
}

/** Who may call is decided by what stands before a server; how often a caller may pair, by its settings. */
const isOpen = (operation: OperationId, status: number): boolean =>
  status === 401 || status === 403 || (status === 429 && /pairing/i.test(operation))

/** Another status in place of a success: one that the operation declares, or a failure. */
const statuses: Change = ({ operation, exchange }) => {
  if (!isSuccess(exchange)) return []
  const declared = Object.keys(responses[operation]).map(Number)
  const others = [...declared, 500].filter((status) => status !== exchange.status && !isOpen(operation, status))
  return others.map((status) => {
    const refused = answering(exchange, { code: status, message: 'no' }, status)
    return [`${status} instead`, status < 300 ? { ...refused, response: EMPTY } : refused]
  })
}

const changes = { fields, lists, again, accepted, twice, late, early, statuses }

/** One corruption of each kind, the first that a place beyond `from` takes. */
function corruptionsOf({ header, exchanges }: Recording, from = 0): Corruption[] {
  const found = new Map<string, Corruption>()
  const successes = new Map<string, RecordedExchange[]>()
  for (const [place, exchange] of exchanges.entries()) {
    const operation = operationIn(header, exchange)?.operation.id
    if (operation === undefined || !Object.hasOwn(runnerOperations, operation) || exchange.response === undefined)
      continue
    const own = successes.get(operation) ?? []
    successes.set(operation, own)
    const view = {
      operation,
      exchange,
      body: parse(exchange.response.body),
      before: exchanges.slice(0, place),
      successes: own,
    }
    if (place >= from) {
      for (const [how, changed] of Object.values(changes).flatMap((change) => change(view))) {
        const what = `${operation}: ${how}`
        if (found.has(what) || JSON.stringify(changed) === JSON.stringify(exchange)) continue
        found.set(what, { what, id: exchange.id, recording: { header, exchanges: exchanges.with(place, changed) } })
      }
    }
    if (isSuccess(exchange)) own.push(exchange)
  }
  return [...found.values()]
}

/** All of them in CI; every fifth says most of it. */
export const corruptionsToTry = (recording: Recording, from?: number): Corruption[] =>
  corruptionsOf(recording, from).filter((_, place) => isLong || place % 5 === 0)

/** The recording with a job that is handed out twice. */
export function handedOutTwice(recording: Recording): Corruption {
  const twice = corruptionsOf(recording).find(({ what }) => what === 'nextJob: as 200 before')
  if (twice === undefined) throw new Error('no job is handed out')
  return twice
}
