/** The reporters of `watch`, by the names that `verify` gives to its own: verdicts as they come, and all that was found. */
import pc from 'picocolors'
import { command } from '../../contracts/report/github-reporter.js'
import { renderPage, style } from '../../contracts/report/html-reporter.js'
import { breakable } from '../../contracts/report/html-tables.js'
import type { ReporterOutput } from '../../contracts/report/reporter.js'
import { attributes } from '../../contracts/report/junit-reporter.js'
import { escapeMarkup, printable, printableData, printableLines } from '../../kernel/printable.js'
import {
  timesOf,
  type Shown,
  type ShownAccident,
  type ShownExchange,
  type ShownVerdict,
  type TrafficFrame,
} from './shown-verdict.js'
import type { ReporterName } from '../../contracts/report/all-reporters.js'

/** Hears what was found. */
export interface VerdictReporter {
  verdict(verdict: ShownVerdict): void
  finish(shown: Shown): void
}

/** Where reporters write. */
export type VerdictOutput = Pick<ReporterOutput, 'write' | 'save' | 'appendSummary'>

const creators: Readonly<Record<ReporterName, (output: VerdictOutput, frame: TrafficFrame) => VerdictReporter>> = {
  pretty: ({ write }, frame) => ({
    verdict: (verdict) => write(`${renderVerdict(verdict, frame)}\n\n`),
    finish: (shown) => write(renderEnd(printableData(shown), frame)),
  }),
  json: ({ save }) => documentOf((shown) => save('watch.json', `${printableLines(JSON.stringify(shown, null, 2))}\n`)),
  junit: ({ save }, frame) => documentOf((shown) => save('junit.xml', renderJunit(printableData(shown), frame))),
  html: ({ save }, frame) =>
    documentOf((told) => {
      const shown = printableData(told)
      save('watch.html', renderHtml(shown, frame, plain([summarize(shown.verdicts, shown.counts)])))
    }),
  github: ({ write, appendSummary }, frame) =>
    documentOf((shown) => {
      write(renderAnnotations(shown, frame))
      appendSummary?.(renderSummaryPage(shown, frame))
    }),
}

function documentOf(finish: (shown: Shown) => void): VerdictReporter {
  return { verdict: () => undefined, finish }
}

/** Creates a reporter. */
export function createVerdictReporter(name: ReporterName, output: VerdictOutput, frame: TrafficFrame): VerdictReporter {
  return creators[name](output, frame)
}

function renderVerdict(told: ShownVerdict, frame: TrafficFrame): string {
  const { rule, severity, side, requirements } = printableData(told)
  const paint = severity === 'must' ? pc.red : pc.yellow
  const lines = describeVerdict(told, frame).map((text) => `  ${text}`)
  const named = requirements.length === 0 ? '' : `  (${requirements.join(', ')})`
  return [`${paint(rule)}  ${severity}, by the ${side}${named}`, ...lines].join('\n')
}

function describeVerdict({ expected, actual, story }: ShownVerdict, frame: TrafficFrame): string[] {
  const told = [`expected ${printable(expected)}`, `got ${printable(actual)}`]
  return [...told, ...story.map((line) => lineOf(line, frame))]
}

function renderEnd({ verdicts, accidents, counts }: Shown, frame: TrafficFrame): string {
  const seen = accidents.map(({ id, how, times, first, today }) => {
    const count = times === 1 ? '' : `, ${times} times`
    return `accident ${pc.yellow(id)}  ${how}${count}\n  ${today}\n  ${lineOf(first, frame)}`
  })
  return `${[...seen, summarize(verdicts, counts)].join('\n\n')}\n`
}

