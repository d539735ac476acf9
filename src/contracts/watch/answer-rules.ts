/**
 * What an answer must be whatever came before it: declared, well-formed, and with a status that some state allows for this
 * request. Knows no state.
 */
import type { QuirkId } from '../../generated/quirks.js'
import { requestBodies } from '../../generated/request-validators.js'
import { copyJson, isObject, memberOf, objectsAt, textAt } from '../../kernel/json-value.js'
import { runnerOperations, type RunnerOperationId } from '../../kernel/operation.js'
import { isUuid } from '../../kernel/id-source.js'
import { show } from '../../kernel/printable.js'
import type { RecordedExchange } from '../../kernel/recording/recording.js'
import { violationsOf, type SchemaErrorObject, type Validator } from '../../kernel/schema.js'
import { roleOf, rulesOf } from '../../lifecycle/roles.js'
import type { FactView } from '../../lifecycle/facts.js'
import {
  constants,
  decisions,
  machineNames,
  machines,
  type MachineName,
  type SettingName,
} from '../../lifecycle/table.js'
import type { TimerLimits } from '../../lifecycle/timers.js'
import { isPairingLimit } from '../../lifecycle/tracker/judge.js'
import { isLargerThan, possibleDecisions } from '../../lifecycle/tracker/tracked-view.js'
import { judgeAnswer } from '../target/answer.js'
import type { ObservedExchange } from './observed-call.js'
import type { Finding } from './verdict.js'

export type AnswerFinding =
  | { kind: 'wrong'; rule: string; expected: string; actual: string }
  | { kind: 'quirk'; id: QuirkId }

/** What the request alone says of its answer. */
export interface AnswerJudgement {
  findings: AnswerFinding[]
  /** Whether the answer tells nothing of the state: the request was refused for what it is, or the status is wrong. */
  isHopeless: boolean
  /** Whether the server may have read the request as another one, so that its effect is unknown. */
  isOdd: boolean
}

const validators: Readonly<Partial<Record<RunnerOperationId, Validator>>> = requestBodies

/** Judges the `Location` of a new project. `isKnown`: it names one that was made before. */
export function judgeNewProject(exchange: RecordedExchange, isKnown: boolean): Finding | undefined {
  const { id, status = 0, response, faults } = exchange
  if (status !== 201 || response === undefined || faults !== undefined) return undefined
  const { headers } = response
  const [flaw] = judgeAnswer('createProject', { status, text: '', body: undefined, headers })
  const expected = isKnown ? 'a new id of the project' : flaw?.expected
  if (expected === undefined) return undefined
  return {
    ...{ rule: isKnown ? 'ids/new' : 'answer/header', expected, actual: headers['location'] ?? 'no Location' },
    ...{ severity: 'must', side: 'server', at: [id], story: [{ id, what: `createProject: ${status}` }] },
  }
}

/** Judges one answer by itself. */
export function judgeByItself(observed: ObservedExchange, limits: TimerLimits): AnswerJudgement {
  const flaw = flawOfRequest(observed)
  if (observed.isAborted) return { findings: [], isOdd: flaw !== undefined, isHopeless: false }
  const { operation, exchange, answer, text } = observed
  const { status } = answer
  if (status >= 500) return { findings: [judgeServerError(observed)], isOdd: true, isHopeless: false }
  // The body of an error for an invalid content type is unspecified.
  if (status >= 400 && exchange.request.headers['content-type']?.includes('/') === false)
    return { findings: [], isOdd: false, isHopeless: true }
  const findings: AnswerFinding[] = judgeAnswer(operation, {
    ...{ status, text, body: answer.body },
    headers: exchange.response?.headers ?? {},
  }).map(({ kind, expected, actual }) => ({ kind: 'wrong', rule: `answer/${kind}`, expected, actual }))
  if (status >= 400 && findings.length === 0) findings.push(...judgeErrorForm(observed))
  findings.push(...judgePageForm(observed), ...judgeTimes(observed))
  if (flaw === undefined) return judgeOfState(observed, limits, findings)
  if (status < 300) findings.push(excuseAcceptance(observed, flaw))
  return { findings, isHopeless: status >= 300, isOdd: status < 300 }
}

