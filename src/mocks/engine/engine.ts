/**
 * The engine: one function from exchange to reply. It finds the operation and the caller, reads the request, asks the
 * operation's resolver and checks the answer. It knows no rule of any resource; those live in the world.
 */
import { matchOperation, operations, type Match, type Operation, type OperationId } from '../../operation.js'
import { isKept, type AnswerKept, type KeptReply } from '../collections/answer.js'
import { createIdentity, DEFAULT_WORKSPACE, LOCAL_USER, type Authenticate, type Identity } from '../identity.js'
import { isRefusal } from '../refusal.js'
import type { World } from '../world/world.js'
import { readBody, type BodyOutcome, type BodyProblem } from './body.js'
import type { Exchange, Reply } from './exchange.js'
import { splitUrl, type Target } from './target.js'
import { readPath, readQuery, type Parameters } from './parameters.js'
import { dropped, errorReply, errorsReply, toReply } from './reply.js'
import type { OperationInput, OperationReply, ResolvedId, ResolverContext, Resolvers } from './resolver.js'

/** What the engine is made of. */
export interface EngineParts {
  world: World
  authenticate: Authenticate
  resolvers: Resolvers
  /** Answers the operations on collections. */
  answerKept: AnswerKept
  /** Told of every answered request, after the fact. */
  observe: (observation: Observation) => void
  /** May stand in a request's way; undefined where nothing is to happen. */
  faults?: FaultGate | undefined
  /** Holds every answer against the spec; undefined where nobody asked for it. */
  checkReply?: CheckReply | undefined
  /** Monotonic real milliseconds. */
  stopwatch: () => number
}

/** Throws when an answer of the mock breaks the spec. */
export type CheckReply = (id: OperationId, status: number, body: unknown) => void

/** One answered request. */
export interface Observation {
  exchange: Exchange
  /** Relative to the base, without query. */
  path: string
  /** Without `?`; '' when there is none. */
  query: string
  operation: OperationId | undefined
  reply: Reply
  /** Real milliseconds, waiting included. */
  durationMs: number
}

/** A request as faults see it. */
export interface Interception {
  /** undefined when no operation matches. */
  readonly operation: Operation | undefined
  readonly exchange: Exchange
  /** Relative to the base, without a query and without a trailing slash. */
  readonly path: string
  /** Path parameters as they came. */
  readonly parameters: Readonly<Record<string, string>>
}

/** Where faults stand in a request's way. */
export interface FaultGate {
  /** Whether there is any; asked for each request. */
  readonly isActive: boolean
  /** Answers in place of, before or after the resolver. */
  intercept(request: Interception, proceed: () => Reply | Promise<Reply>): Reply | Promise<Reply>
}

/** Answers one request; a promise only where it must wait. */
export type Handle = (exchange: Exchange) => Reply | Promise<Reply>

/** Builds the engine. */
export function createEngine(parts: EngineParts): Handle {
  return (exchange) => {
    const startedAt = parts.stopwatch()
    const target = splitUrl(exchange)
    const found = exchange.misplaced === undefined ? matchOperation(exchange.method, target.path) : NOWHERE
    const reply =
      parts.faults?.isActive === true
        ? intercept(parts, parts.faults, exchange, target, found)
        : respond(parts, exchange, target, found)
    if (!(reply instanceof Promise)) return report(parts, startedAt, exchange, { target, found, reply })
    return reply.then((late) => report(parts, startedAt, exchange, { target, found, reply: late }))
  }
}

const NOWHERE: Match = { kind: 'unknown' }

function report(
  { observe, stopwatch }: EngineParts,
  startedAt: number,
  exchange: Exchange,
  { target, found, reply }: { target: Target; found: Match; reply: Reply },
): Reply {
  const operation = found.kind === 'operation' ? found.operation.id : undefined
  observe({ exchange, path: target.path, query: target.query, operation, reply, durationMs: stopwatch() - startedAt })
  return reply
}

function intercept(
  parts: EngineParts,
  faults: FaultGate,
  exchange: Exchange,
  target: Target,
  found: Match,
): Reply | Promise<Reply> {
  const isKnown = found.kind === 'operation'
  const request: Interception = {
    operation: isKnown ? found.operation : undefined,
    exchange,
    path: target.path,
    parameters: isKnown ? found.path : NO_PARAMETERS,
  }
  return faults.intercept(request, () => respond(parts, exchange, target, found))
}

const NO_PARAMETERS: Readonly<Record<string, string>> = {}

