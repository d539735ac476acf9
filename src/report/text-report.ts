/** Reports as text: cases with their details, lists and tables; in colour for a terminal, plain for files and messages. */
import pc from 'picocolors'
import { groupBy } from '../kernel/group-by.js'
import { shorten } from '../kernel/printable.js'
import {
  count,
  describeItem,
  describeOutcome,
  detailsOf,
  findCauses,
  findSharedCauses,
  isFailure,
  nextOf,
  type Cause,
  type Cell,
  type Detail,
  type ReportCase,
  type ReportDocument,
  type ReportList,
  type ReportTable,
  type Tone,
} from './report-document.js'

export type Paint = ReturnType<typeof pc.createColors>

export function createPaint(hasColor: boolean): Paint {
  return pc.createColors(hasColor)
}

const MAX_BODY = 600

export function renderCase(each: ReportCase, paint: Paint = createPaint(false)): string {
  const mark = isFailure(each) ? paint.red('✗') : paint.yellow('!')
  const head = `${mark} ${paint.bold(each.id)} ${paint.dim(`(${each.severity})`)}  ${each.title}`
  return [head, ...detailLines(detailsOf(each), paint), ''].join('\n')
}

/** Details as lines below a case. */
export function detailLines(details: readonly Detail[], paint: Paint = createPaint(false)): string[] {
  return details.flatMap((detail) => {
    switch (detail.kind) {
      case 'row':
        return [`    ${paint.dim(detail.name.padEnd(9))}${indent(colored(detail.text, detail.tone, paint))}`]
      case 'line':
        return [`    ${detail.text}`]
      case 'call': {
        const body = indent(shorten(detail.body, MAX_BODY))
        const head = [`    ${paint.cyan('$')} ${detail.command}`, `      ${paint.dim(detail.outcome)}`]
        return body === '' ? head : [...head, `      ${body}`]
      }
    }
  })
}

function indent(text: string): string {
  return text.replaceAll('\n', '\n             ')
}

function colored(text: string, tone: Tone | undefined, paint: Paint): string {
  if (tone === 'passed') return paint.green(text)
  if (tone === 'failed') return paint.red(text)
  if (tone === 'noted') return paint.yellow(text)
  return tone === undefined ? text : paint.dim(text)
}

/** The whole report: failures, then everything else. */
export function renderReport(document: ReportDocument, paint: Paint): string {
  const shown = document.cases.filter((each) => isFailure(each) || each.state === 'warning')
  const tables = document.tables.map((table) => renderTable(table, paint))
  const blocks = [renderCauses(document, paint), ...tables].filter((block) => block !== '').map((block) => `${block}\n`)
  return [...shown.map((each) => renderCase(each, paint)), ...blocks, renderRest(document, paint)].join('\n')
}

/** The report by groups: each case on a line, with the details of those that did not pass. */
export function renderGroups(document: ReportDocument, paint: Paint): string {
  const groups = [...groupBy(document.cases, ({ group }) => group)].map(([group, cases]) => {
    const lines = cases.flatMap((each) => [
      `  ${colored(each.label.padEnd(14), toneOf(each), paint)}${each.severity.padEnd(8)}${each.requirements.join(' ').padEnd(9)}${each.id.padEnd(22)}${each.title}`,
      ...(each.reason === undefined ? [] : [`      ${each.reason}`]),
      ...detailLines(each.details, paint).map((line) => `  ${line}`),
    ])
    return [paint.bold(group), ...lines, ''].join('\n')
  })
  return [...groups, renderRest(document, paint)].join('\n')
}

export function renderRest(document: ReportDocument, paint: Paint): string {
  const lists = document.lists.map((list) => `${listLines(list, paint).join('\n')}\n`)
  return [...lists, ...figureLines(document, paint), renderOutcome(document, paint), ''].join('\n')
}

/** What a state means, as a colour. */
export function toneOf(each: Pick<ReportCase, 'state'>): Tone {
  if (isFailure(each)) return 'failed'
  if (each.state === 'passed') return 'passed'
  return each.state === 'skipped' ? 'not-seen' : 'noted'
}

function renderOutcome(document: ReportDocument, paint: Paint): string {
  const [head = '', ...rest] = describeOutcome(document).split(': ')
  return `${document.outcome.isGood ? paint.green(head) : paint.red(head)}: ${rest.join(': ')}`
}

function figureLines({ figures }: ReportDocument, paint: Paint): string[] {
  return Object.entries(figures).map(([name, text]) => `${paint.dim(name.padEnd(11))}${text}`)
}

/** A list; a short one names few ids and says how much is left out. */
function listLines({ title, isUrgent, items }: ReportList, paint: Paint, most = Infinity): string[] {
  const isShort = most !== Infinity
  const lines = items.slice(0, most).flatMap((item) => {
    const { text, ids = [], more = [] } = item
    const below = more.map((line) => `    ${line}`)
    if (isUrgent === true) return [paint.red(isShort ? describeItem({ text, ids }) : text), ...below]
    if (isShort) return [`  ${describeItem(item)}`]
    return [`  ${text}`, ...below, ...(ids.length === 0 ? [] : [`    ${paint.dim(ids.join(', '))}`])]
  })
  const left = items.slice(most)
  const rest = left.length === 0 ? [] : [`  and ${left.length} more`]
  return [...(isUrgent === true ? [] : [paint.yellow(title)]), ...lines, ...rest]
}

function renderCauses({ cases }: ReportDocument, paint: Paint): string {
  const lines = findSharedCauses(cases).map(({ subject, expected, actual, cases: own }) => {
    const of = subject === null ? '' : `${subject}: `
    return `${paint.red(String(own.length).padStart(6))}  ${of}expected ${expected}; got ${actual}`
  })
  return lines.length === 0 ? '' : [paint.dim('checks  most frequent findings'), ...lines].join('\n')
}

