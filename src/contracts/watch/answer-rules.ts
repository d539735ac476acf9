/**
 * What an answer must be whatever came before it: declared, well-formed, and with a status that some state allows for this
 * request. Knows no state.
 */
import type { QuirkId } from '../../generated/quirks.js'
import { isObject, memberOf, objectsAt, placeAt, textAt } from '../../kernel/json-value.js'
import { runnerOperations } from '../../kernel/operation.js'
import { isUuid } from '../../kernel/id-source.js'
import { show } from '../../kernel/printable.js'
import type { RecordedExchange } from '../../kernel/recording/recording.js'
import { violationsOf, type SchemaErrorObject } from '../../kernel/schema.js'
import { roleOf, rulesOf } from '../../lifecycle/roles.js'
import {
  constants,
  decisions,
  machineNames,
  machines,
  settingDefaults,
  type MachineName,
} from '../../lifecycle/table.js'
import type { TimerLimits } from '../../lifecycle/timers.js'
import { isPairingLimit } from '../../lifecycle/tracker/judge.js'
import { possibleDecisions, viewOf } from '../../lifecycle/tracker/tracked-view.js'
import { createWorld } from '../../lifecycle/tracker/tracked-world.js'
import { judgeAnswer } from '../target/answer.js'
import { validators, type ObservedExchange } from './observed-exchange.js'
import type { AnswerFinding, WrongAnswer } from '../../lifecycle/traffic/findings.js'

/** What the request alone says of its answer. */
export interface AnswerJudgement {
  found: readonly AnswerFinding[]
  /** Whether the answer tells nothing of the state: the request was refused for what it is, or the status is wrong. */
  isHopeless?: boolean
  /** Whether the server may have read the request as another one, so that its effect is unknown. */
  isOdd?: boolean
}

/** Judges the `Location` of a new project. `isKnown`: it names one that was made before. */
export function judgeNewProject({ status, response, faults }: RecordedExchange, isKnown: boolean): WrongAnswer[] {
  if (status !== 201 || response === undefined || faults !== undefined) return []
  const { headers } = response
  const [flaw] = judgeAnswer('createProject', { status, text: '', body: undefined, headers })
  const expected = isKnown ? 'a new id of the project' : flaw?.expected
  const rule = isKnown ? 'ids/new' : 'answer/header'
  return expected === undefined ? [] : [{ rule, expected, actual: headers['location'] ?? 'no Location' }]
}

/** Judges one answer by itself. */
export function judgeByItself(observed: ObservedExchange, limits: TimerLimits): AnswerJudgement {
  const flaw = flawOfRequest(observed)
  if (observed.isAborted) return { found: [], isOdd: flaw !== undefined }
  const { operation, exchange, answer, text } = observed
  const { status, body } = answer
  if (status >= 500) return { found: [judgeServerError(observed)], isOdd: true }
  // The body of an error for an invalid content type is unspecified.
  if (status >= 400 && exchange.request.headers['content-type']?.includes('/') === false)
    return { found: [], isHopeless: true }
  const flaws = judgeAnswer(operation, { status, text, body, headers: exchange.response?.headers ?? {} })
  const wrongs = [
    ...flaws.map(({ kind, expected, actual }): WrongAnswer => ({ rule: `answer/${kind}`, expected, actual })),
    ...(flaws.length === 0 ? judgeErrorForm(observed) : []),
    ...judgePageForm(observed),
    ...judgeTimes(observed),
  ]
  if (flaw === undefined) return judgeOfState(observed, limits, wrongs)
  if (status >= 300) return { found: wrongs, isHopeless: true }
  const missing = wrong('refusal/missing', `a refusal of a request that breaks its ${flaw.kind}`, status)
  return { found: [...wrongs, excuseOf(observed, flaw) ?? missing], isOdd: true }
}

