// The engine: one function from exchange to reply. It finds the operation and the caller, reads the request, lets the
// lifecycle tables decide it, answers what they refuse, and has the operation's resolver carry out the rest. It knows no
// resource.
import type { OperationEntry } from '../../generated/operations.js'
import type { Decision } from '../../lifecycle/table.js'
import {
  matchedOperation,
  UNKNOWN,
  type DeclaredRefusal,
  type Match,
  type OperationId,
} from '../../kernel/operation.js'
import { readPathParameters, readQueryParameters } from '../../kernel/read-parameters.js'
import type { ErrorMessage } from '../../kernel/types.js'
import { createIdentity, DEFAULT_WORKSPACE, LOCAL_USER, type Authenticate, type Identity } from '../base/identity.js'
import { isRefusal } from '../../kernel/errors.js'
import { Refused } from '../world/collection.js'
import type { World } from '../world/world.js'
import { judgeBody, judgeMedia, readValue, type BodyOutcome } from './body.js'
import { decide, describeRefusal, fill, isRefusing } from './plan.js'
import type { AnyOutcome, Directory, EngineCall, Plan } from './plan.js'
import type { Deviations } from './deviations.js'
import {
  dropped,
  errorReply,
  toReply,
  type ApiRequest,
  type ApiResponse,
  type EngineAnswer,
  refusalReply,
  withoutBody,
} from '../base/exchange.js'
import type { RecordedRequest } from './journal-entry.js'
import { locationOf, splitUrl, type RequestTarget } from './split-url.js'

export interface EngineParts {
  world: World
  authenticate: Authenticate
  /** How each operation is found, decided and answered. */
  directory: Directory
  /** Where requests are answered otherwise than the rules say. */
  deviations: Deviations
  /** Told of every answered request, after the fact, unless the world was replaced meanwhile. */
  observe: (request: RecordedRequest, reply: ApiResponse) => void
  /** May stand in a request's way; undefined where nothing is to happen. */
  faults?: FaultGate | undefined
  /** Checks every answer against the spec; undefined when that is off. */
  checkReply?: CheckReply | undefined
  /** Monotonic real milliseconds. */
  stopwatch: () => number
}

/** Throws when an answer of the mock breaks the spec. */
export interface CheckReply {
  (id: OperationId, status: number, body: unknown): void
  /** Loads what it needs for the operations around runners, with the first request for one. */
  readonly load?: (() => Promise<void>) | undefined
}

/** A request on its way, as it was found to be. */
export interface Arrival {
  world: World
  startedAt: number
  begunAt: number
  exchange: ApiRequest
  target: RequestTarget
  found: Match
}

/** Where faults stand in a request's way. */
export interface FaultGate {
  /** Whether there is any; asked for each request. */
  readonly isActive: boolean
  /** Answers instead of, before or after the resolver. */
  intercept(request: Arrival, proceed: () => EngineAnswer): EngineAnswer
}

export type Handle = (exchange: ApiRequest) => EngineAnswer

export function createEngine(parts: EngineParts): Handle {
  return (exchange) => {
    const { world } = parts
    const [startedAt, begunAt] = [parts.stopwatch(), world.now()]
    const target = splitUrl(exchange)
    const isHere = exchange.outsideBasePath === undefined && target.problem === undefined
    const found = isHere ? find(parts, exchange.method, target.path) : UNKNOWN
    const arrival = { world, startedAt, begunAt, exchange, target, found }
    if (isHere && found.kind === 'unknown' && !parts.directory.isWhole) return loadThenHandle(parts, arrival)
    return handle(parts, arrival)
  }
}

function find({ directory, deviations }: EngineParts, method: string, path: string): Match {
  const found = directory.match(method, path)
  return found.kind === 'unknown' || deviations.match === undefined ? found : deviations.match(method, path)
}

/** What none of the operations at hand answers may be for those that are still to be loaded. */
async function loadThenHandle(parts: EngineParts, arrival: Arrival): Promise<ApiResponse> {
  const { world, directory, checkReply } = parts
  await world.during(Promise.all([directory.load(), checkReply?.load?.()]))
  const { method } = arrival.exchange
  arrival.found = find(parts, method, arrival.target.path)
  // What was on its way when the world was replaced was meant for the old one.
  return world === parts.world ? handle(parts, arrival) : record(parts, arrival, dropped())
}

function handle(parts: EngineParts, arrival: Arrival): EngineAnswer {
  const { faults } = parts
  const isTroubled = faults?.isActive === true
  const reply = isTroubled ? faults.intercept(arrival, () => route(parts, arrival)) : route(parts, arrival)
  return reply instanceof Promise ? recordLater(parts, arrival, reply) : record(parts, arrival, reply)
}

async function recordLater(parts: EngineParts, arrival: Arrival, made: Promise<ApiResponse>): Promise<ApiResponse> {
  const reply = await made
  return record(parts, arrival, reply, arrival.exchange.signal?.aborted)
}

