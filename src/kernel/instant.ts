/** Points in time, lengths of time and speeds in the forms that people write, and a clock as data. No clock in here. */
import { KitError } from './errors.js'
import { problemError, unknownName } from './problem.js'

/** A length of time; the parts add up. Fractions are allowed, negative totals are not. */
export interface Duration {
  /** Milliseconds. Default 0. */
  milliseconds?: number
  /** Seconds. Default 0. */
  seconds?: number
  /** Minutes. Default 0. */
  minutes?: number
  /** Hours. Default 0. */
  hours?: number
  /** Days of 24 hours. Default 0. */
  days?: number
}

/** A point in time: a Date, an ISO-8601 string or milliseconds since 1970. */
export type Instant = Date | string | number

export interface ClockState {
  now: number
  frozen: boolean
  /** Default 1. */
  speed?: number | undefined
}

export interface ClockMove {
  action: 'advance' | 'set' | 'freeze' | 'resume' | 'scale'
  /** Virtual milliseconds before and after. */
  from: number
  to: number
}

export interface ClockOptions {
  /** Called after each intervention. Default: none. */
  onMove?: (move: ClockMove) => void
  /** Where the clock starts. Default: real time. */
  start?: Instant
  /** Start frozen. Default false. */
  frozen?: boolean
}

/** Whether a text is a day that the calendar has, as 2026-07-14: parsers count on after the last day of a month. */
export function isDay(text: string): boolean {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}

const UNITS = { milliseconds: 1, seconds: 1000, minutes: 60_000, hours: 3_600_000, days: 86_400_000 }

/**
 * Milliseconds in a duration.
 * @throws KitError `clock/duration` for a negative or non-finite total, and for what is no duration: a bare number, a
 *   misspelt unit, a text in the place of a number.
 */
export function toMilliseconds(duration: Duration): number {
  let total = Object(duration) === duration ? 0 : Number.NaN
  for (const unit in duration) {
    if (!isUnit(unit)) throw problemError(unknownName(unit, Object.keys(UNITS), [unit]), 'clock/duration', 'a duration')
    const amount: unknown = duration[unit] ?? 0
    total += typeof amount === 'number' ? amount * UNITS[unit] : Number.NaN
  }
  if (Number.isFinite(total) && total >= 0) return total
  throw new KitError('clock/duration', {
    failed: 'Time can only be moved forward.',
    value: JSON.stringify(duration),
    fix: 'Give numbers that add up to 0 or more, such as { seconds: 20 }.',
  })
}

function isUnit(name: string): name is keyof Duration & keyof typeof UNITS {
  return Object.hasOwn(UNITS, name)
}

/** @throws KitError `clock/instant` when it is no valid time. */
export function toEpoch(instant: Instant): number {
  const epoch =
    instant instanceof Date ? instant.getTime() : typeof instant === 'number' ? instant : Date.parse(instant)
  // 8.64e15 is the last millisecond that a Date can hold.
  if (Number.isFinite(epoch) && Math.abs(epoch) <= 8.64e15) return epoch
  throw new KitError('clock/instant', {
    failed: 'This is no point in time.',
    value: String(instant),
    fix: 'Give a Date, milliseconds since 1970 or an ISO-8601 text.',
  })
}

export function toIso(epoch: number): string {
  return new Date(epoch).toISOString()
}

/** @throws KitError `clock/speed` for what is no speed of time */
export function expectSpeed(speed: number): void {
  // At 3600 an hour takes a second.
  if (speed >= 0.001 && speed <= 3600) return
  throw new KitError('clock/speed', {
    failed: 'Time cannot run so.',
    value: String(speed),
    fix: 'Give a number from 0.001 to 3600.',
  })
}
