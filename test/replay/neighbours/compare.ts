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
import { isObject } from '../../../src/kernel/json-value.js'
import { compareValues, flaw, toSet, type Flaw, type Freedoms } from '../flaws.js'

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
  const freedoms = freedomsOf(captured)
  const flaws = compareHeaders(response.headers, answer.headers, freedoms)
  // A body that is no JSON is words.
  if (response.text === TEXT) return flaws
  const body = readBody(answer, response.stream !== undefined)
  return [...flaws, ...compareValues(bodyOf(response), body, freedoms)]
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

type Headers = Readonly<Record<string, string>>

function compareHeaders(expected: Headers, actual: Headers, freedoms: Freedoms): Flaw[] {
  const [type, allow, location] = ['content-type', 'allow', 'location'].map((name) => actual[name])
  const flaws: Flaw[] = []
  if (expected['content-type'] !== type?.replace(/;.*/, ''))
    flaws.push(flaw('content-type', expected['content-type'], type))
  if (toSet(expected['allow']) !== toSet(allow)) flaws.push(flaw('allow', expected['allow'], allow))
  const place = location?.replace(/^https?:\/\/[^/]*(\/api)?/, '')
  return [...flaws, ...compareValues(expected['location'], place, freedoms, '/location')]
}

function freedomsOf(captured: Captured): Freedoms {
  return {
    isSet: (name, expected) => SETS.includes(name) || expected.some((each) => UNORDERED_NAMES.test(nameOf(each))),
    isLeftOut: (name, expected) =>
      (!(name in expected) && LATER.includes(name)) ||
      // Of a version whose id the server made, the commit is part of that id.
      (name === 'commit' && /[<{]/.test(String(expected['id'] ?? expected['prompt_version_id']))),
    entriesOf(actual, expected, name) {
      const isText = expected.length > 0 && expected.every((each) => each === TEXT)
      if (isText && actual.length > 0 && actual.every((each) => typeof each === 'string')) return undefined
      const later = LATER_NAMES[name] ?? []
      return actual.filter((each) => expected.includes(each) || !later.some((one) => one === each))
    },
    isSame(expected, actual, name) {
      if (typeof expected === 'number' && typeof actual === 'number')
        return Math.abs(expected - actual) <= ROUNDING * Math.abs(expected)
      if (typeof expected !== 'string' || typeof actual !== 'string') return expected === actual
      if (expected === TEXT) return true
      return OWN_IDS.includes(name) ? UUID.test(actual) : patternOf(expected, captured).test(actual)
    },
  }
}

const nameOf = (value: unknown): string => (isObject(value) ? String(value['name']) : '')

/** A text of the recording as what it stands for. */
function patternOf(expected: string, captured: Captured): RegExp {
  const parts = expected.split(/(<id>|<now>|<\.\.\. \d+ characters>|\{\{\w+\}\})/).map((part) => {
    if (part === '<id>') return ID
    if (part === '<now>') return NOW
    if (part.startsWith('<... ')) return `.{${Number.parseInt(part.slice(5), 10) - expected.indexOf(part)}}`
    const text = part.startsWith('{{') ? (captured.get(part.slice(2, -2)) ?? part) : part
    return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  })
  return new RegExp(`^${parts.join('')}$`, 's')
}

const ID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const UUID = new RegExp(`^${ID}$`)
/** A moment of the replay: what requests give lies in other years. */
export const NOW_YEAR = '2026-11'
const NOW = `${NOW_YEAR}-[\\dT:.-]+Z`