/** Observes a call of this world. @param hungUp only asked of who has waited: a signal costs more than an answer */
function record(
  { observe, stopwatch, world }: EngineParts,
  arrival: Arrival,
  made: ApiResponse,
  hungUp?: boolean,
): ApiResponse {
  const { startedAt, begunAt, exchange, target, found } = arrival
  const { method, headers: requestHeaders, body: requestBody } = exchange
  const reply = method === 'HEAD' ? withoutBody(made) : made
  if (arrival.world !== world) return reply
  const { status, faults, decided, headers: replyHeaders, body: replyBody } = reply
  // One by one: a spread costs half as much as all else of an answer.
  const request: RecordedRequest = {
    id: 0,
    isGiven: undefined,
    method,
    path: target.path,
    query: target.query,
    operation: matchedOperation(found),
    begunAt,
    startedAt,
    at: world.now(),
    durationMs: stopwatch() - startedAt,
    status,
    isLost: reply.connection !== undefined || hungUp,
    faults,
    decided,
    requestHeaders,
    replyHeaders,
    requestBody,
    replyBody,
    requestLength: requestBody?.length ?? 0,
    replyLength: replyBody.length,
  }
  observe(request, reply)
  return reply
}

function route(parts: EngineParts, arrival: Arrival): EngineAnswer {
  const { exchange, target, found } = arrival
  const { method, forward } = exchange
  if (forward !== undefined) return forward()
  if (target.problem !== undefined) return errorReply(400, target.problem)
  switch (found.kind) {
    case 'operation':
      return readRequest(parts, found, exchange, target)
    case 'wrong-method':
      return (
        parts.deviations.wrongMethod?.(method, found.template) ?? answerMethod(method, found.template, found.allowed)
      )
    case 'unknown':
      return toNearMiss(exchange, target.path)
  }
}

/** The answer to a method that a known path has not, which for OPTIONS is a list of those that it has. */
function answerMethod(method: string, template: string, methods: readonly string[]): ApiResponse {
  if (method === 'OPTIONS') {
    const all = methods.includes('GET') ? ['HEAD', ...methods] : methods
    return { status: 200, headers: { allow: [...all, 'OPTIONS'].join(', ') }, body: '' }
  }
  const allow = [...methods, 'OPTIONS'].join(', ')
  return errorReply(
    405,
    `${method} is not possible on ${template}; it takes ${allow}.`,
    method === 'TRACE' ? {} : { allow },
  )
}

/** Loads the search for similar operations at the first unknown request: most pages never need it. */
async function toNearMiss({ method, outsideBasePath }: ApiRequest, path: string): Promise<ApiResponse> {
  const { describeMisplaced, describeUnknown } = await import('./near-miss.js')
  if (outsideBasePath === undefined) return errorReply(404, describeUnknown(method, path))
  return errorReply(404, describeMisplaced(method, path, outsideBasePath.base))
}

type FoundOperation = Extract<Match, { kind: 'operation' }>

/** Reads the request in the order in which the API judges it: media types, identity, path, query, body. */
function readRequest(
  parts: EngineParts,
  found: FoundOperation,
  exchange: ApiRequest,
  target: RequestTarget,
  admitted?: Identity,
): EngineAnswer {
  const { operation } = found
  const unfit = judgeMedia(operation, exchange)
  if (unfit !== undefined) return refusalReply(unfit)
  // An operation without a 401 does not identify its callers.
  const caller = admitted ?? (operation.isIdentified ? parts.authenticate(exchange.headers ?? NO_HEADERS) : ANYBODY)
  if (isRefusal(caller)) return refusalReply(caller)
  if (caller.permissions !== undefined && admitted === undefined) {
    const answerAdmitted = () => readRequest(parts, found, exchange, target, caller)
    return parts.world
      .during(import('./guard.js'))
      .then(({ guard }) => guard(operation.id, caller, parts.world, answerAdmitted))
  }
  const path = readPathParameters(operation, found.path)
  if (isRefusal(path)) return refusalReply(path)
  const { deviations } = parts
  const query = readQueryParameters(operation, target.query, deviations.readParameter)
  if (isRefusal(query)) return refusalReply(query)
  const call: EngineCall = {
    operation: operation.id,
    world: parts.world,
    caller,
    exchange,
    path,
    query,
    body: undefined,
    subject: undefined,
    decision: undefined,
  }
  const read = readValue(operation, exchange, deviations)
  if (!(read instanceof Promise)) return validateBody(parts, target.base, call, read)
  // A clock that is being moved waits for it, however long the platform takes.
  return parts.world.during(read).then((late) => validateBody(parts, target.base, call, late))
}

function validateBody(parts: EngineParts, base: string, call: EngineCall, read: BodyOutcome): EngineAnswer {
  // What was on its way when the world was replaced was meant for the old one.
  if (call.world !== parts.world) return dropped()
  if ('refusal' in read) return typed(parts, call, read.refusal)
  const early = parts.deviations.answer === undefined ? undefined : answerEarly(parts, base, call, read.value)
  if (early !== undefined) return early
  const judged = judgeBody(parts.directory.planOf(call.operation), read.value, parts.deviations)
  if ('refusal' in judged) return typed(parts, call, judged.refusal)
  call.body = judged.value
  return decideAndResolve(parts, base, call)
}

