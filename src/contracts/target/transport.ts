/**
 * Sends one HTTP request and says what came of it, as data: an answer, or why there was none. What it is
 * told goes out as it is, malformed requests included; nothing here knows the API.
 */
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { buildConnector, Client, errors, type Dispatcher } from 'undici'
import { Stop, type StopSignal } from '../../kernel/clock.js'
import { afterRealTime } from '../../kernel/real-time.js'
import { codeOf } from '../../kernel/errors.js'
import { TooLongError } from '../../kernel/recording/unpack.js'
import { MAX_BODY_BYTES, unpackBody } from './unpack-body.js'

/** A request as it goes out: only `Host`, `Connection` and the length of a body are added to its headers. */
export interface WireRequest {
  method: string
  /** Absolute URL, query included; its path is sent as it is written. */
  url: string
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>
  body?: string | Uint8Array | undefined
  /** The longest that it may wait at the target, for those who record it. */
  waitSeconds?: number | undefined
}

/** What came of a request. */
export type WireOutcome =
  | { kind: 'answer'; status: number; headers: Readonly<Record<string, string>>; text: string }
  | { kind: 'failure'; reason: FailureReason; message: string }

/**
 * Why there was no answer. `refused`: the connection was refused; `timeout`: none within the time allowed; `dropped`:
 * the connection ended first; `hung-up`: we ended it.
 */
type FailureReason = 'refused' | 'timeout' | 'dropped' | 'hung-up'

export interface Pending {
  /** Settles exactly once and never rejects. */
  readonly outcome: Promise<WireOutcome>
  /** Settles when it has gone out. Default: it has. */
  readonly sent?: Promise<unknown>
  /** Closes the connection; the outcome is then a failure `hung-up`, unless it was already known. */
  hangUp(): void
}

/** Sends requests over connections that it keeps open between them, as many at once as there are requests. */
export interface Transport {
  /**
   * @param timeoutMs how long to wait for the whole answer
   * @param isAlone whether it gets a new connection, which nothing before it can have ended
   * @throws TypeError for a method, path or header that HTTP/1.1 cannot carry
   */
  send(request: WireRequest, timeoutMs: number, isAlone?: boolean): Pending
  /** Closes all connections, those of requests under way too. */
  close(): void
}

/** Idle connections are closed well before usual servers close them, so that no request goes out on a dying one. */
const KEEP_IDLE_MS = 1500

const MAX_IDLE_CLIENTS = 64

/**
 * Creates a transport; `close` releases its connections.
 * @param connect makes a connection for each request, a Duplex of node:stream, where it is none to the host of the URL
 */
