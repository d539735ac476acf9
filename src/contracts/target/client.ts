/**
 * Calls operations of a target by their operationId, or anything else raw, and judges every answer against the spec.
 * One client serves one check: it records the exchanges and what was wrong with them. It leaves to the check what an
 * answer means.
 */
import type { OperationEntry } from '../../generated/operations.js'
import type { operations as OperationTypes } from '../../generated/api-types.js'
import { matchOperation, operations } from '../../kernel/all-operations.js'
import { realClock } from '../../kernel/real-time.js'
import { fillPath, type Match, type OperationId, type PathOf, type RequestBodyOf } from '../../kernel/operation.js'
import { readBody, STREAM } from '../../kernel/json-text.js'
import { judgeAnswer, knownPart, toRecord, toSearch, toTexts, type Alternative, type Answer } from './answer.js'
import { type Exchange, type Mask, recordExchange } from './recorded-exchange.js'
import { Violation } from './expectation.js'
import type { Identities, IdentityName, Limits } from './target.js'
import { sendWaiting, type Pending, type PollGate, type Transport, type WireOutcome } from './transport.js'
import { waitSeconds as waitOf } from '../../lifecycle/timers.js'

/** What every call may say besides its content. */
export interface CallOptions {
  /** Who calls. Default `main`. */
  identity?: IdentityName | undefined
  /** More headers, or other values for those that the client sets; null leaves one out. Default: none. */
  headers?: Readonly<Record<string, string | null>> | undefined
  /** Tolerated differences: their statuses do not fail the answer. Default: none. */
  accept?: readonly Alternative[] | undefined
  /** Real seconds to wait for the answer. Default: 10, and for a long poll its own time on top. */
  timeoutSeconds?: number | undefined
}

/** The content of a call. `path` is demanded where the operation has path parameters. */
export type CallRequest<Id extends OperationId> = CallOptions & {
  query?: QueryInput<Id> | undefined
  body?: RequestBodyOf<Id> | undefined
} & PathPart<PathOf<Id>>

/** Query parameters as a caller gives them, before defaults. */
export type QueryInput<Id extends OperationId> = OperationTypes[Id]['parameters'] extends { query?: infer Query }
  ? Exclude<Query, undefined>
  : Readonly<Record<string, never>>

type PathPart<Path> = keyof Path extends never ? { path?: undefined } : { path: Path }

/** The request as one argument that may be left out where the operation needs nothing. */
export type CallArguments<Id extends OperationId> = keyof PathOf<Id> extends never
  ? [request?: CallRequest<Id>]
  : [request: CallRequest<Id>]

/** A request that is free to be wrong. */
export interface RawRequest extends CallOptions {
  method: string
  /** Path and query, relative to the target's base; sent as it is. */
  path: string
  /** Sent as it is: no content type is added. Default: none. */
  body?: string | Uint8Array | undefined
  /**
   * The operation whose declared answers hold. Default: the one that method and path mean, if any. Null: none, then the
   * answer is not judged.
   */
  operation?: OperationId | null | undefined
}

/** A call that was sent and not waited for. */
export interface OpenCall<Id extends OperationId = OperationId> {
  /** Rejects (Violation) when the target drops the connection or takes too long; also after `hangUp`. */
  readonly answer: Promise<Answer<Id>>
  /** Whether an answer, or its lack, is known. */
  readonly isSettled: boolean
  /** Reading of the stopwatch when it was sent. */
  readonly openedAt: number
  /** Settles when it has gone out: at once, unless too many requests wait at the target already. */
  readonly sent: Promise<unknown>
  /** Closes the connection. */
  hangUp(): void
}

/** Calls a target on behalf of one check. */
export interface Client {
  /** Calls an operation with a well-formed request and waits for its answer. */
  call<Id extends OperationId>(operation: Id, ...request: CallArguments<Id>): Promise<Answer<Id>>
  /** Calls an operation and returns at once; for long polls and races. Hung up when the check ends. */
  open<Id extends OperationId>(operation: Id, ...request: CallArguments<Id>): OpenCall<Id>
  /** Sends anything. */
  raw(request: RawRequest): Promise<Answer>
  /** Sends anything and returns at once. */
  openRaw(request: RawRequest): OpenCall
}
export interface ClientParts {
  url: string
  limits: Limits
  transport: Transport
  identities: Identities
  mask: Mask
  /** Hears of every call before it is sent, which it prevents by what it throws; what it returns hears of its end. */
  onCall?: ((call: StartedCall) => (outcome: Answer | undefined) => void) | undefined
  /** Lets in each request that may wait at the target; without it, all of them go out at once. */
  door?: PollGate | undefined
}
export interface StartedCall {
  operation: OperationId | null
  /** What its method and path mean. */
  acts: Match
  /** Whether the check waits for it, or left it open. */
  isOpen: boolean
  /** The longest that it may wait at the target, in seconds; undefined for one that is answered at once. */
  waitSeconds: number | undefined
}

export class Unreachable extends Error {
  override readonly name = 'Unreachable'
  readonly lost: 'gone' | 'stuck'

