// One fault that is under way: how often it may strike yet, its dice, who waits for it, and what it still has to hand
// out a second time. It decides about itself, and which requests it is meant for; in which order faults meet a request
// is not its matter.
import type { Clock, StopSignal } from '../../../kernel/clock.js'
import { matchedOperation } from '../../../kernel/operation.js'
import { createRandom, type Random } from '../../../kernel/id-source.js'
import type { ApiResponse } from '../../base/exchange.js'
import { WaitingLine } from '../../base/waiting-line.js'
import { omitUndefined } from '../../base/omit-undefined.js'
import type { Fault, FaultDelay, InjectedFault, PresetName } from '../../../generated/kit-schema.js'
import type { Arrival } from '../engine.js'

export class ActiveFault {
  readonly id: string
  readonly preset: PresetName | undefined
  readonly fault: Fault
  readonly matches: Matcher
  /** Whether it strikes only once the real answer is there, and only if there is something to spoil. */
  readonly isLate: boolean
  isCleared = false
  private applied = 0
  /** Strikes whose request has not been answered yet. */
  private underWay = 0
  private remaining: number
  private random: Random
  private readonly diceSeed: number
  private readonly waiters = new WaitingLine<'cleared' | 'gone'>()
  /** Until when answers about a runner are held back, by runner. */
  private readonly holds = new Map<string, number>()
  /** Answers to hand out once more, by runner and operation. */
  private readonly repeats = new Map<string, ApiResponse>()

  constructor(id: string, fault: Fault, preset: PresetName | undefined, diceSeed: number) {
    this.id = id
    this.fault = fault
    this.preset = preset
    this.matches = createMatcher(fault)
    const { drop, hang, body, hold, duplicate } = fault
    this.isLate = [drop, hang].includes('after') || body !== undefined || hold !== undefined || duplicate === true
    this.remaining = fault.once === true ? 1 : (fault.times ?? Infinity)
    this.diceSeed = diceSeed
    this.random = createRandom(diceSeed)
  }

  /** Whether it can strike no more and holds no request. */
  get isOver(): boolean {
    return this.isCleared || (this.remaining === 0 && this.underWay === 0 && this.repeats.size === 0)
  }

  /** Whether it strikes now; if so, that counts, and the caller must call `release` once the request is answered. */
  take(): boolean {
    if (this.remaining === 0 || this.isCleared) return false
    const { probability = 1 } = this.fault
    if (probability < 1 && this.random.next() >= probability) return false
    this.remaining--
    this.applied++
    this.underWay++
    return true
  }

  release(): void {
    this.underWay--
  }

  /** Milliseconds of a strike's delay. */
  draw(delay: FaultDelay): number {
    return 'ms' in delay ? delay.ms : delay.from + Math.round(this.random.next() * (delay.to - delay.from))
  }

  /** Whether answers about a runner are being held back: those that follow are, too, whatever the dice would say. */
  isHolding(runner: string | undefined, now: number): boolean {
    return runner !== undefined && (this.holds.get(runner) ?? 0) > now
  }

  /** Milliseconds until the answers that are held back about a runner are given. */
  holdFor(runner: string, hold: FaultDelay, now: number): number {
    if (!this.isHolding(runner, now)) this.holds.set(runner, now + this.draw(hold))
    return (this.holds.get(runner) ?? now) - now
  }

  /** Holds a request up. False when its caller has hung up meanwhile, or its world has ended. */
  async wait(clock: Clock, ms: number, signal: StopSignal | undefined): Promise<boolean> {
    if (this.isCleared) return true
    const end = await this.waiters.wait(clock, ms, { signal })
    return end === undefined ? signal?.aborted !== true : end === 'cleared'
  }

  /** Keeps an answer for the next poll like this one. */
  keepForRepeat(request: Arrival, runner: string | undefined, reply: ApiResponse): void {
    if (runner !== undefined && !this.isCleared) this.repeats.set(repeatKey(request, runner), reply)
  }

  /** The answer that a poll gets because an earlier one got it too. */
  takeRepeat(request: Arrival, runner: () => string | undefined): ApiResponse | undefined {
    if (this.repeats.size === 0) return undefined
    const id = runner()
    if (id === undefined) return undefined
    const key = repeatKey(request, id)
    const reply = this.repeats.get(key)
    this.repeats.delete(key)
    return reply
  }

  /** Ends it: waiting requests get the real answer (`cleared`) or none (`gone`). */
  end(how: 'cleared' | 'gone'): void {
    this.isCleared = true
    this.repeats.clear()
    this.waiters.giveAll(how)
  }

  /** Starts the dice over and sends everybody away; what counts towards `times` stays. */
  rewind(): void {
    this.random = createRandom(this.diceSeed)
    this.repeats.clear()
    this.holds.clear()
    this.waiters.giveAll('gone')
  }

  describe(): InjectedFault {
    const { id, applied, preset, waiters } = this
    const remaining = Number.isFinite(this.remaining) ? this.remaining : undefined
    return { ...this.fault, id, applied, waiting: waiters.length, ...omitUndefined({ preset, remaining }) }
  }
}

function repeatKey({ found }: Arrival, runner: string): string {
  return `${matchedOperation(found)?.id ?? ''} ${runner}`
}

/** Whether a fault is meant for a request. `runner` finds the runner that the request is about, when it is asked for. */
type Matcher = (request: Arrival, runner: () => string | undefined) => boolean

function createMatcher(fault: Fault): Matcher {
  const operations = setOf(fault.operation)
  const methods = setOf(fault.method)
  const path = fault.path === undefined ? undefined : createGlob(fault.path)
  const id = fault.runner?.toLowerCase()
  return (request, runner) =>
    (operations?.has(matchedOperation(request.found)?.id ?? '') ?? true) &&
    (methods?.has(request.exchange.method) ?? true) &&
    (path?.(request.target.path) ?? true) &&
    (id === undefined || runner() === id) &&
    ((fault.evict !== true && fault.hold === undefined) || runner() !== undefined)
}

function setOf(value: string | readonly string[] | undefined): ReadonlySet<string> | undefined {
  if (value === undefined) return undefined
  return new Set(typeof value === 'string' ? [value] : value)
}

/**
 * `*` and the spec's `{name}` stand for a part of one segment, `**` for anything. It goes from piece to piece and keeps
 * all places that it may have come to, which no pattern can make slow.
 */
function createGlob(pattern: string): (path: string) => boolean {
  const pieces = pattern.replace(/(.)\/$/, '$1').split(/(\*{2,}|\*|\{\w+\})/)
  return (path) => {
    let places = new Set([0])
    for (const [index, piece] of pieces.entries()) {
      const ends = new Set<number>()
      for (const start of places) {
        if (index % 2 === 0) {
          if (path.startsWith(piece, start)) ends.add(start + piece.length)
          continue
        }
        // Where an earlier place has led to, it has led as far as this one would.
        for (let end = start; end <= path.length && !ends.has(end); end++) {
          ends.add(end)
          if (path[end] === '/' && !piece.startsWith('**')) break
        }
      }
      places = ends
    }
    return places.has(path.length)
  }
}
