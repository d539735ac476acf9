/** Scenarios: worlds that a mock starts with. A scenario is played through the public API, like everything simulated. */
import type { AgentHost } from '../agents/agent-host.js'
import type { Given } from '../given/form.js'

/** Names of the built-in scenarios. `empty` has nothing but the default project and runs nothing. */
export type ScenarioName = 'empty' | 'demo'

/** What a scenario may use. */
export interface ScenarioStage {
  given: Given
  agents: AgentHost
}

/** Plays a scenario. Resolves when its world is complete. */
export async function playScenario(name: ScenarioName, stage: ScenarioStage): Promise<void> {
  if (name === 'demo') await playDemo(stage)
}

async function playDemo({ given, agents }: ScenarioStage): Promise<void> {
  // Loaded when it is played: a page that starts empty does not carry it.
  const { demoAgents, DEMO_RUNNER } = await import('./demo.js')
  for (const { name, handler, ...options } of demoAgents) agents.register(name, handler, options)
  const runner = await given.connectedRunner({ name: DEMO_RUNNER })
  await agents.start(runner, { agents: demoAgents.map(({ name }) => name) })
}
