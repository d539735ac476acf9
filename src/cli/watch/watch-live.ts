/** `watch <url>`: a relay in front of a server, and what passes judged as it passes, until a signal ends it. */
import type { WatchCommand } from '../../generated/kit-schema.js'
import {
  type Judgement,
  type Recording,
  type Verdict,
  createJudge,
  type JudgedCounts,
  type RecordedExchange,
  type RecordingHeader,
} from '../../contracts/watch/judge-recording.js'
import { createRealTime, exactNow } from '../../contracts/target/real-time.js'
import { KitError } from '../../kernel/errors.js'
import { isLoopbackHost } from '../../mocks/adapters/admin/admin-guard.js'
import { parseServerUrl } from '../../mocks/adapters/node-address.js'
import { listen } from '../../mocks/adapters/node-server.js'
import { createProgressLine, say } from '../files/terminal.js'
import { openRecordingFile } from '../files/recording-file.js'
import { Relay, type PassedAnswer, type RelayListener } from './relay.js'
import type { TrafficView } from './watch-document.js'
import { gunzipKeyBody } from '../../contracts/target/unpack-body.js'
import { keepNewest } from '../../conduct/conduct-trace.js'
import { matchOperation } from '../../kernel/all-operations.js'
import { createCallerNames, NS_PER_MS, Recorder, type RecorderOptions } from '../../kernel/recording/recorder.js'

interface LiveOptions extends Pick<LiveTrafficOptions, 'sides'> {
  readonly limits: Recording['header']['settings']
  readonly tell: (verdict: Verdict, view: TrafficView) => void
  /** Resolves when it is to end. */
  readonly until: () => Promise<void>
}

/**
 * Watches until it is told to end.
 * @throws KitError `watch/url`, `watch/circle`; `serve/port`, `serve/host` for what cannot be listened on;
 *   `recording/file`; `target/limits`
 */
export async function watchLive(
  upstream: string,
  flags: WatchCommand,
  options: LiveOptions,
): Promise<{ judgement: Judgement; view: TrafficView }> {
  const { limits, sides, tell, until } = options
  const { recordingOut, startsEmpty = false, oneUser = false, keepKeys = false } = flags
  const target = parseServerUrl(upstream, 'watch/url', {
    failed: 'This is no server that could be watched.',
    fix: 'Give its URL, such as http://localhost:5173 or https://www.comet.com/opik/api, without a user or a query.',
  })
  const path = target.pathname.replace(/\/+$/, '')
  const file =
    recordingOut === undefined
      ? undefined
      : openRecordingFile(recordingOut, ({ message }) => say(`${recordingOut} cannot be written: ${message}`))
  const progress = createProgressLine()
  const relay = new Relay(target)
  try {
    const url = await open(relay, target, flags)
    const traffic = createLiveTraffic({
      ...{ startsEmpty, sides, oneUser, keepKeys },
      header: {
        ...{ format: 'opik-runner-recording/1', server: target.origin, settings: limits, base_path: '' },
        // The clock of a server elsewhere is not known.
        [isLoopbackHost(target.hostname) ? 'wall_clock_ms_at_zero' : 'recorder_clock_ms_at_zero']:
          exactNow(createRealTime()),
      },
      bases: [...new Set([`${path}/api`, path, '/api', ''])],
      write: (line) => file?.write(line),
      tell: (verdict) => {
        progress.clear()
        tell(verdict, view)
      },
      looked: ({ exchanges, judged, unknown }) =>
        progress.show(`${exchanges} exchanges, ${judged} judged, ${unknown} by their form alone`),
    })
    const view: TrafficView = {
      ...{ begin: 0, subject: upstream },
      sources: [{ name: target.origin, byId: traffic.byId }],
    }
    relay.listener = traffic.listener
    // It may be ended as soon as it says that it listens.
    const ended = until()
    const override = `OPIK_URL_OVERRIDE=${url}${path === '' ? '/api' : path}`
    say(`listening on ${url}, watching ${target.origin}\npoint clients here: ${override}`)
    await ended
    progress.clear()
    await relay.close()
    return { judgement: traffic.finish(), view }
  } finally {
    progress.clear()
    await relay.close()
    await file?.close()
  }
}

async function open(relay: Relay, target: URL, { port, host }: WatchCommand): Promise<string> {
  const plain = host.replace(/^\[(.*)\]$/, '$1')
  const taken = await listen(relay.server, port, plain)
  if (isLoopbackHost(target.hostname) && Number(target.port) === taken) {
    await relay.close()
    throw new KitError('watch/circle', {
      failed: 'This would be a proxy of itself.',
      value: target.origin,
      fix: 'Give another --port, or the URL of the server that is to be watched.',
    })
  }
  return `http://${plain.includes(':') ? `[${plain}]` : plain}:${taken}`
}

interface LiveTrafficOptions {
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

/** Milliseconds between two looks at what has been proved. */
const LOOK_MS = 50
/** Exchanges that a story may still speak of; older ones are told by their numbers. */
const MAX_REMEMBERED = 50_000

/** @throws KitError `target/limits` for invalid settings */
export function createLiveTraffic(options: LiveTrafficOptions) {
  const { header, bases, startsEmpty, sides, oneUser, write, keepKeys, tell, looked } = options
  // At once, since the header tells when this was: to make a judge takes a while.
  const time = createRealTime()
  const zero = time.stopwatch()
  const judge = createJudge(header, { startsEmpty, sides })
  const now = (): number => Math.round((time.stopwatch() - zero) * NS_PER_MS)
  const recorder = new Recorder(header, { now, write, keepKeys, gunzip: gunzipKeyBody })
  const nameOf = createCallerNames()
  const byId = new Map<number, Omit<RecordedExchange, 'request' | 'response'>>()
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
