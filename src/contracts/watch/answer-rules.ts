/**
 * What an answer must be whatever came before it: declared, well-formed, and a refusal exactly where the request alone
 * asks for one. Knows no state.
 */
import { requestBodies } from '../../generated/request-validators.js'
import { runnerOperations } from '../../kernel/operation.js'
import { violationsOf, type SchemaErrorObject, type Validator } from '../../kernel/schema.js'
import type { AccidentId } from '../check/seen-accidents.js'
import { isObject, memberOf, objectsAt, textAt } from '../../kernel/json-value.js'
import type { Modelled } from '../model/rules/call.js'
import { judgeAnswer } from '../target/answer.js'
import { show } from '../target/expectation.js'
import type { Limits } from '../target/target.js'
import type { HeardExchange } from './heard-call.js'

/** What is wrong with an answer, or an accident that explains it. */
export type AnswerFinding =
  | { kind: 'wrong'; rule: string; expected: string; actual: string }
  | { kind: 'accident'; id: AccidentId }

/** What the request alone says of its answer. */
export interface AnswerJudgement {
  findings: AnswerFinding[]
  /** Whether the request is refused whatever the state. */
  isHopeless: boolean
  /** Whether the server may have read the request as another one: nobody then knows what it has done. */
  isOdd: boolean
}

const validators: Readonly<Partial<Record<Modelled, Validator>>> = requestBodies

/** Judges one answer by itself. */
export function judgeByItself(heard: HeardExchange, limits: Limits): AnswerJudgement {
  if (heard.isAborted) return { findings: [], isOdd: flawOfRequest(heard) !== undefined, isHopeless: false }
  const { operation, exchange, answer, text } = heard
  const { status } = answer
  if (status >= 500) return { findings: [judgeServerError(heard)], isOdd: true, isHopeless: false }
  // Of what a type that is none is answered with nobody promises a body.
  if (status >= 400 && exchange.request.headers['content-type']?.includes('/') === false)
    return { findings: [], isOdd: false, isHopeless: true }
  const findings: AnswerFinding[] = judgeAnswer(operation, {
    ...{ status, text, body: answer.body },
    headers: exchange.response?.headers ?? {},
  }).map(({ kind, expected, actual }) => ({ kind: 'wrong', rule: `answer/${kind}`, expected, actual }))
  if (status >= 400 && findings.length === 0) findings.push(...judgeErrorForm(heard))
  findings.push(...judgePageForm(heard), ...judgeTimes(heard))
  const flaw = flawOfRequest(heard)
  const isAccepted = status < 300
  if (flaw !== undefined && isAccepted) findings.push(excuseAcceptance(heard, flaw))
  if (flaw === undefined) findings.push(...judgeRefusal(heard, limits))
  const isHopeless = flaw !== undefined && !isAccepted
  return {
    findings,
    isHopeless,
    isOdd: isAccepted && (flaw !== undefined || heard.sent.kind === 'encoded' || hasLossyNumbers(heard)),
  }
}

function judgeServerError({ operation, sent, call: { query }, answer: { status } }: HeardExchange): AnswerFinding {
  if (sent.kind === 'broken' && sent.why === 'gzip') return { kind: 'accident', id: 'broken-gzip-500' }
  const value = 'value' in sent ? sent.value : undefined
  if (operation === 'registerAgents' && isObject(value) && Object.values(value).includes(null))
    return { kind: 'accident', id: 'null-agent-500' }
  const { page = 0, size = DEFAULT_SIZE } = query
  if (operation === 'listRunners' && Number(page) * Number(size) >= 2 ** 31)
    return { kind: 'accident', id: 'oversized-page-500' }
  return wrong('answer/status', 'no error of the server', status)
}

function wrong(rule: string, expected: string, actual: unknown): AnswerFinding {
  return { kind: 'wrong', rule, expected, actual: show(actual) }
}

function judgeErrorForm({ answer: { status, body } }: HeardExchange): AnswerFinding[] {
  const isRight = Array.isArray(memberOf(body, 'errors')) || memberOf(body, 'code') === status
  return isRight ? [] : [wrong('answer/error', `errors, or code ${status} and a message`, body)]
}

const DEFAULT_SIZE = 25

