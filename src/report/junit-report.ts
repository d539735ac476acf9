// Reports as JUnit XML, one suite per group. A case that ran is never marked skipped: warnings and accepted failures pass
// with a note; `skipped` is for what did not run, with the reason.
import { groupBy } from '../kernel/group-by.js'
import { escapeMarkup } from '../kernel/printable.js'
import { describeItem, detailsOf, messageOf, type ReportCase, type ReportDocument } from './report-document.js'
import { detailLines } from './text-report.js'

export function renderJunit(document: ReportDocument): string {
  const { name, cases, durationMs, startedAt: timestamp, figures, lists } = document
  const suites = [...groupBy(cases, ({ group }) => group)].map(([group, own]) => {
    const time = own.reduce((sum, each) => sum + (each.durationMs ?? 0), 0)
    const head = attributes({ name: group, ...countsOf(own), time: seconds(time), ...(timestamp && { timestamp }) })
    return `  <testsuite ${head}>\n${own.map((each) => renderCase(each, name)).join('')}  </testsuite>\n`
  })
  const head = { name: `opik-runner-kit ${name}`, ...countsOf(cases), time: seconds(durationMs ?? 0) }
  const told = [
    ...Object.entries(figures),
    ...lists.flatMap(({ title, items }) => items.map((item): [string, string] => [title, describeItem(item)])),
  ]
  const properties = told.map(([title, value]) => `    <property ${attributes({ name: title, value })}/>\n`)
  const shown = properties.length === 0 ? '' : `  <properties>\n${properties.join('')}  </properties>\n`
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${attributes(head)}>\n${shown}${suites.join('')}</testsuites>\n`
}

function countsOf(cases: readonly ReportCase[]): Record<'tests' | 'failures' | 'errors' | 'skipped', number> {
  const of = (state: ReportCase['state']): number => cases.filter((each) => each.state === state).length
  return { tests: cases.length, failures: of('failed'), errors: of('error'), skipped: of('skipped') }
}

function renderCase(each: ReportCase, name: string): string {
  const { id, title, group, durationMs = 0, requirements } = each
  const head = attributes({ name: `${id}: ${title}`, classname: `${name}.${group}`, time: seconds(durationMs) })
  const properties = requirements.map((value) => `<property ${attributes({ name: 'requirement', value })}/>`).join('')
  const named = properties === '' ? '' : `      <properties>${properties}</properties>\n`
  return `    <testcase ${head}>\n${named}${renderVerdict(each)}    </testcase>\n`
}

function renderVerdict(each: ReportCase): string {
  const { state, label, reason, severity, details } = each
  const why = reason === undefined ? label : `${label}: ${reason}`
  const text = escapeMarkup([why, ...detailLines(detailsOf(each))].join('\n'))
  const message = messageOf(each) ?? each.title
  switch (state) {
    case 'failed':
      return `      <failure ${attributes({ message, type: severity })}>${text}</failure>\n`
    case 'error':
      return `      <error ${attributes({ message, type: 'error' })}/>\n`
    case 'skipped':
      return `      <skipped ${attributes({ message: reason ?? label })}/>\n`
    default:
      return details.length === 0 && reason === undefined ? '' : `      <system-out>${text}</system-out>\n`
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escapeMarkup(String(value))}"`)
    .join(' ')
}
