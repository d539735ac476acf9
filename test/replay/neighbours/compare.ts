// Holds an answer of the mock against a recorded one in its normal form: `<id>`, `<now>`, `<text>`, `{{name}}`.
import {
  CONSTANTS,
  LATER,
  LATER_NAMES,
  mayStandFor,
  OWN_IDS,
  RANDOM_FIELDS,
  ROUNDING,
  SETS,
  TEXT,
  UNORDERED_NAMES,
} from './freedoms.js'
import type { NeighbourExchange } from './exchange.js'
import { isObject, type JsonObject } from '../../../src/kernel/json-value.js'

/** What is not as recorded. */
export interface Flaw {
  /** Where, with `*` in place of the numbers of lists. */
  readonly where: string
  readonly expected: string
  readonly actual: string
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What differs between an answer and the recorded one. */
export function compareAnswer(
  { op, request, response }: NeighbourExchange,
  answer: Answer,
  captured: Captured,
): Flaw[] {
  if (response.status !== answer.status) {
    const isFree = mayStandFor(response.status, answer.status)
    return isFree ? [] : [flaw('status', response.status, `${answer.status} ${answer.body.slice(0, 120)}`)]
  }
  if (CONSTANTS.includes(op) && answer.status === 200) return []
  const random = RANDOM_FIELDS[op]
  if (random !== undefined && request.query?.['sorting']?.includes(`"${random}"`) === true) return []
  const comparison = new Comparison(captured)
  comparison.headers(response.headers, answer.headers)
  // A body that is no JSON is words.
  if (response.text !== TEXT) comparison.values(bodyOf(response), readBody(answer, response.stream !== undefined), '')
  return comparison.flaws
}

/** Ids that the server made, by the names that the recording gives them. */
export type Captured = ReadonlyMap<string, string>

function bodyOf({ body, stream, text }: NeighbourExchange['response']): unknown {
  return stream ?? body ?? text
}

function readBody({ body }: Answer, isStream: boolean): unknown {
  if (body === '') return isStream ? [] : undefined
  try {
    if (!isStream) return JSON.parse(body)
    return body
      .split('\r\n')
      .filter((line) => line !== '')
      .map((line): unknown => JSON.parse(line))
  } catch {
    return body
  }
}

class Comparison {
  readonly flaws: Flaw[] = []
  private readonly captured: Captured

  constructor(captured: Captured) {
    this.captured = captured
  }

  headers(expected: Readonly<Record<string, string>>, actual: Readonly<Record<string, string>>): void {
    const [type, allow, location] = ['content-type', 'allow', 'location'].map((name) => actual[name])
    if (expected['content-type'] !== type?.replace(/;.*/, '')) this.note('content-type', expected['content-type'], type)
    if (toSet(expected['allow']) !== toSet(allow)) this.note('allow', expected['allow'], allow)
    this.values(expected['location'], location?.replace(/^https?:\/\/[^/]*(\/api)?/, ''), '/location')
  }

  values(expected: unknown, actual: unknown, place: string): void {
    const name = place.slice(place.lastIndexOf('/') + 1)
    if (Array.isArray(expected) && Array.isArray(actual)) this.lists(expected, actual, place, name)
    else if (isObject(expected) && isObject(actual)) this.objects(expected, actual, place)
    else if (!this.isSame(expected, actual, name)) this.note(place, expected, actual)
  }

  private objects(expected: JsonObject, actual: JsonObject, place: string): void {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      if (!(key in expected) && LATER.includes(key)) continue
      // Of a version whose id the server made, the commit is part of that id.
      if (key === 'commit' && /[<{]/.test(String(expected['id'] ?? expected['prompt_version_id']))) continue
      this.values(expected[key], actual[key], `${place}/${key}`)
    }
  }

  private lists(expected: readonly unknown[], actual: readonly unknown[], place: string, name: string): void {
    if (expected.length > 0 && expected.every((each) => each === TEXT)) {
      if (!actual.every((each) => typeof each === 'string') || actual.length === 0) this.note(place, expected, actual)
      return
    }
    const later = LATER_NAMES[name] ?? []
    const known = actual.filter((each) => expected.includes(each) || !later.some((one) => one === each))
    const isSet =
      SETS.includes(name) || expected.some((each) => isObject(each) && UNORDERED_NAMES.test(String(each['name'])))
    const [left, right] = isSet ? [expected.toSorted(byText), known.toSorted(byText)] : [expected, known]
    if (left.length !== right.length) {
      const [before, after] = [left, right].map((list) => list.map((each) => idOf(each)))
      return this.note(`${place}/length`, `${left.length}: ${before?.join()}`, `${right.length}: ${after?.join()}`)
    }
    for (let at = 0; at < left.length; at++) this.values(left[at], right[at], `${place}/*`)
  }

  private isSame(expected: unknown, actual: unknown, name: string): boolean {
    if (typeof expected === 'number' && typeof actual === 'number') return isClose(expected, actual)
    if (typeof expected !== 'string' || typeof actual !== 'string') return expected === actual
    if (expected === TEXT) return true
    if (OWN_IDS.includes(name)) return UUID.test(actual)
    return this.pattern(expected).test(actual)
  }

  /** A text of the recording as what it stands for. */
  private pattern(expected: string): RegExp {
    const parts = expected.split(/(<id>|<now>|<\.\.\. \d+ characters>|\{\{\w+\}\})/)
    return new RegExp(`^${parts.map((part) => this.partPattern(part, expected)).join('')}$`, 's')
  }

  private partPattern(part: string, whole: string): string {
    if (part === '<id>') return ID
    if (part === '<now>') return NOW
    if (part.startsWith('<... ')) {
      const rest = Number.parseInt(part.slice(5), 10) - whole.indexOf(part)
      return `.{${rest}}`
    }
    const text = part.startsWith('{{') ? (this.captured.get(part.slice(2, -2)) ?? part) : part
    return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  }

  private note(where: string, expected: unknown, actual: unknown): void {
    this.flaws.push(flaw(where, expected, actual))
  }
}

const ID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const UUID = new RegExp(`^${ID}$`)
/** A moment of the replay: what requests give lies in other years. */
export const NOW_YEAR = '2026-11'
const NOW = `${NOW_YEAR}-[\\dT:.-]+Z`

function isClose(expected: number, actual: number): boolean {
  return Math.abs(expected - actual) <= ROUNDING * Math.abs(expected)
}

function toSet(list: string | undefined): string | undefined {
  return list?.split(/, */).toSorted().join()
}

function byText(one: unknown, other: unknown): number {
  const [a, b] = [one, other].map((each) => (isObject(each) ? show(each['name']) : show(each)))
  if (a === undefined || b === undefined) return 0
  return a < b ? -1 : a > b ? 1 : 0
}

function idOf(value: unknown): string {
  return isObject(value) ? String(value['id'] ?? value['name'] ?? value['time']) : show(value)
}

function flaw(where: string, expected: unknown, actual: unknown): Flaw {
  return { where, expected: show(expected), actual: show(actual) }
}

function show(value: unknown): string {
  return value === undefined ? 'none' : typeof value === 'string' ? value : JSON.stringify(value)
}
