// The command `verify`: aims the contract suites at a URL, or at two to compare them. Options, files, reporters and
// exit codes are here; what is checked and how it is judged is src/contracts'.
import { Option, type Command } from 'commander'
import { adminClock, readAdminLimits } from '../contracts/target/target-admin.js'
import { compare } from '../contracts/run/compare.js'
import { verify, type VerifyOptions } from '../contracts/run/verify.js'
import {
  createProgressReporter,
  createReporter,
  renderJsonList,
  renderList,
  type Reporter,
} from '../contracts/report/verify-reporters.js'
import { resolveLimits, type OtherIdentity, type Target } from '../contracts/target/target.js'
import { selectChecks, type SuiteName, suiteNames } from '../contracts/suites/requirements.js'
import type { Report } from '../contracts/check/report-model.js'
import { ServerName as serverForm } from '../generated/kit-node.js'
import { messageOf } from '../kernel/errors.js'
import { printableLines } from '../kernel/printable.js'
import { expectRecording, openRecordingFile, type RecordingFlags } from './files/recording-file.js'
import { addReportOptions, openReports, type ReportFlags } from './report-options.js'
import { readSettings } from './files/settings-file.js'
import { storyCheck } from '../contracts/model/play/play-story.js'
import { readBaseline, readStoryFile, readWaivers } from './files/verify-files.js'
import { watchTarget } from './watch-target.js'
import { comparisonDocument } from '../contracts/report/comparison-report.js'
import { renderHtml } from '../report/html-report.js'
import { createPaint, renderTerminal } from '../report/text-report.js'
import type { ReporterOutput } from '../report/write-report.js'
import { underSignals } from './under-signals.js'
import { collect, collectNamed, keepKeys, recordingOut, toCount, toPositive } from './option-values.js'

/** Flags that are passed on as they are. */
type OfTarget = 'apiKey' | 'workspace' | 'project' | 'colleagueApiKey' | 'readerApiKey'
type OfRun = 'require' | 'server' | 'seed' | 'runs' | 'path' | 'concurrency' | 'maxWaiting' | 'strict' | 'accept'

interface VerifyFlags extends RecordingFlags, ReportFlags, Pick<Target, OfTarget>, Pick<VerifyOptions, OfRun> {
  readonly otherApiKey?: string
  readonly otherWorkspace?: string
  readonly admin?: string | undefined
  readonly adminToken?: string
  readonly limits?: string
  readonly suite?: readonly SuiteName[]
  readonly area?: readonly string[]
  readonly check?: readonly string[]
  readonly waivers?: string
  readonly baseline?: string
  readonly maxWait?: number
  readonly firstAnswer?: number
  readonly bail?: true | number | string
  readonly compare?: string
  readonly compareApiKey?: string
  readonly compareWorkspace?: string
  readonly compareAdmin?: string
  readonly watch?: true
  readonly list?: true
  readonly story?: string
}

export function addVerifyCommand(program: Command): void {
  const command = program
    .command('verify')
    .summary('check a server against the contract suites')
    .description(
      'Runs the contract checks against a server of the local-runner API. They make projects and runners of their own and ' +
        'remove them. Exits 0 when everything that ran passed or is waived, 1 when something failed, 2 when nothing ' +
        'answers.',
    )
    .argument('[url]', 'base of the API, for example http://localhost:5173/api (env: OPIK_URL_OVERRIDE)')
  addTargetOptions(command)
  addSelectionOptions(command)
  addResultOptions(command)
  command.action(async (url: string | undefined, given: VerifyFlags) => {
    const { flags, address } = withAddress(command, withoutBlanks(given), url)
    if (flags.list === true) {
      const render = flags.reporter?.includes('json') === true ? renderJsonList : renderList
      const { suite: suites, require, area: areas, check: ids } = flags
      process.stdout.write(render(selectChecks(undefined, { suites, require, areas, ids })))
      return
    }
    const lone = flags.compareWorkspace ?? flags.compareAdmin
    // Keys come from the environment, too.
    if (flags.compare === undefined && lone !== undefined) {
      command.error('error: --compare-workspace and --compare-admin are about the target of --compare', { exitCode: 2 })
    }
    if (address === '') command.error("error: missing argument 'url' (or OPIK_URL_OVERRIDE)", { exitCode: 2 })
    process.exitCode = await runVerify(address, flags)
    // Calls that are still under way would keep the process for as long as they may take.
    if (process.exitCode > SIGNALLED) process.stdout.write('', () => process.exit())
  })
}

