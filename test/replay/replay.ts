// Replays a recording: every request in its turn and at its time, with the mock's ids and proofs in it, every answer
// held against the recorded one when that had come.
import { gunzipSync, gzipSync } from 'node:zlib'
import { fromBase64, signActivation, verifyActivation } from '../../src/kernel/pairing.js'
import type { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { compareAnswer, IdMap } from './compare.js'
import type { Flaw } from './flaws.js'
import { resolveSettings, type Settings } from '../../src/mocks/base/settings.js'
import { bytesOf, plainTextOf, type RecordedExchange, type Recording, type RecordingHeader } from './recording.js'
import { createDirectTarget, createServedTarget, type Answer, type OpenCall, type Target } from './target.js'

/** How to replay. */
export interface ReplayOptions {
  /** Further options of the mock. Default: none. */
  mock?: Parameters<typeof createRunnerMock>[0]
  /** Ask over HTTP instead of `handle`. Default false. */
  isServed?: boolean
  /** Milliseconds before the recording's begin at which the reaper has run last. Default 0. */
  reaperPhaseMs?: number
}

/** An exchange that went otherwise. */
export interface Difference extends Flaw {
  exchange: RecordedExchange
}

/** A difference in one line. */
export function describeDifference({ exchange, where, expected, actual }: Difference): string {
  const { id, method, path, query = '' } = exchange
  return `#${id} ${method} ${path}?${query}: ${where} expected ${expected}, got ${actual}`
}

/** What the recordings say nothing true of: they come from stand-ins. */
const STAND_INS = /^\/v1\/private\/(projects|traces|spans|auth|workspaces)\b|^\/is-alive|^\/v1\/session/
/** Requests that may wait for something to happen. */
const WAITING = /\/jobs\/next\/?$|\/commands\/next\/?$|[?&]wait=true/i
/** An answer that came this much before the recorded one did not wait for what that waited for. */
const EARLY_MS = 700
const NS_PER_MS = 1e6

/** Phases of the reaper, in parts of its interval, that are tried where it matters. */
const PHASES = [0, 0.2, 0.4, 0.6, 0.8]
/** A reaper that comes no more often than this does nothing in a recording. */
const SELDOM_SECONDS = 30

/**
 * Replays a recording, again for several phases of the reaper where it comes often: nobody knows at which moments it
 * ran. What went otherwise at the phase that explains most.
 */
export async function replayAtAnyPhase(recording: Recording, options: ReplayOptions = {}): Promise<Difference[]> {
  const { reaper_interval_seconds: interval } = settingsOf(recording.header)
  let fewest: Difference[] | undefined
  for (const phase of interval < SELDOM_SECONDS ? PHASES : [0]) {
    const found = await replay(recording, { ...options, reaperPhaseMs: phase * interval * 1000 })
    if (fewest === undefined || found.length < fewest.length) fewest = found
    if (fewest.length === 0) break
  }
  return fewest ?? []
}

/** Replays a recording to a fresh mock; what went otherwise, in order. */
export async function replay(recording: Recording, options: ReplayOptions = {}): Promise<Difference[]> {
  const { header, exchanges } = recording
  const { auth, base_path } = header
  const begin = timeOf(header, exchanges[0]?.at_start_ns ?? 0)
  const mockOptions = {
    ...{
      auth: auth?.mode === 'keys' ? auth.identities : ('local' as const),
      settings: settingsOf(header),
      frozen: true,
      journalSize: 1,
    },
    ...options.mock,
    now: begin - (options.reaperPhaseMs ?? 0),
  }
  const target = await (options.isServed === true
    ? createServedTarget(mockOptions, base_path)
    : createDirectTarget(mockOptions, base_path))
  try {
    return await new Replay(target, header).run(exchanges)
  } finally {
    await target.close()
  }
}

function settingsOf({ settings }: RecordingHeader): Settings {
  return {
    ...resolveSettings(),
    ...Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
  }
}

function timeOf({ wall_clock_ms_at_zero = 0 }: RecordingHeader, ns: number): number {
  return Math.floor(wall_clock_ms_at_zero + ns / NS_PER_MS)
}

interface Turn {
  ns: number
  isStart: boolean
  exchange: RecordedExchange
}

class Replay {
  private readonly differences: Difference[] = []
  private readonly ids = new IdMap()
  private readonly open = new Map<RecordedExchange, OpenCall>()
  /** Activation keys by the recording's ids of sessions. */
  private readonly keys = new Map<string, Uint8Array>()
  private readonly target: Target
  private readonly header: RecordingHeader

  constructor(target: Target, header: RecordingHeader) {
    this.target = target
    this.header = header
  }

  async run(exchanges: readonly RecordedExchange[]): Promise<Difference[]> {
    const turns = exchanges.map(withPlainAnswer).flatMap((exchange): Turn[] => [
      { ns: exchange.at_start_ns, isStart: true, exchange },
      { ns: exchange.at_end_ns, isStart: false, exchange },
    ])
    for (const { ns, isStart, exchange } of turns.toSorted((a, b) => a.ns - b.ns)) {
      await this.moveTo(timeOf(this.header, ns))
      await (isStart ? this.start(exchange) : this.end(exchange))
    }
    return this.differences.toSorted((a, b) => a.exchange.id - b.exchange.id)
  }

  private async moveTo(ms: number): Promise<void> {
    const { clock } = this.target.mock
    if (ms > clock.now()) await clock.set(ms)
  }

  private async start(exchange: RecordedExchange): Promise<void> {
    const { method, path, query, request } = exchange
    const url = this.ids.translate(query === undefined ? path : `${path}?${query}`)
    const { 'content-length': _length, 'transfer-encoding': _coding, ...headers } = request.headers
    const call = this.target.send({ method, url, headers, body: await this.bodyFor(exchange) })
    this.open.set(exchange, call)
    await (WAITING.test(url) ? call.arrived : call.answer)
  }

  private async end(exchange: RecordedExchange): Promise<void> {
    const call = this.open.get(exchange)
    if (call === undefined) return
    const answer = exchange.aborted === true ? undefined : await Promise.race([call.answer, turnsOfTheLoop()])
    if (answer !== undefined) this.judge(exchange, answer)
    else {
      call.hangUp()
      // A server that does not notice answers at the end of the poll's own time.
      await Promise.race([call.answer, turnsOfTheLoop()])
      if (exchange.aborted !== true) {
        this.note(exchange, { where: 'late', expected: show(exchange), actual: 'no answer yet' })
      }
    }
  }

  private judge(exchange: RecordedExchange, answer: Answer): void {
    this.learn(exchange, answer)
    if (this.isOfStandIn(exchange)) return
    for (const flaw of compareAnswer(exchange, answer, this.ids)) this.note(exchange, flaw)
    const waited = timeOf(this.header, exchange.at_end_ns) - answer.at
    if (waited > EARLY_MS && WAITING.test(`${exchange.path}?${exchange.query}`))
      this.note(exchange, { where: 'early', expected: show(exchange), actual: `${waited} ms before` })
  }

  private note(exchange: RecordedExchange, flaw: Flaw): void {
    this.differences.push({ ...flaw, exchange })
  }

  private isOfStandIn({ path, status }: RecordedExchange): boolean {
    return status === 401 || status === 403 || STAND_INS.test(path.slice(this.header.base_path.length))
  }

  /** Takes over the ids of what was made. */
  private learn({ request, status, response }: RecordedExchange, answer: Answer): void {
    if (status !== 201 || answer.status !== 201) return
    this.ids.learn(lastSegment(response?.headers['location']), lastSegment(answer.headers['location']))
    const [recorded, theirs] = [readObject(response?.body), readObject(answer.body)]
    for (const field of ['session_id', 'runner_id', 'command_id']) this.ids.learn(recorded[field], theirs[field])
    const key = readObject(request.body)['activation_key']
    const bytes = key === undefined ? undefined : fromBase64(key)
    if (recorded['session_id'] !== undefined && bytes !== undefined) this.keys.set(recorded['session_id'], bytes)
  }

  /** The body with the mock's ids in it, and a right proof made anew for the mock's session. */
  private async bodyFor(exchange: RecordedExchange): Promise<Buffer | undefined> {
    const { path, request } = exchange
    const sent = bytesOf(request)
    const bytes = sent === undefined ? undefined : Buffer.from(sent)
    if (bytes === undefined) return request.headers['content-length'] === '0' ? Buffer.alloc(0) : undefined
    if (request.headers['content-encoding'] === 'gzip') return this.repack(bytes)
    if (request.base64 === true) return bytes
    const [, sessionId] = /\/sessions\/([^/]+)\/activate/.exec(path) ?? []
    const text = request.body ?? ''
    const isRight = exchange.status !== 403
    return Buffer.from(
      this.ids.translate(sessionId === undefined ? text : await this.signAnew(text, sessionId, isRight)),
    )
  }

  private repack(bytes: Buffer): Buffer {
    let text: string
    try {
      text = gunzipSync(bytes).toString('utf8')
    } catch {
      return bytes
    }
    return gzipSync(this.ids.translate(text))
  }

  private async signAnew(text: string, recordedId: string, wasRight: boolean): Promise<string> {
    const session = recordedId.toLowerCase()
    const key = this.keys.get(session)
    const { hmac, runner_name: name } = readObject(text)
    if (key === undefined || hmac === undefined || name === undefined) return text
    const standard = hmac.replaceAll('-', '+').replaceAll('_', '/')
    // Zeros stand for a key that was not kept; what the server said tells whether the proof was right.
    const isRight = key.every((byte) => byte === 0) ? wasRight : await verifyActivation(key, session, name, standard)
    if (!isRight) return text
    const fresh = await signActivation(key, this.ids.get(session), name)
    const padded = hmac.endsWith('=') ? fresh : fresh.replace(/=+$/, '')
    const spelled = standard === hmac ? padded : padded.replaceAll('+', '-').replaceAll('/', '_')
    return text.replace(hmac, spelled)
  }
}

/** Answers that were asked for through a proxy are packed. */
function withPlainAnswer(exchange: RecordedExchange): RecordedExchange {
  const { 'content-encoding': encoding, ...headers } = exchange.response?.headers ?? {}
  return encoding === undefined
    ? exchange
    : { ...exchange, response: { headers, body: plainTextOf(exchange.response) } }
}

/** Lets what has just been woken come to its end. */
async function turnsOfTheLoop(): Promise<undefined> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
  return undefined
}

function lastSegment(location: string | undefined): string | undefined {
  return location?.slice(location.lastIndexOf('/') + 1)
}

/** The texts in a JSON object, none for anything else. */
function readObject(text: string | undefined): Partial<Record<string, string>> {
  try {
    const value: unknown = JSON.parse(text ?? '')
    if (typeof value !== 'object' || value === null) return {}
    return Object.fromEntries(Object.entries(value).filter(([, member]) => typeof member === 'string'))
  } catch {
    return {}
  }
}

function show({ status, response }: RecordedExchange): string {
  return `${status} ${response?.body?.slice(0, 160) ?? ''}`
}
