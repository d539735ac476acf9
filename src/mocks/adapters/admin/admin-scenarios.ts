/** The admin API's calls on scenarios: which there are, and back to the beginning of one. */
import { KitError } from '../../../kernel/errors.js'
import { describeProblem } from '../../../kernel/problem.js'
import type { Reply } from '../../base/exchange.js'
import { errorReply, toReply } from '../../base/reply.js'
import type { ResetOptions, ScenarioChoice } from '../../mock/mock-types.js'
import type { ScenarioName } from '../../scenarios/scenario.js'
import { isPlayable, problemsOfScenario } from '../../scenarios/read-scenario.js'
import type { AdminCall, AdminSite } from './admin-call.js'

/** What people are told of the built-in scenarios, in the order in which they are offered. */
const builtInScenarios: Readonly<Record<ScenarioName, string>> = {
  demo: 'A runner that lives, with five agents.',
  'endpoint-supervised': 'The same as under `opik endpoint`: two heartbeaters.',
  playground: 'A project for each state that the agent page knows.',
  busy: 'Fifty projects and two thousand traces of a week, made when they are first asked for.',
  empty: 'The default project and nothing else.',
}

/** `GET /scenarios` */
export function listScenarios({ mock }: AdminSite): Reply {
  const own = [...mock.scenarios].map(([name, { description = '' }]) => [name, description] as const)
  const all = new Map([...Object.entries(builtInScenarios), ...own])
  return toReply(200, {
    current: mock.scenario,
    scenarios: Array.from(all, ([name, description]) => ({ name, description })),
  })
}

/** `POST /reset`, optionally with `{"scenario": name or scenario}` */
export async function reset({ mock }: AdminSite, { body }: AdminCall): Promise<Reply> {
  const asked: ResetOptions | { problem: string } = body === undefined ? {} : readChoice(body)
  if ('problem' in asked) return errorReply(422, asked.problem)
  try {
    await mock.reset(asked)
  } catch (error) {
    if (error instanceof KitError) return errorReply(422, error.message)
    throw error
  }
  return toReply(204, undefined)
}

function readChoice(body: unknown): { scenario: ScenarioChoice } | { problem: string } {
  const scenario: unknown = Reflect.get(Object(body), 'scenario')
  if (typeof scenario === 'string' || isPlayable(scenario)) return { scenario }
  const [problem] = problemsOfScenario(scenario)
  return { problem: problem === undefined ? 'Send a scenario.' : describeProblem(problem, 'The scenario') }
}
