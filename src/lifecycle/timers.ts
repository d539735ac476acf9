/** How long timers run and how long operations are held, as `x-lifecycle` declares them. Reads no clock. */
import {
  constants,
  timers,
  waits,
  type SettingName,
  type TimerEntry,
  type WaitEntry,
} from '../generated/lifecycle-tables.js'
import { memberOf } from '../kernel/json-value.js'
import { runnerOperations } from '../kernel/operation.js'

/** The settings of a server, as numbers. */
export type TimerLimits = Readonly<Record<SettingName, number>>

/** Name of a timer, without `timer.`. */
export type TimerName = keyof typeof timers

/** Every timer, in the order of the spec. */
export const timerNames: readonly TimerName[] = Object.keys(timers).filter(isTimerName)

export function isTimerName(name: string): name is TimerName {
  return Object.hasOwn(timers, name)
}

/** A timer's entry by its name. */
export const timerTable: Readonly<Record<string, TimerEntry>> = timers

/**
 * How long a timer runs, in milliseconds.
 * @param resource what holds the field that the timer names, such as a job with its `timeout`; without the field its default
 *   counts, and none is 0
 */
export function spanMs(name: TimerName, limits: TimerLimits, resource?: object): number {
  const { setting, field = '', times = 1, plus = 0, default: fallback = 0 }: TimerEntry = timers[name]
  const given = memberOf(resource, field)
  const seconds = setting === undefined ? (typeof given === 'number' ? given : fallback) : limits[setting]
  return 1000 * (seconds * times + plus)
}

const waitTable: Readonly<Partial<Record<string, WaitEntry>>> = waits

/**
 * The longest that a call may be held, in seconds; undefined for one that is answered at once.
 * @param query as it was sent, or as it was read
 */
export function waitSeconds(
  operation: string | null,
  query: Readonly<Record<string, unknown>>,
  limits: TimerLimits,
): number | undefined {
  const wait = operation === null ? undefined : waitTable[operation]
  if (wait === undefined) return undefined
  if (wait.when !== undefined && String(query[wait.when]).toLowerCase() !== 'true') return undefined
  if (wait.setting !== undefined) return limits[wait.setting]
  const usual = defaultOf(operation, wait.parameter)
  const asked = Number(query[wait.parameter ?? ''] ?? usual)
  const least = wait.minimum === undefined ? 0 : Number(constants[wait.minimum])
  const most = wait.maximum === undefined ? Infinity : limits[wait.maximum]
  return Math.min(Math.max(Number.isFinite(asked) ? asked : usual, least), most)
}

function defaultOf(operation: string | null, parameter: string | undefined): number {
  const declared: readonly { name: string; default?: unknown }[] =
    Object.values(runnerOperations).find(({ id }) => id === operation)?.queryParameters ?? []
  return Number(declared.find(({ name }) => name === parameter)?.default ?? 0)
}
