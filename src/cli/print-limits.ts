// The command `limits`: prints limits to run a server with, as the environment of a real one or as a file for `verify
// --limits` and `serve --settings`.
import type { Command } from 'commander'
import { LimitsCommand } from '../generated/kit-command.js'
import type { LimitsCommand as LimitsFlags } from '../generated/kit-schema.js'
import { KitError } from '../kernel/errors.js'
import { settingDefaults, settingNames, settingVariables, type SettingName } from '../lifecycle/table.js'
import { defineCommand } from './define-command.js'
import { checkSettings, type Settings } from '../mocks/base/settings.js'

const formats: Readonly<Record<LimitsFlags['format'], (limits: Settings) => string[]>> = {
  env: (limits) => variablesOf(limits).map(([name, value]) => `${name}=${value}`),
  yaml: (limits) => settingNames.map((name) => `${name}: ${limits[name]}`),
  compose: (limits) => {
    const lines = variablesOf(limits).map(([name, value]) => `      ${name}: '${value}'`)
    return ['services:', '  backend:', '    environment:', ...lines]
  },
}

export const addLimitsCommand = defineCommand(LimitsCommand, run)

/** @throws KitError `limits/setting`; `limits/server` for a span with which a real server does not start */
function run({ preset, set: given = [], format }: LimitsFlags, _args: unknown, command: Command): void {
  const parts = given.map((text) => text.split('='))
  const set = Object.fromEntries(parts.map(([name = '', number]): [string, number] => [name, Number(number)]))
  const [problem] = checkSettings(set)
  if (problem !== undefined) {
    throw new KitError('limits/setting', {
      failed: `The setting ${problem.name} cannot be used.`,
      value: String(problem.value),
      fix: `Expected ${problem.expected}.`,
    })
  }
  const lines = formats[format]({ ...settingDefaults(), ...presets[preset], ...set })
  command.configureOutput().writeOut?.(`${lines.join('\n')}\n`)
}

function variablesOf(limits: Settings): [string, string][] {
  return settingNames.map((name) => [settingVariables[name], valueOf(name, limits[name])])
}

/** Shortest spans with which a real server starts, in seconds. */
const MIN_SECONDS = 1
const MIN_PURGE_SECONDS = 3600

function valueOf(name: SettingName, value: number): string {
  if (!name.endsWith('_seconds')) return String(value)
  const least = name === 'dead_runner_purge_seconds' ? MIN_PURGE_SECONDS : MIN_SECONDS
  if (value >= least && Number.isInteger(value)) return toDuration(value)
  throw new KitError('limits/server', {
    failed: `A real server does not start with this ${name}.`,
    value: `${value} s`,
    fix: `Give whole seconds, at least ${least}; with --format yaml, for a server that allows it, any.`,
  })
}

/** Units with the shortest span that is told in them: a day is 24 hours. */
const UNITS = [
  ['d', 86_400, 172_800],
  ['h', 3600, 3600],
  ['m', 60, 120],
] as const

function toDuration(seconds: number): string {
  const [unit, length] = UNITS.find(([, size, least]) => seconds % size === 0 && seconds >= least) ?? ['s', 1]
  return `${seconds / length}${unit}`
}

/** Sets of limits to run a server with; a setting that is left out has the spec's default. */
const presets = {
  default: {},
  /**
   * Spans as short as they can sensibly be: a heartbeat lasts longer than any poll, commands than the calls about them,
   * and whatever ends can be read for several seconds. A real server allows no purge time under an hour.
   */
  fast: {
    heartbeat_ttl_seconds: 8,
    next_job_poll_timeout_seconds: 5,
    bridge_poll_timeout_seconds: 6,
    reaper_interval_seconds: 2,
    dead_runner_purge_seconds: 3600,
    job_timeout_seconds: 10,
    completed_job_ttl_seconds: 15,
    bridge_default_command_timeout_seconds: 10,
    bridge_max_command_timeout_seconds: 20,
    bridge_completed_command_ttl_seconds: 15,
  },
} as const satisfies Record<LimitsFlags['preset'], Partial<Settings>>
