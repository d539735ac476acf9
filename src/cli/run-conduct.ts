/**
 * `opik-runner-kit conduct`: lets a client work against a mock, and judges how it has kept the contract. Options, files,
 * signals and exit codes are here.
 */
import { Option, type Command } from 'commander'
import { realTime } from '../kernel/clock.js'
import { printableLines } from '../kernel/printable.js'
import type { RunnerType } from '../kernel/types.js'
import type { ConductRunFile } from '../generated/kit-schema.js'
import { presetNames } from '../mocks/engine/faults/fault-presets.js'
import type { ClientProcess } from './conduct/client-process.js'
import { composeReport, conductDocument } from './conduct/conduct-document.js'
import { runConduct, SLEEPY } from './conduct/conduct-run.js'
import type { RecordingFlags } from './files/recording-file.js'
import { addReportOptions, openReports, writeReports, writeRun, type ReportFlags } from './report-options.js'
import { readWaivers } from './files/verify-files.js'
import { openRecorder } from './files/record-traffic.js'
import { ConductRunFile as form } from '../generated/kit-node.js'
import { readForm } from './files/input-file.js'
import { underSignals } from './under-signals.js'
import { collectNamed, keepKeys, recordingOut, toCount, toPort, toSomeSeconds } from './option-values.js'

interface ConductFlags extends RecordingFlags, ReportFlags {
  readonly port: number
  readonly type?: RunnerType
  readonly for: number
  readonly preset?: readonly string[]
  readonly faults?: readonly string[]
  readonly seed: number
  readonly waivers?: string
  readonly replay?: string
}

/** Sets `process.exitCode` as the description says; 130 or 143 after a signal. */
export function addConductCommand(program: Command): void {
  const collectPresets = collectNamed('presets', known)
  const conductCommand = program
    .command('conduct')
    .summary('grade a client: an SDK, a daemon')
    .description(
      'Serves a mock with a paired endpoint runner, runs COMMAND against it, pairs what it wants to pair, gives it work, ' +
        'stops it with all that it has started and says how it has kept its side of the contract. Without COMMAND it ' +
        'prints the environment for a client that you start. Exits 0 when every must rule was kept, 1 when one was ' +
        'broken or nobody has called.',
    )
    .argument(
      '[command...]',
      'the client and its arguments, after --; with --type connect it runs in a folder of its own',
    )
    .option('--port <number>', 'TCP port; 0 takes a free one', toPort, 0)
    .addOption(new Option('--type <type>', 'only work of this kind').choices(['endpoint', 'connect']))
    .option('--for <seconds>', 'how long the client works, from its first call on', toSomeSeconds, 20)
    .option('--preset <names>', `trouble that the client meets: ${known.join(', ')}; comma-separated`, collectPresets)
    .addOption(new Option('--faults <names>', 'the former name of --preset').argParser(collectPresets).hideHelp())
    .option('--seed <n>', 'decides ids and dice', toCount, 1)
    .option('--waivers <file>', 'accepted breaches: id, reason, expires; YAML or JSON')
    .addOption(new Option('--replay <file>', 'judge a run again that has failed').conflicts('recordingOut'))
    .option('--json', 'the same as --reporter json')
    .addOption(recordingOut('what clients ask'))
    .addOption(keepKeys())
  addReportOptions(conductCommand, ', and of a run that fails').action(
    async (command: readonly string[], flags: ConductFlags) => {
      process.exitCode = await conduct(command, flags)
    },
  )
}

/** Processes are stopped by signals, which Windows has not. */
const known: readonly string[] = process.platform === 'win32' ? presetNames : [...presetNames, SLEEPY]

async function conduct(command: readonly string[], flags: ConductFlags): Promise<number> {
  // Whatever can be wrong with files is found before the client is started.
  const waivers = flags.waivers === undefined ? [] : await readWaivers(flags.waivers)
  const reports = openReports(flags, 'conduct')
  const today = new Date(realTime()).toISOString().slice(0, 10)
  const kept =
    flags.replay === undefined ? undefined : await readForm<ConductRunFile>(flags.replay, 'conduct run', form)
  const { result: run, code } = kept === undefined ? await runClient(command, flags) : { result: kept, code: undefined }
  const outcomes = composeReport(run, waivers, today)
  writeReports(reports, 'conduct', { document: conductDocument(outcomes), json: outcomes.report })
  if (!outcomes.passed && kept === undefined) {
    const name = writeRun('conduct', run, flags.out)
    process.stderr.write(`shown again by: opik-runner-kit conduct --replay ${name}\n`)
  }
  return code ?? (outcomes.passed ? 0 : 1)
}

function runClient(command: readonly string[], flags: ConductFlags) {
  const recorder = openRecorder(flags, (trouble) => void process.stderr.write(printableLines(`${trouble}\n`)))
  let client: ClientProcess | undefined
  return underSignals(
    (signal) =>
      runConduct({
        ...{ command, port: flags.port, seconds: flags.for, type: flags.type, seed: flags.seed, signal, recorder },
        presets: [...new Set([...(flags.preset ?? []), ...(flags.faults ?? [])])],
        onStart: (started) => (client = started),
      }),
    () => client?.kill(),
  )
}
