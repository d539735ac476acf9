/** Reports as CTRF, the JSON that test dashboards and CI summaries of any tool read. Its form is that of version 0.0.0. */
import { realTime } from '../kernel/clock.js'
import { version } from '../kernel/version.js'
import { describeItem, messageOf, type CaseState, type ReportCase, type ReportDocument } from './report-document.js'
import { detailLines } from './text-report.js'

/** Broken rules that fail no run are `other`: they neither passed nor may fail a job. */
const STATUSES = {
  ...{ passed: 'passed', failed: 'failed', error: 'failed', warning: 'other', accepted: 'other', skipped: 'skipped' },
} as const satisfies Record<CaseState, string>

export function toCtrf(document: ReportDocument): object {
  const { name, subject, cases, durationMs = 0, startedAt, outcome, figures, lists } = document
  const duration = Math.round(durationMs)
  const start = startedAt === undefined ? Math.round(realTime()) - duration : Date.parse(startedAt)
  const count = (status: string): number => cases.filter(({ state }) => STATUSES[state] === status).length
  return {
    ...{ reportFormat: 'CTRF', specVersion: '0.0.0', generatedBy: `opik-runner-kit ${name}` },
    results: {
      tool: { name: `opik-runner-kit ${name}`, version },
      summary: {
        ...{ tests: cases.length, passed: count('passed'), failed: count('failed'), skipped: count('skipped') },
        ...{ pending: 0, other: count('other'), start, stop: start + duration, duration },
      },
      tests: cases.map(toTest),
      environment: { appName: subject },
      extra: {
        ...{ outcome: outcome.text, figures },
        lists: Object.fromEntries(lists.map(({ title, items }) => [title, items.map(describeItem)])),
      },
    },
  }
}

function toTest(each: ReportCase): object {
  const { id, title, group, state, label, severity, requirements, rule, durationMs = 0, details } = each
  const message = messageOf(each)
  const trace = detailLines(details).join('\n')
  return {
    ...{ name: `${id}: ${title}`, testId: id, status: STATUSES[state], rawStatus: label },
    ...{ duration: Math.round(durationMs), suite: [group], tags: [severity, ...requirements] },
    ...(message !== undefined && { message }),
    ...(trace !== '' && { trace }),
    ...(rule !== undefined && { extra: { rule } }),
  }
}
