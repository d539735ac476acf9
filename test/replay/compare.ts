// Holds an answer of the mock against the recorded one: everything but the words of errors, whose shape counts, the order of sets and the
// fractions of seconds in times.
import type { RecordedExchange } from './recording.js'
import type { Answer } from './target.js'
import type { IdMap } from './ids.js'
import { isObject } from '../../src/kernel/json-value.js'

/** What is not as recorded, in a few words. */
export interface Flaw {
  what: string
  expected: string
  actual: string
}

/** How far times may lie apart, in milliseconds. */
const LOOSE_MS = 1500

/** What differs between an answer and the recorded one. */
export function compareAnswer(exchange: RecordedExchange, answer: Answer, ids: IdMap): Flaw[] {
  const { status = 0, request, response } = exchange
  if (isBadMedia(request.headers['content-type']) && UNREADABLE.includes(answer.status)) return []
  if (status !== answer.status) return [flaw('status', status, `${answer.status} ${answer.body.slice(0, 160)}`)]
  const headers = response?.headers ?? {}
  return [...compareHeaders(exchange, headers, answer), ...compareBody(exchange, response?.body ?? '', answer, ids)]
}

/** What a type that is none may be answered with. */
const UNREADABLE: readonly number[] = [400, 415]

function isBadMedia(type: string | undefined): boolean {
  return type !== undefined && !type.includes('/')
}

function flaw(what: string, expected: unknown, actual: unknown): Flaw {
  return { what, expected: show(expected), actual: show(actual) }
}

function show(value: unknown): string {
  return value === undefined ? 'none' : typeof value === 'string' ? value : JSON.stringify(value)
}

function compareHeaders(
  { method, status = 0 }: RecordedExchange,
  recorded: Readonly<Record<string, string>>,
  { headers }: Answer,
): Flaw[] {
  const flaws: Flaw[] = []
  if ((recorded['location'] === undefined) !== (headers['location'] === undefined)) {
    flaws.push(flaw('location', recorded['location'], headers['location']))
  }
  const [allowed, allows] = [recorded['allow'], headers['allow']].map(toSet)
  if (allowed !== allows) flaws.push(flaw('allow', allowed, allows))
  // Of an answer to OPTIONS without a body, a type says nothing.
  const isJson = method !== 'OPTIONS' && recorded['content-type']?.startsWith('application/json') === true
  if (isJson && status < 300 && headers['content-type']?.startsWith('application/json') !== true) {
    flaws.push(flaw('content-type', recorded['content-type'], headers['content-type']))
  }
  return flaws
}

function toSet(list: string | undefined): string | undefined {
  return list?.split(/, */).toSorted().join(', ')
}

function compareBody({ status = 0, path }: RecordedExchange, recorded: string, { body }: Answer, ids: IdMap): Flaw[] {
  if (status >= 400) {
    const [expected, actual] = [shapeOf(recorded), shapeOf(body)]
    return !REAL.test(path) || expected === undefined || expected === actual ? [] : [flaw('shape', expected, body)]
  }
  if ((recorded === '') !== (body === '')) return [flaw('body', recorded.slice(0, 160), body.slice(0, 160))]
  if (recorded === '') return []
  return [...compareValues(read(ids.translate(recorded)), read(body), '')]
}

/** Where the recordings come from the real server, stand-ins for its identity and projects aside. */
const REAL = /\/v1\/private\/(local-runners|pairing)/

/** Whether an error is a list or a message; undefined for what is no JSON. */
function shapeOf(body: string): 'errors' | 'message' | undefined {
  if (!body.startsWith('{')) return undefined
  return body.startsWith('{"errors"') ? 'errors' : 'message'
}

/** JSON with its numbers as they are written. */
function read(text: string): unknown {
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    token.startsWith('"') ? token : `"${NUMBER}${token}"`,
  )
  const value: unknown = JSON.parse(marked)
  return value
}

/** Begins a number; no text on a wire begins so. */
const NUMBER = '\u{F8FF}'

const SETS: readonly string[] = ['agents', 'cancelled_job_ids']

function* compareValues(expected: unknown, actual: unknown, place: string): Iterable<Flaw> {
  if (Array.isArray(expected) && Array.isArray(actual)) {
    yield* compareLists(expected, actual, place)
  } else if (isObject(expected) && isObject(actual)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      yield* compareValues(expected[key], actual[key], `${place}/${key}`)
    }
  } else if (!isSame(expected, actual, place)) {
    yield flaw(place, expected, actual)
  }
}

function* compareLists(expected: unknown[], actual: unknown[], place: string): Iterable<Flaw> {
  const isSet = SETS.includes(place.slice(place.lastIndexOf('/') + 1))
  const [left, right] = isSet ? [expected.toSorted(byText), actual.toSorted(byText)] : [expected, actual]
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    yield* compareValues(left[at], right[at], `${place}/${at}`)
  }
}

function byText(one: unknown, other: unknown): number {
  const [a, b] = [one, other].map((each) => (isObject(each) ? show(each['name']) : show(each)))
  return (a ?? '') < (b ?? '') ? -1 : 1
}

function isSame(expected: unknown, actual: unknown, place: string): boolean {
  if (expected === actual) return true
  if (typeof expected !== 'string' || typeof actual !== 'string') return false
  if (expected.startsWith(NUMBER) && actual.startsWith(NUMBER)) return isSameNumber(expected.slice(1), actual.slice(1))
  return place.endsWith('_at') && Math.abs(Date.parse(expected) - Date.parse(actual)) <= LOOSE_MS
}

/** An integer keeps every digit; another number keeps its value, and stays another. */
function isSameNumber(expected: string, actual: string): boolean {
  const isFraction = /[.eE]/
  return isFraction.test(expected) && isFraction.test(actual) && Object.is(Number(expected), Number(actual))
}