/** When it began, counted from the first exchange; which one it is; what was asked and answered; how long it took. */
function lineOf(exchange: ShownExchange, frame: TrafficFrame): string {
  const { recording, id, method, path, status } = exchange
  const where = frame.hasMany ? ` of ${printable(recording)}` : ''
  if (method === '') return `${pc.dim(`#${id}${where}`)}  ${printable(path)}`
  const { at, took } = timesOf(exchange, frame)
  return `${pc.dim(`${at}  #${id}${where}`)}  ${printable(`${method} ${path}`)}  ${status ?? 'hung up'}  ${pc.dim(took)}`
}

function summarize(
  verdicts: Shown['verdicts'],
  { exchanges, judged, unknown, skipped, untold }: Shown['counts'],
): string {
  const musts = verdicts.filter(({ severity }) => severity === 'must').length
  const counts = `${exchanges} exchanges: ${judged} judged, ${unknown} by their form alone, ${skipped} not judged`
  const shoulds = verdicts.length - musts
  const broken = [
    musts === 0 ? '' : `${musts} must`,
    shoulds === 0 ? '' : `${shoulds} should`,
    untold === 0 ? '' : `${untold} more`,
  ].filter(Boolean)
  if (broken.length > 0) return `${pc.red(`✗ broken: ${broken.join(', ')}`)} (${counts})`
  return judged + unknown === 0
    ? `${pc.yellow('nothing was there to judge')} (${counts})`
    : `${pc.green('✓ nothing wrong')} (${counts})`
}

/** Text without colours. */
const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g')

function plain(lines: readonly string[]): string {
  return lines.join('\n').replaceAll(ESCAPES, '')
}

/** A case for each rule that was broken, and one for the traffic, so that there is always one. */
function renderJunit({ verdicts, counts }: Shown, frame: TrafficFrame): string {
  const cases = verdicts.map((verdict) => {
    const { rule, severity, side, expected, actual, requirements } = verdict
    const head = attributes({ name: `${rule}, by the ${side}`, classname: `watch.${rule.split('/')[0]}`, time: 0 })
    const failure = attributes({ message: `expected ${expected}; got ${actual}`, type: severity })
    const text = escapeMarkup(plain(describeVerdict(verdict, frame)))
    const properties = requirements.map((value) => `<property ${attributes({ name: 'requirement', value })}/>`).join('')
    const named = properties === '' ? '' : `      <properties>${properties}</properties>\n`
    return severity === 'must'
      ? `    <testcase ${head}>\n${named}      <failure ${failure}>${text}</failure>\n    </testcase>\n`
      : `    <testcase ${head}>\n${named}      <system-out>${text}</system-out>\n    </testcase>\n`
  })
  const failures = verdicts.filter(({ severity }) => severity === 'must').length
  const sums = { tests: verdicts.length + 1, failures, errors: 0, skipped: 0, time: 0 }
  const passed = escapeMarkup(plain([summarize(verdicts, counts)]))
  const whole = `    <testcase ${attributes({ name: 'traffic', classname: 'watch', time: 0 })}>\n      <system-out>${passed}</system-out>\n    </testcase>\n`
  const suite = `  <testsuite ${attributes({ name: 'watch', ...sums })}>\n${whole}${cases.join('')}  </testsuite>\n`
  const all = attributes({ name: 'opik-runner-kit watch', ...sums })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${all}>\n${suite}</testsuites>\n`
}

/** GitHub shows ten annotations of a step. */
const MOST_ANNOTATIONS = 10

function renderAnnotations({ verdicts, counts }: Shown, frame: TrafficFrame): string {
  const lines = verdicts
    .slice(0, MOST_ANNOTATIONS)
    .map((verdict) =>
      command(verdict.severity === 'must' ? 'error' : 'warning', verdict.rule, plain(describeVerdict(verdict, frame))),
    )
  return `${[...lines, command('notice', 'Watched traffic', plain([summarize(verdicts, counts)]))].join('\n')}\n`
}

/** GitHub drops a summary of more than a mebibyte. */
const MOST_IN_SUMMARY = 100

function renderSummaryPage({ verdicts, counts }: Shown, frame: TrafficFrame): string {
  const told = verdicts
    .slice(0, MOST_IN_SUMMARY)
    .flatMap((verdict) => [
      `### ${verdict.rule}`,
      '',
      '```',
      plain(describeVerdict(verdict, frame)).replaceAll('```', "'''"),
      '```',
      '',
    ])
  return `${['## Watched traffic', '', escapeMarkup(plain([summarize(verdicts, counts)])), '', ...told].join('\n')}\n`
}

