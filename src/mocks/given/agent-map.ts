/** Agents as a test names them, in the form that registerAgents takes. */
import type { Agent, AgentMap } from '../../kernel/types.js'

/** Names alone become agents without parameters. */
export function toAgentMap(agents: readonly string[] | Readonly<Record<string, Agent>>): AgentMap {
  if (isNames(agents)) return Object.fromEntries(agents.map((name) => [name, {}]))
  return { ...agents }
}

/** Whether agents are named alone. */
export function isNames(agents: readonly string[] | Readonly<Record<string, Agent>>): agents is readonly string[] {
  return Array.isArray(agents)
}
