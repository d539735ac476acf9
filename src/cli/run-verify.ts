// The command `verify`: aims the contract suites at a URL, or at two to compare them. Options, files, reporters and
// exit codes are here, and `--watch`: after a run, what failed is run again on Enter, or when the target has restarted.
// What is checked and how it is judged is src/contracts'.
import type { Command } from 'commander'
import { VerifyCommand } from '../generated/kit-command.js'
import type { RecordingFlags, Report, StoryFile, VerifyCommand as VerifyFlags } from '../generated/kit-schema.js'
import { adminClock, readAdminLimits } from '../contracts/target/target-admin.js'
import { compare, verify, type VerifyOptions } from '../contracts/run/verify.js'
import { createProgress, createReporter, renderJsonList, renderList } from './verify-output.js'
import { resolveLimits, type OtherIdentity, type Target } from '../contracts/target/target.js'
import { selectChecks } from '../contracts/suites/requirements.js'
import type { VerifyListener } from '../contracts/check/report-model.js'
import { expectRecording, openRecordingFile } from './files/recording-file.js'
import { openReports, readBaseline, readWaivers } from './report-options.js'
import { readForm, readSettings } from './files/input-file.js'
import { readStory } from '../lifecycle/states/story-calls.js'
import { StoryFile as StoryForm } from '../generated/kit-node.js'
import { storyCheck } from '../contracts/model/play-story.js'
import { comparisonDocument } from '../report/comparison-document.js'
import { renderHtml } from '../report/html-report.js'
import { createPaint, renderTerminal } from '../report/text-report.js'
import type { ReporterOutput } from '../report/write-report.js'
import { say } from './files/terminal.js'
import { underSignals } from './under-signals.js'
import { defineCommand } from './define-command.js'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { ENDED } from '../contracts/run/run-check.js'
import { pauseFor } from '../kernel/real-time.js'
import { isNobodyThere } from '../contracts/target/transport.js'
import { KitError } from '../kernel/errors.js'
import { count } from '../report/report-document.js'

export const addVerifyCommand = defineCommand(VerifyCommand, run)

