/**
 * `judge`: checks traffic from any source against the rules: the server's answers, whatever the order of calls. It
 * judges only what it has observed.
 */
import { UUID } from '../../kernel/id-source.js'
import type { Recording, RecordedExchange, RecordingHeader } from '../../kernel/recording/recording.js'
import type { QuirkId } from '../check/seen-quirks.js'
import { keepNewest } from '../../kernel/group-by.js'
import { isDecided } from '../../lifecycle/roles.js'
import { idAtEndOf } from '../target/answer.js'
import { resolveLimits } from '../target/target.js'
import { hasLossyNumbers, judgeByItself, judgeNewProject, showsRounding } from './answer-rules.js'
import { mergeRecordings } from '../../kernel/recording/merge-recordings.js'
import { beginCall, endCall } from '../../lifecycle/traffic/call-rules.js'
import { reportAll, type TrafficFindings } from '../../lifecycle/traffic/findings.js'
import { Timeline, toStory } from '../../lifecycle/traffic/observed-call.js'
import { PlannedCall } from '../../lifecycle/traffic/planned-call.js'
import { ResourceIndex } from '../../lifecycle/traffic/resource-index.js'
import {
  earliestEffect,
  TELLING_MS,
  createCallReader,
  withoutTexts,
  type UnfinishedCall,
  type CallReader,
  type BegunExchange,
  type ObservedExchange,
} from './observed-exchange.js'
import { createCallers, type Callers } from './callers.js'
import { ClientConduct, type ClientFindings } from './client-conduct.js'
import { requirementsOfRule, type QuirkSeen, type ExchangePlace, type JudgedCounts, type Verdict } from './verdict.js'
import { NS_PER_MS } from '../../kernel/recording/recorder.js'

export type { Recording, RecordedExchange, RecordingHeader } from '../../kernel/recording/recording.js'
export { parseRecording, readRecording } from '../../kernel/recording/recording.js'
export type { UnfinishedCall as OpenCall, BegunExchange } from './observed-exchange.js'
export type { QuirkSeen, ExchangePlace, JudgedCounts, StoryLine, Verdict } from './verdict.js'

/** How traffic is judged. */
export interface JudgeOptions {
  /**
   * Whether the recording begins on a server on which there is nothing. Otherwise whatever it has not shown may be there.
   * Default false.
   */
  startsEmpty?: boolean
  /** Whose side is judged. Default both: what servers answer, their quirks among it, and what clients do. */
  sides?: readonly Verdict['side'][]
  /** The clients have ended with the recording, so that silence at its end is no pause. Default false. */
  ended?: boolean
  /** What the recordings are called in errors, in their order. Default: by their numbers. */
  names?: readonly string[]
}

/** What has come of a recording. */
export interface Judgement {
  /** In the order in which they were proved. */
  readonly verdicts: readonly Verdict[]
  readonly quirks: readonly QuirkSeen[]
  readonly counts: JudgedCounts
}

/** Judges exchanges as they come: those of a recording by `hear`, live ones by `begin`, `end` and `passTo`. */
export interface TrafficJudge {
  /**
   * Takes a whole exchange. They come in the order in which they began, as in a recording.
   * @returns what it and others before it have proved
   */
  hear(exchange: RecordedExchange): readonly Verdict[]
  /** A call has begun. Until its end is told nothing is judged that came after, unless it is a poll. */
  begin(request: BegunExchange): UnfinishedCall
  /** The call has ended in this exchange; without one it counts as if it had not been. */
  end(call: UnfinishedCall, exchange?: RecordedExchange): void
  /**
   * It is so late by now: what was told so far is all that had ended before.
   * @param at in nanoseconds of the recording's clock
   * @returns what has been proved meanwhile: within a second of its end where nothing but polls is under way
   */
  passTo(at: number): readonly Verdict[]
  /** Judges what has ended, and tells everything. Nothing is observed after it. */
  finish(): Judgement
  /** How much has been judged so far. */
  readonly counts: JudgedCounts
  /** How many things are remembered. */
  readonly size: number
}

