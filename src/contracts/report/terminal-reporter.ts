/**
 * The reporter for people at a terminal: a line of progress while a run lasts, then the report in short. It fits the
 * terminal however bad a target is: what to build next, failures by their causes with a few samples, and the outcome. All
 * of it is for the files of `--out`.
 */
import { createClock } from '../../kernel/clock.js'
import { printable } from '../../kernel/printable.js'
import type { CheckResult, VerifyEvent, Report } from '../check/report-model.js'
import {
  createPaint,
  type Paint,
  renderReport,
  describeShare,
  renderFailure,
  renderOutcome,
} from './pretty-reporter.js'
import {
  type Reporter,
  type ReporterOutput,
  describePlace,
  printableReport,
  describeMissing,
  describeSuites,
  describeUnmet,
  named,
  withoutSeconds,
} from './reporter.js'
import { toCurl } from '../target/recorded-exchange.js'
import { type Cause, decisiveExchanges, describeOutcome, findCauses } from './failure-causes.js'

interface Progress {
  start(id: string): void
  wait(id: string, until: number): void
  finish(result: CheckResult, finished: number, checks: number): void
  clear(): void
}

const BAR_WIDTH = 24
/** Between two lines of progress in a log, in milliseconds. */
const MIN_PAUSE_MS = 10_000

/** Creates the line; it is drawn from the first finished check on. */
function createProgress(output: ReporterOutput, paint: Paint): Progress {
  /** When the wait of each running check is over. */
  const running = new Map<string, number>()
  let [failed, finished, checks] = [0, 0, 0]
  const clock = createClock()
  let toldAt = clock.stopwatch()
  /** Where no line can be drawn again, one is written now and then. */
  const tell = (): void => {
    if (clock.stopwatch() - toldAt < MIN_PAUSE_MS) return
    toldAt = clock.stopwatch()
    output.write(`${finished}/${checks} checks${failed === 0 ? '' : `, ${failed} failed`}\n`)
  }
  let isDrawn = false
  const draw = (): void => {
    const done = Math.round((BAR_WIDTH * finished) / Math.max(1, checks))
    const bar = `${'█'.repeat(done)}${'░'.repeat(BAR_WIDTH - done)}`
    const head = `${bar} ${finished}/${checks}`
    const bad = failed === 0 ? '' : `  ${failed} failed`
    const room = Math.max(0, output.columns - head.length - bad.length - 5)
    output.write(
      `\r\u001B[2K${paint.cyan(head)}${paint.red(bad)}  ${paint.dim(describeRunning(running).slice(0, room))}`,
    )
    isDrawn = true
  }
  return {
    start: (id) => void running.set(id, 0),
    wait(id, until) {
      if (running.has(id)) running.set(id, until)
      if (isDrawn) draw()
      else if (!output.isInteractive) tell()
    },
    finish(result, ...counts) {
      running.delete(result.id)
      ;[finished, checks] = counts
      if (result.verdict.kind === 'failed' || result.verdict.kind === 'error') failed++
      if (output.isInteractive) draw()
      else tell()
    },
    clear() {
      if (isDrawn) output.write('\r\u001B[2K')
      isDrawn = false
    },
  }
}

/** What goes on: a check at work, or else the wait that ends last, with its end. */
function describeRunning(running: ReadonlyMap<string, number>): string {
  const busy = [...running].find(([, until]) => until === 0)
  if (busy !== undefined) return busy[0]
  const last = [...running].toSorted(([, a], [, b]) => b - a)[0]
  if (last === undefined) return ''
  const others = running.size === 1 ? '' : ` and ${running.size - 1} more`
  return `waiting until ${new Date(last[1]).toLocaleTimeString('en-GB')} for ${last[0]}${others}`
}

/** Creates a reporter that says what is verified and draws the line of progress, and nothing else. */
export function createProgressReporter(output: ReporterOutput): Reporter & { clear(): void } {
  const paint = createPaint(output.hasColor)
  const progress = createProgress(output, paint)
  return {
    clear: () => progress.clear(),
    hear(event) {
      switch (event.type) {
        case 'started':
          output.write(
            `${paint.bold('verify')} ${printable(event.url)}: ${event.checks === 1 ? '1 check' : `${event.checks} checks`}, seed ${event.seed}\n`,
          )
          return
        case 'check-started':
          progress.start(event.check.id)
          return
        case 'waiting':
          progress.wait(event.check.id, event.until)
          return
        case 'check-finished':
          progress.finish(event.result, event.finished, event.checks)
          return
        case 'finished':
          progress.clear()
          return
        case 'missing':
      }
    },
  }
}