  constructor(message: string, lost: 'gone' | 'stuck' = 'gone') {
    super(message)
    this.lost = lost
  }
}

const KEPT_EXCHANGES = 60
const KEPT_FLAWED = 3
const ANSWER_SECONDS = 10
const LAST_ANSWER_MS = 50

/** The content of a request of an operation, which the types need not admit. */
export interface RequestContent extends CallOptions {
  path?: Readonly<Record<string, string>> | undefined
  /** Undefined leaves a parameter out. */
  query?: Readonly<Record<string, unknown>> | undefined
  /** Sent as JSON. */
  body?: unknown
  /** Sent unchanged, instead of any JSON. */
  rawBody?: string | Uint8Array | undefined
}

export function toRawRequest(
  operation: OperationId,
  { path = {}, query = {}, body, rawBody, headers, identity, accept, timeoutSeconds }: RequestContent,
): RawRequest {
  const sent = rawBody ?? (body === undefined ? undefined : JSON.stringify(body))
  return {
    operation,
    method: operations[operation].method,
    path: `${fillPath(operations[operation], path)}${toSearch(query)}`,
    headers: sent === undefined ? headers : { 'content-type': 'application/json', ...headers },
    body: sent,
    ...{ identity, accept, timeoutSeconds },
  }
}

/** What one check has asked, and what came of it. */
function createRecord(startedAt: number) {
  /** Recent exchanges, oldest first, each made of what was sent and received when it is asked for: of most none ever is. */
  const recent: (() => Exchange)[] = []
  /** Answers that break the spec, up to a few, in order. */
  const flawed: readonly Answer[] = []
  /** What is not answered yet, and whether it may wait at the target. */
  const pending = new Map<Pending, boolean>()
  return { startedAt, recent, flawed, pending, operations: new Set<OperationId>(), requestCount: 0 }
}

export class CheckClient implements Client {
  readonly record: ReturnType<typeof createRecord>
  private readonly parts: ClientParts

  constructor(parts: ClientParts, record = createRecord(realClock.stopwatch())) {
    this.parts = parts
    this.record = record
  }

  /** A client for a part of the check, whose calls `own` hears of and lets in; its requests and answers count as this one's. */
  beside(own: Pick<ClientParts, 'onCall' | 'door'>): CheckClient {
    return new CheckClient({ ...this.parts, ...own }, this.record)
  }

  get exchanges(): Exchange[] {
    return this.record.recent.map((exchange) => exchange())
  }

  /** Holds nothing against these answers any more: what they are is known. */
  forgive(answers: readonly Answer[]): void {
    this.record.flawed = this.record.flawed.filter((each) => !answers.includes(each))
  }

  async call<Id extends OperationId>(operation: Id, ...[request]: CallArguments<Id>): Promise<Answer<Id>> {
    return this.start(requestOf(operation, request), operation, false).answer
  }

  open<Id extends OperationId>(operation: Id, ...[request]: CallArguments<Id>): OpenCall<Id> {
    return this.start(requestOf(operation, request), operation, true)
  }

  async raw(request: RawRequest): Promise<Answer> {
    return this.start(request, operationOf(request), false).answer
  }

  openRaw(request: RawRequest): OpenCall {
    return this.start(request, operationOf(request), true)
  }

  /** Hangs up what waits at the target, and lets the rest be answered within so many milliseconds. */
  async finish(ms: number): Promise<void> {
    for (const [each, mayWait] of this.record.pending) if (mayWait) each.hangUp()
    await this.answered(ms, () => true)
  }

  /** Lets what does not wait at the target be answered within so many milliseconds. */
  async settle(ms: number): Promise<void> {
    await this.answered(ms, (mayWait) => !mayWait)
  }

  /** Hangs up whatever is not answered any moment now. */
  async close(): Promise<void> {
    if (this.record.pending.size === 0) return
    await this.answered(LAST_ANSWER_MS, () => true)
    for (const each of this.record.pending.keys()) each.hangUp()
  }

  private async answered(ms: number, isMeant: (mayWait: boolean) => boolean): Promise<void> {
    const meant = [...this.record.pending].filter(([, mayWait]) => isMeant(mayWait))
    await realClock.within(Promise.all(meant.map(([{ outcome }]) => outcome)), ms, undefined)
  }

