// A typed client of the mock's own API, in process, which repeats calls as the clients generated for the SDKs do it.
// Simulated agents and scenarios use it, so that they can do only what any client can do.
import { type StopSignal, Stop, type Clock } from '../../kernel/clock.js'
import { operations } from '../../kernel/all-operations.js'
import { fillPath, toSearch } from '../../kernel/operation.js'
import type { OperationId, PathOf, QueryOf, RequestBodyOf } from '../../kernel/operation.js'
import { readJson, writeJson } from '../../kernel/json-text.js'
import type { ApiRequest, ApiResponse } from '../base/exchange.js'
import { actAs, DEFAULT_WORKSPACE, type Identity } from '../base/identity.js'
import { textAt } from '../../kernel/json-value.js'
import type { Credentials } from '../../generated/kit-schema.js'

export type { Credentials } from '../../generated/kit-schema.js'

interface CallInput<Id extends OperationId> {
  path?: PathOf<Id> | undefined
  query?: Partial<QueryOf<Id>> | undefined
  body?: RequestBodyOf<Id> | undefined
  signal?: StopSignal
}

export interface CallAnswer {
  /** 0 when the connection broke before a whole answer was there. */
  status: number
  headers: Readonly<Record<string, string>>
  body: unknown
  /** The id at the end of `Location`, or that of a new session, which has none; '' where nothing was made. */
  createdId: string
}

/** A promise only where it must wait. */
export type AgentCall = <Id extends OperationId>(id: Id, input?: CallInput<Id>) => CallAnswer | Promise<CallAnswer>

/** The same client, which throws where it cannot go on: for an answer that is no success. */
export function expectSuccess(call: AgentCall): AgentCall {
  return async (id, input) => {
    const answer = await call(id, input)
    if (answer.status >= 200 && answer.status < 300) return answer
    throw unexpected(id, answer)
  }
}

type Handle = (exchange: ApiRequest) => ApiResponse | Promise<ApiResponse>

/**
 * Creates one that answers without a promise where it can: for clients that make many calls.
 * @param actor whose requests they are, whatever the credentials say
 */
export function createCall(handle: Handle, credentials: Credentials = {}, actor?: Identity): AgentCall {
  const own = {
    'comet-workspace': credentials.workspace ?? DEFAULT_WORKSPACE,
    ...(credentials.apiKey === undefined ? {} : { authorization: credentials.apiKey }),
  }
  const identity = actor === undefined ? own : actAs(actor, own)
  const withBody = { ...identity, 'content-type': 'application/json' }
  const write = <Id extends OperationId>(id: Id, { path, query, body }: CallInput<Id>): WrittenCall => {
    const operation = operations[id]
    const places = Object.entries(path ?? {}).map(([name, value]) => [name, String(value)] as const)
    return {
      ...{ path, query, body, read: createReader(), method: operation.method },
      url: fillPath(operation, Object.fromEntries(places)) + (query === undefined ? '' : toSearch(query)),
      headers: body === undefined ? identity : withBody,
      text: body === undefined ? undefined : writeJson(body),
    }
  }
  /** The last call of each operation: what is sent again and again, as heartbeats are, is written once. */
  const written = new Map<OperationId, WrittenCall>()
  return (id, input = {}) => {
    const { path, query, body, signal } = input
    let call = written.get(id)
    if (call?.path !== path || call?.query !== query || call?.body !== body || call === undefined) {
      call = write(id, input)
      written.set(id, call)
    }
    // One by one: a spread costs as much as all else here.
    const { method, url, headers, text, read } = call
    const reply = handle({ method, url, headers, body: text, signal })
    return reply instanceof Promise ? reply.then((late) => toAnswer(late, signal, read)) : toAnswer(reply, signal, read)
  }
}

/** A request with what it was made of, and what reads its answers. */
interface WrittenCall extends Required<Pick<ApiRequest, 'method' | 'url' | 'headers'>> {
  readonly path: unknown
  readonly query: unknown
  readonly body: unknown
  readonly text: string | undefined
  readonly read: (text: string) => unknown
}

