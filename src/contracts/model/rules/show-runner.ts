/** Holds a runner as a server shows it against the runner that the model knows. */
import type { Agent } from '../../../kernel/types.js'
import { fieldOf, isRecord, recordsOf, textOf } from './call.js'
import { allowDeviation } from './allowed-deviation.js'
import { demand, demandEqual, demandSame } from './mismatch.js'
import { hasLapsed, statusesOf } from './time-bounds.js'
import { isSameTime } from './shown-time.js'
import type { Moment, Runner, World } from './model-world.js'

/** Refuses a runner that is shown otherwise than it is. */
export function demandRunner(world: World, runner: Runner, shown: unknown, now: Moment): void {
  const { id, name, type, projectId } = runner
  demandEqual(
    'id, name, type and project of the runner',
    ['id', 'name', 'type', 'project_id'].map((field) => fieldOf(shown, field)),
    [id, name, type, projectId],
  )
  const status = textOf(shown, 'status')
  const statuses: readonly string[] = statusesOf(world, runner, now)
  demand(statuses.includes(status), `the runner to be ${statuses.join(' or ')}`, status)
  if (status === 'connected' && hasLapsed(world, runner, now))
    allowDeviation(world, 'refused-heartbeat-renews', 'a refused heartbeat not to renew the time to live', status)
  learnConnectedAt([runner], shown)
  const agents = status === 'connected' ? Object.values(runner.agents) : []
  demandEqual(
    'agents of the runner',
    byName(recordsOf(fieldOf(shown, 'agents')).map(toAgent)),
    byName(agents.map(toAgent)),
  )
  const capabilities = fieldOf(shown, 'capabilities')
  demandSame('capabilities', Array.isArray(capabilities) ? capabilities.map(String) : [], runner.capabilities)
  demandEqual('checklist', fieldOf(shown, 'checklist'), runner.checklist)
}

/** Remembers when a runner was activated, and refuses another time than it was shown with before. */
export function learnConnectedAt(runners: readonly Runner[], shown: unknown): void {
  const runner = runners.find(({ id }) => id === fieldOf(shown, 'id'))
  const text = textOf(shown, 'connected_at')
  if (runner === undefined) return
  const known = runner.connectedAt
  demand(isSameTime(known, text), 'connected_at of the runner to stay as it was', text)
  runner.connectedAt = Date.parse(text)
}

/** An agent with its defaults filled in: a list without entries is as good as none. */
function toAgent(agent: Agent | Record<string, unknown>): Record<string, unknown> {
  return { timeout: 0, params: [], ...(isRecord(agent) ? agent : {}) }
}

function byName(agents: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  return agents.toSorted((a, b) => (String(a['name']) < String(b['name']) ? -1 : 1))
}
