/**
 * `opik-runner-kit explore`: runs a command against a mock in one order of answers after the other. Options, files, signals
 * and exit codes are here.
 */
import { ExploreCommand } from '../generated/kit-command.js'
import { createClock, afterRealTime, pauseFor } from '../kernel/clock.js'
import { KitError } from '../kernel/errors.js'
import { ExploreRunFile as form } from '../generated/kit-node.js'
import type { ExploreCommand as ExploreFlags, ExploreRunFile } from '../generated/kit-schema.js'
import { exploreOrders, isFinding, NOT_REPEATABLE } from '../explore/explore-orders.js'
import type { ExploreProgress, OrderFinding, OrderRun, Exploration } from '../explore/explore-orders.js'
import type { OrderPlan } from '../explore/search.js'
import { readForm } from './files/input-file.js'
import { createProgressLine } from './files/terminal.js'
import { defineCommand } from './define-command.js'
import { openReports, writeReports, writeRun } from './report-options.js'
import { underSignals } from './under-signals.js'
import { count, reportDocument, type ReportCase, type ReportDocument } from '../report/report-document.js'
import { renderSection } from '../report/html-report.js'
import { withoutKeys, startClient } from './conduct/client-process.js'
import { serve } from '../mocks/adapters/node.js'
import { RunTrouble, type Surroundings } from '../explore/gate.js'
import { createHeldMock, type HeldMock, runHeld } from '../explore/run-held.js'

/** The exit code is as the description says; 130 or 143 after a signal. */
export const addExploreCommand = defineCommand(ExploreCommand, explore)

async function explore(flags: ExploreFlags, given: readonly string[]): Promise<number> {
  const kept =
    flags.replay === undefined ? undefined : await readForm<ExploreRunFile>(flags.replay, 'explore run', form)
  const command = given.length === 0 ? (kept?.command ?? []) : given
  if (command.length === 0) {
    throw new KitError('explore/command', { failed: 'There is no command to run.', fix: 'Give it after --.' })
  }
  const reports = openReports(flags, 'explore')
  const drops = flags.drops === true || kept?.drops === true
  const progress = createProgressLine()
  const startedAt = clock.stopwatch()
  const { result: explored, code } = await underSignals((signal) => {
    const { orders, seconds, seed, swapReads, quiet, scenario } = flags
    const runOrder = boundedRuns({ command, quiet, drops, scenario, signal }, seconds)
    const bounds = { orders, seconds, seed, swapReads, replay: kept?.departures }
    return exploreOrders(runOrder, { ...bounds, signal, onProgress: (at) => progress.show(describeProgress(at)) })
  })
  progress.clear()
  if (code !== undefined) return code
  const finding = isFinding(explored) ? explored : undefined
  const keep = ({ seed, departures, failure: { kind, message }, events }: OrderFinding): string => {
    const failure = { kind, message }
    const run: ExploreRunFile = { explore_run: 1, command, seed, drops, departures, failure, events }
    return writeRun('explore', run, flags.out)
  }
  const repeat = finding && `opik-runner-kit explore --replay ${flags.replay ?? keep(finding)}`
  const durationMs = Math.round(clock.stopwatch() - startedAt)
  const document = exploreDocument(explored, { command, repeat, durationMs })
  const pictures = finding === undefined ? [] : [`<div class="scroll">${finding.svg}</div>`]
  const sections = pictures.map((svg) => renderSection('The order that fails', svg))
  writeReports(reports, 'explore', { document, json: explored, sections })
  return finding === undefined ? 0 : 1
}

const clock = createClock()

/** A run that takes ten times as long as the natural order, and some seconds more, counts as stuck. */
const MAX_TIMES = 10
const MIN_LIMIT_MS = 15_000

function boundedRuns(options: CommandOrderOptions, seconds: number): (plan: OrderPlan) => Promise<OrderRun> {
  let naturalMs: number | undefined
  return async (plan) => {
    const limit = naturalMs === undefined ? 1000 * seconds : naturalMs * MAX_TIMES + MIN_LIMIT_MS
    const made = await runCommand(plan, limit, options)
    if (naturalMs === undefined && made.failure?.kind === 'stuck' && !options.signal.aborted) {
      throw new KitError('explore/seconds', {
        failed: 'The command does not end in the natural order of answers.',
        value: `${seconds} s`,
        fix: 'Give a command that ends by itself, or more --seconds.',
      })
    }
    naturalMs ??= made.durationMs
    return made
  }
}

