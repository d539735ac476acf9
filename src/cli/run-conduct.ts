/**
 * `opik-runner-kit conduct`: lets a client work against a mock, and judges how it has kept the contract. Options, files,
 * signals and exit codes are here.
 */
import { appendFileSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mkdir, writeFile } from 'node:fs/promises'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { reporterNames, type ReporterName } from '../contracts/report/all-reporters.js'
import { realTime } from '../kernel/clock.js'
import { KitError } from '../kernel/errors.js'
import { printableLines } from '../kernel/printable.js'
import type { RunnerType } from '../kernel/types.js'
import type { ConductRunFile } from '../generated/kit-schema.js'
import { presetNames } from '../mocks/engine/faults/fault-presets.js'
import type { ClientProcess } from './conduct/client-process.js'
import { composeReport, type ConductOutcomes } from './conduct/compose-report.js'
import { renderAnnotations, renderHtml, renderJunit, renderText } from './conduct/conduct-documents.js'
import { runConduct, SLEEPY } from './conduct/conduct-run.js'
import type { RecordingFlags } from './files/recording-file.js'
import { makeFolder } from './files/report-output.js'
import { readWaivers } from './files/verify-files.js'
import { openRecorder } from './record-traffic.js'
import { ConductRunFile as form } from '../generated/kit-node.js'
import { problemsOf } from '../kernel/form.js'
import { fileError, readInputFile } from './files/input-file.js'

interface ConductFlags extends RecordingFlags {
  readonly port: number
  readonly type?: RunnerType
  readonly for: number
  readonly preset?: readonly string[]
  readonly faults?: readonly string[]
  readonly seed: number
  readonly waivers?: string
  readonly reporter?: readonly ReporterName[]
  readonly out?: string
  readonly json?: true
  readonly replay?: string
}

/**
 * Adds `conduct [-- COMMAND ...]` to a program. Sets `process.exitCode`: 0 when every `must` rule was kept or waived, 1
 * when one was broken or nobody has called; 2, by a KitError, for a command, port or file that cannot be used; 130 or
 * 143 after a signal.
 */
export function addConductCommand(program: Command): void {
  program
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
    .option('--for <seconds>', 'how long the client works, from its first call on', toSeconds, 20)
    .option('--preset <names>', `trouble that the client meets: ${known.join(', ')}; comma-separated`, collectPresets)
    .addOption(new Option('--faults <names>', 'the former name of --preset').argParser(collectPresets).hideHelp())
    .option('--seed <n>', 'decides ids and dice', toCount, 1)
    .option('--waivers <file>', 'accepted breaches: id, reason, expires; YAML or JSON')
    .option('--reporter <name>', `${reporterNames.join(', ')}; repeatable (default: pretty)`, collectReporters)
    .option('--out <dir>', 'folder for the files of json, junit and html, and of a run that fails')
    .option('--json', 'the same as --reporter json')
    .option('--replay <file>', 'judge a run again that has failed')
    .option('--recording-out <file>', 'keep what clients ask as a recording, for watch; gzipped as *.gz')
    .option('--keep-keys', 'with --recording-out: keep activation keys, which a replay needs')
    .action(async (command: readonly string[], flags: ConductFlags) => {
      process.exitCode = await conduct(command, flags)
    })
}

/** Processes are stopped by signals, which Windows has not. */
const known: readonly string[] = process.platform === 'win32' ? presetNames : [...presetNames, SLEEPY]

/** Exit codes of a run that a signal has ended. */
const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

async function conduct(command: readonly string[], flags: ConductFlags): Promise<number> {
  // Whatever can be wrong with files is found before the client is started.
  const waivers = flags.waivers === undefined ? [] : await readWaivers(flags.waivers)
  const reporters = reportersOf(flags)
  if (flags.out !== undefined) makeFolder(flags.out, 'conduct/out')
  const today = new Date(realTime()).toISOString().slice(0, 10)
  if (flags.replay !== undefined) {
    if (flags.recordingOut !== undefined) {
      throw new KitError('conduct/replay', {
        failed: '--replay runs no client, so that there is nothing to record.',
        value: flags.recordingOut,
        fix: 'Leave out --recording-out, or --replay.',
      })
    }
    const outcomes = composeReport(await readRun(flags.replay), waivers, today)
    write(outcomes, reporters, flags.out)
    return outcomes.passed ? 0 : 1
  }
  const { run, code } = await runUnderSignals(command, flags)
  const outcomes = composeReport(run, waivers, today)
  write(outcomes, reporters, flags.out)
  if (!outcomes.passed) {
    const name = await writeRun(run, flags.out ?? mkdtempSync(join(tmpdir(), 'opik-runner-kit-')))
    process.stderr.write(`shown again by: opik-runner-kit conduct --replay ${name}\n`)
  }
  return code ?? (outcomes.passed ? 0 : 1)
}

