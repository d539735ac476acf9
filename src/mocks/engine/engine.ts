/**
 * The engine: one function from exchange to reply. It finds the operation and the caller, reads the request, asks the
 * operation's resolver and checks the answer. It knows no rule of any resource; those live in the world.
 */
import { matchOperation, operations, type Operation, type OperationId } from '../../operation.js'
import type { Authenticate, Identity } from '../identity.js'
import { isRefusal } from '../refusal.js'
import type { World } from '../world/world.js'
import { readBody, type BodyOutcome, type BodyProblem } from './body.js'
import type { Exchange, Reply } from './exchange.js'
import { splitUrl, type Target } from './target.js'
import { readPath, readQuery, type Parameters } from './parameters.js'
import { errorReply, errorsReply, toReply } from './reply.js'
import type { OperationInput, OperationReply, ResolverContext, Resolvers } from './resolver.js'
import { describeUnknown } from './near-miss.js'

/** What the engine is made of. */
export interface EngineParts {
  world: World
  authenticate: Authenticate
  resolvers: Resolvers
  /** Told of every answered request, after the fact. */
  observe: (observation: Observation) => void
  /** May answer in place of, before or after the resolver; undefined where nothing is to happen. */
  intercept?: Intercept | undefined
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
  path: string
  operation: OperationId | undefined
  reply: Reply
  /** Real milliseconds, waiting included. */
  durationMs: number
}

/** What a fault sees: the operation, the request, and the way to the real answer. */
export type Intercept = (
  operation: Operation,
  exchange: Exchange,
  proceed: () => Reply | Promise<Reply>,
) => Reply | Promise<Reply> | undefined

/** Answers one request; a promise only where it must wait. */
export type Handle = (exchange: Exchange) => Reply | Promise<Reply>

/** Builds the engine. */
export function createEngine(parts: EngineParts): Handle {
  return (exchange) => {
    const startedAt = parts.stopwatch()
    const target = splitUrl(exchange)
    const found = matchOperation(exchange.method, target.path)
    if (found.kind === 'operation') {
      const { operation } = found
      const finish = (reply: Reply): Reply => {
        const durationMs = parts.stopwatch() - startedAt
        parts.observe({ exchange, path: target.path, operation: operation.id, reply, durationMs })
        return reply
      }
      const proceed = (): Reply | Promise<Reply> => answer(parts, operation, exchange, target, found.path)
      const reply = parts.intercept?.(operation, exchange, proceed) ?? proceed()
      return reply instanceof Promise ? reply.then(finish) : finish(reply)
    }
    const reply =
      found.kind === 'wrong-method'
        ? errorReply(
            405,
            `${exchange.method} is not possible on ${found.template}; it takes ${found.allowed.join(', ')}.`,
            {
              allow: found.allowed.join(', '),
            },
          )
        : errorReply(404, describeUnknown(exchange.method, target.path))
    parts.observe({
      exchange,
      path: target.path,
      operation: undefined,
      reply,
      durationMs: parts.stopwatch() - startedAt,
    })
    return reply
  }
}

/** Reads the request in the order in which the API judges it: identity, path, query, body. */
function answer(
  parts: EngineParts,
  operation: Operation,
  exchange: Exchange,
  target: Target,
  rawPath: Readonly<Record<string, string>>,
): Reply | Promise<Reply> {
  const caller = parts.authenticate(exchange.headers ?? NO_HEADERS)
  if (isRefusal(caller)) return errorReply(caller.refused, caller.message)
  const path = readPath(rawPath)
  if (isRefusal(path)) return errorReply(path.refused, path.message)
  const query = readQuery(operation, target.query)
  if (isRefusal(query)) return errorReply(query.refused, query.message)
  const context = createContext(parts.world, caller, exchange, target)
  const resolve = (outcome: BodyOutcome): Reply | Promise<Reply> => {
    if ('problem' in outcome) return problemReply(outcome.problem)
    const input = { path, query, body: outcome.value }
    return run(operation.id, parts.resolvers, input, parts.checkReply, context)
  }
  const body = readBody(operation, exchange)
  return body instanceof Promise ? body.then(resolve) : resolve(body)
}

const NO_HEADERS = {}

function createContext(world: World, caller: Identity, exchange: Exchange, target: Target): ResolverContext {
  return { world, caller, exchange, locate: (path) => target.base + path }
}

function problemReply(problem: BodyProblem): Reply {
  if (isRefusal(problem)) return errorReply(problem.refused, problem.message)
  const errors = problem.violations.map(({ pointer, message }) => `${pointer === '' ? 'body' : pointer} ${message}`)
  return errorsReply(problem.status, errors)
}

interface RawInput {
  path: Record<string, string>
  query: Parameters
  body: unknown
}

function run<Id extends OperationId>(
  id: Id,
  { [id]: resolver }: Pick<Resolvers, Id>,
  input: RawInput,
  checkReply: CheckReply | undefined,
  context: ResolverContext,
): Reply | Promise<Reply> {
  if (!isInputOf(id, input)) throw new Error(`The input of ${id} was not read completely.`)
  const seal = ({ status, body, headers, delivery }: OperationReply<Id>): Reply => {
    checkReply?.(id, status, body)
    const reply = toReply(status, body, headers)
    if (delivery !== undefined) reply.delivery = delivery
    return reply
  }
  const outcome = resolver(input, context)
  return outcome instanceof Promise ? outcome.then(seal) : seal(outcome)
}

/**
 * `readPath`, `readQuery` and `readBody` have judged each part by the tables that the types are generated from; what
 * is left to see is that no part was forgotten.
 */
function isInputOf<Id extends OperationId>(id: Id, input: RawInput): input is RawInput & OperationInput<Id> {
  return operations[id].requestBody?.required !== true || input.body !== undefined
}
