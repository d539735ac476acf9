/**
 * An answer as checks see it: its parts as values, what the spec knows of it and what of it breaks the spec, whether it shows
 * that its operation is there at all, and what else is allowed in its place.
 */
import { type AnswerShape, answerShapes } from '../../generated/answer-shapes.js'
import { isOfMedia, parseJson, STREAM } from '../../kernel/json-text.js'
import type { OperationId, ResponseBodyOf, StatusOf } from '../../kernel/operation.js'
import type { Exchange } from './recorded-exchange.js'
import { UUID } from '../../kernel/id-source.js'
import { responseBodies } from '../../generated/response-validators.js'
import type { OperationEntry, OperationResponse } from '../../generated/operations.js'
import { operations, pointerOfOperation, responses } from '../../kernel/all-operations.js'
import { violationsOf, type Validator } from '../../kernel/schema.js'
import { componentValidators } from '../../generated/component-validators.js'

/** An answer of unchecked status: use `expectStatus` to learn the type of its body. */
export interface Answer<Id extends OperationId = OperationId> {
  /** The operation called; null for a raw request that means none. */
  readonly operation: Id | null
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** Parsed JSON, see `knownPart`; undefined when there was no body or it could not be parsed. */
  readonly body: unknown
  /** The body as it came. */
  readonly text: string
  /** What about it breaks the spec, whatever the check expects. */
  readonly flaws: readonly AnswerFlaw[]
  readonly exchange: Exchange
}

/** An answer with a known status, and thus a known body. */
export interface AnswerWith<Id extends OperationId, Status extends StatusOf<Id>> extends Answer<Id> {
  readonly status: Status
  readonly body: ResponseBodyOf<Id, Status>
}

/** A way in which an answer breaks the spec. */
export interface AnswerFlaw {
  kind: 'status' | 'media' | 'body' | 'header'
  expected: string
  actual: string
  /** Pointer into the spec. */
  pointer: string
}

/** A body without the fields that the spec does not know, its times in whole milliseconds. Errors stay as they are. */
export function knownPart(operation: OperationId | null, status: number, body: unknown): unknown {
  const shape = operation === null || status >= 300 ? undefined : answerShapes[operation]
  return shape === undefined ? body : reduce(body, shape)
}

function reduce(value: unknown, { fields, items, isTime }: AnswerShape): unknown {
  if (isTime === true) return typeof value === 'string' ? toMilliseconds(value) : value
  if (Array.isArray(value)) return items === undefined ? value : value.map((item: unknown) => reduce(item, items))
  if (fields === undefined || typeof value !== 'object' || value === null) return value
  const known: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) {
    const shape = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (shape !== undefined) known[name] = reduce(member, shape)
  }
  return known
}

const UTC_TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/

/** Stored times may have fewer digits than those that come from memory. */
function toMilliseconds(time: string): string {
  const [, seconds, decimals = ''] = UTC_TIME.exec(time) ?? []
  return seconds === undefined ? time : `${seconds}.${decimals.padEnd(3, '0').slice(0, 3)}Z`
}

export function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

export function toTexts(value: unknown): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const [name, member] of Object.entries(toRecord(value))) {
    if (typeof member === 'string') texts[name] = member
  }
  return texts
}

/** A query as it is sent, with its question mark; empty for none. */
export function toSearch(query: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  if (given.length === 0) return ''
  const texts = given.map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)])
  return `?${new URLSearchParams(texts).toString()}`
}

/** One tolerated difference. */
export interface Alternative {
  /** What differs, for reports. */
  readonly what: string
  /** Statuses that are all right, declared or not. */
  readonly statuses?: readonly number[]
  /** Headers, in lower case, that may be other than declared. */
  readonly headers?: readonly string[]
}

/** Every tolerated difference by its name. */
export const alternatives = {
  // Requests that no rule decides to the last digit.
  wrongMethod: { what: 'A method that a path does not know.', statuses: [405] },
  unknownPath: { what: 'A path that the API does not know.', statuses: [404] },
  oversizedBody: {
    what: 'A body over the limit is refused by the rule, or before it by a proxy.',
    statuses: [400, 413],
  },
  foreignWorkspace: { what: 'Another workspace is closed, unknown or empty for this caller.', statuses: [403, 404] },
  pollOfGoneRunner: {
    what: 'A poll whose runner is disconnected meanwhile ends with 404, or with nothing to do.',
    statuses: [200, 404],
  },
  readerOfGoneRunner: {
    what: 'A reader who waits for a command whose runner goes gets it as timed out, or 404.',
    statuses: [200, 404],
  },
  foreignProject: {
    what: "A list of another workspace's project is empty, or the project is unknown.",
    statuses: [200, 404],
  },
  preparedLocation: {
    what: 'A call that only prepares a check takes the id from any Location that ends in it; the form is judged elsewhere.',
    headers: ['location'],
  },
  ambiguousPath: {
    what: 'A path with an empty segment or an encoded slash is bad, or unknown once a proxy has decoded it.',
    statuses: [400, 404],
  },
  refusedJson: { what: 'A caller who refuses JSON gets it all the same, or 406.', statuses: [200, 406] },
  badEncoding: { what: 'A content encoding that is none, or does not fit the body.', statuses: [400, 415] },
} as const satisfies Record<string, Alternative>

/** Name of a tolerated difference. */
export type AlternativeName = keyof typeof alternatives

export type JudgedAnswer = Pick<Answer, 'status' | 'headers' | 'text' | 'body'>