/** Judges the status of the answer to a request that is right by itself. */
function judgeOfState(observed: ObservedExchange, limits: TimerLimits, wrongs: WrongAnswer[]): AnswerJudgement {
  const { answer, operation, sent } = observed
  const isAccepted = answer.status < 300
  const isUnread = sent.kind === 'encoded'
  // The body that the operation needs may not be in the recording.
  const isLost = sent.kind === 'none' && runnerOperations[operation].requestBody?.required === true
  const isJudged = isPlain(observed) && !isUnread && !isLost
  const wrongStatus = isJudged ? judgeStatus(observed, limits) : undefined
  const isLong = payloadsOf(observed).some((each) => isLargerInBytes(each, limits.bridge_max_payload_bytes))
  const found: AnswerFinding[] = wrongStatus === undefined ? wrongs : [...wrongs, wrongStatus]
  if (isAccepted && isUnread) found.push('unknown-encoding-ignored')
  if (isAccepted && isJudged && wrongStatus === undefined && isLong) found.push('payload-in-characters')
  return {
    found,
    isHopeless: (!isAccepted && !isJudged) || wrongStatus !== undefined || answer.status === 413,
    isOdd: isAccepted && (isUnread || hasLossyNumbers(observed)),
  }
}

function judgeServerError({ operation, sent, call: { query }, answer: { status } }: ObservedExchange): AnswerFinding {
  const values = 'value' in sent && isObject(sent.value) ? Object.values(sent.value) : []
  if (sent.kind === 'broken' && sent.why !== 'json') return 'broken-gzip-500'
  if (operation === 'registerAgents' && values.includes(null)) return 'null-agent-500'
  if (roleOf(operation).lists === 'runner' && isFarPage(query)) return 'oversized-page-500'
  return wrong('answer/status', 'no error of the server', status)
}

function isFarPage({ page, size }: ObservedExchange['call']['query']): boolean {
  return Number(page) * Number(size) > constants.largest_page_offset
}

function wrong(rule: string, expected: string, actual: unknown): WrongAnswer {
  return { rule, expected, actual: show(actual) }
}

function judgeErrorForm({ answer: { status, body } }: ObservedExchange): WrongAnswer[] {
  const isRight = status < 400 || Array.isArray(memberOf(body, 'errors')) || memberOf(body, 'code') === status
  return isRight ? [] : [wrong('answer/error', `errors, or code ${status} and a message`, body)]
}

function judgePageForm({ operation, brokenQuery, call: { query }, answer: { status, body } }: ObservedExchange) {
  const { lists } = roleOf(operation)
  if (status !== 200 || lists === undefined || brokenQuery !== undefined) return []
  const { page, size, project_id: projectId, status: state } = query
  const shown = objectsAt(body, 'content')
  const ids = shown.map((each) => textAt(each, 'id'))
  const [toldPage, toldSize] = [memberOf(body, 'page'), memberOf(body, 'size')]
  const wrongs: WrongAnswer[] = []
  if (toldPage !== page) wrongs.push(wrong('page/number', `page ${page}`, toldPage))
  if (![size, shown.length].includes(Number(toldSize))) wrongs.push(wrong('page/size', `size ${size}`, toldSize))
  if (new Set(ids).size < ids.length) wrongs.push(wrong('page/once', 'each once', ids))
  if (shown.length > Number(size)) wrongs.push(wrong('page/size', `${size} at most`, shown.length))
  // What a list was asked for is what it holds.
  const isStranger = (each: Readonly<Record<string, unknown>>): boolean =>
    (projectId !== undefined && each['project_id'] !== projectId) ||
    (lists === 'runner' && state !== undefined && each['status'] !== state)
  return [...wrongs, ...shown.filter(isStranger).map((each) => wrong('page/filter', 'what was asked for', each))]
}

/** Times that a resource shows, each behind the one before it. */
const TIMES = [
  ['created_at', 'started_at'],
  ['created_at', 'completed_at'],
  ['submitted_at', 'picked_up_at'],
  ['submitted_at', 'completed_at'],
  ['picked_up_at', 'completed_at'],
] as const
/** The clocks of one server's parts may be so far apart, in milliseconds. */
const APART_MS = 1000

