/**
 * Traffic that is judged as it passes: calls that a relay tells become exchanges of a recording, for the judge at once and
 * for a file when there is one. Keys and cookies stop here.
 */
import {
  createJudge,
  type JudgedCounts,
  type Judgement,
  type RecordedExchange,
  type RecordingHeader,
  type Verdict,
} from '../../contracts/watch/judge-recording.js'
import { createRealTime } from '../../contracts/target/transport.js'
import { gunzipKeyBody } from '../../contracts/target/transport.js'
import { keepNewest } from '../../conduct/conduct-trace.js'
import { matchOperation } from '../../kernel/all-operations.js'
import { createCallerNames, Recorder, type RecorderOptions } from '../../kernel/recording/recorder.js'
import type { PassedAnswer, PassedRequest, PassingCall, RelayListener } from './relay.js'

export interface LiveTrafficOptions {
  readonly header: RecordingHeader
  /** What may stand before the API's paths, the longest first; it is not kept. */
  readonly bases: readonly string[]
  readonly startsEmpty: boolean
  readonly sides: readonly Verdict['side'][]
  /** Takes everyone in a workspace for one user. */
  readonly oneUser: boolean
  readonly write: RecorderOptions['write']
  readonly keepKeys: boolean
  readonly tell: (verdict: Verdict) => void
  readonly looked: (counts: JudgedCounts) => void
}

/** How often it is looked what has been proved, in milliseconds. */
const LOOK_MS = 50
const NS_PER_MS = 1e6
/** Exchanges that a story may still speak of; older ones are told by their numbers. */
const MAX_REMEMBERED = 50_000

export type RememberedExchange = Omit<RecordedExchange, 'request' | 'response'>

export class LiveTraffic implements RelayListener {
  readonly byId = new Map<number, RememberedExchange>()
  private readonly options: LiveTrafficOptions
  private readonly judge: ReturnType<typeof createJudge>
  private readonly recorder: Recorder
  private told = 0
  private readonly time = createRealTime()
  private readonly zero = this.time.stopwatch()
  private readonly over = new AbortController()
  private readonly nameOf = createCallerNames()

  /** @throws KitError `target/limits` for settings that are none */
  constructor(options: LiveTrafficOptions) {
    const { header, startsEmpty, sides, write, keepKeys } = options
    this.options = options
    this.judge = createJudge(header, { startsEmpty, sides })
    this.recorder = new Recorder(header, { now: () => this.now(), write, keepKeys, gunzip: gunzipKeyBody })
    void this.lookOn()
  }

  wants(method: string, url: string): boolean {
    return this.placeOf(method, url) !== undefined
  }

  begin({ method, url, headers, body, connection }: PassedRequest): PassingCall {
    const { path = url, query } = this.placeOf(method, url) ?? {}
    const { user, workspace } = this.nameOf(headers)
    // Mark bodies that were not captured, so that they are not mistaken for empty ones.
    const asked = { method, path, query, headers, body: body ?? '?', workspace, connection }
    const call = this.recorder.begin({ ...asked, user: this.options.oneUser ? '' : user })
    const open = this.judge.begin(call.line)
    const end = (): void => {
      this.judge.end(open, call.line)
      this.remember(call.line)
    }
    return {
      answered: (answer) => {
        if (isFarewell(answer)) call.lost()
        else call.answered(answer)
        end()
      },
      lost: () => {
        call.lost()
        end()
      },
    }
  }

  /** Judges the rest, and tells it. Nothing is heard after it. */
  finish(): Judgement {
    this.over.abort()
    this.look()
    const judgement = this.judge.finish()
    for (const verdict of judgement.verdicts.slice(this.told)) this.options.tell(verdict)
    this.recorder.close()
    return judgement
  }

  private async lookOn(): Promise<void> {
    const { signal } = this.over
    for (;;) {
      await this.time.sleep(LOOK_MS, signal)
      if (signal.aborted) return
      this.look()
      this.options.looked(this.judge.counts)
    }
  }

  private look(): void {
    for (const verdict of this.judge.passTo(this.now())) {
      this.told++
      this.options.tell(verdict)
    }
  }

  private remember({ request: _request, response: _response, ...exchange }: RecordedExchange): void {
    this.byId.set(exchange.id, exchange)
    keepNewest(this.byId, MAX_REMEMBERED)
  }

  private placeOf(method: string, url: string): { path: string; query: string } | undefined {
    const [whole = '', ...rest] = url.split('?')
    const base = this.options.bases.find(
      (each) => whole.startsWith(`${each}/`) && matchOperation(method, whole.slice(each.length)).kind === 'operation',
    )
    return base === undefined ? undefined : { path: whole.slice(base.length), query: rest.join('?') }
  }

  private now(): number {
    return Math.round((this.time.stopwatch() - this.zero) * NS_PER_MS)
  }
}

/** Polls end before their time when their server is stopped, which then closes their connections, too. */
function isFarewell({ headers, body }: PassedAnswer): boolean {
  if (!/\bclose\b/i.test(headers['connection'] ?? '') || body.length > MAX_FAREWELL) return false
  return /^\s*(?:null|\{\s*"commands"\s*:\s*\[\s*\]\s*\})\s*$/.test(new TextDecoder().decode(body))
}

const MAX_FAREWELL = 100
