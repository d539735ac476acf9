// The settings of a mock, which are the limits and time spans that the spec's lifecycle declares, with their defaults,
// and the names of its profiles. This file decides what a valid setting is. A deadline is set when it starts, by the
// setting of that moment; counts, sizes and rates are read when they are asked.
import { expectForm, hasForm, problemsOf } from '../../kernel/validate-options.js'
import { Profile as profileForm, Settings as form, SettingsChange } from '../../generated/kit-page.js'
import type * as kit from '../../generated/kit-schema.js'
import { settingDefaults, type SettingName } from '../../lifecycle/table.js'
import { describeExpected } from '../../kernel/problem.js'
import { omitUndefined } from './omit-undefined.js'

/** Every setting with its value: times in seconds, sizes in bytes, the rest counts. */
export type Settings = Record<SettingName, number> & ProfileSettings

export type ProfileSettings = Pick<kit.Settings, 'runners_enabled' | 'toggles' | 'permissions' | 'contents_permission'>

/** A change that was refused, as data. */
export interface SettingProblem {
  name: string
  value: unknown
  expected: string
}

/** @throws KitError `settings/invalid` for an unknown name or a value out of range. */
export function resolveSettings(overrides: Partial<Settings> = {}): Settings {
  expectForm(form, overrides, 'the settings', 'settings/invalid')
  return { ...settingDefaults(), ...omitUndefined(overrides) }
}

/** What is wrong with a set of changes, of the profile too; empty when all of them can be applied. */
export function checkSettings(changes: unknown): SettingProblem[] {
  return problemsOf(SettingsChange, changes).map((problem) => ({
    name: String(problem.path[0] ?? ''),
    value: problem.value,
    expected: describeExpected(problem),
  }))
}

export function isSettings(value: unknown): value is Partial<Settings> {
  return hasForm(form, value)
}

/** How a mock behaves; see docs/profiles.md. */
export type ProfileName = kit.Profile

export function isProfileName(value: unknown): value is ProfileName {
  return hasForm(profileForm, value)
}

export const DEFAULT_PROJECT = 'Default Project'