function judgeTimes({ answer: { status, body } }: ObservedExchange): WrongAnswer[] {
  if (status !== 200) return []
  const shown = [body, ...objectsAt(body, 'content'), ...objectsAt(body, 'commands')]
  return shown.flatMap((each) =>
    TIMES.flatMap(([first, second]) => {
      const isBefore = Date.parse(textAt(each, second)) + APART_MS < Date.parse(textAt(each, first))
      return isBefore ? [wrong('answer/times', `${second} behind ${first}`, each)] : []
    }),
  )
}

/** What is wrong with a request by itself; `isOfScalars`: no more than scalars of another type. */
interface RequestFlaw {
  readonly kind: 'schema' | 'body' | 'query'
  readonly keywords?: readonly string[]
  readonly isOfScalars?: boolean
}

function flawOfRequest({ operation, sent, call, exchange, brokenQuery }: ObservedExchange): RequestFlaw | undefined {
  const isFar = roleOf(operation).lists === 'runner' && isFarPage(call.query)
  if (!Object.values(call.path).every(isUuid) || brokenQuery !== undefined || isFar) return { kind: 'query' }
  const validator = validators[operation]
  if (validator === undefined) return undefined
  if (sent.kind === 'broken') return { kind: 'body' }
  const { headers } = exchange.request
  if (sent.kind === 'none' || sent.value === null) {
    // A recorder may have lost a body, but not its length.
    const isMissing = sent.kind === 'json' || headers['content-length'] === '0'
    const isNeeded = runnerOperations[operation].requestBody?.required === true
    return isMissing && isNeeded ? { kind: 'schema' } : undefined
  }
  if (headers['content-type'] === undefined) return undefined
  const copy = structuredClone(sent.value)
  const value: unknown = Array.isArray(copy) ? copy.map((item: unknown) => item ?? {}) : copy
  if (validator(value)) return undefined
  const keywords = violationsOf(validator).map(({ keyword }) => keyword)
  return { kind: 'schema', keywords, isOfScalars: (validator.errors ?? []).every((error) => isOfScalar(error, value)) }
}

/** Whether a type is broken by a scalar where another one is asked for; true of every other keyword. */
function isOfScalar({ keyword, params, instancePath }: SchemaErrorObject, body: unknown): boolean {
  if (keyword !== 'type') return true
  const place = placeAt(body, instancePath)
  const value: unknown = place === undefined ? body : Reflect.get(place.parent, place.key)
  const wanted = [params['type']].flat()
  return typeof value !== 'object' && !wanted.includes('object') && !wanted.includes('array')
}

/** The quirk by which a wrong request is taken. */
function excuseOf({ operation, exchange }: ObservedExchange, flaw: RequestFlaw): QuirkId | undefined {
  const { kind, keywords = [], isOfScalars } = flaw
  if (operation === 'reportJobResult' && keywords.includes('enum')) return 'status-any-case'
  if (keywords.includes('type') && isOfScalars === true) return 'scalar-coercion'
  const status = new URLSearchParams(exchange.query ?? '').get('status')?.toLowerCase() ?? ''
  const isState = Object.hasOwn(machines.runner.states, status) && status !== 'none'
  return kind === 'query' && roleOf(operation).lists === 'runner' && isState ? 'status-any-case' : undefined
}

/** A status that no state allows for this request. */
function judgeStatus(observed: ObservedExchange, limits: TimerLimits): WrongAnswer | undefined {
  const { sent, answer, operation, call } = observed
  const { status } = answer
  // The key of a new session may be masked.
  const isMasked = roleOf(operation).creates === 'pairingSession' && status === 422 && call.secret !== 'right'
  // What a server takes at most is its own affair, as long as it is more than a payload may have.
  const isLong = status === 413 && 'text' in sent && sent.text.length > limits.bridge_max_payload_bytes
  if (isPairingLimit(call, answer) || isMasked || isLong) return undefined
  const admitted = admittedStatuses(observed, limits)
  if (admitted.has(status)) return undefined
  return wrong(status < 300 ? 'refusal/missing' : 'refusal/reason', `status ${[...admitted].join(' or ')}`, status)
}