/**
 * Judges a recording, or several of one server, which are put on one clock by what their headers say of it. Each has its
 * own base path, and its own names for keys.
 * @returns verdicts, quirks of today's servers, and how much could be judged
 * @throws KitError `target/limits` for invalid settings; `watch/together` for recordings of two servers, by clocks
 *   that disagree, whose exchanges have no common order, or of the same calls
 * @example
 * import { judge } from 'opik-runner-kit/watch'
 *
 * const header = { format: 'opik-runner-recording/1', settings: {}, base_path: '' } as const
 * const { verdicts } = judge({ header, exchanges: [] })
 */
export function judge(recordings: Recording | readonly Recording[], options: JudgeOptions = {}): Judgement {
  return judgeAligned(isOne(recordings) ? [recordings] : mergeRecordings(recordings, options.names), options)
}

/** Judges recordings of one server whose times are by one clock, as `mergeRecordings` gives them. */
export function judgeAligned(recordings: readonly Recording[], options: Omit<JudgeOptions, 'names'>): Judgement {
  const { header } = recordings[0] ?? { header: EMPTY }
  const limits = resolveLimits(header.settings)
  const callers = createCallers(recordings, limits)
  const readers = recordings.map((each, at) => createCallReader(each.header, limits, callers.namesIn(at)))
  // Each recording has its own numbers: they are observed by one that they have in common.
  const observed = recordings
    .flatMap(({ exchanges }, recording) => exchanges.map((exchange) => ({ recording, exchange })))
    .toSorted((a, b) => a.exchange.at_start_ns - b.exchange.at_start_ns)
  const placeOf = (at: number): ExchangePlace => {
    const { recording = 0, exchange: { id } = { id: at } } = observed[at] ?? {}
    return { recording, id }
  }
  const traffic = new Judge(header, options, { callers, placeOf })
  for (const [id, { recording, exchange }] of observed.entries()) traffic.hear({ ...exchange, id }, readers[recording])
  return traffic.finish()
}

const EMPTY: RecordingHeader = { format: 'opik-runner-recording/1', settings: {}, base_path: '' }

function isOne(recordings: Recording | readonly Recording[]): recordings is Recording {
  return 'header' in recordings
}

/**
 * Starts judging traffic as it comes. The memory is bounded: the resources that were called least recently are
 * forgotten, and are unknown from then on.
 * @param header of the recording that the exchanges would make
 * @throws KitError `target/limits` for invalid settings
 */
export function createJudge(header: RecordingHeader, options: JudgeOptions = {}): TrafficJudge {
  return new Judge(header, options)
}

/** Requests with numbers that a double does not hold, of which answers are awaited. */
const MAX_ROUNDED = 20
/** Connections of today's servers to their store; each call that waits holds one, beyond its hang-up. */
const STORE_CONNECTIONS = 64
const MAX_KEYS = 1000
const MAX_PROJECTS = 20_000
/** Verdicts that are told one by one; the rest are counted. */
const MAX_VERDICTS = 10_000
const MAX_QUIRKS = 10_000

const UUIDS = new RegExp(UUID, 'g')

class Judge implements TrafficJudge {
  private readonly verdicts: Verdict[] = []
  private readonly quirks: QuirkSeen[] = []
  readonly counts = { exchanges: 0, judged: 0, unknown: 0, skipped: 0, untold: 0 }
  private readonly sides: readonly Verdict['side'][]
  private readonly judgesServer: boolean
  private readonly reader: CallReader
  private readonly index: ResourceIndex
  private readonly clients: ClientConduct | undefined
  private readonly rounded: ObservedExchange[] = []
  /** Calls that have begun, where it is told when they begin. */
  private readonly begun = new Map<UnfinishedCall, 'poll' | 'other'>()
  /** Calls that have ended and are not judged yet, by when they can have taken effect. */
  private readonly ended = new Timeline<ObservedExchange>()
  /** Calls that are judged from their beginning on, by their ends. */
  private readonly open = new Timeline<PlannedCall>()
  /** By keys that were served: the calls that were refused since. */
  private readonly refusedKeys = new Map<string, { at: number; operation: string }[]>()
  /** Exchanges whose answer is blamed already. */
  private readonly blamed = new Set<number>()

