// The faults of a mock: which are under way, and how they are read from a document. The engine asks here only while there
// is any. Faults see requests and answers, never the world; what they need of it comes through the context.
import { expectForm, hasForm, problemsOf } from '../../../kernel/validate-options.js'
import { FaultChoice, FaultDocument } from '../../../generated/kit-page.js'
import { presets as listed } from '../../../generated/kit-presets.js'
import { objectOf } from '../../../kernel/json-value.js'
import { runnerOperations, type OperationId } from '../../../kernel/operation.js'
import { problemError, type Problem } from '../../../kernel/problem.js'
import type { EngineAnswer } from '../../base/exchange.js'
import type { FaultLifeName } from '../../world/events.js'
import type { Fault, FaultEntry, InjectedFault, PresetName } from '../../../generated/kit-schema.js'
import { hashText } from '../../../kernel/id-source.js'
import type { FaultGate, Arrival } from '../engine.js'
import { ActiveFault } from './active-fault.js'
import { InterceptedRequest, type FaultContext, type Proceed } from './intercepted-request.js'

/** The presets: troubles that clients of this API really meet, as kit.yaml lists them. */
export const presets: Readonly<Record<PresetName, readonly Fault[]>> = listed

export const presetNames: readonly PresetName[] = Object.keys(presets).filter(isPresetName)

export function isPresetName(name: unknown): name is PresetName {
  return typeof name === 'string' && Object.hasOwn(presets, name)
}

/** What is wrong with a document of faults. */
export type FaultProblem = Problem

/** What users do with faults. */
export interface Faults {
  /**
   * Lets a fault meet requests from now on, simulated agents' requests included.
   * @throws KitError `faults/invalid` for a fault that cannot be used.
   * @example
   * mock.faults.inject({ operation: 'nextJob', status: 503, times: 1 })
   */
  inject(fault: Fault): InjectedFault
  /** Injects all faults of a preset; their ids begin with its name. Throws as `inject` does. */
  preset(name: PresetName): InjectedFault[]
  /** Injects everything that a document lists, a fault or a list of faults and presets; with any flaw in it, nothing. */
  load(document: unknown): FaultOutcome
  /** The faults that are under way, in the order in which they meet a request. */
  list(): InjectedFault[]
  /**
   * Ends the fault with this id, all faults of the preset with this name, or without an argument all. Requests that
   * they hold up go on to their real answer. Returns how many were ended.
   * @throws KitError `options/invalid` for what is no text
   */
  clear(id?: string): number
}

/** What became of a document: its faults, or what is wrong with it. */
export type FaultOutcome =
  | { readonly injected: InjectedFault[]; readonly problems?: undefined }
  | { readonly injected?: undefined; readonly problems: FaultProblem[] }

export class FaultInjector implements Faults, FaultGate {
  private active: ActiveFault[] = []
  private count = 0
  /** Nothing strikes while the mock's world is being set up. */
  private isStarted = false
  private readonly context: FaultContext
  private readonly initial: readonly PlannedFault[]

  /**
   * @param initial faults that `start` injects
   * @throws KitError `faults/invalid`
   */
  constructor(context: FaultContext, initial: FaultEntry | readonly FaultEntry[] = []) {
    this.context = context
    const read = readFaults(initial)
    if ('problems' in read) throw unusable(read.problems[0])
    this.initial = read.faults
  }

  get isActive(): boolean {
    return this.active.length > 0 && this.isStarted
  }

  inject(fault: Fault): InjectedFault {
    const [first] = this.loadOrThrow(fault)
    if (first === undefined) throw unusable(NO_FAULT)
    return first
  }

  preset(name: PresetName): InjectedFault[] {
    return this.loadOrThrow({ preset: name })
  }

  load(document: unknown): FaultOutcome {
    const read = readFaults(document)
    if ('problems' in read) return read
    const taken = this.active.map(({ id }) => id)
    const problems = repeatedIds(read.faults, taken)
    if (problems.length > 0) return { problems }
    return { injected: this.add(read.faults).map((fault) => fault.describe()) }
  }

  list(): InjectedFault[] {
    return this.active.map((fault) => fault.describe())
  }

  clear(id?: string): number {
    if (id !== undefined) expectForm(FaultChoice, id, 'mock.faults.clear')
    return this.take('fault.cleared', (fault) => id === undefined || fault.id === id || fault.preset === id)
  }

  /** Injects the faults of the beginning, and lets faults strike from now on. */
  start(): void {
    if (!this.isStarted) this.add(this.initial)
    this.isStarted = true
  }

  /** Ends all faults; requests that are held up get no answer. */
  stop(): void {
    for (const fault of this.active) fault.end('gone')
    this.active = []
    this.count = 0
    this.isStarted = false
  }

  /** Drops the requests that are held up and starts all dice over, as the mock's world goes back to an earlier one. */
  rewind(): void {
    for (const fault of this.active) fault.rewind()
  }

  intercept(request: Arrival, proceed: Proceed): EngineAnswer {
    const intercepted = new InterceptedRequest(this.context, request)
    intercepted.plan(this.active)
    return intercepted.isMet ? intercepted.go(proceed).finally(() => this.prune()) : proceed()
  }

  private loadOrThrow(document: unknown): InjectedFault[] {
    const { injected, problems } = this.load(document)
    if (injected === undefined) throw unusable(problems[0])
    return injected
  }

  private add(planned: readonly PlannedFault[]): ActiveFault[] {
    const added = planned.map(({ fault, preset }) => {
      const id = fault.id ?? this.freeId(preset)
      const seed = hashText(`${this.context.seed} ${this.active.length} ${JSON.stringify(fault)}`)
      const active = new ActiveFault(id, structuredClone(fault), preset, seed)
      this.active.push(active)
      return active
    })
    this.tellLife('fault.injected', added)
    return added
  }