/** Creates the reporter for people; with a folder, the whole report goes there as `report.txt`. */
export function createPrettyReporter(output: ReporterOutput): Reporter {
  const paint = createPaint(output.hasColor)
  const progress = createProgressReporter(output)
  let isTold = false
  const tellMissing = (event: Extract<VerifyEvent, { type: 'missing' }>): void => {
    if (!output.isInteractive || isTold) return
    isTold = true
    progress.clear()
    output.write(`${paint.red(`to build next: ${event.operation}`)}  ${printable(describePlace(event))}\n`)
  }
  return {
    hear(event) {
      progress.hear(event)
      if (event.type === 'missing') tellMissing(event)
      if (event.type !== 'finished') return
      const columns = output.isInteractive ? output.columns : Infinity
      output.write(renderTerminal(event.report, paint, { columns, folder: output.folder }))
      if (output.folder !== undefined) output.save('report.txt', renderReport(event.report, createPaint(false)))
    },
  }
}

/** What the terminal is like. */
export interface TerminalOptions {
  /** Width in characters; a longer line counts for several. Infinite where lines are not broken. */
  columns: number
  /** Folder in which the whole report is; undefined when there is none. */
  folder: string | undefined
}

/** Most lines after the one that says what is verified, and perhaps what is missing, while the run lasts. */
const MOST_LINES = 118
const MOST_MISSING = 8
const MOST_SAMPLES = 3
const MOST_WHOLE = 4
const MOST_LISTED = 8
const LONGEST_BODY = 160

/** Renders what a terminal shows of a report. */
export function renderTerminal(told: Report, paint: Paint, { columns, folder }: TerminalOptions): string {
  const report = printableReport(told)
  const head = [...nextLines(report, paint), ...missingLines(report, paint)]
  const tail = tailLines(report, paint)
  const height = (lines: readonly string[]): number =>
    lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / columns)), 0)
  const room = MOST_LINES - height(head) - height(tail) - 2
  const lines = causeLines(report, paint, { folder, fits: (shown) => height(shown) <= room })
  return `${[...head, ...lines, ...tail].join('\n')}\n`
}

/** The operation to see to next: one that is missing, else the one with which most failures end. */
function nextLines(report: Report, paint: Paint): string[] {
  const [missing] = report.missing
  if (missing !== undefined)
    return [`${paint.bold(`to build next: ${missing.operation}`)}  ${describePlace(missing)}`, '']
  const behind = new Map<string, number>()
  for (const { operation, checks } of causesOf(report)) {
    if (operation !== null) behind.set(operation, (behind.get(operation) ?? 0) + checks.length)
  }
  const [worst] = [...behind].toSorted(([, a], [, b]) => b - a)
  if (worst === undefined) return []
  const [operation, checks] = worst
  const count = report.totals.failed === 1 ? '' : `  behind ${checks} of ${report.totals.failed} failures`
  return [`${paint.bold(`to mend next: ${operation}`)}${count}`, '']
}

function missingLines({ missing }: Report, paint: Paint): string[] {
  if (missing.length === 0) return []
  const shown = missing
    .slice(0, MOST_MISSING)
    .flatMap((each) => [
      paint.red(describeMissing(each)),
      `    ${describePlace(each)}`,
      `    ${paint.cyan('$')} ${toCurl(each.exchange)}`,
    ])
  const names = new Set(missing.map(({ operation }) => operation))
  const isRefused = missing.some(({ exchange: { status } }) => status === 401 || status === 403)
  const hints = [
    ...(isRefused ? ['--api-key and --workspace say who calls'] : []),
    ...(names.has('createProject') ? ['--project ID goes round createProject'] : []),
    ...(names.has('createProject') && names.has('isAlive')
      ? ['is there anything of this API? the URL includes the base path, for example http://localhost:5173/api']
      : []),
  ]
  const more = missing.slice(MOST_MISSING).map(({ operation }) => operation)
  return [...shown, ...(more.length === 0 ? [] : [`and ${more.length} more: ${more.join(', ')}`]), ...hints, '']
}

/** Causes without those that are told as missing operations. */
function causesOf({ results, missing }: Report): Cause[] {
  const lacks = new Set(missing.map(({ operation }) => operation))
  const isTold = ({ operation }: Cause): boolean => operation !== null && lacks.has(operation)
  return findCauses(results, { fewest: 1, most: Infinity }).filter((cause) => !isTold(cause))
}

interface CauseSpace {
  folder: string | undefined
  fits: (lines: readonly string[]) => boolean
}

function causeLines(report: Report, paint: Paint, { folder, fits }: CauseSpace): string[] {
  const results = new Map(report.results.map((result) => [result.id, result]))
  const causes = causesOf(report)
  const whole = wholeLines(causes, results, paint)
  if (whole !== undefined && fits(whole)) return whole
  const shown: string[] = []
  for (const [at, cause] of causes.entries()) {
    const lines = [...shown, ...renderCause(cause, results, paint), '']
    if (!fits(lines)) return [...shown, moreLine(causes.slice(at), folder), '']
    shown.splice(0, shown.length, ...lines)
  }
  return shown
}

/** Few failures are shown with all that is known of each. */
function wholeLines(
  causes: readonly Cause[],
  results: ReadonlyMap<string, CheckResult>,
  paint: Paint,
): string[] | undefined {
  const failed = causes.flatMap(({ checks }) => checks.flatMap((id) => results.get(id) ?? []))
  return failed.length > MOST_WHOLE ? undefined : failed.flatMap((each) => renderFailure(each, paint).split('\n'))
}

