/**
 * Holds the answers of a mock and the steps of a test until a run decides which of them comes next. What is possible is
 * found here; which of it happens is the run's decision; how rest is recognised and time passes is the surroundings'.
 */
import { createClock, pauseFor } from '../kernel/clock.js'
import { dropped, type ApiRequest, type ApiResponse } from '../mocks/base/exchange.js'
import { splitUrl } from '../mocks/engine/split-url.js'
import { matchOperation } from '../kernel/all-operations.js'
import type { CallFacts, PlannedRun, Possibility } from './search.js'
import type { StoryEvent } from '../report/order-story.js'

export interface Surroundings {
  /** Lets everything run that runs by itself; asked again while that leads to calls. */
  rest(): Promise<void>
  now(): number
  /** When the next timer is due; Infinity for none. */
  nextTimer(): number
  /** Whether time passes by itself, beside the search. */
  readonly isTimeFree?: boolean
  passTo(time: number): Promise<void>
  /** Real milliseconds without a call after which a test that waits for nothing known is stuck; Infinity for never. */
  readonly patienceMs: number
  /** Whether timers of the test or of clients are set that it knows of. Default: not known. */
  isWaiting?(): boolean
  /** Real milliseconds for which time stands still while a test waits for something unknown. Default 25. */
  readonly unknownWaitMs?: number
}

/** Why a run has failed by itself, without an error of the test. */
export class RunTrouble extends Error {
  readonly kind: 'stuck' | 'endless'

  constructor(kind: 'stuck' | 'endless', message: string) {
    super(message)
    this.kind = kind
  }
}

interface Held extends Possibility {
  happen(): void | Promise<void>
  drop?(): void
}

/** A user does nothing sooner, in virtual milliseconds. */
const REACTION_MS = 100
const STUCK = 'The test waits for something that never comes: no answer is held, and no timer of a client is set.'
/** Timers in a row that fire without a call or a step. */
const MAX_IDLE = 20
/** Decisions in a run at most. */
const MAX_CHOICES = 1000
/** Virtual milliseconds of a run at most. */
const MAX_VIRTUAL_MS = 24 * 3_600_000
/** Real milliseconds between two looks at a test that waits, at most. */
const MAX_LOOK_MS = 10
/** Real milliseconds for which an answer waits for another call. */
const MAX_FREE_WAIT_MS = 2000
const DEFAULT_UNKNOWN_WAIT_MS = 25

const realClock = createClock()

export class Gate {
  readonly events: StoryEvent[] = []
  private readonly run: PlannedRun
  private readonly surroundings: Surroundings
  private readonly startedAt: number
  private readonly held = new Map<string, Held>()
  private readonly names = new Map<string, number>()
  private settling: { since: number; resolve: () => void }[] = []
  /** Since when a user waits to act. */
  private stepSince = 0
  private sleepers = 0
  private activity = 0
  private idle = 0
  private calls = 0
  /** Calls whose answer is ready. */
  private answered = 0
  private isOver = false

  constructor(run: PlannedRun, surroundings: Surroundings) {
    this.run = run
    this.surroundings = surroundings
    this.startedAt = surroundings.now()
  }

  async pass(
    exchange: ApiRequest,
    handle: (exchange: ApiRequest) => ApiResponse | Promise<ApiResponse>,
  ): Promise<ApiResponse> {
    const { path } = splitUrl(exchange)
    const found = matchOperation(exchange.method, path)
    const name = this.nameOf(found.kind === 'operation' ? found.operation.id : `${exchange.method} ${path}`)
    const call = { id: ++this.calls, name }
    this.note({ kind: 'call', text: name, call: call.id })
    const reply = await handle(exchange)
    this.activity++
    this.answered++
    const ids = found.kind === 'operation' ? Object.values(found.path).join(' ') : ''
    const facts: CallFacts = {
      resource: ids === '' ? path : ids,
      isRead: exchange.method === 'GET' || exchange.method === 'HEAD',
      content: [exchange.method, exchange.url, textOf(exchange.body), reply.status, reply.body].join('\n'),
    }
    if (exchange.signal?.aborted === true) return this.hungUp(call, reply)
    return new Promise((resolve) => {
      const key = `answer ${name}`
      const onAbort = (): void => {
        if (this.held.delete(key)) resolve(this.hungUp(call, reply))
      }
      const end = (event: StoryEvent['kind'], last: ApiResponse): void => {
        exchange.signal?.removeEventListener('abort', onAbort)
        const text = reply.connection === undefined ? `${name} ${reply.status}` : `${name} breaks`
        this.note({ kind: event, text, call: call.id })
        resolve(last)
      }
      exchange.signal?.addEventListener('abort', onAbort, { once: true })
      this.held.set(key, {
        ...{ key, kind: 'answer', call: facts },
        happen: () => end('answer', reply),
        drop: () => {
          reply.delivery?.failed()
          end('drop', dropped())
        },
      })
    })
  }

  /** Holds a step of the test, and does it when it is its turn. */
  step<Result>(name: string, act: () => Result | Promise<Result>): Promise<Result> {
    const key = `step ${this.nameOf(name)}`
    this.activity++
    this.stepSince = this.surroundings.now()
    return new Promise<Result>((resolve, reject) => {
      const happen = (): void => {
        this.note({ kind: 'step', text: name })
        const begun = new Promise<Result>((begin) => begin(act()))
        begun.then(resolve, reject).finally(() => this.activity++)
      }
      this.held.set(key, { key, kind: 'step', happen })
    })
  }

