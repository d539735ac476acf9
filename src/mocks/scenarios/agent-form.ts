/** The form of agents in a scenario: scripts with one row for each of their members, and how agents are presented. */
import type { AgentScript } from '../agents/script.js'
import type { ScenarioAgent } from './scenario.js'
import { anything, flag, is, isObject, listOf, members, name, number, oneOf, text, whole, type Shape } from './shape.js'

/** Milliseconds of the longest wait that makes sense: ten days. */
export const LONGEST_WAIT_MS = 864_000_000

const log = members({ after_ms: number(0, LONGEST_WAIT_MS), text, stream: oneOf('stdout', 'stderr') }, ['text'])

const range: Shape = (value, path) => {
  const bounds = members({ min: number(0, LONGEST_WAIT_MS), max: number(0, LONGEST_WAIT_MS) }, ['min', 'max'])
  const problems = bounds(value, path)
  if (problems.length > 0 || !isObject(value) || Number(value['min']) <= Number(value['max'])) return problems
  return [{ path: [...path, 'min'], value: value['min'], expected: "at most the value of 'max'" }]
}

const latency: Shape = (value, path) => (isObject(value) ? range : number(0, LONGEST_WAIT_MS))(value, path)

const scriptMembers: Readonly<Record<keyof AgentScript, Shape>> = {
  result: anything,
  logs: listOf(log, 'log lines { after_ms, text, stream }'),
  latency_ms: latency,
  failure_rate: number(0, 1),
  error: name,
  times_out: flag,
  ignores_cancellation: flag,
  never_answers: flag,
  dies_after_jobs: whole(0),
}

const param = members({ name, type: name, presence: oneOf('required', 'optional') }, ['name', 'type'])

const agentMembers: Readonly<Record<keyof ScenarioAgent, Shape>> = {
  ...scriptMembers,
  description: text,
  params: listOf(param, 'parameters { name, type, presence }'),
  timeout: whole(0),
  handler: is('a function, which only code can give', (value) => typeof value === 'function'),
}

/** An agent of a scenario. */
export const agentShape: Shape = (value, path) => {
  const problems = members(agentMembers)(value, path)
  if (problems.length > 0 || !isObject(value) || value['handler'] === undefined) return problems
  const scripted = Object.keys(scriptMembers).find((member) => value[member] !== undefined)
  if (scripted === undefined) return []
  return [{ path: [...path, scripted], value: value[scripted], expected: "nothing beside 'handler'" }]
}