  private start<Id extends OperationId>(request: RawRequest, operation: Id | null, isOpen: boolean): OpenCall<Id> {
    const { method, path: target, body, identity = 'main', accept = [] } = request
    const { transport, door, limits, url, onCall } = this.parts
    const { record } = this
    const [pathname = '', search = ''] = target.split('?')
    const acts = matchOperation(method, pathname)
    const query = search === '' ? {} : Object.fromEntries(new URLSearchParams(search))
    const waitSeconds = waitOf(acts.kind === 'operation' ? acts.operation.id : null, query, limits)
    const { timeoutSeconds = ANSWER_SECONDS + (waitSeconds ?? 0) } = request
    const headers = this.headersOf(operation, identity, request.headers)
    const wire = { method, url: `${url}${target}`, headers, body, waitSeconds }
    const done = onCall?.({ operation, acts, waitSeconds, isOpen })
    const number = ++record.requestCount
    if (operation !== null) record.operations.add(operation)
    const openedAt = realClock.stopwatch()
    const send = (): Pending => transport.send(wire, 1000 * timeoutSeconds)
    // One that may wait is sent when there is a place for it.
    const mayWait = waitSeconds !== undefined
    const pending = mayWait && door !== undefined ? sendWaiting(send, waitSeconds, door) : send()
    record.pending.set(pending, mayWait)
    const answer = pending.outcome.then((outcome) => {
      open.isSettled = true
      record.pending.delete(pending)
      const [startedMs, tookMs] = [openedAt - record.startedAt, realClock.stopwatch() - openedAt]
      const frame = { number, operation, identity, startedMs, tookMs }
      const exchange = this.keep(() => recordExchange(frame, wire, outcome, this.parts.mask))
      const received = outcome.kind === 'answer' ? new Received(operation, outcome, exchange, accept) : undefined
      if (received !== undefined && received.flaws.length > 0 && record.flawed.length < KEPT_FLAWED)
        record.flawed = [...record.flawed, received]
      done?.(received)
      return received ?? failFor(outcome, exchange())
    })
    answer.catch(() => undefined)
    const sent = pending.sent ?? Promise.resolve()
    const open = { answer, openedAt, sent, isSettled: false, hangUp: () => pending.hangUp() }
    return open
  }

  private keep(make: () => Exchange): () => Exchange {
    const { recent } = this.record
    let made: Exchange | undefined
    const exchange = (): Exchange => (made ??= make())
    recent.push(exchange)
    if (recent.length > KEPT_EXCHANGES) recent.shift()
    return exchange
  }

  private headersOf(operation: OperationId | null, identity: IdentityName, given: CallOptions['headers'] = {}) {
    const entry: OperationEntry | undefined = operation === null ? undefined : operations[operation]
    const caller = this.parts.identities[identity]
    if (caller === undefined)
      throw new Error(`The target has no identity "${identity}"; the check must name it in its needs.`)
    const headers: Record<string, string> = {
      accept: entry?.isStream === true ? `${STREAM}, application/json` : 'application/json',
      ...caller.headers,
    }
    for (const [name, value] of Object.entries(given)) {
      if (value === null) Reflect.deleteProperty(headers, name.toLowerCase())
      else headers[name.toLowerCase()] = value
    }
    return headers
  }
}

type Answered = WireOutcome & { kind: 'answer' }

/** A class, since objects with a getter of their own have no shape in common, by which engines read members fast. */
class Received<Id extends OperationId> implements Answer<Id> {
  readonly operation: Id | null
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly body: unknown
  readonly flaws: Answer['flaws']
  private readonly told: () => Exchange

  constructor(operation: Id | null, answered: Answered, told: () => Exchange, accept: readonly Alternative[]) {
    const { status, headers, text } = answered
    const body = readBody(headers, text, status)
    this.operation = operation
    this.status = status
    this.headers = headers
    this.text = text
    this.body = knownPart(operation, status, body)
    this.flaws = operation === null ? [] : judgeAnswer(operation, { status, headers, text, body }, accept)
    this.told = told
  }

  get exchange(): Exchange {
    return this.told()
  }
}

/** The lack of an answer is the error that the caller meets. */
function failFor(outcome: WireOutcome, exchange: Exchange): never {
  const { operation, method, url } = exchange
  const message = exchange.failure ?? ''
  if (outcome.kind === 'failure' && outcome.reason === 'refused') throw new Unreachable(message)
  const expected = `an answer to ${operation ?? `${method} ${url}`}`
  throw new Violation({ expected, actual: message, pointer: null, exchanges: [exchange] }, true)
}

/** The identity of that name. @throws Error for an unknown name. */
export function toIdentityName(name: string): IdentityName {
  const known = NAMES.find((each) => each === name)
  if (known === undefined) throw new Error(`There is no identity "${name}".`)
  return known
}

const NAMES: readonly IdentityName[] = ['main', 'other', 'colleague', 'reader', 'stranger', 'nobody']

/** The request of a call whose content the types have let pass. */
function requestOf<Id extends OperationId>(id: Id, request: CallRequest<Id> | undefined): RawRequest {
  const [path, query] = [toTexts(request?.path), toRecord(request?.query)]
  // An empty id would turn the request into one about something else.
  if (Object.values(path).includes('')) throw new Error(`The check calls ${id} with an empty id.`)
  const options: CallOptions & { body?: unknown } = request ?? {}
  return toRawRequest(id, { ...options, path, query })
}

/** The operation that a request says, or that its method and path mean. */
function operationOf({ operation, method, path }: RawRequest): OperationId | null {
  if (operation !== undefined) return operation
  const match = matchOperation(method, path.split('?')[0] ?? '')
  return match.kind === 'operation' ? match.operation.id : null
}