function moreLine(left: readonly Cause[], folder: string | undefined): string {
  const count = left.reduce((sum, { checks }) => sum + checks.length, 0)
  const where = folder === undefined ? '--out DIR writes all of them' : `all of them are in ${folder}/report.txt`
  return `and ${count} more failures of ${left.length} ${left.length === 1 ? 'cause' : 'causes'}: ${where}`
}

function renderCause(cause: Cause, results: ReadonlyMap<string, CheckResult>, paint: Paint): string[] {
  const { operation, expected, actual, checks } = cause
  const count = checks.length === 1 ? '1 check' : `${checks.length} checks`
  const head = `${paint.red('✗')} ${paint.bold(operation ?? 'no operation')}  ${count}`
  const samples = checks.slice(0, MOST_SAMPLES).flatMap((id) => renderSample(results.get(id), paint))
  const more = checks.length > MOST_SAMPLES ? [paint.dim(`    and ${checks.length - MOST_SAMPLES} more`)] : []
  return [
    head,
    `    ${paint.dim('expected')} ${paint.green(expected)}`,
    `    ${paint.dim('got')}      ${paint.red(actual)}`,
    ...samples,
    ...more,
  ]
}

function renderSample(result: CheckResult | undefined, paint: Paint): string[] {
  if (result === undefined) return []
  const head = `    ${result.id}${result.requirement === null ? '' : ` (${result.requirement})`}  ${result.title}`
  const [finding] = result.verdict.kind === 'failed' ? result.verdict.findings : []
  const exchange = finding === undefined ? undefined : decisiveExchanges(finding, result).at(-1)
  const script = finding?.script === undefined ? [] : ['      --out DIR writes a script that repeats it']
  if (exchange === undefined) return [head, ...script]
  const body = excerpt(exchange.responseBody)
  return [
    head,
    `      ${paint.cyan('$')} ${toCurl(exchange)}`,
    `        ${paint.dim(describeOutcome(exchange))}${body === '' ? '' : `  ${body}`}`,
    ...script,
  ]
}

function excerpt(body: string): string {
  const line = body.replaceAll(/\s+/g, ' ').trim()
  return line.length > LONGEST_BODY ? `${line.slice(0, LONGEST_BODY)}...` : line
}

function tailLines(report: Report, paint: Paint): string[] {
  const { states, transitions, timers, pairs } = report.lifecycle
  const parts = [
    `states ${describeShare(states)}`,
    `transitions ${describeShare(transitions)}`,
    `timers ${describeShare(timers)}`,
    `state x operation ${describeShare(pairs)}`,
  ]
  return [
    ...listed('not run', notRunLines(report), paint),
    ...listed('unsteady: lost at first, went well alone', idsOf(report, 'unsteady'), paint),
    ...listed(`known accidents of today's server: ${report.accidents.length} seen`, accidentLines(report), paint),
    ...listed('waivers and baseline', noticeLines(report), paint),
    ...listed('required and not run', describeUnmet(report), paint),
    `${paint.dim('suites')}     ${describeSuites(report)}`,
    `${paint.dim('lifecycle')}  ${parts.join(', ')}`,
    '',
    renderOutcome(report, paint),
  ]
}

/** A heading and a few lines; nothing when there are none. */
function listed(title: string, lines: readonly string[], paint: Paint): string[] {
  if (lines.length === 0) return []
  const more = lines.length > MOST_LISTED ? [`  and ${lines.length - MOST_LISTED} more`] : []
  return [paint.yellow(title), ...lines.slice(0, MOST_LISTED).map((line) => `  ${line}`), ...more, '']
}

/** What is blocked is told by the operations that are missing. */
function notRunLines({ results }: Report): string[] {
  const byReason = new Map<string, string[]>()
  for (const { id, verdict } of results) {
    if (verdict.kind !== 'not-run' || verdict.blockedBy !== undefined) continue
    const reason = withoutSeconds(verdict.reason)
    byReason.set(reason, [...(byReason.get(reason) ?? []), id])
  }
  const reasons = [...byReason].toSorted(([, a], [, b]) => b.length - a.length)
  return reasons.map(([reason, ids]) => `${reason}: ${named(ids)}`)
}

function idsOf({ results }: Report, kind: CheckResult['verdict']['kind']): string[] {
  return results.filter(({ verdict }) => verdict.kind === kind).map(({ id }) => id)
}

function accidentLines({ accidents }: Report): string[] {
  return accidents.map(({ id, what, checks }) => `${id}  ${what} (${named(checks)})`)
}

function noticeLines({ waivers, fixed, worse }: Report): string[] {
  const better = fixed.length === 0 ? [] : [`better  ${fixed.length}, which can leave the baseline: ${named(fixed)}`]
  const bad = worse.length === 0 ? [] : [`worse   ${worse.length}: ${named(worse)}`]
  return [...better, ...bad, ...waivers.map(({ kind, message }) => `${kind}  ${message}`)]
}
