/**
 * Holds one answer against the spec, whatever it was asked for: status declared, media type, body, headers, no field that
 * is null where it should be left out; and tells whether it shows that its operation is there at all. What follows from
 * that for a run is for src/contracts/run/missing-operations.ts.
 */
import { UUID } from '../../kernel/id-source.js'
import { responseBodies } from '../../generated/response-validators.js'
import type { OperationResponse } from '../../generated/operations.js'
import { pointerOfOperation, responses } from '../../kernel/all-operations.js'
import type { OperationId } from '../../kernel/operation.js'
import { violationsOf, type Validator } from '../../kernel/schema.js'
import { type Alternative, type Flaw, isOfMedia, knownPart, STREAM, parseJson, type Answer } from './answer.js'
import { componentValidators } from '../../generated/component-validators.js'
import type { Exchange } from './recorded-exchange.js'

/** The parts of an answer that are judged. */
export interface JudgedAnswer {
  status: number
  headers: Readonly<Record<string, string>>
  text: string
  /** Parsed JSON, or undefined. */
  body: unknown
}

const answerTable: Readonly<Record<OperationId, Readonly<Record<number, OperationResponse>>>> = responses
const validatorTable: Readonly<Record<OperationId, Readonly<Record<number, Validator | null>>>> = responseBodies

/** What breaks the spec and is not among the differences accepted; empty when nothing does. */
export function judgeAnswer(id: OperationId, answer: JudgedAnswer, accept: readonly Alternative[] = []): Flaw[] {
  const answers = answerTable[id]
  const declared = answers[answer.status]
  const pointer = `${pointerOfOperation(id)}/responses`
  if (declared === undefined) {
    if (accept.some(({ statuses }) => statuses?.includes(answer.status) === true)) return []
    const known = Object.keys(answers).join(', ')
    return [
      { kind: 'status', expected: `a declared status from ${id} (${known})`, actual: String(answer.status), pointer },
    ]
  }
  const place = `${pointer}/${answer.status}`
  const isAnyLocation = accept.some(({ headers }) => headers?.includes('location') === true)
  const headerFlaws = declared.headers.includes('Location') && !isAnyLocation ? judgeLocation(answer, place) : []
  if (!declared.hasBody) return [...headerFlaws, ...judgeEmptyBody(id, answer, place)]
  const media = declared.isStream === true ? STREAM : JSON_MEDIA
  return [...headerFlaws, ...judgeMedia(answer, media, place), ...judgeBody(id, answer, media, place)]
}

function judgeEmptyBody(id: OperationId, { status, text }: JudgedAnswer, pointer: string): Flaw[] {
  if (text === '') return []
  return [{ kind: 'body', expected: `${id} to answer ${status} without a body`, actual: text.slice(0, 200), pointer }]
}

const JSON_MEDIA = 'application/json'

function judgeMedia({ headers, text }: JudgedAnswer, media: string, pointer: string): Flaw[] {
  if (text === '' || isOfMedia(headers, media)) return []
  return [
    {
      kind: 'media',
      expected: `content-type ${media}`,
      actual: headers['content-type'] ?? 'no content-type',
      pointer: `${pointer}/content`,
    },
  ]
}

function judgeBody(id: OperationId, { status, text, body }: JudgedAnswer, media: string, place: string): Flaw[] {
  const pointer = `${place}/content/${media.replace('/', '~1')}/schema`
  // A stream may have nothing to tell.
  if (text === '' && media === JSON_MEDIA)
    return [{ kind: 'body', expected: `${id} to answer ${status} with a JSON body`, actual: 'no body', pointer }]
  if (body === undefined) {
    return [{ kind: 'body', expected: `${id} to answer ${status} with JSON`, actual: text.slice(0, 200), pointer }]
  }
  const validator = validatorTable[id][status]
  if (validator === null || validator === undefined || validator(body)) {
    // Of an error's body the schema says all; what else the spec does not know is the server's own affair.
    return status >= 300 ? [] : judgeNulls(knownPart(id, status, body), pointer)
  }
  const schemaPath = validator.errors?.[0]?.schemaPath ?? pointer
  const violations = violationsOf(validator).slice(0, 4)
  const expected = violations.map((each) => `${each.pointer === '' ? 'the body' : each.pointer} ${each.message}`)
  return [
    {
      kind: 'body',
      expected: `a body of ${id} ${status} that fits its schema: ${[...new Set(expected)].join('; ')}`,
      actual: text.slice(0, 400),
      pointer: schemaPath.startsWith('#') ? schemaPath : pointer,
    },
  ]
}

/** Fields that hold what a caller stored, nulls included, and averages of nothing. */
const MAY_BE_NULL = new Set([
  ...['inputs', 'result', 'args', 'checklist', 'error', 'input', 'output', 'metadata'],
  ...['first_message', 'last_message', 'current_value', 'previous_value', 'value'],
])

function judgeNulls(body: unknown, pointer: string): Flaw[] {
  const place = body === null ? undefined : findNull(body, '')
  if (place === undefined) return []
  return [{ kind: 'body', expected: `${place} to be left out when it has no value`, actual: 'null', pointer }]
}

function findNull(value: unknown, at: string): string | undefined {
  if (value === null) return at
  if (typeof value !== 'object') return undefined
  for (const [name, member] of Object.entries(value)) {
    if (MAY_BE_NULL.has(name)) continue
    const found = findNull(member, `${at}/${name}`)
    if (found !== undefined) return found
  }
  return undefined
}

function judgeLocation({ status, headers }: JudgedAnswer, place: string): Flaw[] {
  const location = headers['location']
  const isRedirect = status >= 300
  const isFit = (text: string): boolean => (isRedirect ? URL.canParse(text) : idOfLocation(text) !== undefined)
  if (location !== undefined && isFit(location)) return []
  return [
    {
      kind: 'header',
      expected: `a Location that is an absolute URI${isRedirect ? '' : ' ending in the new id'}`,
      actual: location ?? 'no Location',
      pointer: `${place}/headers/Location`,
    },
  ]
}

const UUID_AT_END = new RegExp(`(?:^|/)(${UUID})$`, 'i')

/** The id at the end of any Location, absolute or not; undefined when there is none. */
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
export function isPresent({ status, text }: Pick<Answer, 'status' | 'text'>): boolean {
  if (status < 300) return true
  return status >= 400 && status < 500 && status !== 405 && isErrorBody(parseJson(text))
}

/** Whether a parsed body is an error of this API. */
export function isErrorBody(body: unknown): boolean {
  return componentValidators.ErrorMessage(body)
}

/** What an exchange ended in, in a few words. */
export function describeEnd({ status, failure, responseHeaders }: Exchange): string {
  if (status === null) return `no answer: ${failure ?? 'unknown'}`
  if (status >= 300 && status < 400) return `${status} to ${excerpt(responseHeaders['location'])}`
  return `${status} with ${excerpt(responseHeaders['content-type'])}`
}

const LONGEST_EXCERPT = 80

/** The beginning of a text that a target has sent, on one line. */
export function excerpt(text = 'nothing'): string {
  const [line = ''] = text.split('\n')
  return line.length > LONGEST_EXCERPT ? `${line.slice(0, LONGEST_EXCERPT)}...` : line
}
