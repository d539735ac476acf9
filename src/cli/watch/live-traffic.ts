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
import { createRealTime } from '../../contracts/target/real-time.js'
import { gunzipKeyBody } from '../../contracts/target/unpack-body.js'
import { keepNewest } from '../../conduct/conduct-trace.js'
import { matchOperation } from '../../kernel/all-operations.js'
import { createCallerNames, Recorder, type RecorderOptions } from '../../kernel/recording/recorder.js'
import type { PassedAnswer, RelayListener } from './relay.js'

export interface LiveTrafficOptions {
  readonly header: RecordingHeader
  /** Nanoseconds since the zero of the header. */
  readonly now: () => number
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

/** Milliseconds between two looks at what has been proved. */
const LOOK_MS = 50
/** Exchanges that a story may still speak of; older ones are told by their numbers. */
const MAX_REMEMBERED = 50_000

/** @throws KitError `target/limits` for invalid settings */
export function createLiveTraffic(options: LiveTrafficOptions) {
  const { header, now, bases, startsEmpty, sides, oneUser, write, keepKeys, tell, looked } = options
  const judge = createJudge(header, { startsEmpty, sides })
  const recorder = new Recorder(header, { now, write, keepKeys, gunzip: gunzipKeyBody })
  const nameOf = createCallerNames()
  const byId = new Map<number, Omit<RecordedExchange, 'request' | 'response'>>()
  const time = createRealTime()
  const over = new AbortController()
  let told = 0
  const look = (): void => {
    for (const verdict of judge.passTo(now())) {
      told++
      tell(verdict)
    }
  }
  const lookOn = async (): Promise<void> => {
    for (;;) {
      await time.sleep(LOOK_MS, over.signal)
      if (over.signal.aborted) return
      look()
      looked(judge.counts)
    }
  }
  void lookOn()
  const listener: RelayListener = (method, url) => {
    const [whole = '', ...rest] = url.split('?')
    const base = bases.find(
      (each) => whole.startsWith(`${each}/`) && matchOperation(method, whole.slice(each.length)).kind === 'operation',
    )
    if (base === undefined) return undefined
    const asked = { method, path: whole.slice(base.length), query: rest.join('?') }
    return ({ headers, body, connection }) => {
      const caller = { ...nameOf(headers), ...(oneUser && { user: '' }) }
      // Mark bodies that were not captured, so that they are not mistaken for empty ones.
      const call = recorder.begin({ ...asked, ...caller, headers, body: body ?? '?', connection })
      const open = judge.begin(call.line)
      return (answer) => {
        if (answer === undefined || isFarewell(answer)) call.lost()
        else call.answered(answer)
        judge.end(open, call.line)
        const { request: _request, response: _response, ...exchange } = call.line
        byId.set(exchange.id, exchange)
        keepNewest(byId, MAX_REMEMBERED)
      }
    }
  }
  return {
    listener,
    /** The exchanges that have ended, by their numbers. */
    byId,
    /** Judges the rest, and tells it. Nothing is heard after it. */
    finish(): Judgement {
      over.abort()
      look()
      const judgement = judge.finish()
      for (const verdict of judgement.verdicts.slice(told)) tell(verdict)
      recorder.close()
      return judgement
    },
  }
}

/** Polls end before their time when their server is stopped, which then closes their connections, too. */
function isFarewell({ headers, body }: PassedAnswer): boolean {
  if (!/\bclose\b/i.test(headers['connection'] ?? '') || body.length > MAX_FAREWELL) return false
  return /^\s*(?:null|\{\s*"commands"\s*:\s*\[\s*\]\s*\})\s*$/.test(new TextDecoder().decode(body))
}

const MAX_FAREWELL = 100
