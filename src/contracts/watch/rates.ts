/**
 * The rates of a runner's commands. Servers count by the minute of their clock; of a recording that does not say what
 * the clock showed, any minute may have begun at any time.
 */
import { textAt } from '../../kernel/json-value.js'
import { isWrite } from '../../lifecycle/facts.js'
import type { TimeRange } from '../../lifecycle/tracker/time-range.js'
import type { Limits } from '../target/target.js'
import type { ObservedCall } from './observed-call.js'

const MINUTE_MS = 60_000
/** The server's clock and the recorder's are one within this. */
const SKEW_MS = 2000
/** Submissions that are remembered of a runner. */
const MAX_NOTED = 5000

interface Submission extends TimeRange {
  readonly id: number
  readonly isWrite: boolean
  readonly counts: 'surely' | 'perhaps' | 'by quirk'
}

export class CommandRates {
  private noted: Submission[] = []
  /** From when on all have been observed. */
  private since: number | undefined
  private readonly limits: Limits
  /** What the clock showed at the recording's zero, in milliseconds since 1970. */
  private readonly zero: number | undefined

  constructor(limits: Limits, zero: number | undefined) {
    this.limits = limits
    this.zero = zero
  }

  /** @param isBorn whether there was no submission that was not observed */
  note({ id, call, answer: { status }, isAborted, now, until }: ObservedCall, isBorn: boolean): void {
    this.since ??= isBorn ? -Infinity : now.from
    const isWritten = isWrite(textAt(call.body, 'type'))
    const isOpen = isAborted || status >= 500
    const isRefused = status === 400 || (status === 429 && isWritten)
    if (!isOpen && status !== 201 && !isRefused) return
    this.noted = this.noted.filter((each) => each.to > now.from - 2 * MINUTE_MS)
    const counts = isOpen ? 'perhaps' : isRefused ? 'by quirk' : 'surely'
    this.noted.push({ id, from: now.from, to: until, isWrite: isWritten, counts })
    if (this.noted.length > MAX_NOTED) this.since = this.noted.shift()?.to ?? now.from
  }

  /** Why a command may have been refused; undefined where no rate can be the reason. */
  reasonOf(observed: ObservedCall): 'rate' | 'refused-payload-counts' | 'unknown' | undefined {
    const starts = this.startsAround(observed)
    const isOver = (byQuirk: boolean): boolean =>
      starts.some((start) => {
        const isCounted = ({ id, from, to, counts }: Submission): boolean =>
          id !== observed.id && to >= start && from <= observed.now.to && (byQuirk || counts !== 'by quirk')
        return this.rates(observed, this.noted.filter(isCounted)).some(({ most, counted }) => counted.length >= most)
      })
    if (isOver(false)) return 'rate'
    if (starts.some((start) => start < (this.since ?? Infinity))) return 'unknown'
    return isOver(true) ? 'refused-payload-counts' : undefined
  }

  /** The rate that an accepted command surely exceeds, with the submissions that count. */
  exceededBy(observed: ObservedCall): { most: number; counted: readonly Submission[] } | undefined {
    const { zero = Number.NaN, noted } = this
    const { now } = observed
    const start = Math.floor((now.from + zero) / MINUTE_MS) * MINUTE_MS - zero
    const isInside = ({ from, to }: TimeRange): boolean => from >= start + SKEW_MS && to <= start + MINUTE_MS - SKEW_MS
    const before = noted.filter((each) => each.counts === 'surely' && isInside(each) && each.to <= now.to)
    return isInside(now) ? this.rates(observed, before).find(({ most, counted }) => counted.length > most) : undefined
  }

  /** Each rate that a command must keep, with those submissions that it counts. */
  private rates({ call }: ObservedCall, submissions: readonly Submission[]) {
    const { bridge_max_commands_per_minute: all, bridge_max_write_commands_per_minute: writes } = this.limits
    const ofAll = { most: all, counted: submissions }
    const ofWrites = { most: writes, counted: submissions.filter((each) => each.isWrite) }
    return isWrite(textAt(call.body, 'type')) ? [ofAll, ofWrites] : [ofAll]
  }

  /** The earliest times at which the minutes may have begun that a call may be in. */
  private startsAround({ now: { from, to } }: ObservedCall): number[] {
    const earliest = from - MINUTE_MS
    const { zero } = this
    if (zero === undefined) return [earliest]
    const first = Math.ceil((earliest - SKEW_MS + zero) / MINUTE_MS)
    const last = Math.floor((to + SKEW_MS + zero) / MINUTE_MS)
    return Array.from({ length: last - first + 1 }, (_, at) =>
      Math.max(earliest, (first + at) * MINUTE_MS - zero - SKEW_MS),
    )
  }
}