function describeProgress({ tried, orders, departures, phase }: ExploreProgress): string {
  if (phase !== 'search') return 'looking for the fewest departures'
  return `order ${tried} of ${orders}, departures: ${departures}`
}

/** @param repeat the command that runs the order again */
function exploreDocument(
  explored: Exploration | OrderFinding,
  { command, repeat, durationMs }: { command: readonly string[]; repeat: string | undefined; durationMs: number },
): ReportDocument {
  const finding = isFinding(explored) ? explored : undefined
  const tried = count(explored.orders, 'order')
  const all = explored.isComplete ? ', all that there are within the bounds' : ''
  return reportDocument({
    ...{ name: 'explore', title: 'Orders of answers and time', subject: withoutKeys(command).join(' '), durationMs },
    facts: [tried],
    outcome:
      finding === undefined
        ? { isGood: true, word: 'passed', text: `${tried}${all}` }
        : {
            isGood: false,
            word: 'failed',
            text: `${count(finding.departures.length, 'departure')} from the natural order`,
          },
    ...(repeat === undefined ? {} : { next: `run it again: ${repeat}; the page Orders of the console shows it` }),
    cases: finding === undefined ? [] : [caseOf(finding)],
  })
}

function caseOf({ failure, story, departures, isRepeatable }: OrderFinding): ReportCase {
  const steady = isRepeatable ? [] : [NOT_REPEATABLE]
  const text = departures.map(({ pick, over }) => `${pick} before ${over}`).join('; ') || 'none'
  const lines = [...failure.message.split('\n').slice(1), ...steady, ...story]
  return {
    ...{ id: `explore/${failure.kind}`, title: failure.message.split('\n')[0] ?? '', group: 'orders' },
    ...{ state: 'failed', label: 'failed', severity: 'must', requirements: [] },
    details: [
      { kind: 'row', name: 'departures', text },
      ...lines.map((line) => ({ kind: 'line', text: line }) as const),
    ],
  }
}

interface CommandOrderOptions extends Pick<ExploreFlags, 'quiet' | 'scenario'> {
  readonly command: readonly string[]
  readonly drops: boolean
  /** Ends the command when it aborts. */
  readonly signal: AbortSignal
}

/** @param limitMs after so long the command is ended, and the order has failed */
async function runCommand(plan: OrderPlan, limitMs: number, options: CommandOrderOptions) {
  const { command, quiet, drops, scenario, signal } = options
  const held = createHeldMock({ scenario })
  const server = await serve(held.mock, { port: 0 })
  const startedAt = held.clock.stopwatch()
  let [output, isLate] = ['', false]
  try {
    const client = await startClient(command, {
      env: { OPIK_URL_OVERRIDE: server.url, OPIK_WORKSPACE: 'default' },
      onOutput: (text) => (output = (output + text).slice(-MAX_OUTPUT)),
    })
    signal.addEventListener('abort', client.kill)
    const callOff = afterRealTime(limitMs, () => {
      isLate = true
      client.kill()
    })
    const test = async (): Promise<void> => {
      const code = await client.ended
      if (isLate) throw new RunTrouble('stuck', `the command did not end within ${(limitMs / 1000).toFixed(1)} s`)
      const ending = code === undefined ? 'a signal ended the command' : `exit code ${code}`
      if (code !== 0) throw new Error(`${ending}\n${output.trim()}`)
    }
    try {
      const surroundings = realTimeOf(held, quiet)
      const run = await runHeld(test, { plan, held, surroundings, unhandled: [], options: { drops } })
      return { ...run, durationMs: held.clock.stopwatch() - startedAt }
    } finally {
      callOff()
      signal.removeEventListener('abort', client.kill)
      await client.stop()
    }
  } finally {
    await server.close()
  }
}

const MAX_OUTPUT = 2000

/** A command has its own time, so that the mock's runs beside it. */
function realTimeOf({ clock }: HeldMock, quietMs: number): Surroundings {
  return {
    rest: () => pauseFor(quietMs),
    now: () => clock.now(),
    nextTimer: () => clock.nextDue(),
    isTimeFree: true,
    passTo: (time) => clock.advance({ milliseconds: Math.max(0, time - clock.now()) }),
    patienceMs: Infinity,
  }
}
