/** Reports for GitHub Actions: an annotation per failure, and a summary page where the job has one. */
import { printableLines } from '../kernel/printable.js'
import { renderCauses, renderFailure, renderHead, renderList, renderTable } from './html-report.js'
import { describeItem, describeOutcome, describeRule, failuresFirst, isFailure } from './report-document.js'
import type { ReportCase, ReportDocument } from './report-document.js'

/** GitHub shows ten annotations of a step; the summary holds all. */
const MAX_ANNOTATIONS = 10
/** GitHub drops a summary of more than a mebibyte; a character may take three bytes. */
const MAX_SUMMARY = 300_000

/** Workflow commands, one line each. */
export function renderAnnotations(document: ReportDocument): string {
  const told = failuresFirst(document.cases.filter(isTold))
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
  const rule = describeRule(each)
  const texts = each.details.flatMap((detail) => {
    if (detail.kind === 'row') return [`${detail.name} ${detail.text}`]
    return detail.kind === 'line' ? [detail.text] : []
  })
  return [each.title, ...texts, ...(rule === '' ? [] : [`rule ${rule}`])].join('\n')
}

/** One workflow command, whatever its texts say. */
function command(level: 'error' | 'warning' | 'notice', title: string, message: string): string {
  const name = escapeData(title).replaceAll(':', '%3A').replaceAll(',', '%2C')
  return `::${level} title=${name}::${escapeData(message)}`
}

function escapeData(text: string): string {
  return printableLines(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

/** The summary page: parts of the HTML report. Without a blank line they are one block, of which nothing is Markdown. */
export function renderStepSummary(document: ReportDocument): string {
  const { cases, lists, tables } = document
  const told = cases.filter(isTold)
  const parts = [
    renderHead(document),
    ...tables.slice(0, 1).map((table) => renderTable(table, 'counts')),
    ...lists.filter(({ isUrgent }) => isUrgent !== true).map(renderList),
    renderCauses(cases),
  ]
  let room = MAX_SUMMARY - parts.join('').length
  const failures = told.map((each) => renderFailure(each)).filter((block) => (room -= block.length) > 0)
  const left = told.length - failures.length
  const rest = left === 0 ? '' : `<p>${left} more failures: see the log.</p>`
  return `${[...parts, ...failures, rest].filter((part) => part !== '').join('\n')}\n`
}