async function run(given: VerifyFlags, [url]: readonly string[], command: Command): Promise<void> {
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

/** Exit codes of processes that a signal has ended are above this. */
const SIGNALLED = 128

async function runVerify(url: string, flags: VerifyFlags): Promise<number> {
  expectRecording(flags)
  const { names, output } = openReports(flags, 'verify')
  // Checks under way clean up, within seconds.
  const { result, code } = await underSignals((signal) =>
    verifyUntil(signal).catch((error: unknown) => {
      if (!signal.aborted) throw error
      say(error)
      return 1
    }),
  )
  return code ?? result

  async function verifyUntil(signal: AbortSignal): Promise<number> {
    // Every file is read before the target is asked for anything.
    const options = await readOptions(flags, createReporter(names, output), signal)
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
  const file = openRecordingFile(recordingOut, ({ message }) =>
    say(`The recording ${recordingOut} cannot be written: ${message}`),
  )
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
  const given = await readSettings(flags.limits, 'limits')
  const declared = admin === undefined ? {} : await readAdminLimits(admin, { token })
  return {
    ...{ url, apiKey, workspace, project, colleagueApiKey, readerApiKey },
    other: otherApiKey === undefined && otherWorkspace === undefined ? undefined : other,
    limits: resolveLimits({ ...declared, ...given }),
    clock: admin === undefined ? undefined : adminClock(admin, { token }),
  }
}

async function readOptions(flags: VerifyFlags, onEvent: VerifyListener, signal: AbortSignal): Promise<VerifyOptions> {
  const { require, server, seed, runs, path, concurrency, maxWaiting, strict, accept } = flags
  const { suite: suites, area: areas, check: only, maxWait: maxWaitSeconds, firstAnswer: firstAnswerSeconds } = flags
  return {
    checks:
      flags.story === undefined
        ? undefined
        : [storyCheck(readStory(await readForm<StoryFile>(flags.story, 'story', StoryForm)))],
    ...{ require, server, seed, runs, path, concurrency, maxWaiting, strict, accept },
    ...{ suites, areas, only, maxWaitSeconds, firstAnswerSeconds },
    bail: typeof flags.bail === 'string' ? true : flags.bail,
    waivers: await readWaivers(flags.waivers),
    baseline: flags.baseline === undefined ? undefined : await readBaseline(flags.baseline),
    ...{ signal, onEvent },
  }
}

async function runCompare(
  target: Target,
  other: Target,
  { waivers: _waivers, ...options }: VerifyOptions,
  output: ReporterOutput,
): Promise<number> {
  const comparison = await compare(target, other, { ...options, onEvent: createProgress(output) })
  const document = comparisonDocument(comparison)
  const file = output.folder === undefined ? undefined : `${output.folder}/compare.html`
  output.write(renderTerminal(document, createPaint(output.hasColor), { columns: Infinity, file }))
  if (file !== undefined) output.save('compare.html', renderHtml(document))
  return comparison.exitCode
}

/** How often it is tried whether a target takes connections: one that restarts may be gone for no longer than this. */
const KNOCK_MS = 20
/** A target that takes longer for a connection is busy, and no longer looked at meanwhile. */
const MAX_LOOK_MS = 2000

/** Verifies until the input ends or the signal aborts; resolves with the last report. */
async function watchTarget(target: Target, options: VerifyOptions): Promise<Report> {
  const { signal } = options
  const reader = createInterface({ input: process.stdin, ...(signal && { signal }) })
  const lines = reader[Symbol.asyncIterator]()
  // Lines that come during a run are kept.
  let next = lines.next()
  let report = await verify(target, options)
  try {
    for (;;) {
      const left = idsToRunAgain(report)
      const what = left.length === 0 ? 'everything' : count(left.length, 'check')
      say(`watching: Enter, or a restart of the target, runs ${what} again; all and Enter: everything`)
      const line = await lineOrRestart(next, target.url)
      if (line?.done === true) return report
      if (line !== undefined) next = lines.next()
      const isAll = line?.value.trim() === 'all' || left.length === 0
      const again = isAll ? {} : { only: left, suites: undefined, areas: undefined }
      report = await verify(target, { ...options, ...again, require: undefined }).catch((error: unknown) => {
        // A target that cannot be verified now may be mended, as any other.
        if (!(error instanceof KitError)) throw error
        say(error)
        return report
      })
    }
  } finally {
    reader.close()
  }
}

/** What did not pass, could not run yet, or had no turn before the run ended early. */
function idsToRunAgain({ results, aborted }: Report): string[] {
  return results.flatMap(({ id, verdict }) => {
    if (verdict.kind === 'not-run') {
      const hadNoTurn = aborted !== null && (verdict.reason === aborted || verdict.reason === ENDED)
      return hadNoTurn || verdict.blockedBy !== undefined ? [id] : []
    }
    return verdict.kind === 'failed' || verdict.kind === 'error' ? [id] : []
  })
}

/** Resolves with the line; with nothing when the target has restarted before it came. */
async function lineOrRestart<Line>(line: Promise<Line>, url: string): Promise<Line | undefined> {
  const seen = new AbortController()
  const first = await Promise.race([line, restarted(url, seen.signal).then(() => undefined)])
  seen.abort()
  return first
}

async function restarted(url: string, signal: AbortSignal): Promise<void> {
  let wasGone = false
  while (!signal.aborted) {
    const isThere = await takesConnections(url)
    if (isThere && wasGone) return
    if (!isThere && !wasGone) say('watching: the target is gone; waiting for it')
    wasGone ||= !isThere
    await pauseFor(KNOCK_MS, signal)
  }
}

/** Whether a server listens there. Nothing is sent, so that no log of the target fills with it. */
async function takesConnections(url: string): Promise<boolean> {
  const { protocol, hostname, port } = new URL(url)
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const socket = connect({ host, port: Number(port) || (protocol === 'https:' ? 443 : 80) })
  const isListening = await once(socket, 'connect', { signal: AbortSignal.timeout(MAX_LOOK_MS) }).then(
    () => true,
    (error: unknown) => !(error instanceof Error && isNobodyThere(error)),
  )
  socket.destroy()
  return isListening
}
