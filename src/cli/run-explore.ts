/**
 * `opik-runner-kit explore`: runs a command against a mock in one order of answers after the other. Options, files, signals
 * and exit codes are here.
 */
import { ExploreCommand } from '../generated/kit-command.js'
import { createClock } from '../kernel/clock.js'
import { KitError } from '../kernel/errors.js'
import { ExploreRunFile as form } from '../generated/kit-node.js'
import type { ExploreCommand as ExploreFlags, ExploreRunFile } from '../generated/kit-schema.js'
import { exploreOrders, isFinding } from '../explore/explore-orders.js'
import type { ExploreProgress, OrderFinding, OrderRun } from '../explore/explore-orders.js'
import type { OrderPlan } from '../explore/search.js'
import { runCommand, type CommandOrderOptions } from './explore/command-order.js'
import { exploreDocument, exploreSections } from './explore/explore-document.js'
import { readForm } from './files/input-file.js'
import { createProgressLine } from './files/progress-line.js'
import { defineCommand } from './define-command.js'
import { openReports, writeReports, writeRun } from './report-options.js'
import { underSignals } from './under-signals.js'

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
    const { orders, seconds, seed, swapReads, quiet: quietMs, scenario } = flags
    const runOrder = boundedRuns({ command, quietMs, drops, scenario, signal }, seconds)
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
  writeReports(reports, 'explore', { document, json: explored, sections: exploreSections(explored) })
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
