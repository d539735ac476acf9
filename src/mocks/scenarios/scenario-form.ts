/**
 * Judges a scenario as a whole before anything of it is played: every member by a table with one row for each, then
 * what no member shows by itself (see scenario-links.ts).
 */
import { machines } from '../../lifecycle.js'
import { ACTIVATION_KEY_BYTES, fromBase64 } from '../../pairing.js'
import { commandErrorCodes } from '../agents/connect/command-error.js'
import { readFaults } from '../faults/fault-form.js'
import { profileNames } from '../profile.js'
import { checkSettings } from '../settings.js'
import { agentShape, LONGEST_WAIT_MS } from './agent-form.js'
import { linkProblems } from './scenario-links.js'
import type {
  Scenario,
  ScenarioCommand,
  ScenarioJob,
  ScenarioOwner,
  ScenarioProject,
  ScenarioRunner,
  ScenarioSession,
} from './scenario.js'
import {
  anything,
  either,
  is,
  isObject,
  listOf,
  mapOf,
  members,
  name,
  number,
  object,
  oneOf,
  text,
  whole,
  type Shape,
  type ShapeProblem,
} from './shape.js'

/** Everything that is wrong with a scenario; empty when it can be played. */
export function problemsOfScenario(value: unknown): ShapeProblem[] {
  const problems = scenarioShape(value, [])
  return problems.length > 0 || !isScenario(value, problems) ? problems : linkProblems(value)
}

/** The tables have one row for each member of the types. */
function isScenario(_value: unknown, problems: readonly ShapeProblem[]): _value is Scenario {
  return problems.length === 0
}

/** Whether a value that came from outside is a scenario. */
export function isPlayable(value: unknown): value is Scenario {
  return problemsOfScenario(value).length === 0
}

/** A table with a row for each member of a type. */
type Rows<Type> = Readonly<Record<keyof Type, Shape>>

const shortName = is(
  'a text of 1 to 128 characters that is not blank',
  (value) => typeof value === 'string' && value.trim() !== '' && value.length <= 128,
)
const uuid = is(
  'a UUID',
  (value) => typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value),
)
const runnerType = oneOf('connect', 'endpoint')

/** The states of a machine that its resource shows. */
function statesOf(states: Readonly<Record<string, { readonly wire: boolean }>>): Shape {
  return oneOf(...Object.keys(states).filter((state) => states[state]?.wire === true))
}

const ownerRows: Rows<ScenarioOwner> = { workspace: name, api_key: name }

const projectRows: Rows<ScenarioProject> = { ...ownerRows, name }

const log = members({ stream: name, text: name }, ['stream', 'text'])

const jobRows: Rows<ScenarioJob> = {
  agent: name,
  status: statesOf(machines.job.states),
  inputs: anything,
  result: anything,
  error: name,
  trace_id: uuid,
  logs: listOf(log, 'log lines { stream, text }'),
  mask_id: uuid,
  prompt_masks: mapOf(uuid, 'masks', uuid),
  blueprint_name: name,
  metadata: members({
    dataset_id: uuid,
    dataset_version_id: uuid,
    dataset_item_version_id: uuid,
    dataset_item_id: uuid,
  }),
}

const commandRows: Rows<ScenarioCommand> = {
  type: oneOf('ReadFile', 'WriteFile', 'EditFile', 'ListFiles', 'SearchFiles', 'Exec'),
  args: is('a value', (value) => value !== null),
  status: statesOf(machines.bridgeCommand.states),
  timeout_seconds: whole(1),
  result: anything,
  error: anything,
}

const path = is(
  'a path below the root, such as src/a.ts',
  (value) => typeof value === 'string' && /^[^/\\~][^\\]*$/.test(value) && !value.split('/').includes('..'),
)
const base64 = is('base64', (value) => typeof value === 'string' && fromBase64(value) !== undefined)
const file = either((value) => typeof value === 'string', text, members({ base64 }, ['base64']))

const output = members({
  stdout: text,
  stderr: text,
  exit_code: whole(0, 255),
  after_ms: number(0, LONGEST_WAIT_MS),
})
const refusal = members({ error: oneOf(...commandErrorCodes), message: text }, ['error'])
const command = either(
  (value) => typeof value === 'string',
  text,
  either((value) => isObject(value) && 'error' in value, refusal, output),
)

const runnerRows: Rows<ScenarioRunner> = {
  ...ownerRows,
  name: shortName,
  type: runnerType,
  project: name,
  status: oneOf('connected', 'disconnected', 'evicted'),
  simulate: oneOf('work', 'heartbeat', 'nothing'),
  agents: listOf(name, 'names of agents'),
  capabilities: listOf(
    is('lower-case letters and underscores', (value) => typeof value === 'string' && /^[a-z_]+$/.test(value)),
    'capabilities',
  ),
  checklist: object,
  jobs: listOf(members(jobRows), 'jobs'),
  commands: listOf(members(commandRows), 'bridge commands'),
  files: mapOf(file, 'files', path),
  exec: mapOf(command, 'commands'),
  latency_ms: number(0, LONGEST_WAIT_MS),
  signatures: oneOf('when-given', 'required'),
}

const activationKey = is(
  `base64 of ${ACTIVATION_KEY_BYTES} bytes`,
  (value) => typeof value === 'string' && fromBase64(value)?.length === ACTIVATION_KEY_BYTES,
)

const sessionRows: Rows<ScenarioSession> = {
  ...ownerRows,
  status: oneOf('open', 'activated', 'expired'),
  type: runnerType,
  runner_name: shortName,
  project: name,
  ttl_seconds: whole(60, 600),
  activation_key: activationKey,
}

const settings: Shape = (value, place) => {
  if (!isObject(value)) return object(value, place)
  return checkSettings(value).map(({ name: setting, value: wrong, expected }) => ({
    path: [...place, setting],
    value: wrong,
    expected,
  }))
}

const faults: Shape = (value, place) => {
  const read = readFaults(value)
  if (!('problems' in read)) return []
  return read.problems.map((problem) => ({ ...problem, path: [...place, ...problem.path] }))
}

const scenarioRows: Rows<Scenario> = {
  name: shortName,
  description: text,
  settings,
  profile: oneOf(...profileNames),
  faults,
  agents: mapOf(agentShape, 'agents', name),
  projects: listOf(
    either((value) => typeof value === 'string', name, members(projectRows, ['name'])),
    'projects',
  ),
  runners: listOf(members(runnerRows, ['name']), 'runners'),
  sessions: listOf(members(sessionRows), 'pairing sessions'),
}

const scenarioShape = members(scenarioRows)
