/**
 * The command `watch`: judges traffic, recorded or as it passes. Files, options, what is shown and exit codes are here;
 * the rules are src/contracts/watch's.
 */
import { Option, type Command } from 'commander'
import { judgeAligned, readRecording, type Recording, type Verdict } from '../contracts/watch/judge-recording.js'
import { mergeRecordings } from '../contracts/watch/merge-recordings.js'
import { KitError } from '../kernel/errors.js'
import { readBytes } from './files/input-file.js'
import { expectRecording, type RecordingFlags } from './files/recording-file.js'
import { expectSharing, makeFolder, outputOf } from './files/report-output.js'
import { readSettings } from './files/settings-file.js'
import { showJudgement, showVerdict, type TrafficFrame } from './watch/shown-verdict.js'
import { createVerdictReporter, type VerdictReporter } from './watch/verdict-reporters.js'
import { watchLive } from './watch/watch-live.js'
import { collectNamed, toPort } from './option-values.js'
import { reporterNames, type ReporterName } from '../contracts/report/all-reporters.js'

interface WatchFlags extends RecordingFlags {
  readonly port: number
  readonly host: string
  readonly recording?: readonly string[]
  readonly limits?: string
  readonly startsEmpty?: boolean
  readonly side: Verdict['side'] | 'both'
  readonly oneUser?: boolean
  readonly reporter?: readonly ReporterName[]
  readonly out?: string
  readonly json?: true
}

/**
 * Adds `watch [url]` and `watch --recording FILE...` to a program. Sets `process.exitCode`: 0 when no `must` rule was
 * broken, 1 when one was; 2, by a KitError, for what cannot be watched.
 */
export function addWatchCommand(program: Command): void {
  program
    .command('watch')
    .summary('judge traffic as it passes, or as it was recorded')
    .description(
      'Stands between any clients and a server, changes nothing, and tells at once what either of them must not do; ' +
        'Ctrl-C ends it with a summary. With --recording it judges files instead. Exits 0 when no must rule was ' +
        'broken, 1 when one was, 2 when there is nothing that it can watch.',
    )
    .argument('[url]', 'the server, such as http://localhost:5173 (env: OPIK_URL_OVERRIDE)')
    .option('--port <number>', 'TCP port to listen on; 0 takes a free one', toPort, 5174)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--recording <files...>', 'judge recordings, gzipped or not; several of one server are judged together')
    .option('--limits <file>', 'settings in which the server differs from the defaults or the recording, YAML or JSON')
    .option('--starts-empty', 'there is nothing on the server when it begins: more can be judged')
    .addOption(
      new Option('--side <side>', 'whose side is judged').choices(['server', 'client', 'both']).default('both'),
    )
    .option('--one-user', 'all who call in one workspace are one user, whatever their keys')
    .option('--recording-out <file>', 'keep what passes as a recording; gzipped as *.gz')
    .option('--keep-keys', 'with --recording-out: keep activation keys, which a replay needs')
    .option(
      '--reporter <name>',
      `${reporterNames.join(', ')}; repeatable (default: pretty)`,
      collectNamed('reporters', reporterNames),
    )
    .option('--out <dir>', 'folder for the files of json, junit and html')
    .addOption(new Option('--json', 'the same as --reporter json').conflicts('reporter'))
    .action(async (url: string | undefined, flags: WatchFlags) => {
      process.exitCode = await watch(url, flags)
    })
}

async function watch(url: string | undefined, flags: WatchFlags): Promise<number> {
  expectSense(url, flags)
  const kinds: readonly ReporterName[] = flags.json === true ? ['json'] : (flags.reporter ?? ['pretty'])
  expectSharing(kinds, flags.out, 'watch/out')
  if (flags.out !== undefined) makeFolder(flags.out, 'watch/out')
  const output = outputOf(flags.out)
  const createReporters = (frame: TrafficFrame): VerdictReporter[] =>
    kinds.map((name) => createVerdictReporter(name, output, frame))
  const limits = flags.limits === undefined ? {} : await readSettings(flags.limits, 'limits')
  const sides = flags.side === 'both' ? (['server', 'client'] as const) : [flags.side]
  const isBroken = ({ severity }: Verdict): boolean => severity === 'must'
  if (flags.recording !== undefined) {
    const names = [...new Set(flags.recording)]
    const recordings = mergeRecordings(await Promise.all(names.map((name) => readFrom(name, limits))), names)
    const judgement = judgeAligned(recordings, { startsEmpty: flags.startsEmpty === true, sides })
    // In a recording they stand in the order in which they began.
    const begin = Math.min(...recordings.map(({ exchanges }) => exchanges[0]?.at_start_ns ?? Infinity))
    const reporters = createReporters({ begin, hasMany: names.length > 1 })
    const sources = recordings.map(({ exchanges }, at) => ({
      name: names[at] ?? '',
      byId: new Map(exchanges.map((exchange) => [exchange.id, exchange])),
    }))
    const shown = showJudgement(judgement, sources)
    for (const reporter of reporters) {
      for (const verdict of shown.verdicts) reporter.verdict(verdict)
      reporter.finish(shown)
    }
    return judgement.verdicts.some(isBroken) ? 1 : 0
  }
  const reporters = createReporters({ begin: 0, hasMany: false })
  const { judgement, source } = await watchLive({
    ...{ upstream: url ?? process.env['OPIK_URL_OVERRIDE'] ?? '', port: flags.port, host: flags.host, limits },
    ...{ startsEmpty: flags.startsEmpty === true, sides, oneUser: flags.oneUser === true },
    ...{ recordingOut: flags.recordingOut, keepKeys: flags.keepKeys === true },
    showsProgress: process.stderr.isTTY && process.env['CI'] === undefined,
    tell: (verdict, of) => {
      const shown = showVerdict(verdict, [of])
      for (const reporter of reporters) reporter.verdict(shown)
    },
  })
  const shown = showJudgement(judgement, [source])
  for (const reporter of reporters) reporter.finish(shown)
  return judgement.verdicts.some(isBroken) ? 1 : 0
}

/** @throws KitError `watch/options`, `recording/keep-keys` for what makes no sense together, `watch/url` for nothing to watch */
function expectSense(url: string | undefined, flags: WatchFlags): void {
  const { recording, recordingOut, oneUser } = flags
  const live = [
    url,
    recordingOut === undefined ? undefined : '--recording-out',
    oneUser === true ? '--one-user' : undefined,
  ]
  const misfit = live.find((each) => each !== undefined)
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
  const bytes = await readBytes(name, 'recording')
  const { header, exchanges } = await readRecording(bytes, name)
  return { header: { ...header, settings: { ...header.settings, ...limits } }, exchanges }
}