/**
 * One page: each verdict with the exchanges that prove it, then the accidents.
 * @param outcome what it comes to, in a line
 */
function renderHtml({ verdicts, accidents }: Shown, frame: TrafficFrame, outcome: string): string {
  const isBroken = verdicts.some(({ severity }) => severity === 'must')
  const title = 'Watched traffic'
  const state = isBroken ? 'failed' : 'passed'
  const head =
    `<h1><span class="outcome ${state}">${isBroken ? 'a must is broken' : 'no must is broken'}</span>${title}</h1>` +
    `<p class="muted">${escapeMarkup(outcome)}</p>`
  return renderPage(title, style, [head, verdictsAsHtml(verdicts, frame), accidentsAsHtml(accidents, frame)])
}

function verdictsAsHtml(verdicts: readonly ShownVerdict[], frame: TrafficFrame): string {
  if (verdicts.length === 0) return ''
  const told = verdicts.map((verdict) => verdictAsHtml(verdict, frame))
  return `<section><h2>Verdicts <small>${verdicts.length}</small></h2>${told.join('')}</section>`
}

function verdictAsHtml({ rule, severity, side, requirements, ...verdict }: ShownVerdict, frame: TrafficFrame): string {
  const named = requirements.map((id) => ` <span class="badge">${escapeMarkup(id)}</span>`).join('')
  return (
    `<details class="failure" open><summary><code>${escapeMarkup(rule)}</code> by the ${side} ` +
    `<span class="badge${severity === 'must' ? ' failed' : ' waived'}">${severity}</span>${named}</summary>` +
    `<dl><dt>expected</dt><dd class="passed">${escapeMarkup(verdict.expected)}</dd>` +
    `<dt>got</dt><dd class="failed">${escapeMarkup(verdict.actual)}</dd></dl>` +
    `<table class="checks"><tbody>${verdict.story.map((line) => exchangeAsHtml(line, frame)).join('')}</tbody></table></details>`
  )
}

function exchangeAsHtml(exchange: ShownExchange, frame: TrafficFrame): string {
  const { recording, id, method, path, status } = exchange
  const place = `#${id}${frame.hasMany ? ` of ${escapeMarkup(recording)}` : ''}`
  // Of one that is too old to be remembered there are words alone.
  if (method === '') return row('', place, breakable(path), '', '')
  const { at, took } = timesOf(exchange, frame)
  return row(at, place, `${escapeMarkup(method)} ${breakable(path)}`, String(status ?? 'hung up'), took)
}

function row(at: string, place: string, call: string, status: string, took: string): string {
  return (
    `<tr><td class="number">${at}</td><td class="number">${place}</td><td><code>${call}</code></td>` +
    `<td>${status}</td><td class="number">${took}</td></tr>`
  )
}

function accidentsAsHtml(accidents: readonly ShownAccident[], frame: TrafficFrame): string {
  if (accidents.length === 0) return ''
  const rows = accidents.map(
    ({ id, how, times, today, first }) =>
      `<h3><code>${escapeMarkup(id)}</code> <small>${how}${times === 1 ? '' : `, ${times} times`}</small></h3>` +
      `<p>${escapeMarkup(today)}</p><table class="checks"><tbody>${exchangeAsHtml(first, frame)}</tbody></table>`,
  )
  return `<section><h2>Accidents of today's server <small>${accidents.length}</small></h2>${rows.join('')}</section>`
}
