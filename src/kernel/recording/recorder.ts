// What every recorder does, whatever it listens to: it decides what is kept of a call, numbers calls and gives them times,
// and puts them in order. Keys and cookies never pass it. Where lines go and what time it is are its owner's.
import type { RecordedExchange, RecordedMessage, RecordedSpan, RecordingHeader } from '../../generated/kit-schema.js'
import { fromBase64, toBase64 } from '../pairing.js'
import { realClock } from '../real-time.js'
import { redactQuery } from './secret-names.js'

/** Recordings count nanoseconds, everything else milliseconds. */
export const NS_PER_MS = 1e6

const MAX_TICK_MS = 5

/**
 * Milliseconds since 1970, with what a clock cuts off: two recorders of one machine must agree on which call came first.
 * It waits until the clock moves on, which takes a millisecond.
 */
export function exactNow({ now, stopwatch } = realClock): number {
  const [shown, began] = [now(), stopwatch()]
  // A clock that has been stopped shows the same for ever.
  while (now() === shown && stopwatch() - began < MAX_TICK_MS);
  return now()
}

/** The zero of a recording, which is now: what the clock shows, in milliseconds since 1970, and the nanoseconds since then. */
export function startTime() {
  const zero = exactNow()
  const began = realClock.stopwatch()
  return { zero, now: (): number => Math.round((realClock.stopwatch() - began) * NS_PER_MS) }
}

/** A whole recording. */
export interface Recording {
  readonly header: RecordingHeader
  /** In the order in which they began. */
  readonly exchanges: readonly RecordedExchange[]
}

export interface HeardRequest {
  readonly method: string
  /** As it was sent, with the base path and without the query. */
  readonly path: string
  /** Without `?`. */
  readonly query?: string | undefined
  /** By names in small letters. Only those that say something of the request are kept, since anything may be a secret. */
  readonly headers: Readonly<Record<string, string>>
  /** As it was sent, compressed when `content-encoding` says so. */
  readonly body?: Uint8Array | string | undefined
  /** A name that stands for the caller's key; '' for a caller without one. */
  readonly user: string
  readonly workspace: string
  /** The connection that it came over, counted from 1, where that is known. */
  readonly connection?: number | undefined
}

export interface HeardAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | string
  readonly faults?: StruckFaults | undefined
}

/** Faults that the recorder put in the way of a call, by id. */
interface StruckFaults {
  readonly struck: readonly string[]
}

/** A call that has begun. Only its first end counts. */
export interface RecordedCall {
  readonly id: number
  /** The exchange as it stands now: without an end while it is under way. */
  readonly line: RecordedExchange
  /**
   * The whole answer has come.
   * @param at nanoseconds since the recording's zero. Default: now
   */
  answered(answer: HeardAnswer, at?: number): void
  /** There is no answer: the caller has hung up now, or what was answered has not reached it. */
  lost(faults?: StruckFaults): void
}

export interface RecorderOptions {
  /** Nanoseconds since the recording's zero. What it says may repeat itself; times of calls never do. */
  readonly now: () => number
  /** Takes the lines, the header first, as they are final. */
  readonly write: (line: RecordingHeader | RecordedExchange) => void
  /** For how long, in nanoseconds, an answer may turn out to be lost. Default 0. */
  readonly graceNs?: number | undefined
  /** Keeps activation keys, which a replay needs. Default false: as many zeros stand for one. */
  readonly keepKeys?: boolean | undefined
  /** When the recorder and its clients could not keep up, in nanoseconds, as far as it was not asked before. Default: never. */
  readonly standstills?: (() => readonly RecordedSpan[]) | undefined
  /** Unpacks a body that may hold an activation key, or throws. Default: nothing is kept of one that is packed. */
  readonly gunzip?: ((bytes: Uint8Array) => Uint8Array) | undefined
}

/** Who calls, by the headers of requests alone: each key gets a name, in the order in which keys are met. */
export function createCallerNames(): (headers: HeardRequest['headers']) => Pick<HeardRequest, 'user' | 'workspace'> {
  const names = new Map<string, string>()
  return (headers) => {
    const key = (headers['authorization'] ?? '').trim()
    if (key !== '' && !names.has(key)) names.set(key, `key-${names.size + 1}`)
    return { user: names.get(key) ?? '', workspace: headers['comet-workspace']?.trim() || 'default' }
  }
}