  /** Resolves when nothing is held and no timer is due soon. */
  settled(): Promise<void> {
    this.activity++
    return new Promise((resolve) => this.settling.push({ since: this.surroundings.now(), resolve }))
  }

  /** Waits as the test does, for something that time brings. */
  async sleep(work: () => Promise<unknown>): Promise<void> {
    this.sleepers++
    this.activity++
    await work()
    this.sleepers--
    this.activity++
  }

  /** Lets one thing after the other happen, until the test has ended and no answer is held. */
  async drive(test: Promise<unknown>): Promise<void> {
    const end = (): void => {
      this.isOver = true
      this.activity++
    }
    test.then(end, end)
    const { unknownWaitMs = DEFAULT_UNKNOWN_WAIT_MS, patienceMs } = this.surroundings
    for (;;) {
      await this.rest()
      const time = this.isOver ? Infinity : this.surroundings.nextTimer()
      if (this.held.size === 0 && this.letSettle(time)) continue
      const options = this.possible(time)
      const isKnown = this.held.size > 0 || this.settling.length > 0 || this.sleepers > 0
      const isIdle = !isKnown && this.calls === this.answered && this.surroundings.isWaiting?.() !== true
      if (isIdle && options.length > 0 && this.idle++ > MAX_IDLE) throw new RunTrouble('stuck', STUCK)
      if (options.length > 0 && !isKnown && (await this.somethingHappens(unknownWaitMs))) continue
      if (options.length > 0) await this.decide(options)
      else if (this.isOver) return
      else if (!(await this.somethingHappens(patienceMs))) throw new RunTrouble('stuck', STUCK)
    }
  }

  note(event: Omit<StoryEvent, 'at'>): void {
    this.activity++
    if (event.kind !== 'time') this.idle = 0
    this.events.push({ at: this.surroundings.now() - this.startedAt, ...event })
  }

  private async rest(): Promise<void> {
    for (let seen = Number.NaN; seen !== this.activity;) {
      seen = this.activity
      await this.surroundings.rest()
    }
  }

  private possible(time: number): readonly Held[] {
    const held = [...this.held.values()]
    if (this.surroundings.isTimeFree === true) return [...held, ...this.waitsFor(held, time)]
    if (time === Infinity) return held
    const isSoon = time <= this.stepSince + REACTION_MS
    const key = `time ${(time - this.startedAt) / 1000} s`
    return [...held, { key, kind: 'time', isSoon, happen: () => this.passTo(time) }]
  }

  /** Where time passes by itself an answer can wait for the next call, or for a timer that ends the wait of another. */
  private waitsFor(held: readonly Held[], time: number): Held[] {
    if (held.length === 0 || this.isOver) return []
    const wait = async (): Promise<void> => {
      this.note({ kind: 'time', text: 'the next call' })
      await this.somethingHappens(MAX_FREE_WAIT_MS)
    }
    const isHeldUp = this.calls > this.answered && time < Infinity
    return [
      { key: 'wait', kind: 'time', isCostly: true, happen: wait },
      ...(isHeldUp ? [{ key: 'timer', kind: 'time', happen: () => this.passTo(time) } as const] : []),
    ]
  }

  private async decide(options: readonly Held[]): Promise<void> {
    if (this.run.choices.length >= MAX_CHOICES || this.surroundings.now() - this.startedAt > MAX_VIRTUAL_MS) {
      const so = `${this.run.choices.length} answers, steps and timers so far.`
      throw new RunTrouble('endless', `The run does not end: ${so}`)
    }
    const { taken, departs, options: ordered } = this.run.choose(options)
    const over = departs ? ordered[0] : undefined
    const chosen = options.find(({ key }) => key === (taken.kind === 'drop' ? over?.key : taken.key))
    if (chosen === undefined) return
    this.held.delete(chosen.key)
    this.activity++
    const before = this.events.length
    if (taken.kind === 'drop') chosen.drop?.()
    else await chosen.happen()
    const [event] = this.events.slice(before)
    if (event !== undefined && over !== undefined) event.insteadOf = over.key
  }

  private async passTo(time: number): Promise<void> {
    this.note({ kind: 'time', text: `${(time - this.startedAt) / 1000} s` })
    await this.surroundings.passTo(time)
  }

  /** Whether a call that waits for quiet was told that it is quiet. */
  private letSettle(time: number): boolean {
    const ready = this.settling.filter(({ since }) => time > since + REACTION_MS)
    if (ready.length === 0) return false
    this.settling = this.settling.filter((each) => !ready.includes(each))
    for (const { resolve } of ready) resolve()
    return true
  }

  private async somethingHappens(withinMs: number): Promise<boolean> {
    const { activity } = this
    const from = realClock.stopwatch()
    for (let pause = 1; realClock.stopwatch() - from < withinMs; pause = Math.min(pause + 1, MAX_LOOK_MS)) {
      await this.surroundings.rest()
      if (this.activity !== activity) return true
      await pauseFor(pause)
    }
    return this.activity !== activity
  }

  private hungUp({ id, name }: { id: number; name: string }, reply: ApiResponse): ApiResponse {
    this.note({ kind: 'hung-up', text: name, call: id })
    return reply
  }

  /** Numbered from the second one on. */
  private nameOf(name: string): string {
    const count = (this.names.get(name) ?? 0) + 1
    this.names.set(name, count)
    return count === 1 ? name : `${name} #${count}`
  }
}

function textOf(body: ApiRequest['body']): string {
  return typeof body === 'object' ? new TextDecoder().decode(body) : (body ?? '')
}
