// Loads scenarios into a mock: finds them by name, plays them behind a guard, tries those that were never played
// yet. It is loaded when there is something to play.
import { problemError, unknownName } from '../../kernel/problem.js'
import type { SavedCrew } from '../agents/saved-runners.js'
import { playScenario, registerAgents, type OwnersChoice, type ScenarioHost } from './play-scenario.js'
import { scenarioNames, type FoundScenario, type Scenario } from './scenario.js'

/**
 * Plays the scenario of a mock and lets its runners live.
 * @param generation which of its worlds the play is for
 * @throws KitError `scenario/unknown` or `scenario/unusable`
 */
export async function loadScenario(host: ScenarioHost, generation: number): Promise<void> {
  const { scenario, fill } = await find(host.scenario, host)
  await playScenario(scenario, host, generation)
  fill?.(host.world)
}

/** Plays a scenario in an empty mock like the given one, without letting anything live. Throws as `direct` does. */
export async function tryScenario<Options extends OwnersChoice>(
  scenario: string | Scenario,
  like: ScenarioHost<Options>,
  open: (options: Options & { scenario: 'empty'; frozen: true }) => ScenarioHost & { reset: () => Promise<void> },
): Promise<void> {
  const found = typeof scenario === 'string' ? (await find(scenario, like)).scenario : scenario
  const trial = open({ ...like.options, scenario: 'empty', frozen: true })
  try {
    await trial.reset()
    await playScenario(found, trial, trial.generation, false)
  } finally {
    await trial.close()
  }
}

/**
 * Lets saved runners go on. Agents that are functions cannot be kept: those without a registration come from the
 * scenario.
 */
export async function resumeRunners(crew: SavedCrew, host: ScenarioHost, generation: number): Promise<void> {
  const { agents } = host
  const { scenario } = await find(host.scenario, host).catch(() => ({ scenario: {} }))
  if (generation !== host.generation) return
  registerAgents(scenario, agents, (name) => !agents.isRegistered(name))
  await agents.resume(crew)
}

async function find(name: string, { scenarios, options, random }: ScenarioHost): Promise<FoundScenario> {
  const own = scenarios.get(name)
  if (own !== undefined) return { scenario: own }
  const { auth } = options
  if (name === 'demo') return { scenario: (await import('./demo.js')).createDemo(auth) }
  if (name === 'endpoint-supervised') return { scenario: (await import('./demo.js')).createSupervisedDemo(auth) }
  if (name === 'playground') return { scenario: (await import('./playground.js')).createPlayground(auth) }
  if (name === 'busy') return (await import('./busy.js')).createBusy(random.save(), auth)
  if (name === 'empty') return { scenario: {} }
  const known = [...scenarioNames, ...scenarios.keys()]
  throw problemError(unknownName(name, known), 'scenario/unknown', 'a mock as its scenario')
}
