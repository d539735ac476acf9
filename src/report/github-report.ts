/** Reports for GitHub Actions: an annotation per failure, and a summary page where the job has one. */
import { escapeMarkup, printable, printableLines } from '../kernel/printable.js'
import {
  describeItem,
  describeOutcome,
  describeRule,
  findSharedCauses,
  isFailure,
  type Cell,
  type ReportCase,
  type ReportDocument,
} from './report-document.js'
import { detailLines } from './text-report.js'

/** GitHub shows ten annotations of a step; the summary holds all. */
const MAX_ANNOTATIONS = 10
/** GitHub drops a summary of more than a mebibyte. */
const MAX_IN_SUMMARY = 100

/** Workflow commands, one line each. */
export function renderAnnotations(document: ReportDocument): string {
  const told = document.cases.filter(isTold).toSorted((a, b) => Number(isFailure(b)) - Number(isFailure(a)))
  const lists = document.lists.flatMap(({ title, annotation, items }) =>
    annotation === undefined ? [] : items.map((item) => command(annotation, title, describeItem(item))),
  )
  return `${[
    ...told
      .slice(0, MAX_ANNOTATIONS)
      .map((each) => command(isFailure(each) ? 'error' : 'warning', each.id, describe(each))),
    ...lists,
    command('notice', document.title, describeOutcome(document)),
  ].join('\n')}\n`
}

function isTold(each: ReportCase): boolean {
  return isFailure(each) || each.state === 'warning'
}

/** What is wrong, without the calls that show it. */
function describe(each: ReportCase): string {
  const { title, details } = each
  const rule = describeRule(each)
  const texts = details.flatMap((detail) => {
    if (detail.kind === 'row') return [`${detail.name} ${detail.text}`]
    return detail.kind === 'line' ? [detail.text] : []
  })
  return [title, ...texts, ...(rule === '' ? [] : [`rule ${rule}`])].join('\n')
}

/** One workflow command, whatever its texts say. */
function command(level: 'error' | 'warning' | 'notice', title: string, message: string): string {
  const name = escapeData(title).replaceAll(':', '%3A').replaceAll(',', '%2C')
  return `::${level} title=${name}::${escapeData(message)}`
}

function escapeData(text: string): string {
  return printableLines(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

/** The summary page as Markdown. */
export function renderStepSummary(document: ReportDocument): string {
  const { title, subject, outcome, facts, figures, lists, cases } = document
  const told = cases.filter(isTold)
  const left = told.length - MAX_IN_SUMMARY
  const lines = [
    `## ${escapeMarkdown(title)}: ${outcome.word}`,
    '',
    `${code(subject)}: ${escapeMarkdown([outcome.text, ...facts].join(', '))}`,
    '',
    ...renderTable(document),
    ...Object.entries(figures).flatMap(([name, text]) => [`- ${name}: ${escapeMarkdown(text)}`]),
    '',
    ...lists.flatMap((list) => [
      `${escapeMarkdown(list.title)}:`,
      '',
      ...list.items.map((item) => `- ${escapeMarkdown(describeItem(item))}`),
      '',
    ]),
    ...renderCauses(cases),
    ...told.slice(0, MAX_IN_SUMMARY).flatMap(renderFailure),
    ...(left > 0 ? ['', `${left} more failures: see the log.`] : []),
  ]
  return `${lines.join('\n')}\n`
}

function renderTable({ tables: [table] }: ReportDocument): string[] {
  if (table === undefined) return []
  const row = (cells: readonly Cell[]): string =>
    `| ${cells.map((cell) => escapeMarkdown(typeof cell === 'string' ? cell : cell.text)).join(' | ')} |`
  const ruler = ['---', ...table.columns.map(() => '---:')]
  return [row([table.title, ...table.columns]), `| ${ruler.join(' | ')} |`, ...table.rows.map(row), '']
}

function renderCauses(cases: readonly ReportCase[]): string[] {
  const lines = findSharedCauses(cases).map(({ subject, expected, actual, cases: own }) => {
    const of = subject === null ? '' : ` of \`${subject}\``
    return `- **${own.length} failures**${of}: expected ${code(expected)}, got ${code(actual)}`
  })
  return lines.length === 0 ? [] : ['Most frequent:', '', ...lines]
}

function renderFailure(each: ReportCase): string[] {
  const rule = describeRule(each)
  const text = [...(rule === '' ? [] : [`rule ${rule}`]), ...detailLines(each.details)].join('\n')
  const head = `<details><summary><code>${escapeMarkup(each.id)}</code> ${escapeMarkdown(each.title)}</summary>`
  return ['', head, '', '```', text.replaceAll('```', "'''"), '```', '', '</details>']
}

function code(text: string): string {
  return `\`\` ${printable(text).replaceAll('`', "'")} \`\``
}

/** Neither a link nor an image, a mention or a table: what Markdown reads as markup is shown as it stands. */
function escapeMarkdown(text: string): string {
  return escapeMarkup(printable(text)).replaceAll(/[\\`*_~[\]()!|@]|#(?!\d)/g, (char) => `&#${char.charCodeAt(0)};`)
}