/** Judges the status of the answer to a request that is right by itself. */
function judgeOfState(observed: ObservedExchange, limits: TimerLimits, findings: AnswerFinding[]): AnswerJudgement {
  const isAccepted = observed.answer.status < 300
  const isUnread = observed.sent.kind === 'encoded'
  const isJudged = isPlain(observed) && !isUnread && !mayHaveLostBody(observed)
  const wrongStatus = isJudged ? judgeStatus(observed, limits) : undefined
  if (wrongStatus !== undefined) findings.push(wrongStatus)
  if (isAccepted && isUnread) findings.push({ kind: 'quirk', id: 'unknown-encoding-ignored' })
  return {
    findings,
    isHopeless: (!isAccepted && !isJudged) || wrongStatus?.kind === 'wrong' || observed.answer.status === 413,
    isOdd: isAccepted && (isUnread || hasLossyNumbers(observed)),
  }
}

function judgeServerError({ operation, sent, call: { query }, answer: { status } }: ObservedExchange): AnswerFinding {
  if (sent.kind === 'broken' && sent.why === 'gzip') return { kind: 'quirk', id: 'broken-gzip-500' }
  const value = 'value' in sent ? sent.value : undefined
  if (operation === 'registerAgents' && isObject(value) && Object.values(value).includes(null))
    return { kind: 'quirk', id: 'null-agent-500' }
  if (roleOf(operation).lists === 'runner' && isFarPage(query)) return { kind: 'quirk', id: 'oversized-page-500' }
  return wrong('answer/status', 'no error of the server', status)
}

function isFarPage({ page, size }: ObservedExchange['call']['query']): boolean {
  return Number(page) * Number(size) > constants.largest_page_offset
}

function wrong(rule: string, expected: string, actual: unknown): AnswerFinding {
  return { kind: 'wrong', rule, expected, actual: show(actual) }
}

function judgeErrorForm({ answer: { status, body } }: ObservedExchange): AnswerFinding[] {
  const isRight = Array.isArray(memberOf(body, 'errors')) || memberOf(body, 'code') === status
  return isRight ? [] : [wrong('answer/error', `errors, or code ${status} and a message`, body)]
}