/** The number of a connection, by its socket: counted from 1 in the order in which they are asked about. */
export function createConnectionNumbers(): (socket: object) => number {
  const numbers = new WeakMap<object, number>()
  let count = 0
  return (socket) => {
    const number = numbers.get(socket) ?? ++count
    numbers.set(socket, number)
    return number
  }
}

interface OpenLine {
  line: RecordedExchange
  /** undefined while the call is under way. */
  endedAt?: number
}

/** Lines that wait for an earlier call at most; further ones are written before it. */
const MAX_WAITING = 5000

/**
 * Makes a recording of calls as they begin and end. Lines are written in the order in which calls began, for which those
 * behind a call that is under way wait, up to 5000 of them; `readRecording` puts the rest in order.
 */
export class Recorder {
  private readonly options: RecorderOptions
  private readonly open: OpenLine[] = []
  private count = 0
  private last = 0

  /** Writes the header. */
  constructor(header: RecordingHeader, options: RecorderOptions) {
    this.options = options
    options.write(header)
  }

  begin(request: HeardRequest): RecordedCall {
    const at = this.now()
    this.flush(at)
    const id = ++this.count
    const line = { id, at_start_ns: at, at_end_ns: at, ...keptCall(request, this.options), ...this.standstills() }
    const open: OpenLine = { line }
    this.open.push(open)
    return {
      id,
      get line() {
        return open.line
      },
      answered: (answer, at) => this.end(open, (line) => ({ ...line, ...keptAnswer(answer) }), at),
      lost: (faults) => this.lose(open, faults),
    }
  }

  /** The calls that are not yet written, as they stand now: without an answer those that are under way. */
  pending(): readonly RecordedExchange[] {
    const at = this.now()
    return this.open.map(({ line, endedAt }) => (endedAt === undefined ? withoutAnswer(line, at) : line))
  }

  close(): void {
    const last = this.open.at(-1)
    if (last !== undefined) last.line = { ...last.line, ...this.standstills(last.line.standstills) }
    for (const line of this.pending()) this.options.write(line)
    this.open.length = 0
  }

  private end(open: OpenLine, finish: (line: RecordedExchange) => RecordedExchange, at = this.now()): void {
    if (open.endedAt !== undefined) return
    open.endedAt = Math.max(open.line.at_start_ns, at)
    open.line = finish({ ...open.line, at_end_ns: open.endedAt })
    this.flush(open.endedAt)
  }

  private standstills(before: readonly RecordedSpan[] = []): Pick<RecordedExchange, 'standstills'> {
    const standstills = [...before, ...(this.options.standstills?.() ?? [])]
    return standstills.length === 0 ? {} : { standstills }
  }

  private lose(open: OpenLine, faults?: StruckFaults): void {
    open.line = { ...open.line, ...keptFaults(faults) }
    if (open.endedAt === undefined) this.end(open, (line) => withoutAnswer(line, line.at_end_ns))
    else open.line = withoutAnswer(open.line, open.endedAt)
  }

  /** Later than whatever was noted before: what came first is known where the clock stands still, too. */
  private now(): number {
    this.last = Math.max(this.last + 1, this.options.now())
    return this.last
  }

  private flush(at: number): void {
    const { graceNs = 0, write } = this.options
    const first = this.open.findIndex(({ endedAt = Infinity }) => endedAt + graceNs > at)
    const final = this.open.splice(0, first === -1 ? this.open.length : first)
    if (this.open.length > MAX_WAITING) {
      const ended = this.open.findIndex(({ endedAt }) => endedAt !== undefined)
      if (ended !== -1) final.push(...this.open.splice(ended, 1))
    }
    for (const { line } of final) write(line)
  }
}

/** A recorder that keeps its lines, and the recording so far: of calls that are under way without their answers. */
export function recordInMemory(header: RecordingHeader, options: Omit<RecorderOptions, 'write'>) {
  const written: RecordedExchange[] = []
  const recorder = new Recorder(header, { ...options, write: (line) => void ('id' in line && written.push(line)) })
  const recording = (): Recording => ({
    header,
    exchanges: [...written, ...recorder.pending()].toSorted((a, b) => a.id - b.id),
  })
  return { recorder, recording }
}

function withoutAnswer(line: RecordedExchange, at: number): RecordedExchange {
  const { status: _status, response: _response, ...asked } = line
  return { ...asked, at_end_ns: at, aborted: true }
}

