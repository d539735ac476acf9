/** The reporters by the names that `--reporter` takes, the report as JSON, and the list of checks. */
import { printableLines } from '../../kernel/printable.js'
import type { Check, CheckNeeds } from '../check/check.js'
import type { Report } from '../check/report-model.js'
import { createGithubReporter } from './github-reporter.js'
import { requirementOf } from '../suites/requirements.js'
import { describeRequirement } from './failure-causes.js'
import { renderHtml } from './html-reporter.js'
import { renderJunit } from './junit-reporter.js'
import { createPrettyReporter } from './terminal-reporter.js'
import { documentReporter, type Reporter, type ReporterOutput } from './reporter.js'

/** Renders a report as JSON, indented; what no terminal should get is escaped. */
export function renderJson(report: Report): string {
  return `${printableLines(JSON.stringify(report, null, 2))}\n`
}

/** Renders the list that `--list` prints. */
export function renderList(checks: readonly Check[]): string {
  const width = Math.max(0, ...checks.map(({ id }) => id.length))
  const lines = checks.map((check) => {
    const needs = describeNeeds(check.needs)
    const name = `${check.id.padEnd(width)}  ${check.severity.padEnd(6)}  ${check.title}`
    return `${name}  (${describeRequirement({ requirement: requirementOf(check) ?? null, rule: check.rule })})${needs === '' ? '' : `  [${needs}]`}`
  })
  const areas = new Set(checks.map(({ area }) => area)).size
  const count = `${checks.length} ${checks.length === 1 ? 'check' : 'checks'} in ${areas} ${areas === 1 ? 'area' : 'areas'}`
  return `${[...lines, '', count].join('\n')}\n`
}

/** Renders the list as JSON, for programs. */
export function renderJsonList(checks: readonly Check[]): string {
  const list = checks.map((check) => {
    const { id, area, title, rule, severity, needs } = check
    return { id, area, requirement: requirementOf(check) ?? null, title, rule, severity, needs: partsOf(needs) }
  })
  return `${JSON.stringify(list, null, 2)}\n`
}

function describeNeeds(needs: CheckNeeds): string {
  return partsOf(needs).join(', ')
}

function partsOf({ other, clock, limits, when }: CheckNeeds): string[] {
  const parts = [
    other === undefined ? '' : other === 'any' ? 'second identity' : other,
    clock === undefined ? '' : 'time',
    ...Object.keys(limits ?? {}),
    when === undefined ? '' : 'limits that show it',
  ]
  return parts.filter((part) => part !== '')
}

export const reporterNames = ['pretty', 'json', 'junit', 'html', 'github'] as const

export type ReporterName = (typeof reporterNames)[number]

const creators: Readonly<Record<ReporterName, (output: ReporterOutput) => Reporter>> = {
  pretty: createPrettyReporter,
  json: documentReporter('report.json', ({ report }) => renderJson(report)),
  junit: documentReporter('junit.xml', ({ report }) => renderJunit(report)),
  html: documentReporter('report.html', ({ report }) => renderHtml(report)),
  github: createGithubReporter,
}

export function createReporter(name: ReporterName, output: ReporterOutput): Reporter {
  return creators[name](output)
}
