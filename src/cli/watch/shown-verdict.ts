/** What `watch` shows of verdicts and accidents: their exchanges are told, and not numbered alone. */
import { describeAccident } from '../../contracts/check/seen-accidents.js'
import type {
  AccidentSeen,
  ExchangePlace,
  JudgedCounts,
  Judgement,
  RecordedExchange,
  StoryLine,
  Verdict,
} from '../../contracts/watch/judge-recording.js'

/** An exchange of a story. */
export interface ShownExchange {
  /** The file that it is in, or the server that was watched. */
  readonly recording: string
  readonly id: number
  readonly method: string
  readonly path: string
  /** null when the caller has hung up. */
  readonly status: number | null
  readonly at_start_ns: number
  readonly at_end_ns: number
}

/** A verdict with its exchanges. */
export type ShownVerdict = Omit<Verdict, 'at' | 'story'> & { readonly story: readonly ShownExchange[] }

/** An accident, however often it was seen. */
export interface ShownAccident extends Pick<AccidentSeen, 'id' | 'how'> {
  readonly times: number
  readonly first: ShownExchange
  readonly today: string
}

/** All that was found; what `--json` prints. */
export interface Shown {
  readonly verdicts: readonly ShownVerdict[]
  readonly accidents: readonly ShownAccident[]
  readonly counts: JudgedCounts
}

/** Where exchanges are found. */
export interface ExchangeSource {
  readonly name: string
  readonly byId: ReadonlyMap<number, Omit<RecordedExchange, 'request' | 'response'>>
}

/** A verdict as it is shown. */
export function showVerdict({ at: _at, story, ...verdict }: Verdict, sources: readonly ExchangeSource[]): ShownVerdict {
  return { ...verdict, story: story.map((line) => showExchange(line, sources)) }
}

/** Everything as it is shown. */
export function showJudgement({ verdicts, accidents, counts }: Judgement, sources: readonly ExchangeSource[]): Shown {
  return {
    verdicts: verdicts.map((verdict) => showVerdict(verdict, sources)),
    accidents: gather(accidents, sources),
    counts,
  }
}

/** One that is too old to be remembered is told in a few words. */
function showExchange(line: ExchangePlace & Partial<StoryLine>, sources: readonly ExchangeSource[]): ShownExchange {
  const { name = '', byId } = sources[line.recording] ?? {}
  const exchange = byId?.get(line.id)
  if (exchange === undefined) {
    const { id, what = '' } = line
    return { recording: name, id, method: '', path: what, status: null, at_start_ns: 0, at_end_ns: 0 }
  }
  const { id, method, path, query, status = null, at_start_ns, at_end_ns } = exchange
  const asked = query === undefined ? path : `${path}?${query}`
  return { recording: name, id, method, path: asked, status, at_start_ns, at_end_ns }
}

/** Each accident once; what was seen needs no telling that it was possible. */
function gather(accidents: readonly AccidentSeen[], sources: readonly ExchangeSource[]): readonly ShownAccident[] {
  return [...new Set(accidents.map(({ id }) => id))].flatMap((id) => {
    const all = accidents.filter((each) => each.id === id)
    const seen = all.filter(({ how }) => how === 'seen')
    const told = seen.length > 0 ? seen : all
    const [at] = told[0]?.at ?? []
    if (at === undefined) return []
    const how = seen.length > 0 ? 'seen' : 'possible'
    return { id, how, times: told.length, first: showExchange(at, sources), today: describeAccident(id) }
  })
}
