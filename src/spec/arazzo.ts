// The lifecycle as Arazzo workflows: for each state that calls can reach, one that tries what keeps it there and what it
// refuses, and one for each move out of it. Which those are the tables say; here is how calls bring them about.
import { operations } from '../kernel/all-operations.js'
import { memberOf, objectOf } from '../kernel/json-value.js'
import { isOperationId } from '../kernel/operation.js'
import { machineNames, machines, rules, settings, type MachineName, type Rule } from '../lifecycle/table.js'

/** Where the documents are whose operations are called. */
export interface ArazzoSources {
  readonly api: string
  /** That of the admin API, which activates sessions: no workflow can compute the proof. */
  readonly admin: string
}

type Json = Readonly<Record<string, unknown>>

const RUNNER = { machine: 'runner', isThere: true } as const

/** How an operation is asked so that a condition has a value. */
interface Variant {
  readonly body?: unknown
  /** What must have been asked before, and what puts that right. */
  readonly before?: readonly Json[]
  readonly after?: readonly Json[]
}

const NOBODY = '00000000-0000-7000-8000-000000000000'
const outputOf = (step: string, name: string): string => `$steps.${step}.outputs.${name}`
const PROJECT = outputOf('project', 'id')
const KEY = `${'A'.repeat(43)}=`
const tooManyAgents = Array.from({ length: settings.max_agents_per_runner.default + 1 }, (_, at) => [`agent-${at}`, {}])

/** Where the id of a path parameter comes from, and whose own it is. */
const idsOf: Readonly<Record<string, readonly [value: string, machine: MachineName]>> = {
  runnerId: [outputOf('session', 'runner'), 'runner'],
  sessionId: [outputOf('session', 'session'), 'pairingSession'],
  jobId: [outputOf('job', 'id'), 'job'],
  commandId: [outputOf('command', 'id'), 'bridgeCommand'],
}

const SESSION: Json = { project_id: PROJECT, type: 'endpoint', activation_key: KEY }
const JOB: Json = { project_id: PROJECT, agent_name: 'echo', inputs: {} }
/** Bodies that nothing is wrong with. */
const bodies: Readonly<Record<string, unknown>> = {
  createPairingSession: SESSION,
  activatePairingSession: { runner_name: 'arazzo', hmac: KEY },
  heartbeat: { capabilities: ['jobs', 'bridge'] },
  registerAgents: { echo: {} },
  patchChecklist: { step: 'done' },
  createJob: JOB,
  reportJobResult: { status: 'completed', result: {} },
  appendJobLogs: [{ stream: 'stdout', text: 'hello' }],
  createBridgeCommand: { type: 'ReadFile', args: { path: 'README.md' } },
  nextBridgeCommands: {},
  reportBridgeResult: { status: 'completed', result: {} },
}

/** Values of conditions that a call can bring about; rules that need others are left to `verify`. */
const variants: Readonly<Record<string, Readonly<Record<string, Variant>>>> = {
  createPairingSession: {
    'key=unusable': { body: { ...SESSION, activation_key: '!'.repeat(44) } },
    'project=unknown': { body: { ...SESSION, project_id: NOBODY } },
  },
  activatePairingSession: { 'proof=invalid': {} },
  heartbeat: { 'capabilities=invalid': { body: { capabilities: ['Jobs!'] } } },
  registerAgents: { 'agents=too_many': { body: Object.fromEntries(tooManyAgents) } },
  createJob: { 'agent=unknown': { body: { ...JOB, agent_name: 'nobody' } } },
  createBridgeCommand: {
    'capability=missing': {
      before: [callOf('heartbeat', 'without-bridge', { capabilities: ['jobs'] }, RUNNER, 200)],
      after: [callOf('heartbeat', 'with-bridge', bodies['heartbeat'], RUNNER, 200)],
    },
  },
  reportBridgeResult: { 'outcome=missing': { body: { status: 'completed' } } },
}

/** Of these only the admin API can say that the proof is right. */
const ACTIVATION: Json = {
  stepId: 'activated',
  operationId: '$sourceDescriptions.admin.activateSession',
  parameters: [{ name: 'id', in: 'path', value: outputOf('session', 'session') }],
  requestBody: { contentType: 'application/json', payload: { name: 'arazzo' } },
  successCriteria: [{ condition: '$statusCode == 200' }],
}

/** Whose workflow a call is in, and whether what it is about is there. */
interface Subject {
  readonly machine: MachineName
  readonly isThere: boolean
}