  private freeId(preset: PresetName | undefined): string {
    for (let number = preset === undefined ? ++this.count : 1; ; number++) {
      const id = `${preset ?? 'fault'}-${number}`
      if (!this.active.some((fault) => fault.id === id)) return id
    }
  }

  /** Forgets what is over, so that requests pay nothing for it. */
  private prune(): void {
    if (this.active.some((fault) => fault.isOver)) this.take('fault.exhausted', (fault) => fault.isOver)
  }

  /** Ends faults, tells of it once all of them are out of the way, and returns how many there were. */
  private take(why: FaultLifeName, isMeant: (fault: ActiveFault) => boolean): number {
    const ended = this.active.filter(isMeant)
    this.active = this.active.filter((fault) => !ended.includes(fault))
    for (const fault of ended) fault.end('cleared')
    this.tellLife(why, ended)
    return ended.length
  }

  private tellLife(type: FaultLifeName, faults: readonly ActiveFault[]): void {
    const { events } = this.context
    if (events.isHeard) for (const each of faults) events.tell({ type, fault: each.id, details: each.describe() })
  }
}

function unusable(problem: FaultProblem = NO_FAULT): Error {
  return problemError(problem, 'faults/invalid', 'the faults, of which none was injected,')
}

const NO_FAULT: Problem = { path: [], value: undefined, expected: 'one fault' }

interface PlannedFault {
  readonly fault: Fault
  readonly preset?: PresetName
  /** Index in the document's list; undefined when the document is a single entry. */
  readonly place: number | undefined
}

/** Judges every field, and names the place of a wrong one and the expected value; with any flaw there is no fault at all. */
export function readFaults(document: unknown): { faults: PlannedFault[] } | { problems: FaultProblem[] } {
  if (!hasForm(FaultDocument, document)) return { problems: problemsOf(FaultDocument, document) }
  const problems: FaultProblem[] = []
  const faults = isList(document)
    ? document.flatMap((entry, place) => readEntry(entry, place, problems))
    : readEntry(document, undefined, problems)
  problems.push(...repeatedIds(faults))
  return problems.length === 0 ? { faults } : { problems }
}

function isList(document: FaultEntry | readonly FaultEntry[]): document is readonly FaultEntry[] {
  return Array.isArray(document)
}

export function isFaultDocument(document: unknown): document is FaultEntry | readonly FaultEntry[] {
  return 'faults' in readFaults(document)
}

/** @param taken ids of faults that are under way */
function repeatedIds(planned: readonly PlannedFault[], taken: Iterable<string> = []): FaultProblem[] {
  const known = new Set(taken)
  return planned.flatMap(({ fault: { id }, place }): FaultProblem[] => {
    if (id === undefined) return []
    const path = place === undefined ? ['id'] : [place, 'id']
    if (known.has(id)) return [{ path, value: id, expected: 'an id that no other fault has' }]
    known.add(id)
    return []
  })
}

/** Presets stand for their faults; what no field of a fault shows by itself is judged once its form is right. */
function readEntry(entry: FaultEntry, place: number | undefined, problems: Problem[]): PlannedFault[] {
  if ('preset' in entry) return presets[entry.preset].map((fault) => ({ fault, preset: entry.preset, place }))
  const found = contradictionIn({ ...entry })
  if (found !== undefined) problems.push({ ...found, path: [...(place === undefined ? [] : [place]), ...found.path] })
  return [{ fault: entry, place }]
}

/** Effects that decide the answer, so that a fault can have only one of them. */
const OUTCOMES = ['status', 'hang', 'drop', 'body', 'hold', 'duplicate', 'evict'] as const

/** What no field by itself shows. */
function contradictionIn(entry: Readonly<Record<string, unknown>>): FaultProblem | undefined {
  const problem = (name: string, expected: string): FaultProblem => ({ path: [name], value: entry[name], expected })
  const isSet = (name: string): boolean => entry[name] !== undefined && entry[name] !== false
  const outcomes = OUTCOMES.filter(isSet)
  const [first, second] = outcomes
  if (first === undefined && !isSet('delay')) {
    return { path: [], value: entry, expected: `an effect: delay or one of ${OUTCOMES.join(', ')}` }
  }
  if (second !== undefined)
    return problem(second, `one of ${outcomes.join(', ')} at a time; inject two faults for both`)
  if (isSet('once') && isSet('times')) return problem('times', "either 'once' or 'times'")
  const stray = ['shape', 'message', 'retry_after'].find((name) => isSet(name) && !isSet('status'))
  if (stray !== undefined) return problem(stray, "a 'status' that it belongs to")
  for (const name of ['delay', 'hold']) {
    const { from, to } = objectOf(entry[name])
    if (Number(from) > Number(to)) return { path: [name, 'from'], value: from, expected: "at most the value of 'to'" }
  }
  // Effects that only some operations can suffer must be aimed at those.
  const possible = first === undefined ? undefined : POSSIBLE[first]
  const aims = [entry['operation'] ?? []].flat()
  if (possible === undefined || aims.every((name) => possible.some((each) => each === name))) return undefined
  return problem('operation', `one of ${possible.join(', ')} for '${first}'`)
}

const ABOUT_RUNNERS = Object.values(runnerOperations).flatMap(({ id, path }) =>
  path.includes('{runnerId}') || path.includes('{jobId}') ? [id] : [],
)

/** The operations that an effect can meet, where these are not all. */
const POSSIBLE: Readonly<Partial<Record<(typeof OUTCOMES)[number], readonly OperationId[]>>> = {
  duplicate: ['nextJob', 'nextBridgeCommands'],
  evict: ABOUT_RUNNERS,
  hold: ABOUT_RUNNERS,
}
