// The admin API's calls that steer a mock: its time, its faults, which take the form of a faults file, its settings and
// its scenarios.
import type { ClockView } from '../../../generated/kit-schema.js'
import type { ClockControl } from '../../../kernel/clock.js'
import { refuse, type Refusal } from '../../../kernel/errors.js'
import { toIso } from '../../../kernel/instant.js'
import { memberOf } from '../../../kernel/json-value.js'
import { presets as presetNotes } from '../../../generated/kit-preset-notes.js'
import { presetNames, presets } from '../../engine/faults/faults.js'
import type { RunnerMock } from '../../mock/runner-mock.js'
import type { ScenarioName } from '../../scenarios/scenario.js'
import { isPlayable, problemsOfScenario } from '../../scenarios/scenario-links.js'
import { orRefuse, unusable, type AdminResolvers } from './admin-call.js'

/** Ten years: every timer on the way fires, so more is a mistake rather than a wish. */
const MAX_STEP_SECONDS = 315_576_000
/** The times that ids and JSON can tell: from 1970 to the end of 9999. */
const LATEST = Date.UTC(10_000, 0)
/** Between two steps of a long way it is checked whether the client is still there. */
const STEP_SECONDS = 86_400 * 7

export function viewClock(clock: ClockControl): ClockView {
  const due = clock.nextDue()
  return { now: clock.iso(), frozen: clock.isFrozen, speed: clock.speed, ...(due < LATEST && { next_due: toIso(due) }) }
}

export const clockResolvers = {
  readClock: ({ mock: { clock } }) => viewClock(clock),
  freezeClock: ({ mock: { clock } }) => (clock.freeze(), viewClock(clock)),
  resumeClock: ({ mock: { clock } }) => (clock.resume(), viewClock(clock)),
  scaleClock: ({ mock: { clock } }, { body }) => (clock.scale(body.speed), viewClock(clock)),

  /** Ends early when the client has hung up. */
  async advanceClock({ mock: { clock } }, { body: { seconds }, signal }) {
    if (clock.now() + seconds * 1000 >= LATEST) return refuse(422, 'No time beyond the year 9999 can be told.')
    for (let left = seconds; left >= 0 && signal?.aborted !== true; left -= STEP_SECONDS) {
      await clock.advance({ seconds: Math.min(left, STEP_SECONDS) })
    }
    return viewClock(clock)
  },

  async setClock({ mock: { clock } }, { body }) {
    const epoch = Date.parse(body.now)
    if (!(epoch >= 0 && epoch < LATEST && epoch <= clock.now() + MAX_STEP_SECONDS * 1000)) {
      return refuse(422, 'Send a time between 1970 and ten years from the current one.')
    }
    await clock.set(epoch)
    return viewClock(clock)
  },
} satisfies Partial<AdminResolvers>

export const faultResolvers = {
  listFaults: ({ mock }) => ({ faults: mock.faults.list() }),
  showFault: ({ mock }, { id }) => mock.faults.list().find((each) => each.id === id) ?? unknownFault(id),
  listPresets: () => ({
    presets: presetNames.map((name) => ({ name, ...presetNotes[name], faults: presets[name] })),
  }),

  /** A fault, `{"preset": name}`, or a list of both. All of them or, when one is wrong, none. */
  injectFaults({ mock }, { body }) {
    const { injected, problems } = mock.faults.load(body)
    return injected === undefined ? unusable(problems, 'The fault') : { faults: injected }
  },

  clearFaults: ({ mock }) => void mock.faults.clear(),
  /** A fault, or all faults of a preset. */
  clearFault: ({ mock }, { id }) => (mock.faults.clear(id) === 0 ? unknownFault(id) : undefined),
} satisfies Partial<AdminResolvers>

function unknownFault(id: string): Refusal {
  return refuse(404, `No fault '${id}' is under way; it may be over.`)
}

const builtInScenarios: Readonly<Record<ScenarioName, string>> = {
  demo: 'A runner that lives, with five agents.',
  'endpoint-supervised': 'The same as under `opik endpoint`: two heartbeaters.',
  playground: 'A project for each state that the agent page knows.',
  busy: 'Fifty projects and two thousand traces of a week, made when they are first asked for.',
  empty: 'The default project and nothing else.',
}

export const worldResolvers = {
  listScenarios({ mock }) {
    const own = [...mock.scenarios].map(([name, { description = '' }]) => [name, description] as const)
    const all = new Map([...Object.entries(builtInScenarios), ...own])
    return { current: mock.scenario, scenarios: Array.from(all, ([name, description]) => ({ name, description })) }
  },

  resetMock({ mock }, { body }) {
    const scenario = memberOf(body, 'scenario')
    if (scenario !== undefined && typeof scenario !== 'string' && !isPlayable(scenario))
      return unusable(problemsOfScenario(scenario), 'The scenario')
    return orRefuse(422, async () => (await mock.reset({ scenario }), undefined))
  },

  readSettings: ({ mock }) => viewSettings(mock),
  changeSettings: ({ mock }, { body }) => (mock.changeSettings(body), viewSettings(mock)),
  runReaper: ({ mock }) => ({ examined: mock.reap() }),
} satisfies Partial<AdminResolvers>

function viewSettings({ settings, profile }: RunnerMock): object {
  return { ...settings, profile }
}