  private readonly findings: TrafficFindings & ClientFindings = {
    verdict: ({ at, story, ...finding }) => {
      const { side } = finding
      // What is wrong with an answer in several ways is told once.
      const [id = 0] = at
      if (!this.sides.includes(side) || (side === 'server' && this.blamed.has(id))) return
      if (this.verdicts.length >= MAX_VERDICTS) {
        this.counts.untold++
        return
      }
      if (side === 'server') this.blamed.add(id)
      const lines = story.map(({ id: each, what }) => ({ ...this.placeOf(each), what }))
      this.verdicts.push({ ...finding, at: at.map(this.placeOf), story: lines })
    },
    wrong: (call, { severity = 'must', story = [toStory(call)], ...wrong }) => {
      const requirements = requirementsOfRule(wrong.rule, call.operation)
      this.findings.verdict({ ...wrong, requirements, severity, side: 'server', at: [call.id], story })
    },
    untold: () => {
      this.counts.untold++
    },
    quirk: (id: QuirkId, at, how = 'seen') => {
      if (this.quirks.length < MAX_QUIRKS) this.quirks.push({ id, at: at.map(this.placeOf), how })
    },
  }

  private readonly placeOf: (id: number) => ExchangePlace

  /** @param names what stands for callers and exchanges in recordings that are judged together */
  constructor(
    header: RecordingHeader,
    options: JudgeOptions,
    names: { callers?: Callers; placeOf?: (id: number) => ExchangePlace } = {},
  ) {
    const { callers, placeOf = (id) => ({ recording: 0, id }) } = names
    const { sides = ['server', 'client'], startsEmpty = false, ended: hasEnded = false } = options
    const { findings } = this
    const limits = resolveLimits(header.settings)
    this.placeOf = placeOf
    this.sides = sides
    this.reader = createCallReader(header, limits)
    this.judgesServer = sides.includes('server')
    const { wall_clock_ms_at_zero: zero } = header
    this.index = new ResourceIndex({ limits, findings, startsEmpty, mayBeSameCaller: callers?.mayBeSameCaller, zero })
    if (sides.includes('client')) this.clients = new ClientConduct(this.index.facts, findings, hasEnded)
  }

  get size(): number {
    const { index, open, ended, begun, clients } = this
    return index.size + open.size + ended.size + begun.size + (clients?.size ?? 0)
  }

  hear(exchange: RecordedExchange, reader = this.reader): readonly Verdict[] {
    const observed = this.read(exchange, reader)
    if (observed !== undefined) this.ended.add(observed.effectFrom, observed)
    return this.judgeUntil(exchange.at_start_ns / NS_PER_MS)
  }

  begin(request: BegunExchange): UnfinishedCall {
    const call = { from: request.at_start_ns / NS_PER_MS }
    const kind = this.reader.kindOf(request)
    if (kind !== undefined) this.begun.set(call, kind)
    return call
  }

  end(call: UnfinishedCall, exchange?: RecordedExchange): void {
    this.begun.delete(call)
    const observed = exchange === undefined ? undefined : this.read(exchange)
    if (observed === undefined) return
    const effectFrom = earliestEffect(observed)
    this.ended.add(effectFrom, { ...observed, effectFrom })
  }

  passTo(at: number): readonly Verdict[] {
    const awaited = [...this.begun].flatMap(([{ from }, kind]) => (kind === 'other' ? [from] : []))
    return this.judgeUntil(Math.min(at / NS_PER_MS - TELLING_MS, ...awaited))
  }

  private read(exchange: RecordedExchange, reader = this.reader): ObservedExchange | undefined {
    this.counts.exchanges++
    if (this.judgesServer) this.judgeKey(exchange, reader)
    const observed = reader.read(exchange)
    if (observed !== undefined) return observed
    this.counts.skipped++
    this.noteProjects(exchange, reader)
    return undefined
  }

  /** A key that the server has served before and serves afterwards is not wrong in between. */
  private judgeKey(exchange: RecordedExchange, reader: CallReader): void {
    const { id, status = 0, faults } = exchange
    const { user = '', workspace } = reader.callerOf(exchange) ?? {}
    if (user === '' || faults !== undefined) return
    const key = `${user}\n${workspace}`
    const refused = this.refusedKeys.get(key)
    const operation = status === 401 && refused !== undefined ? reader.operationOf(exchange) : undefined
    if (operation !== undefined && isDecided(operation)) refused?.push({ at: id, operation })
    if (status < 200 || status >= 400) return
    this.refusedKeys.set(key, [])
    keepNewest(this.refusedKeys, MAX_KEYS)
    for (const { at, operation } of refused ?? [])
      this.findings.verdict({
        ...{ rule: 'answer/status', severity: 'must', side: 'server', at: [at, id] },
        ...{ expected: 'no 401 for a key that is served before and afterwards', actual: '401' },
        requirements: requirementsOfRule('answer/status', operation),
        story: [
          { id: at, what: `${operation}: 401` },
          { id, what: `the next call with this key: ${status}` },
        ],
      })
  }