function answerEarly(parts: EngineParts, base: string, call: EngineCall, body: unknown): EngineAnswer | undefined {
  const { operation, path, query } = call
  const answerTo = (other: unknown): EngineAnswer => decideAndResolve(parts, base, { ...call, body: other })
  return parts.deviations.answer?.({ operation, path, query, body, answerTo })
}

const NO_HEADERS = {}
const ANYBODY = createIdentity(DEFAULT_WORKSPACE, LOCAL_USER)

/** A refusal under the media type that the deviations give it. */
function typed(
  { deviations }: EngineParts,
  call: EngineCall,
  reply: ApiResponse,
  reason?: string,
  details: object = {},
): ApiResponse {
  const media = deviations.mediaOf?.(call.operation, reason, details)
  return media === undefined ? reply : { ...reply, headers: { ...reply.headers, 'content-type': media } }
}

/** Decides the call, and carries it out where no rule refuses it. */
function decideAndResolve(parts: EngineParts, base: string, call: EngineCall): EngineAnswer {
  const plan = parts.directory.planOf(call.operation)
  const decision = decide(call, plan)
  call.decision = decision
  const refusing = decision ?? plan.stateIndependentRule
  if (refusing !== undefined && isRefusing(refusing)) return refusedReply(parts, plan, call, refusing)
  try {
    const outcome = plan.resolve(call, call)
    if (!(outcome instanceof Promise)) return toResponse(parts, plan, base, call, outcome)
    return outcome.then(
      (late) => toResponse(parts, plan, base, call, late),
      (error: unknown) => answerThrown(parts, call, error),
    )
  } catch (error) {
    return answerThrown(parts, call, error)
  }
}

function answerThrown(parts: EngineParts, call: EngineCall, error: unknown): EngineAnswer {
  if (error instanceof Refused) return declaredRefusal(parts, call, error)
  throw error
}

/** Turns an outcome into the reply that its rule demands, or the spec where no rule has decided it. */
function toResponse(parts: EngineParts, plan: Plan, base: string, call: EngineCall, outcome: AnyOutcome): EngineAnswer {
  const { operation, stateIndependentRule } = plan
  if (outcome.retry === true) return decideAndResolve(parts, base, call)
  const decided = outcome.decided ?? call.decision
  const status = (decided ?? stateIndependentRule)?.rule.answer ?? successOf(operation, outcome)
  parts.checkReply?.(operation.id, status, outcome.body)
  const body = parts.deviations.show === undefined ? outcome.body : parts.deviations.show(operation.id, outcome.body)
  const reply = outcome.write?.(body) ?? toReply(status, body, locationOf(operation, base, call, outcome))
  if (outcome.delivery !== undefined) reply.delivery = outcome.delivery
  reply.decided = decided
  return reply
}

function successOf({ success, unmade }: OperationEntry, { created, body }: AnyOutcome): number {
  return created === undefined && body === undefined ? (unmade ?? success) : success
}

function refusedReply(
  { checkReply, deviations }: EngineParts,
  plan: Plan,
  call: EngineCall,
  decision: Decision,
): ApiResponse {
  deviations.afterRefusal?.(call, decision)
  const status = decision.rule.answer ?? 0
  const message = describeRefusal(call, plan, decision)
  const isListed = deviations.isListed?.(call.operation, decision) === true
  const body: ErrorMessage = isListed ? { errors: [message] } : { code: status, message }
  checkReply?.(call.operation, status, body)
  const reply = toReply(status, body)
  if (decision !== plan.stateIndependentRule) reply.decided = decision
  return reply
}

/** A refusal that the spec declares for an operation outside of any lifecycle; its words are loaded with the first one. */
async function declaredRefusal(
  parts: EngineParts,
  call: EngineCall,
  { refused: reason, details }: Refused,
): Promise<ApiResponse> {
  const { checkReply, deviations } = parts
  const { refusals } = await call.world.during(import('../../generated/refusals.js'))
  if (call.world !== parts.world) return dropped()
  const declaredRefusals: DeclaredRefusals = refusals
  const newest = declaredRefusals[call.operation]?.[reason]
  const older = Object.entries(newest?.before ?? {}).find(([version]) => call.world.isBefore(version))
  const refusal = older?.[1] ?? newest
  if (refusal === undefined) throw new Error(`The spec declares no refusal ${reason} for ${call.operation}.`)
  const { answer, say, isList, isDetailed } = refusal
  const message = fill(say, call, (name) => details[name])
  const other = deviations.statusOf?.(call.operation, reason)
  if (other !== undefined) return errorReply(other, message)
  const coded = { code: answer, message, ...(isDetailed === true && { details: message }) }
  const body: ErrorMessage = isList === true ? { errors: [message] } : coded
  checkReply?.(call.operation, answer, body)
  return typed(parts, call, toReply(answer, body), reason, details)
}

type DeclaredRefusals = Readonly<Partial<Record<OperationId, Readonly<Record<string, DeclaredRefusal>>>>>
