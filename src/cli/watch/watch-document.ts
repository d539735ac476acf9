/** What `watch` found, as the document that all reporters render. */
import { printableData } from '../../kernel/printable.js'
import { NS_PER_MS } from '../../kernel/recording/recorder.js'
import { count, reportDocument, type ReportCase, type ReportDocument } from '../../report/report-document.js'
import type { WatchReport } from '../../generated/kit-schema.js'
import { describeQuirk } from '../../contracts/check/seen-quirks.js'
import type {
  QuirkSeen,
  ExchangePlace,
  JudgedCounts,
  Judgement,
  RecordedExchange,
  StoryLine,
  Verdict,
} from '../../contracts/watch/judge-recording.js'

/** Traffic as it is shown. */
export interface TrafficView {
  /** When it began, on the clock of its exchanges. */
  readonly begin: number
  readonly subject: string
  /** Where its exchanges are, by their ids. */
  readonly sources: readonly {
    readonly name: string
    readonly byId: ReadonlyMap<number, Omit<RecordedExchange, 'request' | 'response'>>
  }[]
}

export function watchDocument({ verdicts, quirks, counts }: Shown, view: TrafficView): ReportDocument {
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
    ...{ name: 'watch', title: 'Watched traffic', subject: view.subject },
    outcome: { isGood: musts === 0, word, text: [...broken, figures].join(', ') },
    lists: [
      {
        title: "quirks of today's server",
        annotation: 'notice',
        items: quirks.map(({ id, how, times, first, today }) => ({
          text: `${id}  ${how}${times === 1 ? '' : `, ${times} times`}`,
          more: [today, describeExchange(first, view)],
        })),
      },
    ],
    // One at least, so that there is always a test in JUnit.
    cases: [...verdicts.map((verdict) => verdictCase(verdict, view)), traffic],
  })
}

export function verdictCase(verdict: ShownVerdict, view: TrafficView): ReportCase {
  const { rule, severity, side, requirements, expected, actual, story } = verdict
  return printableData<ReportCase>({
    ...{ id: rule, title: `by the ${side}`, group: rule.split('/')[0] ?? rule, label: 'broken' },
    ...{ severity, requirements, state: severity === 'must' ? 'failed' : 'warning' },
    details: [
      { kind: 'row', name: 'expected', text: expected, tone: 'passed' },
      { kind: 'row', name: 'got', text: actual, tone: 'failed' },
      ...story.map((line) => ({ kind: 'line', text: describeExchange(line, view) }) as const),
    ],
    cause: { subject: rule, expected, actual },
  })
}

/** When it began, counted from the first exchange; which one it is; what was asked and answered; how long it took. */
function describeExchange(exchange: ShownExchange, { begin, sources }: TrafficView): string {
  const { recording, id, method, path, status, at_start_ns: start, at_end_ns: end } = exchange
  const where = `#${id}${sources.length > 1 ? ` of ${recording}` : ''}`
  // Of one that is too old to be remembered there are words alone.
  if (method === '') return `${where}  ${path}`
  const at = `+${((start - begin) / NS_PER_MS / 1000).toFixed(3)} s`
  const took = `${Math.round((end - start) / NS_PER_MS)} ms`
  return `${at}  ${where}  ${method} ${path}  ${status ?? 'hung up'}  ${took}`
}

export interface Shown extends WatchReport {
  readonly counts: JudgedCounts
}

export type ShownVerdict = WatchReport['verdicts'][number]
type ShownExchange = ShownVerdict['story'][number]

export function showVerdict({ at: _at, story, ...verdict }: Verdict, view: TrafficView): ShownVerdict {
  return { ...verdict, story: story.map((line) => showExchange(line, view)) }
}

export function showJudgement(judgement: Judgement, view: TrafficView): Shown {
  return {
    verdicts: judgement.verdicts.map((verdict) => showVerdict(verdict, view)),
    quirks: gather(judgement.quirks, view),
    counts: judgement.counts,
  }
}

/** One that is too old to be remembered is told in a few words. */
function showExchange(line: ExchangePlace & Partial<StoryLine>, view: TrafficView): ShownExchange {
  const { name: recording = '', byId } = view.sources[line.recording] ?? {}
  const { id, what = '' } = line
  const exchange = byId?.get(id)
  if (exchange === undefined)
    return { recording, id, method: '', path: what, status: null, at_start_ns: 0, at_end_ns: 0 }
  const { method, path, query, status = null, at_start_ns, at_end_ns } = exchange
  const whole = query === undefined ? path : `${path}?${query}`
  return { recording, id, method, path: whole, status, at_start_ns, at_end_ns }
}

/** Each quirk once: as seen if it was ever seen, else as possible. */
function gather(quirks: readonly QuirkSeen[], view: TrafficView): WatchReport['quirks'] {
  return [...new Set(quirks.map(({ id }) => id))].flatMap((id) => {
    const all = quirks.filter((each) => each.id === id)
    const seen = all.filter(({ how }) => how === 'seen')
    const told = seen.length > 0 ? seen : all
    const [at] = told[0]?.at ?? []
    if (at === undefined) return []
    const how = seen.length > 0 ? 'seen' : 'possible'
    return [{ id, how, times: told.length, first: showExchange(at, view), today: describeQuirk(id) } as const]
  })
}
