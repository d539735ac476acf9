// The faults of a mock: which are under way, and what they do to a request that meets them. The engine asks here only
// while there is any. Faults see requests and answers, never the world; what they need of it comes through the context.
import { expectForm } from '../../../kernel/validate-options.js'
import { FaultChoice } from '../../../generated/kit-page.js'
import { problemError, type Problem } from '../../../kernel/problem.js'
import type { ApiResponse, EngineAnswer } from '../../base/exchange.js'
import type { FaultLifeName } from '../../world/events.js'
import type { Fault, FaultEntry, InjectedFault, PresetName } from '../../../generated/kit-schema.js'
import { hashText } from '../../../kernel/id-source.js'
import type { FaultGate, Arrival } from '../engine.js'
import { ActiveFault } from './active-fault.js'
import { readFaults, repeatedIds, type FaultProblem, type PlannedFault } from './read-faults.js'
import { InterceptedRequest, type FaultContext, type Proceed } from './intercepted-request.js'

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
    const reply = intercepted.go(proceed)
    if (!(reply instanceof Promise)) return this.prune(reply)
    return reply.then((late) => this.prune(late))
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
  private prune(reply: ApiResponse): ApiResponse {
    if (this.active.some((fault) => fault.isOver)) this.take('fault.exhausted', (fault) => fault.isOver)
    return reply
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
