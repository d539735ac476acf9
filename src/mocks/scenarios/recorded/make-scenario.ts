/** A recording as a scenario: the state that it has shown last of everything, as a world that can be opened. */
import { ScenarioFromOptions as form } from '../../../generated/kit-later.js'
import type { ScenarioFromOptions } from '../../../generated/kit-schema.js'
import { operations } from '../../../kernel/all-operations.js'
import { expectForm } from '../../../kernel/validate-options.js'
import { findRole } from '../../../lifecycle/roles.js'
import type { Recording } from '../../../kernel/recording/recording.js'
import { settingDefaults } from '../../../lifecycle/table.js'
import { isSettings, resolveSettings, type Settings } from '../../base/settings.js'
import type { Scenario } from '../scenario.js'
import { followEntries, kept } from './follow-entries.js'
import { missRunner, runnerFollowers } from './follow-runners.js'
import { followWork, missWork } from './follow-work.js'
import { createLastState, type LastState } from './last-state.js'
import { readCalls, type AnsweredCall } from './answered-call.js'
import { createReplacement, verbatim } from './replace-texts.js'
import { writeScenario } from './write-scenario.js'

export type { ScenarioFromOptions } from '../../../generated/kit-schema.js'

/** A scenario that was made of a recording. */
export interface RecordedScenario {
  readonly scenario: Scenario
  /** What is not as it was on the server, a sentence each. */
  readonly notes: readonly string[]
}

/** @throws KitError `options/invalid` */
export async function makeScenario(recording: Recording, options: ScenarioFromOptions): Promise<RecordedScenario> {
  expectForm(form, options, 'scenarioFrom')
  const { calls, end, hungUp } = await readCalls(recording, options.at)
  const settings = settingsOf(recording.header.settings)
  const state = createLastState(settings)
  for (const call of calls) follow(state, call)
  const { scenario, notes } = writeScenario(state, end, options.verbatim === true ? verbatim : createReplacement())
  const lost = hungUp === 0 ? [] : [`Of ${hungUp} calls whose callers hung up nobody knows what they did.`]
  const judgements = calls.filter(isJudgement).length
  if (judgements > 0) lost.push(`scores and comments left out, which calls have written: ${judgements}`)
  return {
    scenario: { description: 'The last state of a recording.', ...differing(settings), ...scenario },
    notes: [...notes, ...lost],
  }
}

const GONE = [404, 410]

function isJudgement({ operation, status }: AnsweredCall): boolean {
  const { collection = '' } = kept[operation] ?? {}
  return ['scores', 'comments'].includes(collection) && status < 300 && operations[operation].method !== 'GET'
}

function follow(state: LastState, call: AnsweredCall): void {
  const { operation, status, owner } = call
  const role = findRole(operation)
  if (status >= 200 && status < 300) {
    const key = `${owner.workspace}\n${owner.user}`
    const { calls } = state.callers.get(key) ?? { calls: 0 }
    state.callers.set(key, { owner, calls: calls + 1 })
    runnerFollowers[operation]?.(state, call)
    followEntries(state, call)
    if (role !== undefined) followWork(state, call, role)
  } else if (GONE.includes(status) && role?.way === 'path') {
    // A creation needs more than a runner.
    if (role.machine === 'runner' && role.creates === undefined) missRunner(state, call, call.from)
    if (role.machine === 'job' || role.machine === 'bridgeCommand') missWork(state, call)
  }
}

function settingsOf(recorded: object): Settings {
  const entries = Object.entries<unknown>({ ...recorded })
  return resolveSettings(Object.fromEntries(entries.filter(([name, value]) => isSettings({ [name]: value }))))
}

/** Those that are not as they are anyway. */
function differing(settings: Settings): Pick<Scenario, 'settings'> {
  const usual = new Map(Object.entries(settingDefaults()))
  const others = Object.entries(settings).filter(([name, value]) => usual.get(name) !== value && value !== undefined)
  return others.length === 0 ? {} : { settings: Object.fromEntries(others) }
}
