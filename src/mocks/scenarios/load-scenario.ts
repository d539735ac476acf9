// Loads scenarios into a mock: finds them by name, plays them behind a guard, tries those that were never played
// yet. It is loaded when there is something to play.
import type { IdSource, Random } from '../../kernel/id-source.js'
import type { AuthMode } from '../base/identity.js'
import { problemError, unknownName } from '../../kernel/problem.js'
import { settingNames } from '../../lifecycle/table.js'
import type { AgentHost } from '../agents/agent-host.js'
import { createCall, expectSuccess } from '../agents/call-api.js'
import type { SavedCrew } from '../agents/saved-runners.js'
import type { Handle } from '../engine/engine.js'
import type { FaultInjector } from '../engine/faults/faults.js'
import type { RecordingJournal } from '../engine/journal.js'
import { seedEnvironments } from '../computed/named-environment.js'
import { createBuilders } from '../given/given-builders.js'
import type { ProfileName, Settings } from '../base/settings.js'
import { omitUndefined } from '../base/omit-undefined.js'
import type { World } from '../world/world.js'
import { playScenario, registerAgents, type ScenarioSetup } from './play-scenario.js'
import { scenarioNames, type FoundScenario, type Scenario } from './scenario.js'

/** What a mock's owner decided, which no scenario overrules. */
export interface OwnersChoice {
  readonly auth?: AuthMode | undefined
  readonly settings?: Partial<Settings> | undefined
  readonly profile?: ProfileName | undefined
}

export interface ScenarioHost<Options extends OwnersChoice = OwnersChoice> {
  readonly options: Options
  readonly agents: AgentHost
  readonly faults: FaultInjector
  readonly ids: IdSource
  readonly random: Random
  /** Scenarios that it knows beside the built-in ones, and the name of the one that its world comes from. */
  readonly scenarios: ReadonlyMap<string, Scenario>
  readonly scenario: string
  readonly world: World
  /** Counts its worlds: a play that is still going on must not touch the next one. */
  readonly generation: number
  /** Answers what the mock's owner sets up, which no fault may meet. */
  readonly undisturbed: Handle
  /** Notified of states that it sets up and no client could. */
  readonly journal: Pick<RecordingJournal, 'turn'>
  changeSettings(settings: Partial<Settings> & { profile?: ProfileName }): void
  close(): Promise<void>
}

/**
 * Plays the scenario of a mock and lets its runners live.
 * @param generation which of its worlds the play is for
 * @throws KitError `scenario/unknown` or `scenario/unusable`
 */
export async function loadScenario(host: ScenarioHost, generation: number): Promise<void> {
  const { scenario, fill } = await find(host.scenario, host)
  const scene = sceneOf(host, generation)
  await playScenario(scenario, { ...scene, agents: host.agents })
  scene.guard()
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
    await playScenario(found, sceneOf(trial, trial.generation))
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

function sceneOf(host: ScenarioHost, generation: number): ScenarioSetup {
  const guard = (): void => {
    if (generation !== host.generation) throw new Error('The world was replaced before its scenario was complete.')
  }
  const undisturbed: Handle = (exchange) => {
    guard()
    return host.undisturbed(exchange)
  }
  const { ids, random, journal } = host
  const given = createBuilders({
    ...{ undisturbed, ids, random, journal },
    get world() {
      return host.world
    },
  })
  return {
    ...{ given, agents: undefined, guard, faults: host.faults },
    liftLimits: () => liftLimits(host, () => generation === host.generation),
    seedEnvironments: (workspace, environments) => seedEnvironments(workspace, environments, host.world),
    async diagnose(projectId, as) {
      if (host.world.isBefore('2.1')) return
      const call = expectSuccess(createCall(undisturbed, as))
      await call('createAgentInsightsJob', { path: { projectId } })
      await call('triggerAgentInsightsJob', { path: { projectId } })
    },
    registerAgents({ id }, agents) {
      const runner = host.world.runners.get(id)
      if (runner !== undefined) host.world.runners.registerAgents(runner, agents)
    },
    changeSettings: ({ profile, ...settings }) =>
      host.changeSettings({
        ...{ ...settings, ...host.options.settings },
        ...omitUndefined({ profile: host.options.profile ?? profile }),
      }),
  }
}

/** Limits of how much there may be at once, or within a minute. */
const LIMITS = settingNames.filter((name) => /(^|_)max_/.test(name) && !name.endsWith('_seconds'))

function liftLimits({ world }: ScenarioHost, isThere: () => boolean): () => void {
  const { settings, runners } = world
  const kept = Object.fromEntries(LIMITS.map((name) => [name, settings[name]]))
  for (const name of LIMITS) settings[name] = Infinity
  return () => {
    if (!isThere()) return
    Object.assign(settings, kept)
    // Nor have its commands been submitted within this minute.
    for (const { bridge } of runners.values()) bridge.rate = { minute: 0, commands: 0, writes: 0 }
  }
}