function judgePageForm({ operation, call: { query }, answer: { status, body } }: HeardExchange): AnswerFinding[] {
  if (status !== 200 || (operation !== 'listRunners' && operation !== 'listJobs')) return []
  const { page = 0, size = DEFAULT_SIZE } = query
  const shown = objectsAt(body, 'content')
  const ids = shown.map((each) => textAt(each, 'id'))
  const times = shown.map((each) => Date.parse(textAt(each, operation === 'listJobs' ? 'created_at' : 'connected_at')))
  const isInOrder = times.every((time, at) => at === 0 || time <= (times[at - 1] ?? time))
  return [
    ...(memberOf(body, 'page') === page ? [] : [wrong('page/number', `page ${page}`, memberOf(body, 'page'))]),
    ...(memberOf(body, 'size') === size ? [] : [wrong('page/size', `size ${size}`, memberOf(body, 'size'))]),
    ...(new Set(ids).size === ids.length ? [] : [wrong('page/once', 'each once', ids)]),
    ...(shown.length <= Number(size) ? [] : [wrong('page/size', `${size} at most`, shown.length)]),
    ...(isInOrder ? [] : [wrong('page/order', 'newest first', ids)]),
    ...judgeKinship(operation, query, shown),
  ]
}

/** Times that something tells, each behind the one before it. */
const TIMES = [
  ['created_at', 'started_at'],
  ['created_at', 'completed_at'],
  ['submitted_at', 'picked_up_at'],
  ['submitted_at', 'completed_at'],
  ['picked_up_at', 'completed_at'],
] as const
/** The clocks of one server's parts may be so far apart, in milliseconds. */
const APART_MS = 1000

function judgeTimes({ answer: { status, body } }: HeardExchange): AnswerFinding[] {
  if (status !== 200) return []
  const shown = [body, ...objectsAt(body, 'content'), ...objectsAt(body, 'commands')]
  return shown.flatMap((each) =>
    TIMES.flatMap(([first, second]) => {
      const isBefore = Date.parse(textAt(each, second)) + APART_MS < Date.parse(textAt(each, first))
      return isBefore ? [wrong('answer/times', `${second} behind ${first}`, each)] : []
    }),
  )
}

/** What a list was asked for is what it holds. */
function judgeKinship(
  operation: Modelled,
  { project_id, status }: Readonly<Record<string, unknown>>,
  shown: readonly Record<string, unknown>[],
): AnswerFinding[] {
  const isStranger = (each: Record<string, unknown>): boolean =>
    (project_id !== undefined && each['project_id'] !== project_id) ||
    (operation === 'listRunners' && typeof status === 'string' && each['status'] !== status.toLowerCase())
  return shown.filter(isStranger).map((each) => wrong('page/filter', 'what was asked for', each))
}

/** What is wrong with a request, whatever the state. */
type RequestFlaw =
  | { kind: 'schema'; keywords: readonly string[]; isOfScalars: boolean }
  | { kind: 'unreadable' }
  | { kind: 'query' }

function flawOfRequest({ operation, sent, call: { query, path }, exchange }: HeardExchange): RequestFlaw | undefined {
  if (!Object.values(path).every((id) => UUID.test(id))) return { kind: 'query' }
  if (hasWrongQuery(operation, query)) return { kind: 'query' }
  const validator = validators[operation]
  if (validator === undefined) return undefined
  if (sent.kind === 'broken') return { kind: 'unreadable' }
  const { request } = exchange
  if (sent.kind === 'none' || sent.value === null) {
    // A recorder may have lost a body, but not its length.
    const isMissing = sent.kind === 'json' || request.headers['content-length'] === '0'
    const isNeeded = runnerOperations[operation].requestBody?.required === true
    return isMissing && isNeeded ? { kind: 'schema', keywords: ['required'], isOfScalars: false } : undefined
  }
  if (request.headers['content-type'] === undefined) return undefined
  const value: unknown = Array.isArray(sent.value)
    ? structuredClone(sent.value).map((item: unknown) => item ?? {})
    : structuredClone(sent.value)
  if (validator(value)) return undefined
  const keywords = violationsOf(validator).map(({ keyword }) => keyword)
  return { kind: 'schema', keywords, isOfScalars: (validator.errors ?? []).every((error) => isOfScalar(error, value)) }
}