/** Reads the bodies of answers; one that comes again means the same. */
function createReader(): WrittenCall['read'] {
  let [last, meaning]: [string, unknown] = ['', undefined]
  return (text) => {
    if (text !== last) [last, meaning] = [text, parseBody(text)]
    return meaning
  }
}

function toAnswer(reply: ApiResponse, signal: StopSignal | undefined, read: WrittenCall['read']): CallAnswer {
  if (signal?.aborted === true) reply.delivery?.failed()
  if (reply.connection !== undefined) return BROKEN
  const body = read(reply.body)
  const createdId = reply.headers['location']?.split('/').at(-1) ?? textAt(body, 'session_id')
  return { status: reply.status, headers: reply.headers, body, createdId }
}

const BROKEN: CallAnswer = { status: 0, headers: {}, body: undefined, createdId: '' }

/** undefined for no body, and for one that a fault has made no JSON of. */
function parseBody(text: string): unknown {
  try {
    return readJson(text)
  } catch {
    return undefined
  }
}

/** Thrown when a simulated client meets an answer that it cannot go on with. */
export function unexpected(id: OperationId, { status, body }: CallAnswer): Error {
  return new Error(`${id} answered ${status} ${JSON.stringify(body ?? null)}`)
}

/** Virtual milliseconds before the first and the second repetition. */
const PAUSES_MS = [1000, 2000]

/** Virtual milliseconds in which an answer must have come: what the SDKs allow, and what daemons allow a poll. */
const TIMEOUT_MS = 60_000
const POLL_TIMEOUT_MS = 45_000

/** Repeats a call up to twice; what is answered then counts. Nothing is repeated once `stopped` has aborted. */
export function createRetryingCall(call: AgentCall, clock: Clock, stopped: StopSignal): AgentCall {
  return (id, { path, query, body, signal } = {}) => {
    const limit = id === 'nextBridgeCommands' ? POLL_TIMEOUT_MS : TIMEOUT_MS
    const attempt = (): CallAnswer | Promise<CallAnswer> => {
      const hangUp = new Stop()
      if (signal?.aborted === true) hangUp.abort()
      const answer = call(id, { path, query, body, signal: hangUp })
      return answer instanceof Promise ? hangUpInTime(answer, hangUp, clock, limit, signal) : answer
    }
    const first = attempt()
    if (!(first instanceof Promise) && !isTemporary(first.status)) return first
    return repeat(first, attempt, clock, signal, stopped)
  }
}

async function repeat(
  first: CallAnswer | Promise<CallAnswer>,
  attempt: () => CallAnswer | Promise<CallAnswer>,
  clock: Clock,
  signal: StopSignal | undefined,
  stopped: StopSignal,
): Promise<CallAnswer> {
  let answer = await first
  for (const pause of PAUSES_MS) {
    if (!isTemporary(answer.status) || signal?.aborted === true) break
    if (!(await clock.sleep(retryAfter(answer) ?? pause, stopped))) break
    answer = await attempt()
  }
  return answer
}

/** Hangs up when the time is over, or another signal aborts. */
async function hangUpInTime(
  answer: Promise<CallAnswer>,
  hangUp: Stop,
  clock: Clock,
  ms: number,
  signal: StopSignal | undefined,
): Promise<CallAnswer> {
  const giveUp = (): void => {
    clock.noteWake()
    hangUp.abort()
  }
  const timer = clock.schedule(clock.now() + ms, giveUp, { span: true })
  const end = (): void => hangUp.abort()
  signal?.addEventListener('abort', end)
  try {
    return await answer
  } finally {
    timer.cancel()
    signal?.removeEventListener('abort', end)
  }
}

function isTemporary(status: number): boolean {
  return status === 0 || status === 408 || status === 429 || status >= 500
}

function retryAfter({ headers }: CallAnswer): number | undefined {
  const seconds = Number(headers['retry-after'] ?? Number.NaN)
  return seconds >= 0 && seconds <= MAX_RETRY_SECONDS ? seconds * 1000 : undefined
}

/** The generated clients wait no longer, whatever the server asks for. */
const MAX_RETRY_SECONDS = 60
