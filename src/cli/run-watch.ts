/**
 * The command `watch`: judges traffic, recorded or as it passes. Files, options, what is shown and exit codes are here;
 * the rules are src/contracts/watch's.
 */
import { WatchCommand } from '../generated/kit-command.js'
import type { WatchCommand as WatchFlags } from '../generated/kit-schema.js'
import { judgeAligned, type Recording } from '../contracts/watch/judge-recording.js'
import { mergeRecordings } from '../contracts/watch/merge-recordings.js'
import { KitError } from '../kernel/errors.js'
import { expectRecording, readRecordingFile } from './files/recording-file.js'
import { openReports } from './report-options.js'
import { readSettings } from './files/input-file.js'
import { createPaint, renderCase, renderRest, type Paint } from '../report/text-report.js'
import { writeReport } from '../report/write-report.js'
import { showJudgement, showVerdict, verdictCase, watchDocument } from './watch/watch-document.js'
import type { Shown, ShownVerdict, TrafficView } from './watch/watch-document.js'
import { watchLive } from './watch/watch-live.js'
import { defineCommand } from './define-command.js'
import { firstSignal } from './under-signals.js'

export const addWatchCommand = defineCommand(WatchCommand, watch)

async function watch(flags: WatchFlags, [url]: readonly string[]): Promise<number> {
  expectSense(url, flags)
  const { names, output } = openReports(flags, 'watch')
  const tell = (verdict: ShownVerdict, view: TrafficView): void => {
    const paint = createPaint(output.hasColor)
    if (names.includes('pretty')) output.write(`${renderCase(verdictCase(verdict, view), paint)}\n`)
  }
  const finish = (shown: Shown, view: TrafficView): number => {
    const document = watchDocument(shown, view)
    const pretty = (paint: Paint): string => renderRest(document, paint)
    for (const name of names) writeReport(name, { document, json: shown, pretty, file: 'watch' }, output)
    return document.outcome.isGood ? 0 : 1
  }
  const limits = await readSettings(flags.limits, 'limits')
  const sides = flags.side === 'both' ? (['server', 'client'] as const) : [flags.side]
  if (flags.recording !== undefined) {
    const files = [...new Set(flags.recording)]
    const recordings = mergeRecordings(await Promise.all(files.map((name) => readFrom(name, limits))), files)
    const judgement = judgeAligned(recordings, { startsEmpty: flags.startsEmpty === true, sides })
    // In a recording they stand in the order in which they began.
    const begin = Math.min(...recordings.map(({ exchanges }) => exchanges[0]?.at_start_ns ?? Infinity))
    const sources = recordings.map(({ exchanges }, at) => ({
      name: files[at] ?? '',
      byId: new Map(exchanges.map((exchange) => [exchange.id, exchange])),
    }))
    const view = { begin, subject: files.join(', '), sources }
    const shown = showJudgement(judgement, view)
    for (const verdict of shown.verdicts) tell(verdict, view)
    return finish(shown, view)
  }
  const { judgement, view } = await watchLive(url ?? process.env['OPIK_URL_OVERRIDE'] ?? '', flags, {
    ...{ limits, sides, until: firstSignal },
    tell: (verdict, of) => tell(showVerdict(verdict, of), of),
  })
  return finish(showJudgement(judgement, view), view)
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

async function readFrom(name: string, limits: Recording['header']['settings']): Promise<Recording> {
  const { header, exchanges } = await readRecordingFile(name)
  return { header: { ...header, settings: { ...header.settings, ...limits } }, exchanges }
}