function renderTable({ title, columns, rows }: ReportTable, paint: Paint): string {
  const all = [[title, ...columns], ...rows]
  const widths = [title, ...columns].map((_, at) => Math.max(...all.map((row) => textOf(row[at]).length)) + 2)
  const lines = all.map((row, line) => {
    const cells = row.map((cell, at) => {
      const [text, width] = [textOf(cell), widths[at] ?? 0]
      if (at === 0) return text.padEnd(width)
      const tone = typeof cell === 'string' ? undefined : cell.tone
      return colored(text.padStart(Math.max(width, 9)), tone, paint)
    })
    return line === 0 ? paint.dim(cells.join('')) : cells.join('')
  })
  return lines.join('\n')
}

/** What a cell says; nothing where there is none. */
export function textOf(cell: Cell | undefined): string {
  return typeof cell === 'string' ? cell : (cell?.text ?? '')
}

export interface TerminalOptions {
  /** Width in characters; a longer line counts for several. Infinite where lines are not broken. */
  columns: number
  /** The file that holds the whole report; undefined without one. */
  file: string | undefined
}

/** Most lines after the one that says what is judged, and perhaps one while the run lasts. */
const MAX_LINES = 118
const MAX_SAMPLES = 3
const MAX_WHOLE = 4
const MAX_LISTED = 8
const MAX_EXCERPT = 160

/** Renders what a terminal shows of a report, however much failed: what to do first, causes with samples, the outcome. */
export function renderTerminal(document: ReportDocument, paint: Paint, { columns, file }: TerminalOptions): string {
  const next = nextOf(document)
  const short = (list: ReportList): string[] => [...listLines(list, paint, MAX_LISTED), '']
  const head = [
    ...(next === undefined ? [] : [paint.bold(next), '']),
    ...document.lists.filter(({ isUrgent }) => isUrgent === true).flatMap(short),
  ]
  const tail = [
    ...document.lists.filter(({ isUrgent }) => isUrgent !== true).flatMap(short),
    ...figureLines(document, paint),
    ...(Object.keys(document.figures).length === 0 ? [] : ['']),
    renderOutcome(document, paint),
  ]
  const height = (lines: readonly string[]): number =>
    lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / columns)), 0)
  const room = MAX_LINES - height(head) - height(tail) - 2
  const lines = causeLines(document, paint, { file, fits: (shown) => height(shown) <= room })
  return `${[...head, ...lines, ...tail].join('\n')}\n`
}

interface CauseSpace {
  file: string | undefined
  fits: (lines: readonly string[]) => boolean
}

function causeLines({ cases }: ReportDocument, paint: Paint, { file, fits }: CauseSpace): string[] {
  const causes = findCauses(cases)
  const failed = cases.filter((each) => isFailure(each) && each.cause !== undefined)
  if (failed.length <= MAX_WHOLE) {
    const whole = failed.flatMap((each) => renderCase(each, paint).split('\n'))
    if (fits(whole)) return whole
  }
  const byId = new Map(failed.map((each) => [each.id, each]))
  const shown: string[] = []
  for (const [at, cause] of causes.entries()) {
    const lines = [...shown, ...causeWithSamples(cause, byId, paint), '']
    if (!fits(lines)) return [...shown, moreLine(causes.slice(at), file), '']
    shown.splice(0, shown.length, ...lines)
  }
  return shown
}

function moreLine(left: readonly Cause[], file: string | undefined): string {
  const failures = left.reduce((sum, { cases }) => sum + cases.length, 0)
  const where = file === undefined ? '--out DIR writes all of them' : `all of them are in ${file}`
  return `and ${failures} more failures of ${count(left.length, 'cause')}: ${where}`
}

function causeWithSamples(cause: Cause, byId: ReadonlyMap<string, ReportCase>, paint: Paint): string[] {
  const { subject, expected, actual, cases } = cause
  const more = cases.length > MAX_SAMPLES ? [paint.dim(`    and ${cases.length - MAX_SAMPLES} more`)] : []
  return [
    `${paint.red('✗')} ${paint.bold(subject ?? 'no operation')}  ${count(cases.length, 'check')}`,
    `    ${paint.dim('expected')} ${paint.green(expected)}`,
    `    ${paint.dim('got')}      ${paint.red(actual)}`,
    ...cases.slice(0, MAX_SAMPLES).flatMap((id) => sampleLines(byId.get(id), paint)),
    ...more,
  ]
}

function sampleLines(each: ReportCase | undefined, paint: Paint): string[] {
  if (each === undefined) return []
  const names = each.requirements.length === 0 ? '' : ` (${each.requirements.join(', ')})`
  const call = firstFinding(each.details).findLast((detail) => detail.kind === 'call')
  const body = shorten(call?.body.replaceAll(/\s+/g, ' ').trim() ?? '', MAX_EXCERPT)
  const shown = call && [
    `      ${paint.cyan('$')} ${call.command}`,
    `        ${paint.dim(call.outcome)}${body === '' ? '' : `  ${body}`}`,
  ]
  return [`    ${each.id}${names}  ${each.title}`, ...(shown ?? [])]
}

/** The details up to where a second finding begins. */
function firstFinding(details: readonly Detail[]): readonly Detail[] {
  const second = details.findIndex(
    (detail, at) => at > 0 && detail.kind === 'row' && detail.name === 'expected' && details[0]?.kind === 'row',
  )
  return second < 0 ? details : details.slice(0, second)
}