function parametersOf(operation: string, { machine, isThere }: Subject): readonly Json[] {
  if (operation === 'listRunners') return [{ name: 'project_id', in: 'query', value: PROJECT }]
  const path = isOperationId(operation) ? operations[operation].path : ''
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
    const [value, own] = idsOf[name] ?? []
    return { name, in: 'path', value: isThere || own !== machine ? value : NOBODY }
  })
}

function callOf(operation: string, stepId: string, payload: unknown, subject: Subject, status: number): Json {
  const parameters = parametersOf(operation, subject)
  return {
    stepId,
    operationId: `$sourceDescriptions.api.${operation}`,
    ...(parameters.length > 0 && { parameters }),
    ...(payload !== undefined && { requestBody: { contentType: 'application/json', payload } }),
    successCriteria: [{ condition: `$statusCode == ${status}` }],
  }
}

interface Reached {
  readonly rule: Rule
  readonly variant: Variant
  /** Tells it from others of its operation. */
  readonly name: string
}

/** The rules of operations that a call meets in a state; undefined where a value cannot be brought about. */
function reachedIn(machine: MachineName, state: string): readonly Reached[] {
  return rules[machine].flatMap((rule: Rule): readonly Reached[] => {
    const isOfOperation = machines[machine].operations.some((each) => each === rule.on)
    if (!isOfOperation || !rule.from.includes(state)) return []
    const [condition, ...more] = Object.entries(rule.when)
    if (condition === undefined)
      return isProven(rule) || !needsProof(rule) ? [{ rule, variant: {}, name: rule.on }] : []
    const [name, [value = '']] = condition
    const known = variants[rule.on]?.[`${name}=${value}`]
    const variant = known ?? (name === 'status' ? { body: { ...objectOf(bodies[rule.on]), status: value } } : undefined)
    return more.length > 0 || variant === undefined ? [] : [{ rule, variant, name: `${rule.on}-${value}` }]
  })
}

const isProven = ({ on, to }: Rule): boolean => on === 'activatePairingSession' && to === 'activated'
const needsProof = ({ on, answer }: Rule): boolean => on === 'activatePairingSession' && answer !== 404

/** The calls that a rule's call is made of, and what follows that makes its ids known. */
function stepsOf({ rule, variant, name }: Reached, machine: MachineName, state: string): readonly Json[] {
  const { on, to, answer } = rule
  if (isProven(rule)) return [ACTIVATION]
  const isThere = state !== 'none'
  const body = variant.body ?? (machine === 'runner' && on === 'createJob' && !isThere ? NO_SLOT : bodies[on])
  const call = callOf(on, name, body, { machine, isThere }, answer ?? 200)
  return [...(variant.before ?? []), withOutputs(call, on, machine, to), ...(variant.after ?? [])]
}

const NO_SLOT = { ...JOB, project_id: NOBODY }

function withOutputs(call: Json, on: string, machine: MachineName, to: string | null): Json {
  if (on === 'createPairingSession' && to !== null) {
    return { ...call, stepId: 'session', outputs: { session: at('session_id'), runner: at('runner_id') } }
  }
  if (on === 'createBridgeCommand' && machine === 'bridgeCommand')
    return { ...call, stepId: 'command', outputs: { id: at('command_id') } }
  return call
}

const at = (pointer: string): string => `$response.body#/${pointer}`

/** What stands before the calls of a machine: a project and, for work, a runner that does it. */
function arrangement(machine: MachineName): readonly Json[] {
  const named = { contentType: 'application/json', payload: { name: 'Arazzo' } }
  const project = [
    {
      ...{ stepId: 'project-made', operationId: '$sourceDescriptions.api.createProject', requestBody: named },
      successCriteria: [{ condition: '$statusCode == 201 || $statusCode == 409' }],
    },
    {
      ...{ stepId: 'project', operationId: '$sourceDescriptions.api.retrieveProject', requestBody: named },
      ...{ successCriteria: [{ condition: '$statusCode == 200' }], outputs: { id: at('id') } },
    },
  ]
  if (machine === 'pairingSession' || machine === 'runner') return project
  const type = machine === 'job' ? 'endpoint' : 'connect'
  const body = { ...SESSION, type }
  const session = callOf('createPairingSession', 'session', body, { machine, isThere: false }, 201)
  const ready = machine === 'job' ? (['registerAgents', 204] as const) : (['heartbeat', 200] as const)
  return [
    ...project,
    withOutputs(session, 'createPairingSession', machine, 'open'),
    ACTIVATION,
    callOf(ready[0], 'ready', bodies[ready[0]], { machine, isThere: true }, ready[1]),
  ]
}