function judgePageForm({ operation, brokenQuery, call: { query }, answer: { status, body } }: ObservedExchange) {
  if (status !== 200 || roleOf(operation).lists === undefined || brokenQuery !== undefined) return []
  const { page, size } = query
  const shown = objectsAt(body, 'content')
  const ids = shown.map((each) => textAt(each, 'id'))
  return [
    ...(memberOf(body, 'page') === page ? [] : [wrong('page/number', `page ${page}`, memberOf(body, 'page'))]),
    ...([size, shown.length].includes(Number(memberOf(body, 'size')))
      ? []
      : [wrong('page/size', `size ${size}`, memberOf(body, 'size'))]),
    ...(new Set(ids).size === ids.length ? [] : [wrong('page/once', 'each once', ids)]),
    ...(shown.length <= Number(size) ? [] : [wrong('page/size', `${size} at most`, shown.length)]),
    ...judgeKinship(operation, query, shown),
  ]
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

function judgeTimes({ answer: { status, body } }: ObservedExchange): AnswerFinding[] {
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
  operation: RunnerOperationId,
  { project_id, status }: Readonly<Record<string, unknown>>,
  shown: readonly Record<string, unknown>[],
): AnswerFinding[] {
  const isStranger = (each: Record<string, unknown>): boolean =>
    (project_id !== undefined && each['project_id'] !== project_id) ||
    (roleOf(operation).lists === 'runner' && status !== undefined && each['status'] !== status)
  return shown.filter(isStranger).map((each) => wrong('page/filter', 'what was asked for', each))
}

type RequestFlaw =
  | { kind: 'schema'; keywords: readonly string[]; isOfScalars: boolean }
  | { kind: 'unreadable' }
  | { kind: 'query' }

function flawOfRequest(observed: ObservedExchange): RequestFlaw | undefined {
  const { operation, sent, call, exchange, brokenQuery } = observed
  if (!Object.values(call.path).every(isUuid)) return { kind: 'query' }
  const isFar = roleOf(operation).lists === 'runner' && isFarPage(call.query)
  if (brokenQuery !== undefined || isFar) return { kind: 'query' }
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
    ? copyJson(sent.value).map((item: unknown) => item ?? {})
    : copyJson(sent.value)
  if (validator(value)) return undefined
  const keywords = violationsOf(validator).map(({ keyword }) => keyword)
  return { kind: 'schema', keywords, isOfScalars: (validator.errors ?? []).every((error) => isOfScalar(error, value)) }
}

/** Whether a type is broken by a scalar where another one is asked for; true of every other keyword. */
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

function excuseAcceptance({ operation, answer, exchange }: ObservedExchange, flaw: RequestFlaw): AnswerFinding {
  if (flaw.kind === 'schema') {
    const hasOtherCase = operation === 'reportJobResult' && flaw.keywords.includes('enum')
    if (hasOtherCase) return { kind: 'quirk', id: 'status-any-case' }
    if (flaw.keywords.includes('type') && flaw.isOfScalars) return { kind: 'quirk', id: 'scalar-coercion' }
  }
  const status = new URLSearchParams(exchange.query ?? '').get('status')?.toLowerCase() ?? ''
  const isOtherCase = Object.hasOwn(machines.runner.states, status) && status !== 'none'
  if (flaw.kind === 'query' && roleOf(operation).lists === 'runner' && isOtherCase)
    return { kind: 'quirk', id: 'status-any-case' }
  return wrong('refusal/missing', `a refusal of a request that breaks its ${flaw.kind}`, answer.status)
}

/** A status that no state allows for this request, or a quirk that explains it. */
function judgeStatus(observed: ObservedExchange, limits: TimerLimits): AnswerFinding | undefined {
  const { sent, answer } = observed
  const { status } = answer
  if (isPairingLimit(observed.call, answer)) return undefined
  // The key of a new session may be masked.
  const { creates } = roleOf(observed.operation)
  if (creates === 'pairingSession' && status === 422 && observed.call.secret !== 'right') return undefined
  // What a server takes at most is its own affair, as long as it is more than a payload may have.
  if (status === 413 && 'text' in sent && sent.text.length > limits.bridge_max_payload_bytes) return undefined
  const admitted = admittedStatuses(observed, limits)
  if (!admitted.has(status)) {
    const expected = `status ${[...admitted].join(' or ')}`
    return wrong(status < 300 ? 'refusal/missing' : 'refusal/reason', expected, status)
  }
  if (status < 300 && payloadsOf(observed).some((each) => isLargerInBytes(each, limits.bridge_max_payload_bytes)))
    return { kind: 'quirk', id: 'payload-in-characters' }
  return undefined
}

/** Whether the body that the operation needs is not in the recording. */
function mayHaveLostBody({ operation, sent }: ObservedExchange): boolean {
  return sent.kind === 'none' && runnerOperations[operation].requestBody?.required === true
}

/** A request by itself: whatever depends on the state is unknown. */
class RequestView implements FactView {
  readonly operation: string
  readonly body: unknown
  private readonly limits: TimerLimits
  private readonly secret: 'right' | 'wrong' | undefined

  constructor({ operation, call }: ObservedExchange, limits: TimerLimits) {
    this.operation = operation
    this.body = call.body
    this.secret = call.secret
    this.limits = limits
  }

  limitOf(setting: SettingName): number {
    return this.limits[setting]
  }

  hasUsableKey(): boolean | undefined {
    return this.secret === undefined ? undefined : this.secret === 'right'
  }

  isOversized(value: unknown): boolean | undefined {
    return isLargerThan(value, this.limits.bridge_max_payload_bytes)
  }

  isProved = unknown
  knowsProject = unknown
  hasAgent = unknown
  hasCapability = unknown
  canTake = unknown
  isWithinRate = unknown
  mergedChecklist = unknown
}

function unknown(): undefined {
  return undefined
}

const statesOf: ReadonlyMap<MachineName, readonly string[]> = new Map(
  machineNames.map((machine) => [machine, Object.keys(machines[machine].states)]),
)
const ONLY_NONE = ['none']

function admittedStatuses(observed: ObservedExchange, limits: TimerLimits): ReadonlySet<number> {
  const { operation } = observed
  const steps: readonly (readonly [MachineName, string])[] = decisions[operation]
  const view = new RequestView(observed, limits)
  // Another workspace's project is empty, or unknown.
  const admitted = new Set<number>(roleOf(operation).lists === 'runner' ? [404] : [])
  for (const [at, [machine, way]] of steps.entries()) {
    const states = way === 'none' ? ONLY_NONE : (statesOf.get(machine) ?? ONLY_NONE)
    for (const { rule } of possibleDecisions(machine, operation, states, view)) {
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
  if (value === undefined) return false
  const text = JSON.stringify(value)
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

export function hasLossyNumbers({ sent }: ObservedExchange): boolean {
  return 'text' in sent && lossyNumbers(sent.text).length > 0
}

/** Whether an answer shows a number that was sent otherwise, as a double has it. */
export function showsRounding({ sent }: ObservedExchange, { operation, text }: ObservedExchange): boolean {
  const { isRead, handsOut } = roleOf(operation)
  if ((!isRead && handsOut === undefined) || !('text' in sent)) return false
  return lossyNumbers(sent.text).some((token) => {
    const rounded = Number.isFinite(Number(token)) ? String(Number(token)) : JSON.stringify(String(Number(token)))
    return text.includes(rounded) && !text.includes(token)
  })
}
