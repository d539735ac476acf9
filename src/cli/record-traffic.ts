/**
 * `serve --recording-out`: keeps what a mock is asked and answers as a recording, for `watch`. Times are those of the
 * mock's clock, so that time which is skipped has passed. API keys and cookies are never in it.
 */
import { createWriteStream, ftruncateSync, openSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { createGzip, gunzipSync } from 'node:zlib'
import { matchOperation } from '../kernel/all-operations.js'
import { KitError } from '../kernel/errors.js'
import { fromBase64, toBase64 } from '../kernel/pairing.js'
import type { RecordedExchange, RecordedMessage, RecordingHeader } from '../kernel/recording/recording.js'
import { version } from '../kernel/version.js'
import { headerOf, headersOf, type Exchange, type Reply } from '../mocks/base/exchange.js'
import type { Identity } from '../mocks/base/identity.js'
import { redactQuery } from '../mocks/base/redact.js'
import { isRefusal } from '../mocks/base/refusal.js'
import { perhaps } from '../mocks/base/words.js'
import { unwatched, type ConductContext, type WatchConduct } from '../mocks/conduct/watching-conduct.js'
import type { Handle } from '../mocks/engine/engine.js'
import { splitUrl } from '../mocks/engine/split-url.js'

/** How traffic is kept. */
export interface RecorderOptions {
  /** Keeps activation keys, which a replay needs. Default false: as many zeros stand for one. */
  keepKeys?: boolean | undefined
  /** Told, once, when the recording ends before its time. */
  tell: (trouble: string) => void
}

/** An exchange that has begun. */
interface OpenExchange {
  readonly line: RecordedExchange
  /** undefined while it is under way. */
  end?: { readonly at: number; readonly reply: Reply; readonly isLost: () => boolean }
}

const NS_PER_MS = 1e6
/** For so long an answer may turn out not to have reached its caller. */
const GRACE_NS = 2000 * NS_PER_MS

/**
 * Keeps the traffic of one mock in a file, from `start` to `close`. Lines stand in the order in which exchanges began, so
 * that behind a long poll they wait in memory.
 */
export class TrafficRecorder {
  private readonly file: string
  private readonly options: RecorderOptions
  private readonly handle: number
  /** Where lines go, and the file behind it. */
  private readonly output: Writable
  private readonly sink: Writable
  private context: ConductContext | undefined
  private isOn = false
  private count = 0
  private zero = 0
  private last = 0
  private readonly open: OpenExchange[] = []

  /** @throws KitError `recording/file` for a file that cannot be written */
  constructor(file: string, options: RecorderOptions) {
    this.file = file
    this.options = options
    this.handle = openFile(file)
    this.sink = createWriteStream(file, { fd: this.handle })
    const gzip = file.endsWith('.gz') ? createGzip() : undefined
    gzip?.pipe(this.sink)
    this.output = gzip ?? this.sink
    this.sink.on('error', (error) => this.stop(`${file} cannot be written: ${error.message}`))
  }

  /** The option `conduct` of the mock that is recorded; `inner` grades it beside. */
  watching(inner: WatchConduct = () => unwatched): WatchConduct {
    return (context) => {
      this.context = context
      const grading = inner(context)
      return {
        watch: (handle, isOwners) => this.record(grading.watch(handle, isOwners)),
        clear: () => {
          grading.clear()
          this.stop('the mock was reset')
        },
        report: (asked) => grading.report(asked),
        record: (asked) => grading.record(asked),
      }
    }
  }

  /** Begins, once what the mock starts with is there. */
  start(): void {
    if (this.context === undefined) return
    const { clock, settings } = this.context
    this.zero = clock.now()
    this.isOn = true
    ftruncateSync(this.handle)
    const header: RecordingHeader = {
      ...{ format: 'opik-runner-recording/1', server: `opik-runner-kit ${version}`, settings: { ...settings } },
      ...{ base_path: '', wall_clock_ms_at_zero: this.zero },
    }
    this.write(header)
  }

  /** Writes the rest. What is still under way counts as hung up. */
  async close(): Promise<void> {
    this.isOn = false
    this.flush(Infinity)
    this.output.end()
    await finished(this.sink).catch(() => undefined)
  }

  private stop(why: string): void {
    if (!this.isOn) return
    this.isOn = false
    this.flush(Infinity)
    this.options.tell(`The recording ${this.file} ends here: ${why}.`)
  }

  private record(handle: Handle): Handle {
    return (exchange) => {
      if (!this.isOn) return handle(exchange)
      const begun = this.begin(exchange)
      const reply = handle(exchange)
      if (begun === undefined) return reply
      return reply instanceof Promise
        ? reply.then((late) => this.end(begun, exchange, late, true))
        : this.end(begun, exchange, reply, false)
    }
  }

  /** undefined for what concerns nobody: a request beside the API, and a caller who is refused. */
  private begin(exchange: Exchange): OpenExchange | undefined {
    const caller = this.context?.authenticate(exchange.headers ?? {})
    if (caller === undefined || isRefusal(caller) || exchange.misplaced !== undefined) return undefined
    const { path, query } = splitUrl(exchange)
    const at = this.now()
    this.flush(at - GRACE_NS)
    const line: RecordedExchange = {
      ...{ id: ++this.count, at_start_ns: at, at_end_ns: at, method: exchange.method, path },
      ...perhaps('query', query === '' ? undefined : redactQuery(query)),
      request: requestOf(exchange, path, caller, this.options.keepKeys === true),
    }
    const begun: OpenExchange = { line }
    this.open.push(begun)
    return begun
  }

  private end(begun: OpenExchange, exchange: Exchange, reply: Reply, hasWaited: boolean): Reply {
    const { delivery, connection } = reply
    // Only who waits can have hung up by now; later on, every answer's connection is through with it.
    let isLost = connection !== undefined || (hasWaited && exchange.signal?.aborted === true)
    begun.end = { at: this.now(), reply, isLost: () => isLost }
    if (delivery === undefined) return reply
    const failed = (): void => {
      isLost = true
      delivery.failed()
    }
    return Object.assign(reply, { delivery: { failed } })
  }

  /** Later than whatever was noted before, so that order is kept within a millisecond, too. */
  private now(): number {
    const elapsed = ((this.context?.clock.now() ?? 0) - this.zero) * NS_PER_MS
    this.last = Math.max(this.last + 1, elapsed)
    return this.last
  }

  /** Writes what has ended until then, and nothing that began after what has not. */
  private flush(until: number): void {
    while (this.open.length > 0) {
      const [{ line, end } = {}] = this.open
      if (line === undefined || (until !== Infinity && (end?.at ?? Infinity) > until)) return
      this.open.shift()
      const ended = { ...line, at_end_ns: end?.at ?? this.now() }
      if (end === undefined || end.isLost()) this.write({ ...ended, aborted: true })
      else this.write({ ...ended, status: end.reply.status, response: responseOf(end.reply) })
    }
  }

  private write(line: RecordingHeader | RecordedExchange): void {
    this.output.write(`${JSON.stringify(line)}\n`)
  }
}

function openFile(file: string): number {
  try {
    // What it holds stays until there is something to put in its place. It may hold keys, so it is for its owner.
    return openSync(file, 'a', 0o600)
  } catch (error) {
    throw new KitError(
      'recording/file',
      {
        failed: `The recording ${file} cannot be written.`,
        value: error instanceof Error && 'code' in error ? String(error.code) : String(error),
        fix: 'Give --recording-out a file in a folder that is there.',
      },
      { cause: error },
    )
  }
}

/** Headers that say something of a request; no others are kept, since anything may be a secret. */
const KEPT = ['accept', 'content-type', 'content-encoding', 'content-length']

function requestOf(
  exchange: Exchange,
  path: string,
  { user, workspace }: Identity,
  keepsKeys: boolean,
): RecordedMessage {
  const { method, headers: sent = {}, body } = exchange
  const headers: Record<string, string> = { authorization: user, 'comet-workspace': workspace }
  for (const name of KEPT) if (headerOf(sent, name) !== '') headers[name] = headerOf(sent, name)
  if (body === undefined || body.length === 0) return { headers }
  const match = matchOperation(method, path)
  const hasKey = match.kind === 'operation' && match.operation.id === 'createPairingSession'
  if (!hasKey || keepsKeys) return { headers, ...bodyOf(body) }
  const { 'content-encoding': encoding, 'content-length': _length, ...rest } = headers
  return { headers: rest, body: withoutKey(body, encoding) }
}

function bodyOf(body: Uint8Array | string): Pick<RecordedMessage, 'body' | 'base64'> {
  if (typeof body === 'string') return { body }
  try {
    return { body: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body) }
  } catch {
    return { body: toBase64(body), base64: true }
  }
}

/** A body whose activation key is zeros; nothing of a body that cannot be read, and may hold one. */
function withoutKey(body: Uint8Array | string, encoding: string | undefined): string {
  try {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    const value: unknown = JSON.parse(new TextDecoder().decode(encoding === 'gzip' ? gunzipSync(bytes) : bytes))
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

const SECRET = ['set-cookie', 'x-admin-token', 'authorization']

function responseOf({ headers, body }: Reply): RecordedMessage {
  const kept = Object.entries(headersOf(headers)).filter(([name]) => !SECRET.includes(name.toLowerCase()))
  return { headers: Object.fromEntries(kept.map(([name, value]) => [name.toLowerCase(), value])), ...bodyOf(body) }
}
