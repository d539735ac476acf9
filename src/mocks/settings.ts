/**
 * The settings of a mock: the limits and time spans that the spec's lifecycle declares, with their defaults. This file
 * decides what a valid setting is. A deadline is set when it starts, by the setting of that moment; counts, sizes and
 * rates are read when they are asked.
 */
import { KitError } from '../errors.js'
import { settings as declared, type SettingName } from '../lifecycle.js'

/** Every setting with its value: times in seconds, sizes in bytes, the rest counts. */
export type Settings = Record<SettingName, number> & ProfileSettings

/** Settings that only some profiles have. */
export interface ProfileSettings {
  /** Under `opik@2.0.1`: whether runners and pairing are switched on. Default: they are not, and answer 501. */
  runners_enabled?: boolean | undefined
}

/** A change that was refused, as data. */
export interface SettingProblem {
  name: string
  value: unknown
  expected: string
}

/** All names, in the spec's order. */
export const settingNames: readonly SettingName[] = Object.keys(declared).filter(isSettingName)

/** The values that the spec declares as defaults. */
export function defaultSettings(): Settings {
  const entries = settingNames.map((name) => [name, declared[name].default] as const)
  return fromEntries(entries)
}

/**
 * Defaults with `overrides` on top.
 * @throws KitError `settings/invalid` for an unknown name or a value out of range.
 */
export function resolveSettings(overrides: Partial<Settings> = {}): Settings {
  const [problem] = checkSettings(overrides)
  if (problem === undefined) return { ...defaultSettings(), ...overrides }
  throw new KitError('settings/invalid', {
    failed: `The setting ${problem.name} cannot be used.`,
    value: JSON.stringify(problem.value),
    fix: `Expected ${problem.expected}.`,
  })
}

/** What is wrong with a set of changes; empty when all of them can be applied. */
export function checkSettings(changes: object): SettingProblem[] {
  return Object.entries(changes).flatMap(([name, value]: [string, unknown]) => {
    const expected = expectationOf(name, value)
    return expected === undefined ? [] : [{ name, value, expected }]
  })
}

/** Whether a value is a complete or partial set of valid settings. */
export function isSettings(value: unknown): value is Partial<Settings> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && checkSettings(value).length === 0
}

function expectationOf(name: string, value: unknown): string | undefined {
  if (name === 'runners_enabled') return typeof value === 'boolean' ? undefined : 'true or false'
  return isSettingName(name) ? expectation(name, value) : `one of ${settingNames.join(', ')} as the name`
}

/** What the setting asks for, when `value` is not that. */
function expectation(name: SettingName, value: unknown): string | undefined {
  const { type, minimum, unit } = declared[name]
  const isNumber = typeof value === 'number' && Number.isFinite(value)
  const isRightType = isNumber && (type === 'number' || Number.isInteger(value))
  if (isRightType && value >= minimum) return undefined
  return `${type === 'integer' ? 'a whole number' : 'a number'} of ${minimum} or more (${unit})`
}

function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(declared, name)
}

function fromEntries(entries: readonly (readonly [SettingName, number])[]): Settings {
  const built: Partial<Settings> = Object.fromEntries(entries)
  if (isComplete(built)) return built
  throw new Error('The lifecycle tables lack a setting.')
}

function isComplete(settings: Partial<Settings>): settings is Settings {
  return settingNames.every((name) => settings[name] !== undefined)
}