/** What follows `--bail` and is no number is the address. */
function withAddress(
  command: Command,
  flags: VerifyFlags,
  url: string | undefined,
): { flags: VerifyFlags; address: string } {
  const { bail } = flags
  const fromEnvironment = process.env['OPIK_URL_OVERRIDE'] ?? ''
  if (typeof bail !== 'string') return { flags, address: url ?? fromEnvironment }
  if (url !== undefined) {
    const told = `error: option '--bail [n]' argument '${bail}' is invalid. Give a whole number of at least 1, or nothing.`
    command.error(told, { exitCode: 2 })
  }
  return { flags: { ...flags, bail: true }, address: bail }
}

/** Secrets that are not set reach a CI job as empty variables. */
function withoutBlanks(flags: VerifyFlags): VerifyFlags {
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== ''))
}

/** An option whose value may stand in a variable of its name: OPIK_API_KEY for --api-key. */
function fromEnv(flags: string, description: string, prefix = 'OPIK'): Option {
  const option = new Option(flags, description)
  return option.env(`${prefix}_${option.name().replaceAll('-', '_').toUpperCase()}`)
}

function addTargetOptions(command: Command): void {
  command
    .addOption(fromEnv('--api-key <key>', 'API key of the caller'))
    .addOption(fromEnv('--workspace <name>', 'workspace of the caller'))
    .option('--project <name>', 'project, by name or id, for targets where none can be created')
    .addOption(fromEnv('--colleague-api-key <key>', 'API key of a second user of the workspace'))
    .addOption(fromEnv('--reader-api-key <key>', 'API key of a user who may not do everything in the workspace'))
    .addOption(fromEnv('--other-api-key <key>', 'API key of another user'))
    .addOption(fromEnv('--other-workspace <name>', 'workspace of that user'))
    .option('--admin <url>', "the target's admin API: moves its clock and tells its limits")
    .addOption(fromEnv('--admin-token <token>', 'for an admin API that wants one', 'OPIK_RUNNER_KIT'))
    .option('--limits <file>', 'settings in which the target differs from the defaults, YAML or JSON')
}

/** Options that say what becomes of a single run. */
const OF_ONE_RUN = 'bail watch require waivers baseline strict accept reporter recordingOut keepKeys'.split(' ')

function addSelectionOptions(command: Command): void {
  const collectSuites = collectNamed('suites', suiteNames)
  command
    .option(
      '--suite <suites>',
      `only these suites, comma-separated: ${suiteNames.join(', ')} (default: all but neighbours)`,
      collectSuites,
    )
    .option('--require <suites>', 'suites of which every check that must hold has to run', collectSuites)
    .addOption(
      new Option('--server <name>', 'judge by what this version has; without it what is newer may be missing').choices(
        serverNames,
      ),
    )
    .option('--area <areas>', 'only these areas, comma-separated', collect)
    .option('--check <id>', 'only this check; * stands for any text; repeatable', collect)
    .option('--story <file>', 'play this story and name the quirks that its answers fit; no other check')
    .option('--seed <n>', 'decides random data', toCount)
    .option('--runs <n>', 'random sequences of each model-based check (default: 8)', toPositive)
    .option('--path <path>', 'replay the random sequence that a failure names; with its --check and --seed')
    .option('--concurrency <n>', 'checks that run at once', toPositive)
    .option(
      '--max-wait <seconds>',
      'longest real waiting in all, without --admin (default: 40, or what declared spans need)',
      toCount,
    )
    .option('--max-waiting <n>', 'most requests that wait at the target at once (default: 30)', toPositive)
    .option('--first-answer <seconds>', 'time that the target may take for its first answer (default: 2)', toPositive)
    .option('--strict', "refuse what today's servers do and nobody should rely on")
    .option('--accept <ids>', 'quirks that are accepted under --strict, comma-separated', collect)
    .option('--bail [n]', 'end at the first failure, or at the nth', toPositiveOrText)
    .addOption(
      new Option('--compare <url>', 'a second target: tell where the two differ, call by call').conflicts(OF_ONE_RUN),
    )
    .addOption(fromEnv('--compare-api-key <key>', 'API key of the caller there'))
    .option('--compare-workspace <name>', 'workspace of the caller there')
    .option('--compare-admin <url>', 'admin API of that target')
    .addOption(
      new Option('--watch', 'run again what failed, on Enter or when the target has restarted').conflicts(
        'recordingOut',
      ),
    )
    .option('--list', 'list the checks and run none; with --reporter json as JSON')
}

function addResultOptions(command: Command): void {
  addReportOptions(command, ', and for all of pretty as report.txt')
    .option('--waivers <file>', 'accepted failures: id, reason, expires; YAML or JSON')
    .option('--baseline <file>', 'JSON report of an earlier run; only new failures count')
    .addOption(recordingOut('what the checks ask'))
    .addOption(keepKeys())
}

function toPositiveOrText(value: string): number | string {
  return /^\d+$/.test(value) ? toPositive(value) : value
}

