/**
 * Calls operations of a target by their operationId, or anything else raw, and judges every answer against the spec.
 * One client serves one check: it records the exchanges and what was wrong with them. It leaves to the check what an
 * answer means.
 */
import type { OperationEntry } from '../../generated/operations.js'
import type { operations as OperationTypes } from '../../generated/api-types.js'
import { matchOperation, operations } from '../../kernel/all-operations.js'
import { fillPath, type OperationId, type PathOf, type RequestBodyOf } from '../../kernel/operation.js'
import {
  type Alternative,
  type Answer,
  knownPart,
  parseJson,
  readBody,
  toRecord,
  toSearch,
  toTexts,
  judgeAnswer,
} from './answer.js'
import { recordExchange, type Exchange, type Mask } from './recorded-exchange.js'
import { Violation } from './expectation.js'
import type { IdentityCards, IdentityName, Limits } from './target.js'
import type { RealTime, Pending, Transport, WireOutcome, WireRequest } from './transport.js'
import { waitSeconds as waitOf } from '../../lifecycle/timers.js'
import { type PollGate, sendWaiting, type SentLater } from './poll-limiter.js'

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
  identities: IdentityCards
  mask: Mask
  time: RealTime
  /** Hears of every call before it is sent; what it returns hears of its end. */
  onCall?: ((call: StartedCall) => (outcome: Answer | undefined) => void) | undefined
  /** Lets in each request that may wait at the target; without it, all of them go out at once. */
  door?: PollGate | undefined
}
export interface StartedCall {
  operation: OperationId | null
  /** Whether the check waits for it, or left it open. */
  isOpen: boolean
  requestBody: unknown
  path: Readonly<Record<string, string>>
  identity: IdentityName
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

/** What is known of a request besides what goes over the wire. */
interface KnownRequest {
  operation: OperationId | null
  path: Readonly<Record<string, string>>
  requestBody: unknown
  waitSeconds: number | undefined
}

/** A request without what callers say alike of all. */
interface Prepared extends KnownRequest, Pick<WireRequest, 'method' | 'headers' | 'body'> {
  target: string
}

interface Outgoing extends KnownRequest {
  wire: WireRequest
  identity: IdentityName
  accept: readonly Alternative[]
  timeoutMs: number
}
export class CheckClient implements Client {
  /** Recent exchanges, oldest first. */
  readonly exchanges: Exchange[] = []
  readonly operations = new Set<OperationId>()
  /** Answers that break the spec, up to a few, in order. */
  flawed: Answer[] = []
  requestCount = 0
  private readonly parts: ClientParts
  private readonly startedAt: number
  private readonly pending = new Set<Pending>()
  /** Those among them that may wait at the target. */
  private readonly waiting = new Set<Pending>()

  constructor(parts: ClientParts) {
    this.parts = parts
    this.startedAt = parts.time.stopwatch()
  }

  /** Holds nothing against these answers any more: what they are is known. */
  forgive(answers: readonly Answer[]): void {
    this.flawed = this.flawed.filter((each) => !answers.includes(each))
  }

  async call<Id extends OperationId>(operation: Id, ...[request]: CallArguments<Id>): Promise<Answer<Id>> {
    return this.launch(this.prepare(operation, request), false, (answer) => ({ ...answer, operation })).answer
  }

  open<Id extends OperationId>(operation: Id, ...[request]: CallArguments<Id>): OpenCall<Id> {
    return this.launch(this.prepare(operation, request), true, (answer) => ({ ...answer, operation }))
  }

  async raw(request: RawRequest): Promise<Answer> {
    return this.launch(this.prepareRaw(request), false, asItIs).answer
  }

  openRaw(request: RawRequest): OpenCall {
    return this.launch(this.prepareRaw(request), true, asItIs)
  }

  /** Hangs up what waits at the target, and lets the rest be answered within so many milliseconds. */
  async finish(ms: number): Promise<void> {
    for (const each of this.waiting) each.hangUp()
    await this.answered(this.pending, ms)
  }

  /** Lets what does not wait at the target be answered within so many milliseconds. */
  async settle(ms: number): Promise<void> {
    await this.answered(
      [...this.pending].filter((each) => !this.waiting.has(each)),
      ms,
    )
  }

  /** Hangs up whatever is not answered any moment now. */
  async close(): Promise<void> {
    if (this.pending.size === 0) return
    await this.answered(this.pending, LAST_ANSWER_MS)
    for (const each of this.pending) each.hangUp()
  }

  private async answered(those: Iterable<Pending>, ms: number): Promise<void> {
    await this.parts.time.within(Promise.all([...those].map(({ outcome }) => outcome)), ms, undefined)
  }

  private prepare<Id extends OperationId>(id: Id, request: CallRequest<Id> | undefined): Outgoing {
    const { method }: OperationEntry = operations[id]
    const path = toTexts(request?.path)
    // An empty id would turn the request into one about something else.
    if (Object.values(path).includes('')) throw new Error(`The check calls ${id} with an empty id.`)
    const query = toRecord(request?.query)
    const { body, ...options }: CallOptions & { body?: unknown } = request ?? {}
    return this.outgoing(options, {
      ...{ operation: id, path, requestBody: body, waitSeconds: waitOf(id, query, this.parts.limits), method },
      target: `${fillPath(operations[id], path)}${toSearch(query)}`,
      body: body === undefined ? undefined : JSON.stringify(body),
      headers: { ...acceptOf(id), ...(body !== undefined && { 'content-type': 'application/json' }) },
    })
  }

