/** The JSON report of `watch`: verdicts and quirks with their exchanges, where the judge gives numbers alone. */
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

export interface Shown extends WatchReport {
  readonly counts: JudgedCounts
}

export type ShownVerdict = WatchReport['verdicts'][number]
export type ShownExchange = ShownVerdict['story'][number]

export interface ExchangeSource {
  readonly name: string
  readonly byId: ReadonlyMap<number, Omit<RecordedExchange, 'request' | 'response'>>
}

export function showVerdict({ at: _at, story, ...verdict }: Verdict, sources: readonly ExchangeSource[]): ShownVerdict {
  return { ...verdict, story: story.map((line) => showExchange(line, sources)) }
}

export function showJudgement(judgement: Judgement, sources: readonly ExchangeSource[]): Shown {
  return {
    verdicts: judgement.verdicts.map((verdict) => showVerdict(verdict, sources)),
    quirks: gather(judgement.quirks, sources),
    counts: judgement.counts,
  }
}

/** One that is too old to be remembered is told in a few words. */
function showExchange(line: ExchangePlace & Partial<StoryLine>, sources: readonly ExchangeSource[]): ShownExchange {
  const { name: recording = '', byId } = sources[line.recording] ?? {}
  const { id, what = '' } = line
  const exchange = byId?.get(id)
  if (exchange === undefined)
    return { recording, id, method: '', path: what, status: null, at_start_ns: 0, at_end_ns: 0 }
  const { method, path, query, status = null, at_start_ns, at_end_ns } = exchange
  const whole = query === undefined ? path : `${path}?${query}`
  return { recording, id, method, path: whole, status, at_start_ns, at_end_ns }
}

/** Each quirk once: as seen if it was ever seen, else as possible. */
function gather(quirks: readonly QuirkSeen[], sources: readonly ExchangeSource[]): WatchReport['quirks'] {
  return [...new Set(quirks.map(({ id }) => id))].flatMap((id) => {
    const all = quirks.filter((each) => each.id === id)
    const seen = all.filter(({ how }) => how === 'seen')
    const told = seen.length > 0 ? seen : all
    const [at] = told[0]?.at ?? []
    if (at === undefined) return []
    const how = seen.length > 0 ? 'seen' : 'possible'
    return [{ id, how, times: told.length, first: showExchange(at, sources), today: describeQuirk(id) } as const]
  })
}
