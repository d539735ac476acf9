// Replies on their way out of the mock, read and changed.
import { readJson, writeJson } from '../../src/kernel/json-text.js'
import type { ApiResponse } from '../../src/mocks/base/exchange.js'

/** A JSON object of which nothing is known. */
export type Members = Record<string, unknown>

/** A reply of the mutant's own. */
export function answer(status: number, body?: unknown, headers: Readonly<Record<string, string>> = {}): ApiResponse {
  if (body === undefined) return { status, headers: { ...headers }, body: '' }
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}

/** An error of the mutant's own, in one of the API's shapes. */
export function refusal(status: number): ApiResponse {
  return answer(status, { code: status, message: 'No.' })
}

/** A reply, or what is left of it. */
type Part = Pick<ApiResponse, 'body'> & Partial<Pick<ApiResponse, 'headers'>>

const LINE_END = '\r\n'

/** Whether the body comes item by item, as lines of JSON. */
export function isStream({ headers }: Part): boolean {
  return headers?.['content-type'] === 'application/octet-stream'
}

/** The JSON texts of a body: one, or that of each item of a stream. */
function textsIn(reply: Part): string[] {
  return isStream(reply) ? reply.body.split(LINE_END).filter((line) => line !== '') : [reply.body]
}

/** The body of a reply, that of a stream as a list; undefined when it has none. */
export function jsonIn(reply: Part): unknown {
  if (isStream(reply)) return textsIn(reply).map((line): unknown => JSON.parse(line))
  return reply.body === '' ? undefined : (JSON.parse(reply.body) as unknown)
}

/** The members of a reply's body; none when it is no object. */
export function membersIn(reply: Part): Members {
  return membersOf(jsonIn(reply))
}

/** The members of a value; none when it is no object. */
export function membersOf(value: unknown): Members {
  return isObject(value) ? { ...value } : {}
}

export function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The items of a value; none when it is no list. */
export function itemsOf(value: unknown): unknown[] {
  return Array.isArray(value) ? Array.from<unknown>(value) : []
}

/** Whether plain JSON.parse would change a number of the body: such a body is nobody's to edit here. */
export function hasOddNumbers(reply: ApiResponse): boolean {
  return textsIn(reply).some((text) => text !== '' && writeJson(readJson(text)) !== JSON.stringify(JSON.parse(text)))
}

/** The same reply with another body; as it is where its numbers would not survive that. */
export function withBody(reply: ApiResponse, body: unknown): ApiResponse {
  if (hasOddNumbers(reply)) return reply
  if (isStream(reply) && Array.isArray(body)) {
    return { ...reply, body: body.map((item) => JSON.stringify(item) + LINE_END).join('') }
  }
  return { ...reply, body: body === undefined ? '' : JSON.stringify(body) }
}

/** The same reply with another status; with a body of that status where one is given. */
export function withStatus(reply: ApiResponse, status: number): ApiResponse {
  return { ...reply, status }
}

/** The same reply with other headers; undefined takes one away. */
export function withHeaders(reply: ApiResponse, headers: Readonly<Record<string, string | undefined>>): ApiResponse {
  const kept: Record<string, string> = { ...reply.headers }
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) Reflect.deleteProperty(kept, name)
    else kept[name] = value
  }
  return { ...reply, headers: kept }
}

/** A text member of a value; '' when it has none. */
export function textIn(value: unknown, name: string): string {
  const member = isObject(value) ? value[name] : undefined
  return typeof member === 'string' ? member : ''
}

/** A copy without some members. */
export function without(value: Members, ...names: readonly string[]): Members {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)))
}

/** The id at the end of a reply's Location; '' when it has none. */
export function createdIn({ headers }: Pick<ApiResponse, 'headers'>): string {
  return headers['location']?.split('/').at(-1) ?? ''
}

export function isSuccess({ status }: Pick<ApiResponse, 'status'>): boolean {
  return status >= 200 && status < 300
}