export function createTransport(connect?: () => unknown): Transport {
  const underWay = createUnderWay()
  const clients = new Set<Client>()
  /** Each has one connection, or one after the other. */
  const idle = new Map<string, Client[]>()
  const toHost = buildConnector({ timeout: 0 })
  const open = (origin: string): Client => {
    const client = new Client(origin, {
      // How long an answer may take is decided here.
      ...{ headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: KEEP_IDLE_MS, keepAliveMaxTimeout: KEEP_IDLE_MS },
      connect(options, callback) {
        const made = connect?.()
        if (made === undefined) toHost(options, callback)
        // The client does not expect it at once.
        else if (isSocket(made)) setImmediate(() => callback(null, made))
        else callback(new TypeError('A connection has to be a Duplex of node:stream.'), null)
      },
    })
    clients.add(client)
    return client
  }
  const drop = (client: Client): void => {
    clients.delete(client)
    void client.destroy()
  }
  return {
    send({ method, url, headers, body }, timeoutMs, isAlone = false) {
      const [origin = ''] = /^[^:]+:\/\/[^/?#]*/.exec(url) ?? []
      const path = url.slice(origin.length)
      const free = idle.get(origin) ?? []
      if (free.length === 0) idle.set(origin, free)
      const isKept = !isAlone && connect === undefined
      const client = (isKept ? free.pop() : undefined) ?? open(origin)
      const leave = (): void => {
        if (isKept && free.length < MAX_IDLE_CLIENTS) free.push(client)
        else drop(client)
      }
      const stop = new Stop()
      const { outcome, settle, end, hangUp } = underWay.begin(timeoutMs, () => stop.abort())
      const request = { method, path: path.startsWith('/') ? path : `/${path}`, headers, body: body ?? null }
      client.dispatch(request, hear(stop, settle, end, leave))
      return { outcome, hangUp }
    },
    close() {
      underWay.endAll()
      for (const client of clients) drop(client)
    },
  }
}

/** A Duplex has what is asked of a socket here. */
function isSocket(made: unknown): made is Socket {
  return made instanceof Duplex
}

const SLICE_MS = 1000

/**
 * Fires after `ms` in which this process has run. A machine that is busy with others may let it stand still for longer
 * than an answer may take, and the answer, which is there by then, would come too late: of such a stretch one second counts.
 * @returns what calls it off
 */
export function afterRunning(ms: number, fire: () => void, after = afterRealTime): () => void {
  const next = (left: number): (() => void) =>
    after(Math.min(left, SLICE_MS), () => {
      if (left > SLICE_MS) callOff = next(left - SLICE_MS)
      else fire()
    })
  let callOff = next(ms)
  return () => callOff()
}

type Settle = (outcome: WireOutcome) => void

/** Requests that have no outcome yet. */
export function createUnderWay() {
  const ends = new Set<Settle>()
  return {
    /** @param close closes the connection of a request that is ended from here; `settle` alone leaves it open */
    begin(timeoutMs: number, close: () => void) {
      let resolve: Settle = () => undefined
      const outcome = new Promise<WireOutcome>((resolver) => (resolve = resolver))
      const settle: Settle = (result) => {
        callOff()
        ends.delete(end)
        resolve(result)
      }
      const end: Settle = (result) => {
        settle(result)
        close()
      }
      const late = (): WireOutcome => failure('timeout', `No complete answer within ${timeoutMs / 1000} s.`)
      const callOff = afterRunning(timeoutMs, () => end(late()))
      ends.add(end)
      return { outcome, settle, end, hangUp: () => end(HUNG_UP) }
    },
    endAll() {
      for (const end of ends) end(HUNG_UP)
    },
  }
}

/**
 * Hears of the end of a request; what comes first counts.
 * @param leave is called when its connection is free again, or has ended
 */
function hear(stop: StopSignal, settle: Settle, end: Settle, leave: () => void): Dispatcher.DispatchHandler {
  let status = 0
  let headers: Record<string, string> = {}
  const chunks: Uint8Array[] = []
  let size = 0
  return {
    onRequestStart(controller) {
      const abort = (): void => controller.abort(new Error('It was ended here.'))
      if (stop.aborted) abort()
      else stop.addEventListener('abort', abort)
    },
    onResponseStart(_, code, given) {
      // Of several, the last is no mere information.
      status = code
      headers = {}
      for (const [name, value] of Object.entries(given)) if (value !== undefined) headers[name] = String(value)
    },
    onResponseData(_, chunk) {
      size += chunk.length
      if (size <= MAX_BODY_BYTES) chunks.push(chunk)
      else end(failure('dropped', `The body of the answer is longer than ${MAX_BODY_BYTES} bytes.`))
    },
    onResponseEnd() {
      leave()
      settle(toAnswer(status, headers, chunks))
    },
    onResponseError(_, error) {
      leave()
      end(toFailure(error))
      if (error instanceof errors.InvalidArgumentError) throw new TypeError(error.message, { cause: error })
    },
  }
}

const UTF_8 = new TextDecoder()
const NO_BYTES = new Uint8Array()

/** The outcome of a request that got an answer, its body as text whatever its encoding. */
export function toAnswer(
  status: number,
  headers: Readonly<Record<string, string>>,
  chunks: readonly Uint8Array[],
): WireOutcome {
  try {
    const [only = NO_BYTES, ...more] = chunks
    const bytes = more.length === 0 ? only : Buffer.concat(chunks)
    const encoding = headers['content-encoding']
    const text = UTF_8.decode(encoding === undefined ? bytes : unpackBody(bytes, encoding))
    return { kind: 'answer', status, headers, text }
  } catch (error) {
    const isTooLong = error instanceof TooLongError
    return failure(
      'dropped',
      isTooLong ? error.message : `The body of the answer is not ${headers['content-encoding']}.`,
    )
  }
}

const NOT_THERE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

/** Whether an error of a connection says that no server listens. */
export function isNobodyThere(error: Error): boolean {
  return NOT_THERE.has(codeOf(error) ?? '')
}

function toFailure(error: Error | undefined): WireOutcome {
  // Of a name with several addresses, each has a reason of its own.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined
  const message = (first instanceof Error ? first.message : error?.message) ?? ''
  if (error !== undefined && isNobodyThere(error)) return failure('refused', message)
  return failure('dropped', message === '' ? 'The connection ended before the answer was complete.' : message)
}

export function failure(reason: FailureReason, message: string): WireOutcome {
  return { kind: 'failure', reason, message }
}

const HUNG_UP = failure('hung-up', 'The caller closed the connection.')

/** Gives a place back; that of a request that may still wait at the target, once it surely waits no more. */
export type LeavePlace = (mayStillWait: boolean) => void

/** Takes a place for a request that may wait so many seconds; a promise where all are taken. */
export type PollGate = (seconds: number) => LeavePlace | Promise<LeavePlace>

/** Sends through a gate a request that may wait so many seconds; one that is hung up before is never sent. */
export function sendWaiting(send: () => Pending, seconds: number, enter: PollGate): Pending {
  const begin = (leave: LeavePlace): Pending => {
    const pending = send()
    void pending.outcome.then((outcome) => leave(outcome.kind === 'failure' && outcome.reason !== 'refused'))
    return pending
  }
  const place = enter(seconds)
  if (!(place instanceof Promise)) return begin(place)
  let sent: Pending | undefined
  let giveUp: (outcome: WireOutcome) => void = () => undefined
  const unsent = new Promise<WireOutcome>((resolve) => (giveUp = resolve))
  let isGivenUp = false
  const outcome = place.then((leave) => {
    if (isGivenUp) leave(false)
    else sent = begin(leave)
    return sent?.outcome ?? unsent
  })
  return {
    outcome: Promise.race([outcome, unsent]),
    sent: place,
    hangUp() {
      isGivenUp = true
      if (sent === undefined) giveUp(failure('hung-up', 'It was not sent any more.'))
      else sent.hangUp()
    },
  }
}