/** The shortest ways from nothing into the states of a machine that calls lead to, by their ends. */
function waysOf(machine: MachineName): ReadonlyMap<string, readonly Json[]> {
  const ways = new Map<string, readonly Json[]>([['none', []]])
  for (const [state, way] of ways) {
    for (const reached of reachedIn(machine, state)) {
      const { to } = reached.rule
      if (to !== null && !ways.has(to)) ways.set(to, [...way, ...movesOf(reached, machine, state)])
    }
    if (machine !== 'runner') continue
    // Sessions make runners.
    const made = state === 'none' ? 'pairing' : state === 'pairing' ? 'connected' : undefined
    const [, begun = []] = [...waysOf('pairingSession')].find(([end]) => end === 'open') ?? []
    const ready = callOf('registerAgents', 'ready', bodies['registerAgents'], { machine, isThere: true }, 204)
    const beats = callOf('heartbeat', 'beats', bodies['heartbeat'], { machine, isThere: true }, 200)
    if (made !== undefined) ways.set(made, state === 'none' ? begun : [...way, ACTIVATION, ready, beats])
  }
  return ways
}

/** A move, and where a call only shows the list of its new resource, the list in which its id stands. */
function movesOf(reached: Reached, machine: MachineName, state: string): readonly Json[] {
  const steps = stepsOf(reached, machine, state)
  if (machine !== 'job' || reached.rule.on !== 'createJob') return steps
  const list = callOf('listJobs', 'job', undefined, { machine, isThere: true }, 200)
  return [...steps, { ...list, outputs: { id: at('content/0/id') } }]
}

/** How a state shows itself: the field of the operation that reads the resource, or its refusal. */
function proofOf(machine: MachineName, state: string): readonly Json[] {
  const read = machines[machine].operations.find((each) => /^get(Runner|Job|BridgeCommand)$/.test(each))
  const { field, states } = machines[machine]
  const isWire = memberOf(memberOf(states, state), 'wire') === true
  if (read === undefined || field === null) return []
  const [rule] = reachedIn(machine, state).filter(({ rule: { on } }) => on === read)
  if (rule === undefined) return []
  const call = callOf(read, 'shown', undefined, { machine, isThere: true }, rule.rule.answer ?? 200)
  if (!isWire || rule.rule.answer !== 200) return [call]
  return [
    { ...call, successCriteria: [{ condition: '$statusCode == 200' }, { condition: `${at(field)} == '${state}'` }] },
  ]
}

export function toArazzo({ api, admin }: ArazzoSources, version: string): Json {
  const workflows = machineNames.flatMap((machine) =>
    [...waysOf(machine)].flatMap(([state, way]): readonly Json[] => {
      const before = [...arrangement(machine), ...way]
      const reached = reachedIn(machine, state)
      const stays = reached.filter(({ rule: { to } }) => to === null)
      const moves = reached.filter(({ rule: { to } }) => to !== null)
      const tried = unique(stays).flatMap((each) => stepsOf(each, machine, state))
      const staying = workflowOf(`${machine}-${state}`, `Calls that leave it ${state}`, [...before, ...tried])
      const moving = unique(moves).map((each) => {
        const steps = [...before, ...movesOf(each, machine, state), ...proofOf(machine, each.rule.to ?? state)]
        return workflowOf(`${machine}-${state}-${each.name}`, `From ${state} to ${each.rule.to}`, steps)
      })
      return tried.length === 0 ? moving : [staying, ...moving]
    }),
  )
  return {
    arazzo: '1.0.1',
    info: {
      ...{ title: "The lifecycle of Opik's local runners", version },
      description:
        'Moves and refusals that calls alone bring about. Sessions are activated by the admin API of the mock; what needs ' +
        'time, full queues or large bodies is left to `opik-runner-kit verify`.',
    },
    sourceDescriptions: [
      { name: 'api', url: api, type: 'openapi' },
      { name: 'admin', url: admin, type: 'openapi' },
    ],
    workflows,
  }
}

/** The first rule that a request meets decides. */
function unique(reached: readonly Reached[]): readonly Reached[] {
  return reached.filter(({ name }, at) => reached.findIndex((each) => each.name === name) === at)
}

function workflowOf(workflowId: string, summary: string, steps: readonly Json[]): Json {
  const hasRunner = steps.some((step) => step === ACTIVATION)
  const end = callOf('disconnectRunner', 'end', undefined, RUNNER, 204)
  const all = hasRunner ? [...steps, end] : steps
  const ids = all.map(({ stepId }) => stepId)
  // A call that is made twice has a name for each time.
  const named = all.map((step, at) =>
    ids.indexOf(step['stepId']) === at ? step : { ...step, stepId: `${String(step['stepId'])}-${at}` },
  )
  return { workflowId, summary, steps: named }
}