  private prepareRaw(request: RawRequest): Outgoing {
    const { method, path: target, body } = request
    const [pathname = '', search] = target.split('?')
    const match = matchOperation(method, pathname)
    // HEAD waits as GET does.
    const acts = method === 'HEAD' ? matchOperation('GET', pathname) : match
    const query = Object.fromEntries(new URLSearchParams(search))
    const meant = match.kind === 'operation' ? match.operation.id : null
    const operation = request.operation === undefined ? meant : request.operation
    return this.outgoing(request, {
      ...{ method, target, body, headers: acceptOf(operation), operation },
      path: match.kind === 'operation' ? match.path : {},
      requestBody: parseJson(typeof body === 'string' ? body : ''),
      waitSeconds: waitOf(acts.kind === 'operation' ? acts.operation.id : null, query, this.parts.limits),
    })
  }

  private outgoing(options: CallOptions, { method, target, headers, body, ...known }: Prepared): Outgoing {
    const { identity = 'main', accept = [], timeoutSeconds = ANSWER_SECONDS + (known.waitSeconds ?? 0) } = options
    const url = `${this.parts.url}${target}`
    const wire = { method, url, headers: this.headers(identity, headers, options.headers), body }
    return { ...known, identity, accept, timeoutMs: 1000 * timeoutSeconds, wire }
  }

  private headers(identity: IdentityName, own: Readonly<Record<string, string>>, given: CallOptions['headers']) {
    const headers: Record<string, string> = {
      accept: 'application/json',
      ...this.parts.identities.headersOf(identity),
      ...own,
    }
    for (const [name, value] of Object.entries(given ?? {})) {
      if (value === null) Reflect.deleteProperty(headers, name.toLowerCase())
      else headers[name.toLowerCase()] = value
    }
    return headers
  }

  private launch<Id extends OperationId>(
    outgoing: Outgoing,
    isOpen: boolean,
    narrow: (answer: Answer) => Answer<Id>,
  ): OpenCall<Id> {
    const { operation, requestBody, path, identity, waitSeconds } = outgoing
    this.requestCount++
    if (operation !== null) this.operations.add(operation)
    const done = this.parts.onCall?.({ operation, isOpen, requestBody, path, identity, waitSeconds })
    const number = this.requestCount
    const openedAt = this.parts.time.stopwatch()
    const pending = this.send(outgoing)
    this.pending.add(pending)
    if (waitSeconds !== undefined) this.waiting.add(pending)
    let isSettled = false
    const answer = pending.outcome.then((outcome) => {
      isSettled = true
      this.pending.delete(pending)
      this.waiting.delete(pending)
      const known = this.receive(outgoing, outcome, number, openedAt)
      done?.('error' in known ? undefined : known.answer)
      if ('error' in known) throw known.error
      return narrow(known.answer)
    })
    answer.catch(() => undefined)
    return {
      answer,
      openedAt,
      sent: pending.sent ?? Promise.resolve(),
      get isSettled() {
        return isSettled
      },
      hangUp: () => pending.hangUp(),
    }
  }

  /** Sends a request, one that may wait when there is a place for it. */
  private send(outgoing: Outgoing): SentLater {
    const { transport, door, time } = this.parts
    const { wire, timeoutMs, waitSeconds } = outgoing
    if (waitSeconds === undefined || door === undefined) return transport.send(wire, timeoutMs)
    return sendWaiting({ wire, timeoutMs, waitSeconds }, transport, door, () => time.stopwatch())
  }

  /** Records what came; an answer is judged, its lack becomes the error that the caller meets. */
  private receive(
    outgoing: Outgoing,
    outcome: WireOutcome,
    number: number,
    openedAt: number,
  ): { answer: Answer } | { error: Error } {
    const { operation, identity } = outgoing
    const now = this.parts.time.stopwatch()
    const frame = { number, operation, identity, startedMs: openedAt - this.startedAt, tookMs: now - openedAt }
    const exchange = recordExchange(frame, outgoing.wire, outcome, this.parts.mask)
    this.exchanges.push(exchange)
    if (this.exchanges.length > KEPT_EXCHANGES) this.exchanges.shift()
    if (outcome.kind === 'failure') {
      if (outcome.reason === 'refused') return { error: new Unreachable(outcome.message) }
      return { error: noAnswer(exchange, outcome.message) }
    }
    const body = readBody(outcome.headers, outcome.text, outcome.status)
    const judged = { status: outcome.status, headers: outcome.headers, text: outcome.text, body }
    const flaws = operation === null ? [] : judgeAnswer(operation, judged, outgoing.accept)
    const answer: Answer = { operation, ...judged, body: knownPart(operation, judged.status, body), flaws, exchange }
    if (flaws.length > 0 && this.flawed.length < KEPT_FLAWED) this.flawed.push(answer)
    return { answer }
  }
}

const asItIs = (answer: Answer): Answer => answer

function noAnswer(exchange: Exchange, message: string): Violation {
  const name = exchange.operation ?? `${exchange.method} ${exchange.url}`
  const finding = { expected: `an answer to ${name}`, actual: message, pointer: null, exchanges: [exchange] }
  return new Violation(finding, true)
}

/** What the answers of an operation are, where they are no JSON alone. */
function acceptOf(id: OperationId | null): Record<string, string> {
  const operation: OperationEntry | undefined = id === null ? undefined : operations[id]
  return operation?.isStream === true ? { accept: 'application/octet-stream, application/json' } : {}
}
