/** What `watch` found, as the document that all reporters render. */
import { printableData } from '../../kernel/printable.js'
import { NS_PER_MS } from '../../kernel/recording/recorder.js'
import { count, reportDocument, type ReportCase, type ReportDocument } from '../../report/report-document.js'
import type { Shown, ShownExchange, ShownVerdict } from './shown-verdict.js'

export interface TrafficFrame {
  /** When it began, on the clock of its exchanges. */
  readonly begin: number
  readonly hasMany: boolean
  readonly subject: string
}

export function watchDocument({ verdicts, quirks, counts }: Shown, frame: TrafficFrame): ReportDocument {
  const { exchanges, judged, unknown, skipped, untold } = counts
  const musts = verdicts.filter(({ severity }) => severity === 'must').length
  const broken = [
    ...(musts === 0 ? [] : [`${musts} must`]),
    ...(verdicts.length === musts ? [] : [`${verdicts.length - musts} should`]),
    ...(untold === 0 ? [] : [`${untold} more`]),
  ]
  const figures = `${count(exchanges, 'exchange')}: ${judged} judged, ${unknown} by their form alone, ${skipped} not judged`
  const word = broken.length > 0 ? 'broken' : judged + unknown === 0 ? 'nothing to judge' : 'nothing wrong'
  const traffic: ReportCase = {
    ...{ id: 'traffic', title: figures, group: 'traffic', state: 'passed', label: 'judged', severity: 'must' },
    ...{ requirements: [], details: [] },
  }
  return reportDocument({
    ...{ name: 'watch', title: 'Watched traffic', subject: frame.subject },
    outcome: { isGood: musts === 0, word, text: [...broken, figures].join(', ') },
    lists: [
      {
        title: "quirks of today's server",
        annotation: 'notice',
        items: quirks.map(({ id, how, times, first, today }) => ({
          text: `${id}  ${how}${times === 1 ? '' : `, ${times} times`}`,
          more: [today, describeExchange(first, frame)],
        })),
      },
    ],
    // One at least, so that there is always a test in JUnit.
    cases: [...verdicts.map((verdict) => verdictCase(verdict, frame)), traffic],
  })
}

export function verdictCase(verdict: ShownVerdict, frame: TrafficFrame): ReportCase {
  const { rule, severity, side, requirements, expected, actual, story } = verdict
  return printableData<ReportCase>({
    ...{ id: rule, title: `by the ${side}`, group: rule.split('/')[0] ?? rule, label: 'broken' },
    ...{ severity, requirements, state: severity === 'must' ? 'failed' : 'warning' },
    details: [
      { kind: 'row', name: 'expected', text: expected, tone: 'passed' },
      { kind: 'row', name: 'got', text: actual, tone: 'failed' },
      ...story.map((line) => ({ kind: 'line', text: describeExchange(line, frame) }) as const),
    ],
    cause: { subject: rule, expected, actual },
  })
}

/** When it began, counted from the first exchange; which one it is; what was asked and answered; how long it took. */
function describeExchange(exchange: ShownExchange, { begin, hasMany }: TrafficFrame): string {
  const { recording, id, method, path, status, at_start_ns: start, at_end_ns: end } = exchange
  const where = `#${id}${hasMany ? ` of ${recording}` : ''}`
  // Of one that is too old to be remembered there are words alone.
  if (method === '') return `${where}  ${path}`
  const at = `+${((start - begin) / NS_PER_MS / 1000).toFixed(3)} s`
  const took = `${Math.round((end - start) / NS_PER_MS)} ms`
  return `${at}  ${where}  ${method} ${path}  ${status ?? 'hung up'}  ${took}`
}
