/** What `explore` has found, as the document that all reporters render. */
import { isFinding, NOT_REPEATABLE, type Exploration, type OrderFinding } from '../../explore/explore-orders.js'
import { count, reportDocument, type ReportCase, type ReportDocument } from '../../report/report-document.js'
import { renderSection } from '../../report/html-report.js'
import { withoutKeys } from '../conduct/client-process.js'

/** @param repeat the command that runs the order again */
export function exploreDocument(
  explored: Exploration | OrderFinding,
  { command, repeat, durationMs }: { command: readonly string[]; repeat: string | undefined; durationMs: number },
): ReportDocument {
  const finding = isFinding(explored) ? explored : undefined
  const tried = count(explored.orders, 'order')
  const all = explored.isComplete ? ', all that there are within the bounds' : ''
  return reportDocument({
    ...{ name: 'explore', title: 'Orders of answers and time', subject: withoutKeys(command).join(' '), durationMs },
    facts: [tried],
    outcome:
      finding === undefined
        ? { isGood: true, word: 'passed', text: `${tried}${all}` }
        : {
            isGood: false,
            word: 'failed',
            text: `${count(finding.departures.length, 'departure')} from the natural order`,
          },
    ...(repeat === undefined ? {} : { next: `run it again: ${repeat}; the page Orders of the console shows it` }),
    cases: finding === undefined ? [] : [caseOf(finding)],
  })
}

export function exploreSections(explored: Exploration | OrderFinding): string[] {
  return isFinding(explored) ? [renderSection('The order that fails', `<div class="scroll">${explored.svg}</div>`)] : []
}

function caseOf({ failure, story, departures, isRepeatable }: OrderFinding): ReportCase {
  const steady = isRepeatable ? [] : [NOT_REPEATABLE]
  const text = departures.map(({ pick, over }) => `${pick} before ${over}`).join('; ') || 'none'
  const lines = [...failure.message.split('\n').slice(1), ...steady, ...story]
  return {
    ...{ id: `explore/${failure.kind}`, title: failure.message.split('\n')[0] ?? '', group: 'orders' },
    ...{ state: 'failed', label: 'failed', severity: 'must', requirements: [] },
    details: [
      { kind: 'row', name: 'departures', text },
      ...lines.map((line) => ({ kind: 'line', text: line }) as const),
    ],
  }
}