function respond(parts: EngineParts, exchange: Exchange, target: Target, found: Match): Reply | Promise<Reply> {
  const { method, misplaced, elsewhere } = exchange
  if (elsewhere !== undefined && found.kind !== 'operation') return elsewhere()
  switch (found.kind) {
    case 'operation':
      return answer(parts, found.operation, exchange, target, found.path)
    case 'wrong-method': {
      const allow = found.allowed.join(', ')
      return errorReply(405, `${method} is not possible on ${found.template}; it takes ${allow}.`, { allow })
    }
    case 'unknown':
      return lost(method, target.path, misplaced)
  }
}

/** Loads the search for what was meant when somebody is lost for the first time: most pages never need it. */
async function lost(method: string, path: string, misplaced: Exchange['misplaced']): Promise<Reply> {
  const { describeMisplaced, describeUnknown } = await import('./near-miss.js')
  if (misplaced === undefined) return errorReply(404, describeUnknown(method, path))
  return errorReply(404, describeMisplaced(method, path, misplaced.base))
}

/** Reads the request in the order in which the API judges it: identity, path, query, body. */
function answer(
  parts: EngineParts,
  operation: Operation,
  exchange: Exchange,
  target: Target,
  rawPath: Readonly<Record<string, string>>,
): Reply | Promise<Reply> {
  // An operation without a 401 asks nobody who they are.
  const caller = operation.isIdentified ? parts.authenticate(exchange.headers ?? NO_HEADERS) : ANYBODY
  if (isRefusal(caller)) return errorReply(caller.refused, caller.message)
  const path = readPath(rawPath)
  if (isRefusal(path)) return errorReply(path.refused, path.message)
  const query = readQuery(operation, target.query)
  if (isRefusal(query)) return errorReply(query.refused, query.message)
  const context = createContext(parts.world, caller, exchange, target)
  const resolve = (outcome: BodyOutcome): Reply | Promise<Reply> => {
    // What was on its way when the world was replaced was meant for the old one.
    if (context.world !== parts.world) return dropped()
    if ('problem' in outcome) return problemReply(outcome.problem)
    const input = { path, query, body: outcome.value }
    if (isKept(operation.id))
      return keptReply(
        parts,
        operation.id,
        parts.answerKept(operation.id, input, { ...context, isOver: () => context.world !== parts.world }),
      )
    return run(operation.id, parts.resolvers, input, parts.checkReply, context)
  }
  const body = readBody(operation, exchange)
  return body instanceof Promise ? body.then(resolve) : resolve(body)
}

const NO_HEADERS = {}
const ANYBODY = createIdentity(DEFAULT_WORKSPACE, LOCAL_USER)

function createContext(world: World, caller: Identity, exchange: Exchange, target: Target): ResolverContext {
  return { world, caller, exchange, locate: (path) => target.base + path }
}

function problemReply(problem: BodyProblem): Reply {
  if (isRefusal(problem)) return errorReply(problem.refused, problem.message)
  const errors = problem.violations.map(({ pointer, message }) => `${pointer === '' ? 'body' : pointer} ${message}`)
  return errorsReply(problem.status, errors)
}

function keptReply(parts: EngineParts, id: OperationId, kept: KeptReply | Promise<KeptReply>): Reply | Promise<Reply> {
  const seal = ({ status, body, headers }: KeptReply): Reply => {
    if (status === 0) return dropped()
    parts.checkReply?.(id, status, body)
    return toReply(status, body, headers)
  }
  return kept instanceof Promise ? kept.then(seal) : seal(kept)
}

interface RawInput {
  path: Record<string, string>
  query: Parameters
  body: unknown
}

function run<Id extends ResolvedId>(
  id: Id,
  { [id]: resolver }: Pick<Resolvers, Id>,
  input: RawInput,
  checkReply: CheckReply | undefined,
  context: ResolverContext,
): Reply | Promise<Reply> {
  if (!isInputOf(id, input)) throw new Error(`The input of ${id} was not read completely.`)
  const { judge } = context.world
  const seal = ({ status, body, headers, delivery, decided }: OperationReply<Id>): Reply => {
    checkReply?.(id, status, body)
    const reply = toReply(status, body, headers)
    if (delivery !== undefined) reply.delivery = delivery
    reply.decided = decided ?? latest
    return reply
  }
  judge.latest = undefined
  const outcome = resolver(input, context)
  const { latest } = judge
  return outcome instanceof Promise ? outcome.then(seal) : seal(outcome)
}

/**
 * `readPath`, `readQuery` and `readBody` have judged each part by the tables that the types are generated from; what
 * is left to see is that no part was forgotten.
 */
function isInputOf<Id extends OperationId>(id: Id, input: RawInput): input is RawInput & OperationInput<Id> {
  return operations[id].requestBody?.required !== true || input.body !== undefined
}