  /** Projects are known by the calls that make, show and delete them. */
  private noteProjects(exchange: RecordedExchange, reader: CallReader): void {
    const { id, method, path, status = 0, at_end_ns, response, request } = exchange
    if (!path.includes('/projects')) return
    const caller = reader.callerOf(exchange)
    const { knownProjects } = this.index
    const ids = `${path} ${method === 'GET' ? '' : (request.body ?? '')}`.toLowerCase().match(UUIDS) ?? []
    if (method === 'DELETE' || path.endsWith('/delete')) for (const each of ids) knownProjects.delete(each)
    const made = status === 201 ? idAtEndOf(response?.headers['location'])?.toLowerCase() : undefined
    if (reader.operationOf(exchange) === 'createProject') {
      const call = { id, operation: 'createProject', answer: { status }, isAborted: false }
      reportAll(this.findings, call, judgeNewProject(exchange, made !== undefined && knownProjects.has(made)))
    }
    if (method !== 'POST' || made === undefined || caller === undefined) return
    knownProjects.set(made, { workspace: caller.workspace, since: at_end_ns / NS_PER_MS })
    keepNewest(knownProjects, MAX_PROJECTS)
  }

  /** What can have taken effect by then is all there. */
  private judgeUntil(time: number): readonly Verdict[] {
    const before = this.verdicts.length
    for (let next = this.ended.take(time); next !== undefined; next = this.ended.take(time)) this.take(next)
    this.advance(time)
    this.clients?.passTo(time)
    return this.verdicts.slice(before)
  }

  private take(observed: ObservedExchange): void {
    this.advance(observed.effectFrom)
    const isOfClient = this.clients?.hear(observed) === true
    if (this.judgesServer) this.takeAnswer(observed)
    else this.counts[isOfClient ? 'judged' : 'skipped']++
  }

  private takeAnswer(observed: ObservedExchange): void {
    // An answer that a fault has met says as little as none.
    const isAborted = observed.isAborted || observed.exchange.faults !== undefined
    const judgement = judgeByItself({ ...observed, isAborted }, this.index.facts.limits)
    const { found, isOdd = false, isHopeless = false } = judgement
    // Calls that are held hold connections of the server's store, and none may have been left.
    const mayBeFull = observed.answer.status >= 500 && this.held() >= STORE_CONNECTIONS
    reportAll(this.findings, observed, mayBeFull ? found.filter((each) => typeof each === 'string') : found)
    this.judgeRounding(observed, isOdd)
    const planned = new PlannedCall({ ...withoutTexts(observed), isAborted }, this.index, this.open)
    beginCall(planned, isOdd, isHopeless)
    this.open.add(observed.until, planned)
  }

  finish(): Judgement {
    this.judgeUntil(Infinity)
    this.clients?.finish()
    const { verdicts, quirks, counts } = this
    return { verdicts, quirks, counts: { ...counts } }
  }

  /** Numbers that a double does not hold, and what is shown of them. */
  private judgeRounding(observed: ObservedExchange, isOdd: boolean): void {
    const at = this.rounded.findIndex((sent) => showsRounding(sent, observed))
    const [sent] = at === -1 ? [] : this.rounded.splice(at, 1)
    if (sent !== undefined) this.findings.quirk('fractions-through-double', [observed.id, sent.id])
    if (isOdd && hasLossyNumbers(observed)) this.rounded.push(observed)
    if (this.rounded.length > MAX_ROUNDED) this.rounded.shift()
  }

  /** How many calls are held, as far as it is known. */
  private held(): number {
    const begun = [...this.begun.values()].filter((kind) => kind === 'poll').length
    return Math.max(begun, this.open.items.filter(({ observed }) => observed.waitMs !== undefined).length)
  }

  /** Judges what has ended before. */
  private advance(time: number): void {
    while (this.open.next < time) {
      const planned = this.open.take(time)
      const isJudged = planned !== undefined && endCall(planned)
      this.counts[isJudged ? 'judged' : 'unknown']++
    }
  }
}