/** Headers that say something of a request, and of an answer. */
const OF_REQUESTS = ['accept', 'content-type', 'content-encoding', 'content-length']
const OF_ANSWERS = ['content-type', 'content-encoding', 'location', 'allow', 'retry-after']

function pick(headers: HeardRequest['headers'], names: readonly string[]): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const name of names) if (headers[name]) kept[name] = headers[name]
  return kept
}

/** What of a call is kept, whose times are told elsewhere. */
export function keptCall(
  request: HeardRequest,
  options: Pick<RecorderOptions, 'keepKeys' | 'gunzip'>,
): Omit<RecordedExchange, 'id' | 'at_start_ns' | 'at_end_ns'> {
  const { method, path, query = '', connection } = request
  return {
    ...(connection === undefined ? {} : { connection }),
    ...{ method, path, ...(query === '' ? {} : { query: redactQuery(query) }) },
    request: keptRequest(request, options),
  }
}

export function keptAnswer(answer: HeardAnswer): Pick<RecordedExchange, 'status' | 'response' | 'faults'> {
  const { status, headers, body, faults } = answer
  return { status, response: { headers: pick(headers, OF_ANSWERS), ...bodyOf(body) }, ...keptFaults(faults) }
}

function keptFaults(faults: StruckFaults | undefined): Pick<RecordedExchange, 'faults'> {
  return faults === undefined ? {} : { faults: faults.struck }
}

/** No key but an activation's, and that when it is asked for. */
function keptRequest(
  request: HeardRequest,
  { keepKeys = false, gunzip }: Pick<RecorderOptions, 'keepKeys' | 'gunzip'>,
): RecordedMessage {
  const { headers: sent, body, path, user, workspace } = request
  const headers = {
    ...(user === '' ? {} : { authorization: user }),
    ...{ 'comet-workspace': workspace, ...pick(sent, OF_REQUESTS) },
  }
  if (body === undefined || body.length === 0) return { headers }
  if (keepKeys) return { headers, ...bodyOf(body) }
  if (!MAY_HOLD_KEY.test(plain(path))) return { headers, ...withoutStrayKey(bodyOf(body)) }
  const { 'content-encoding': encoding, 'content-length': _length, ...rest }: Record<string, string> = headers
  return { headers: rest, body: withoutKey(body, encoding, gunzip) }
}

const MAY_HOLD_KEY = /\/pairing\/sessions\/*$/i

function plain(path: string): string {
  try {
    return decodeURIComponent(path.replaceAll(/;[^/]*/g, ''))
  } catch {
    return path
  }
}

function bodyOf(body: Uint8Array | string): Pick<RecordedMessage, 'body' | 'base64'> {
  if (body.length === 0) return {}
  if (typeof body === 'string') return { body }
  try {
    return { body: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body) }
  } catch {
    return { body: toBase64(body), base64: true }
  }
}

/** The bytes of a body as they were sent; undefined for none. */
export function bytesOf({ body, base64 }: RecordedMessage): Uint8Array | undefined {
  if (body === undefined) return undefined
  return base64 === true ? fromBase64(body) : new TextEncoder().encode(body)
}

/** Of a key that was sent to a wrong place, or as no JSON, only the length is kept. */
function withoutStrayKey(kept: Pick<RecordedMessage, 'body' | 'base64'>): Pick<RecordedMessage, 'body' | 'base64'> {
  const { body, base64 } = kept
  if (base64 === true || body?.includes('activation_key') !== true) return kept
  return { body: body.replaceAll(STRAY_KEY, (_, before: string, key: string) => before + 'A'.repeat(key.length)) }
}

const STRAY_KEY = /(activation_key["']?\s*[:=]\s*["']?)([\w+/=%-]+)/g

/** A body whose activation key is zeros; nothing of a body that cannot be read, and may hold one. */
function withoutKey(
  body: Uint8Array | string,
  encoding: string | undefined,
  gunzip: RecorderOptions['gunzip'],
): string {
  try {
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
    const unpacked = encoding?.trim().toLowerCase() === 'gzip' ? gunzip?.(bytes) : bytes
    const value: unknown = JSON.parse(new TextDecoder().decode(unpacked))
    return JSON.stringify(value, (name, member: unknown) => (name === 'activation_key' ? zeros(member) : member))
  } catch {
    return '?'
  }
}

/** As long as the key, since a key of another length is refused. */
function zeros(key: unknown): unknown {
  if (typeof key !== 'string') return key
  return toBase64(new Uint8Array(fromBase64(key)?.length ?? 0))
}