/** Whether a type is broken by a scalar where another one is asked for; true of whatever is no type. */
function isOfScalar({ keyword, params, instancePath }: SchemaErrorObject, body: unknown): boolean {
  if (keyword !== 'type') return true
  const names = instancePath.split('/').slice(1)
  const value = names.reduce<unknown>(
    (inner, name) => stepInto(inner, name.replaceAll('~1', '/').replaceAll('~0', '~')),
    body,
  )
  const wanted = [params['type']].flat()
  return typeof value !== 'object' && !wanted.includes('object') && !wanted.includes('array')
}

function stepInto(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const STATUSES: readonly unknown[] = ['connected', 'disconnected', 'pairing']

function hasWrongQuery(operation: Modelled, query: HeardExchange['call']['query']): boolean {
  const isNumber = (name: string, least: number): boolean => {
    const value = query[name]
    return value === undefined || (typeof value === 'number' && value >= least)
  }
  const isId = query['project_id'] === undefined || UUID.test(String(query['project_id']))
  if (operation === 'listRunners')
    return (
      !(isNumber('page', 0) && isNumber('size', 1) && isId && query['project_id'] !== undefined) ||
      (query['status'] !== undefined && !STATUSES.includes(query['status']))
    )
  if (operation === 'listJobs') return !(isNumber('page', 0) && isNumber('size', 1) && isId)
  if (operation === 'getJobLogs') return !isNumber('offset', 0)
  if (operation === 'getBridgeCommand') return !isNumber('timeout', -Infinity)
  return false
}

function excuseAcceptance(heard: HeardExchange, flaw: RequestFlaw): AnswerFinding {
  const { operation, call } = heard
  if (flaw.kind === 'schema') {
    const hasOtherCase = operation === 'reportJobResult' && flaw.keywords.includes('enum')
    if (hasOtherCase) return { kind: 'accident', id: 'status-any-case' }
    if (flaw.keywords.includes('type') && flaw.isOfScalars) return { kind: 'accident', id: 'scalar-coercion' }
  }
  const isOtherCase = STATUSES.includes(String(call.query['status']).toLowerCase())
  if (flaw.kind === 'query' && operation === 'listRunners' && isOtherCase)
    return { kind: 'accident', id: 'status-any-case' }
  return wrong('refusal/missing', `a refusal of a request that breaks its ${flaw.kind}`, heard.answer.status)
}

/** Statuses that refuse a request for what it is. */
const REFUSALS: readonly number[] = [400, 413, 415, 406, 422]
/** Statuses of what is not there, or no longer. */
const ABSENCES: readonly number[] = [404, 409, 410]

function judgeRefusal(heard: HeardExchange, limits: Limits): AnswerFinding[] {
  const { operation, sent, answer } = heard
  const { status } = answer
  if (sent.kind === 'encoded' && status < 300) return [{ kind: 'accident', id: 'unknown-encoding-ignored' }]
  if (!isPlain(heard)) return []
  if (operation === 'disconnectRunner' && [...REFUSALS, ...ABSENCES].includes(status))
    return [wrong('refusal/reason', 'a goodbye to be accepted of everybody', status)]
  if (sent.kind !== 'json' || sent.value === null) return []
  const fit = fitOf(heard, limits)
  if (status === 400 && operation === 'createJob') return []
  if (REFUSALS.includes(status) && fit === 'fits')
    return [wrong('refusal/reason', 'no refusal of a request that is right', status)]
  if (status < 300 && fit === 'characters') return [{ kind: 'accident', id: 'payload-in-characters' }]
  if (status < 300 && fit === 'broken')
    return [wrong('refusal/missing', 'a refusal of a request that is over a limit', status)]
  return []
}

/** Whether a request speaks JSON, and takes it. */
function isPlain({ sent, exchange: { request } }: HeardExchange): boolean {
  const { 'content-type': type, accept = '*/*' } = request.headers
  const isPlainMedia = type === undefined ? sent.kind === 'none' : JSON_TYPE.test(type)
  return isPlainMedia && /\*\/\*|application\/(json|\*)/.test(accept) && !EXCLUDED.test(accept)
}

/** A type that the caller does not want; which one is not asked. */
const EXCLUDED = /;\s*q=0(\.0*)?\s*(;|,|$)/i
const JSON_TYPE = /^application\/json\b/i
const CAPABILITY = /^[a-z_]+$/

type Fit = 'fits' | 'broken' | 'characters' | 'open'

/** Whether a well-formed body is within what its operation admits; `open` where the state decides. */
function fitOf({ operation, sent, call }: HeardExchange, limits: Limits): Fit {
  const value = 'value' in sent ? sent.value : undefined
  const isBroken = (holds: boolean): 'fits' | 'broken' => (holds ? 'broken' : 'fits')
  if (call.secret === 'wrong') return 'broken'
  switch (operation) {
    case 'heartbeat': {
      const named = memberOf(value, 'capabilities')
      return isBroken(Array.isArray(named) && named.some((each) => !CAPABILITY.test(String(each))))
    }
    case 'registerAgents':
      return isBroken(isObject(value) && Object.keys(value).length > limits.max_agents_per_runner)
    case 'appendJobLogs':
      return isBroken(Array.isArray(value) && value.length > limits.max_log_entries_per_batch)
    case 'reportJobResult':
      return isBroken(['pending', 'cancelled'].includes(textAt(value, 'status')))
    case 'createBridgeCommand':
      return sizeOf(memberOf(value, 'args'), limits)
    case 'reportBridgeResult':
      return fitOfReport(value, limits)
    case 'patchChecklist': {
      if (!isObject(value)) return 'broken'
      // The merged one counts, which is larger or smaller.
      const size = sizeOf(value, limits)
      return size === 'characters' ? size : 'open'
    }
    default:
      return 'fits'
  }
}

function fitOfReport(value: unknown, limits: Limits): Fit {
  const isEnd = ['completed', 'failed'].includes(textAt(value, 'status'))
  if (!isEnd || !isObject(value) || !('result' in value || 'error' in value)) return 'broken'
  const sizes = [sizeOf(value['result'], limits), sizeOf(value['error'], limits)]
  return sizes.find((size) => size === 'broken') ?? sizes.find((size) => size !== 'fits') ?? 'fits'
}

/** Servers may write JSON a little longer or shorter than we do. */
const SPELLING = 0.2

function sizeOf(value: unknown, { bridge_max_payload_bytes: most }: Limits): Fit {
  if (value === undefined) return 'fits'
  const text = JSON.stringify(value)
  const bytes = new TextEncoder().encode(text).length
  if (bytes > most && text.length <= most) return 'characters'
  if (text.length * (1 + SPELLING) < most && bytes * (1 + SPELLING) < most) return 'fits'
  return text.length > most * (1 + SPELLING) ? 'broken' : 'open'
}

const NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g

/** Numbers with a fraction or an exponent that a double does not hold. */
function lossyNumbers(text: string): string[] {
  return (text.match(NUMBER) ?? []).filter((token) => {
    if (token.startsWith('"') || !/[.eE]/.test(token)) return false
    const value = Number(token)
    return !Number.isFinite(value) || significant(token).length > significant(String(value)).length
  })
}

function significant(token: string): string {
  return token
    .replace(/[eE].*$/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+|0+$/g, '')
}

/** Whether a request brings numbers that a double does not hold. */
export function hasLossyNumbers({ sent }: HeardExchange): boolean {
  return 'text' in sent && lossyNumbers(sent.text).length > 0
}

/** Whether an answer shows a number that was sent otherwise, as a double has it. */
export function showsRounding({ sent }: HeardExchange, { operation, text }: HeardExchange): boolean {
  if (!SHOWING.includes(operation) || !('text' in sent)) return false
  return lossyNumbers(sent.text).some((token) => {
    const rounded = Number.isFinite(Number(token)) ? String(Number(token)) : JSON.stringify(String(Number(token)))
    return text.includes(rounded) && !text.includes(token)
  })
}

const SHOWING: readonly Modelled[] = [
  'getJob',
  'nextJob',
  'listJobs',
  'getBridgeCommand',
  'nextBridgeCommands',
  'getRunner',
  'listRunners',
]