const operationTable: Readonly<Record<OperationId, OperationEntry>> = operations
const answerTable: Readonly<Record<OperationId, Readonly<Record<number, OperationResponse>>>> = responses
const validatorTable: Readonly<Record<OperationId, Readonly<Record<number, Validator | null>>>> = responseBodies

/** What breaks the spec and is not among the differences accepted; empty when nothing does. */
export function judgeAnswer(id: OperationId, answer: JudgedAnswer, accept: readonly Alternative[] = []): AnswerFlaw[] {
  const { status, text } = answer
  const answers = answerTable[id]
  const declared = answers[status]
  const pointer = `${pointerOfOperation(id)}/responses`
  if (declared === undefined) {
    if (accept.some(({ statuses }) => statuses?.includes(status) === true)) return []
    const expected = `a declared status from ${id} (${Object.keys(answers).join(', ')})`
    return [{ kind: 'status', expected, actual: String(status), pointer }]
  }
  const place = `${pointer}/${status}`
  const isAnyLocation = accept.some(({ headers }) => headers?.includes('location') === true)
  const headerFlaws = declared.headers.includes('Location') && !isAnyLocation ? judgeLocation(answer, place) : []
  if (!declared.hasBody) {
    const expected = `${id} to answer ${status} without a body`
    const actual = text.slice(0, 200)
    return text === '' ? headerFlaws : [...headerFlaws, { kind: 'body', expected, actual, pointer: place }]
  }
  const media = declared.isStream === true ? STREAM : JSON_MEDIA
  // The refusal of a stream may come as one, which is a quirk with a check of its own.
  const isStreamed = status >= 400 && isOfMedia(answer.headers, STREAM) && operationTable[id].isStream === true
  const isRight = text === '' || isStreamed || isOfMedia(answer.headers, media)
  const actual = answer.headers['content-type'] ?? 'no content-type'
  const flaw = { kind: 'media', expected: `content-type ${media}`, actual, pointer: `${place}/content` } as const
  return [...headerFlaws, ...(isRight ? [] : [flaw]), ...judgeBody(id, answer, media, place)]
}

const JSON_MEDIA = 'application/json'

function judgeBody(id: OperationId, { status, text, body }: JudgedAnswer, media: string, place: string): AnswerFlaw[] {
  const pointer = `${place}/content/${media.replace('/', '~1')}/schema`
  // A stream may have nothing to tell.
  const isMissing = text === '' && media === JSON_MEDIA
  if (isMissing || body === undefined) {
    const expected = `${id} to answer ${status} with ${isMissing ? 'a JSON body' : 'JSON'}`
    return [{ kind: 'body', expected, actual: isMissing ? 'no body' : text.slice(0, 200), pointer }]
  }
  const validator = validatorTable[id][status]
  if (validator === null || validator === undefined || validator(body)) return []
  const schemaPath = validator.errors?.[0]?.schemaPath ?? pointer
  const violations = violationsOf(validator).slice(0, 4)
  const told = violations.map((each) => `${each.pointer === '' ? 'the body' : each.pointer} ${each.message}`)
  const expected = `a body of ${id} ${status} that fits its schema: ${[...new Set(told)].join('; ')}`
  const at = schemaPath.startsWith('#') ? schemaPath : pointer
  return [{ kind: 'body', expected, actual: text.slice(0, 400), pointer: at }]
}

function judgeLocation({ status, headers }: JudgedAnswer, place: string): AnswerFlaw[] {
  const { location } = headers
  const isRedirect = status >= 300
  if (location !== undefined && (isRedirect ? URL.canParse(location) : idOfLocation(location) !== undefined)) return []
  const expected = `a Location that is an absolute URI${isRedirect ? '' : ' ending in the new id'}`
  return [{ kind: 'header', expected, actual: location ?? 'no Location', pointer: `${place}/headers/Location` }]
}

const UUID_AT_END = new RegExp(`(?:^|/)(${UUID})$`, 'i')

/** The id at the end of any Location, absolute or not; undefined without one. */
export function idAtEndOf(location: string | undefined): string | undefined {
  return UUID_AT_END.exec(location ?? '')?.[1]
}

/** The id that a Location ends in; undefined when it is no absolute URI or ends otherwise. */
export function idOfLocation(location: string): string | undefined {
  if (!URL.canParse(location)) return undefined
  const { protocol, pathname } = new URL(location)
  return protocol === 'http:' || protocol === 'https:' ? UUID_AT_END.exec(pathname)?.[1] : undefined
}

/**
 * How an operation is not there. `not-implemented`: the call that must succeed is answered 404 without an error body of
 * this API, 405 or 501; `not-working`: it ends in a 5xx, or without an answer.
 */
export type Absence = 'not-implemented' | 'not-working'

/** What an exchange says of its operation, when a success was due; undefined when the operation is there. */
export function absenceIn({ status, responseBody }: Exchange): Absence | undefined {
  if (status === 405 || status === 501) return 'not-implemented'
  if (status === 404) return isErrorBody(parseJson(responseBody)) ? undefined : 'not-implemented'
  return status === null || status >= 500 ? 'not-working' : undefined
}

/** Whether an answer shows that its operation is there, whatever was due. */
export function isPresent({ status, body }: Pick<Answer, 'status' | 'body'>): boolean {
  if (status < 300) return true
  return status >= 400 && status < 500 && status !== 405 && isErrorBody(body)
}

export function isErrorBody(body: unknown): boolean {
  return componentValidators.ErrorMessage(body)
}