const start = { workspaces: {}, projects: new Map<string, string>(), isShared: true, earlier: new Set<string>() }
const nothing = createWorld({ ...start, limits: settingDefaults() })

const statesOf: ReadonlyMap<MachineName, readonly string[]> = new Map(
  machineNames.map((machine) => [machine, Object.keys(machines[machine].states)]),
)
const ONLY_NONE = ['none']

function admittedStatuses({ operation, call, now }: ObservedExchange, limits: TimerLimits): ReadonlySet<number> {
  const steps: readonly (readonly [MachineName, string])[] = decisions[operation]
  // Whatever depends on the state is unknown.
  const view = { ...viewOf({ ...nothing, limits }, call, now), knowsProject: () => undefined }
  // Another workspace's project is empty, or unknown.
  const admitted = new Set<number>(roleOf(operation).lists === 'runner' ? [404] : [])
  for (const [at, [machine, way]] of steps.entries()) {
    const states = way === 'none' ? ONLY_NONE : (statesOf.get(machine) ?? ONLY_NONE)
    for (const { rule } of possibleDecisions(machine, states, view)) {
      const status = rule.answer ?? 0
      if (status >= 400 || at === steps.length - 1) admitted.add(status)
    }
  }
  return admitted
}

/** JSON of the caller's own in a request, which has a limit. */
function payloadsOf({ operation, call: { body } }: ObservedExchange): unknown[] {
  if (limited.checklist.has(operation)) return [body]
  return limited.payload.has(operation) ? ['args', 'result', 'error'].map((name) => memberOf(body, name)) : []
}

/** Operations with a limit on JSON, by the condition that says so. */
const limited = { checklist: operationsWith('checklist'), payload: operationsWith('payload') }

function operationsWith(condition: string): ReadonlySet<string> {
  const all = machineNames.flatMap((machine) => rulesOf(machine))
  return new Set(all.filter(({ when }) => Object.hasOwn(when, condition)).map(({ on }) => on))
}

function isLargerInBytes(value: unknown, limit: number): boolean {
  const text = value === undefined ? '' : JSON.stringify(value)
  return text.length <= limit && text.length * 3 > limit && new TextEncoder().encode(text).length > limit
}

/** Whether a request speaks JSON, and takes it. */
function isPlain({ sent, exchange: { request } }: ObservedExchange): boolean {
  const { 'content-type': type, accept = '*/*' } = request.headers
  const isPlainMedia = type === undefined ? sent.kind === 'none' : JSON_TYPE.test(type)
  return isPlainMedia && /\*\/\*|application\/(json|\*)/.test(accept) && !EXCLUDED.test(accept)
}

/** A type that the caller does not want; which one is not asked. */
const EXCLUDED = /;\s*q=0(\.0*)?\s*(;|,|$)/i
const JSON_TYPE = /^application\/json\b/i

const NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g

/** Numbers with a fraction or an exponent that a double does not hold. */
function lossyNumbers({ sent }: ObservedExchange): string[] {
  const tokens = 'text' in sent ? (sent.text.match(NUMBER) ?? []) : []
  return tokens.filter((token) => {
    if (token.startsWith('"') || !/[.eE]/.test(token)) return false
    const value = Number(token)
    return !Number.isFinite(value) || significant(token).length > significant(String(value)).length
  })
}

function significant(token: string): string {
  const digits = token.replace(/[eE].*$/, '').replace(/[-.]/g, '')
  return digits.replace(/^0+|0+$/g, '')
}

export function hasLossyNumbers(observed: ObservedExchange): boolean {
  return lossyNumbers(observed).length > 0
}

/** Whether an answer shows a number that was sent otherwise, as a double has it. */
export function showsRounding(sent: ObservedExchange, { operation, text }: ObservedExchange): boolean {
  const { isRead, handsOut } = roleOf(operation)
  if (!isRead && handsOut === undefined) return false
  return lossyNumbers(sent).some((token) => {
    const value = String(Number(token))
    const rounded = Number.isFinite(Number(token)) ? value : JSON.stringify(value)
    return text.includes(rounded) && !text.includes(token)
  })
}