/** A first signal ends the work, and what it has shown is judged; a second one ends everything at once. */
async function runUnderSignals(
  command: readonly string[],
  flags: ConductFlags,
): Promise<{ run: ConductRunFile; code: number | undefined }> {
  const recorder = openRecorder(flags, (trouble) => void process.stderr.write(printableLines(`${trouble}\n`)))
  const stop = new AbortController()
  let code: number | undefined
  let client: ClientProcess | undefined
  const onSignal = (signal: keyof typeof SIGNAL_CODES): void => {
    if (code !== undefined) {
      client?.kill()
      process.exit(code)
    }
    code = SIGNAL_CODES[signal]
    stop.abort()
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, onSignal)
  try {
    const run = await runConduct({
      ...{ command, port: flags.port, seconds: flags.for, type: flags.type, seed: flags.seed },
      presets: [...new Set([...(flags.preset ?? []), ...(flags.faults ?? [])])],
      signal: stop.signal,
      onStart: (started) => (client = started),
      recorder,
    })
    return { run, code }
  } finally {
    for (const signal of signals) process.off(signal, onSignal)
  }
}

function reportersOf({ reporter, json, out }: ConductFlags): readonly ReporterName[] {
  const names = [...new Set([...(reporter ?? []), ...(json === true ? (['json'] as const) : [])])]
  const documents = names.filter((name) => name !== 'pretty' && name !== 'github')
  if (out === undefined && documents.length > 0 && names.length > 1) {
    throw new KitError('conduct/out', {
      failed: 'Several reporters cannot share the terminal.',
      value: names.join(', '),
      fix: 'Give --out DIR for the files.',
    })
  }
  return names.length === 0 ? ['pretty'] : names
}

const renderers: Readonly<Record<ReporterName, { file?: string; render: (outcomes: ConductOutcomes) => string }>> = {
  pretty: { render: renderText },
  json: { file: 'conduct.json', render: ({ report }) => `${printableLines(JSON.stringify(report, null, 2))}\n` },
  junit: { file: 'conduct-junit.xml', render: renderJunit },
  html: { file: 'conduct.html', render: renderHtml },
  github: { render: renderAnnotations },
}

function write(outcomes: ConductOutcomes, names: readonly ReporterName[], folder: string | undefined): void {
  for (const name of names) {
    const { file, render } = renderers[name]
    const text = render(outcomes)
    if (file !== undefined && folder !== undefined) writeFileSync(join(folder, file), text)
    else process.stdout.write(text)
    const summary = process.env['GITHUB_STEP_SUMMARY'] ?? ''
    if (name === 'github' && summary !== '') appendFileSync(summary, `\`\`\`\n${renderText(outcomes)}\`\`\`\n`)
  }
}

function toPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65535) return port
  throw new InvalidArgumentError('Expected a port from 0 to 65535.')
}

function toSeconds(text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (seconds > 0 && seconds <= 86_400) return seconds
  throw new InvalidArgumentError('Expected a number of seconds up to 86400.')
}

function toCount(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Give a whole number.')
}

function collectPresets(text: string, previous: readonly string[] = []): readonly string[] {
  const names = text.split(',').map((name) => name.trim())
  if (names.every((name) => known.includes(name))) return [...previous, ...names]
  throw new InvalidArgumentError(`Known presets: ${known.join(', ')}.`)
}

function collectReporters(text: string, previous: readonly ReporterName[] = []): readonly ReporterName[] {
  const named = text.split(',').map((part) => {
    const name = reporterNames.find((each) => each === part.trim())
    if (name === undefined) throw new InvalidArgumentError(`Known reporters: ${reporterNames.join(', ')}.`)
    return name
  })
  return [...previous, ...named]
}

/** Reads what `writeRun` has written. */
async function readRun(name: string): Promise<ConductRunFile> {
  const file = await readInputFile(name, 'conduct run')
  const { value } = file
  if (isRun(value)) return value
  const [problem = { path: [], value, expected: 'a run that conduct has written' }] = problemsOf(form, value)
  throw await fileError(file, 'conduct run', problem)
}

function isRun(value: unknown): value is ConductRunFile {
  return problemsOf(form, value).length === 0
}

/** Writes a run that has failed into a folder, which is made, for `--replay`. Returns the name of the file. */
async function writeRun(run: ConductRunFile, folder: string): Promise<string> {
  const name = join(folder, 'conduct-run.json')
  try {
    await mkdir(folder, { recursive: true })
    await writeFile(name, `${JSON.stringify(run)}\n`)
  } catch (error) {
    throw new KitError(
      'conduct/out',
      { failed: 'The run cannot be written.', value: name, fix: 'Give --out another folder.' },
      { cause: error },
    )
  }
  return name
}
