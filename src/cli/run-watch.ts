/**
 * The command `watch`: judges traffic, recorded or as it passes. Files, options, what is shown and exit codes are here;
 * the rules are src/contracts/watch's.
 */
import { WatchCommand } from '../generated/kit-command.js'
import type { WatchCommand as WatchFlags } from '../generated/kit-schema.js'
import {
  judgeAligned,
  type JudgeOptions,
  type Judgement,
  type Verdict,
  createJudge,
  type JudgedCounts,
  type RecordedExchange,
  type RecordingHeader,
} from '../contracts/watch/judge-recording.js'
import { mergeRecordings } from '../kernel/recording/merge-recordings.js'
import { KitError } from '../kernel/errors.js'
import { expectRecording, readRecordingFile, openRecordingFile } from './files/recording-file.js'
import { openReports } from './report-options.js'
import { readSettings } from './files/input-file.js'
import { createPaint, renderCase, renderRest, type Paint } from '../report/text-report.js'
import { writeReport } from '../report/write-report.js'
import { showJudgement, showVerdict, verdictCase, watchDocument } from './watch/watch-document.js'
import type { ShownVerdict, TrafficView } from './watch/watch-document.js'
import { defineCommand } from './define-command.js'
import { firstSignal } from './under-signals.js'
import { pauseFor } from '../kernel/real-time.js'
import { isLoopbackHost } from '../mocks/adapters/admin/admin-guard.js'
import { parseServerUrl } from '../mocks/adapters/node-address.js'
import { listen } from '../mocks/adapters/node-server.js'
import { createProgressLine, say } from './files/terminal.js'
import { Relay, type PassedAnswer, type RelayListener } from './watch/relay.js'
import { gunzipKeyBody } from '../contracts/target/unpack-body.js'
import { keepNewest } from '../kernel/group-by.js'
import { matchOperation } from '../kernel/all-operations.js'
import { createCallerNames, Recorder, startTime, type RecorderOptions } from '../kernel/recording/recorder.js'

export const addWatchCommand = defineCommand(WatchCommand, watch)

async function watch(flags: WatchFlags, [url]: readonly string[]): Promise<number> {
  expectSense(url, flags)
  const { names, output } = openReports(flags, 'watch')
  const tell = (verdict: ShownVerdict, view: TrafficView): void => {
    const paint = createPaint(output.hasColor)
    if (names.includes('pretty')) output.write(`${renderCase(verdictCase(verdict, view), paint)}\n`)
  }
  const limits = await readSettings(flags.limits, 'limits')
  const sides = flags.side === 'both' ? (['server', 'client'] as const) : [flags.side]
  const { judgement, view } =
    flags.recording === undefined
      ? await watchLive(url ?? process.env['OPIK_URL_OVERRIDE'] ?? '', flags, { limits, sides, tell })
      : await judgeFiles([...new Set(flags.recording)], limits, { startsEmpty: flags.startsEmpty === true, sides })
  const shown = showJudgement(judgement, view)
  if (flags.recording !== undefined) for (const verdict of shown.verdicts) tell(verdict, view)
  const document = watchDocument(shown, view)
  const pretty = (paint: Paint): string => renderRest(document, paint)
  for (const name of names) writeReport(name, { document, json: shown, pretty, file: 'watch' }, output)
  return document.outcome.isGood ? 0 : 1
}

type Limits = RecordingHeader['settings']
type Sides = readonly Verdict['side'][]

interface Watched {
  readonly judgement: Judgement
  readonly view: TrafficView
}

async function judgeFiles(names: readonly string[], limits: Limits, options: JudgeOptions): Promise<Watched> {
  const read = await Promise.all(names.map((name) => readRecordingFile(name)))
  const limited = read.map(({ header, exchanges }) => {
    return { header: { ...header, settings: { ...header.settings, ...limits } }, exchanges }
  })
  const recordings = mergeRecordings(limited, names)
  // In a recording they stand in the order in which they began.
  const begin = Math.min(...recordings.map(({ exchanges }) => exchanges[0]?.at_start_ns ?? Infinity))
  const sources = recordings.map(({ exchanges }, at) => ({
    name: names[at] ?? '',
    byId: new Map(exchanges.map((exchange) => [exchange.id, exchange])),
  }))
  return { judgement: judgeAligned(recordings, options), view: { begin, subject: names.join(', '), sources } }
}

/** @throws KitError `watch/options`, `recording/keep-keys` for what makes no sense together, `watch/url` for nothing to watch */
function expectSense(url: string | undefined, flags: WatchFlags): void {
  const { recording, recordingOut, oneUser } = flags
  const misfit = url ?? (recordingOut && '--recording-out') ?? (oneUser === true ? '--one-user' : undefined)
  if (recording !== undefined && misfit !== undefined)
    throw new KitError('watch/options', {
      failed: '--recording judges files, and nothing that passes.',
      value: misfit,
      fix: 'Leave one of them out.',
    })
  expectRecording(flags)
  if (recording === undefined && (url ?? process.env['OPIK_URL_OVERRIDE'] ?? '') === '')
    throw new KitError('watch/url', {
      failed: 'There is nothing to watch.',
      fix: 'Give the URL of a server (or OPIK_URL_OVERRIDE), or --recording FILE.',
    })
}

/**
 * A relay in front of a server: what passes is judged as it passes, until a signal ends it.
 * @throws KitError `watch/url`, `watch/circle`; `serve/port`, `serve/host` for what cannot be listened on;
 *   `recording/file`; `target/limits`
 */
async function watchLive(
  upstream: string,
  flags: WatchFlags,
  { limits, sides, tell }: { limits: Limits; sides: Sides; tell: (verdict: ShownVerdict, view: TrafficView) => void },
): Promise<Watched> {
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
    const { zero, now } = startTime()
    const traffic = createLiveTraffic({
      ...{ now, startsEmpty, sides, oneUser, keepKeys },
      header: {
        ...{ format: 'opik-runner-recording/1', server: target.origin, settings: limits, base_path: '' },
        // The clock of a server elsewhere is not known.
        [isLoopbackHost(target.hostname) ? 'wall_clock_ms_at_zero' : 'recorder_clock_ms_at_zero']: zero,
      },
      bases: [...new Set([`${path}/api`, path, '/api', ''])],
      write: (line) => file?.write(line),
      tell: (verdict) => {
        progress.clear()
        tell(showVerdict(verdict, view), view)
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
    const ended = firstSignal()
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

async function open(relay: Relay, target: URL, { port, host }: WatchFlags): Promise<string> {
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

interface LiveTrafficOptions extends Pick<RecorderOptions, 'now' | 'write' | 'keepKeys'> {
  readonly header: RecordingHeader
  /** What may stand before the API's paths, the longest first; it is not kept. */
  readonly bases: readonly string[]
  readonly startsEmpty: boolean
  readonly sides: Sides
  /** Takes everyone in a workspace for one user. */
  readonly oneUser: boolean
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
      await pauseFor(LOOK_MS, over.signal)
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