const serverNames = (serverForm.enum ?? []).map(String)

/** Exit codes of processes that a signal has ended are above this. */
const SIGNALLED = 128

async function runVerify(url: string, flags: VerifyFlags): Promise<number> {
  expectRecording(flags)
  const { names, output } = openReports(flags, 'verify')
  const reporters = names.map((name) => createReporter(name, output))
  // Checks under way clean up, within seconds.
  const { result, code } = await underSignals((signal) =>
    verifyUntil(signal).catch((error: unknown) => {
      if (!signal.aborted) throw error
      process.stderr.write(printableLines(`${messageOf(error)}\n`))
      return 1
    }),
  )
  return code ?? result

  async function verifyUntil(signal: AbortSignal): Promise<number> {
    // Every file is read before the target is asked for anything.
    const options = await readOptions(flags, reporters, signal)
    const target = await readTarget(url, flags)
    if (flags.compare !== undefined) {
      return runCompare(target, await readTarget(flags.compare, withSecondTarget(flags)), options, output)
    }
    const report = flags.watch === true ? await watchTarget(target, options) : await verifyOnce(target, options, flags)
    return report.exitCode
  }
}

/** @throws KitError `recording/file` for a file that cannot be written */
async function verifyOnce(
  target: Target,
  options: VerifyOptions,
  { recordingOut, keepKeys }: RecordingFlags,
): Promise<Report> {
  if (recordingOut === undefined) return verify(target, options)
  const file = openRecordingFile(recordingOut, ({ message }) => {
    process.stderr.write(printableLines(`The recording ${recordingOut} cannot be written: ${message}\n`))
  })
  try {
    return await verify(target, { ...options, recording: { write: (line) => file.write(line), keepKeys } })
  } finally {
    await file.close()
  }
}

/** The flags of the second target of `--compare`, instead of the first one's. */
function withSecondTarget(flags: VerifyFlags): VerifyFlags {
  const { compareApiKey: apiKey = flags.apiKey, compareWorkspace: workspace = flags.workspace, compareAdmin } = flags
  const { admin: _admin, ...shared } = flags
  return { ...shared, apiKey, workspace, admin: compareAdmin }
}

async function readTarget(url: string, flags: VerifyFlags): Promise<Target> {
  const { apiKey, workspace, project, admin, adminToken: token } = flags
  const { colleagueApiKey, readerApiKey, otherApiKey, otherWorkspace } = flags
  const other: OtherIdentity = { apiKey: otherApiKey, workspace: otherWorkspace }
  const given = flags.limits === undefined ? {} : await readSettings(flags.limits, 'limits')
  const declared = admin === undefined ? {} : await readAdminLimits(admin, { token })
  return {
    ...{ url, apiKey, workspace, project, colleagueApiKey, readerApiKey },
    other: otherApiKey === undefined && otherWorkspace === undefined ? undefined : other,
    limits: resolveLimits({ ...declared, ...given }),
    clock: admin === undefined ? undefined : adminClock(admin, { token }),
  }
}

async function readOptions(
  flags: VerifyFlags,
  reporters: readonly Reporter[],
  signal: AbortSignal,
): Promise<VerifyOptions> {
  const { require, server, seed, runs, path, concurrency, maxWaiting, strict, accept } = flags
  const { suite: suites, area: areas, check: only, maxWait: maxWaitSeconds, firstAnswer: firstAnswerSeconds } = flags
  return {
    checks: flags.story === undefined ? undefined : [storyCheck(await readStoryFile(flags.story))],
    ...{ require, server, seed, runs, path, concurrency, maxWaiting, strict, accept },
    ...{ suites, areas, only, maxWaitSeconds, firstAnswerSeconds },
    bail: typeof flags.bail === 'string' ? true : flags.bail,
    waivers: flags.waivers === undefined ? [] : await readWaivers(flags.waivers),
    baseline: flags.baseline === undefined ? undefined : await readBaseline(flags.baseline),
    signal,
    onEvent: (event) => {
      for (const reporter of reporters) reporter.hear(event)
    },
  }
}

async function runCompare(
  target: Target,
  other: Target,
  { waivers: _waivers, ...options }: VerifyOptions,
  output: ReporterOutput,
): Promise<number> {
  const progress = createProgressReporter(output)
  const comparison = await compare(target, other, { ...options, onEvent: (event) => progress.hear(event) })
  const document = comparisonDocument(comparison)
  const file = output.folder === undefined ? undefined : `${output.folder}/compare.html`
  output.write(renderTerminal(document, createPaint(output.hasColor), { columns: Infinity, file }))
  if (file !== undefined) output.save('compare.html', renderHtml(document))
  return comparison.exitCode
}
