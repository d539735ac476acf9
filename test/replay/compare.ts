// Holds an answer of the mock against the recorded one, by the ids of both: everything but the words of errors, whose shape
// counts, the order of sets and the fractions of seconds in times.
import type { RecordedExchange } from './recording.js'
import type { Answer } from './target.js'
import { compareValues, flaw, toSet, type Flaw, type Freedoms } from './flaws.js'

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

function compareBody({ status = 0, path }: RecordedExchange, recorded: string, { body }: Answer, ids: IdMap): Flaw[] {
  if (status >= 400) {
    const [expected, actual] = [shapeOf(recorded), shapeOf(body)]
    return !REAL.test(path) || expected === undefined || expected === actual ? [] : [flaw('shape', expected, body)]
  }
  if ((recorded === '') !== (body === '')) return [flaw('body', recorded.slice(0, 160), body.slice(0, 160))]
  if (recorded === '') return []
  return compareValues(read(ids.translate(recorded)), read(body), FREEDOMS)
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

const FREEDOMS: Freedoms = {
  isSet: (name) => SETS.includes(name),
  isSame(expected, actual, name) {
    if (expected === actual) return true
    if (typeof expected !== 'string' || typeof actual !== 'string') return false
    if (expected.startsWith(NUMBER) && actual.startsWith(NUMBER))
      return isSameNumber(expected.slice(1), actual.slice(1))
    return name.endsWith('_at') && Math.abs(Date.parse(expected) - Date.parse(actual)) <= LOOSE_MS
  },
}

/** An integer keeps every digit; another number keeps its value, and stays another. */
function isSameNumber(expected: string, actual: string): boolean {
  const isFraction = /[.eE]/
  return isFraction.test(expected) && isFraction.test(actual) && Object.is(Number(expected), Number(actual))
}

const UUID = /[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/gi

/** Which id of the mock stands for which id of the recording. */
export class IdMap {
  private readonly known = new Map<string, string>()

  /** Notes that the mock calls `theirs` what the recording calls `recorded`. */
  learn(recorded: string | undefined, theirs: string | undefined): void {
    if (recorded === undefined || theirs === undefined) return
    this.known.set(bare(recorded), theirs)
  }

  /** The mock's id; the recording's own where nothing is known of it. */
  get(recorded: string): string {
    return this.known.get(bare(recorded)) ?? recorded
  }

  /** A text with every id replaced, capitals and missing dashes kept. */
  translate(text: string): string {
    return text.replace(UUID, (recorded) => {
      const theirs = this.known.get(bare(recorded))
      if (theirs === undefined) return recorded
      const spelled = recorded.includes('-') ? theirs : theirs.replaceAll('-', '')
      return /[A-F]/.test(recorded) ? spelled.toUpperCase() : spelled
    })
  }
}

function bare(id: string): string {
  return id.toLowerCase().replaceAll('-', '')
}
