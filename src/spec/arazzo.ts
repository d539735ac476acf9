// The lifecycle as Arazzo workflows: for each state that calls can reach, one that tries what keeps it there and what it
// refuses, and one for each move out of it. What calls lead to and how they are answered the small world knows; here it is
// written down.
import { isOperationId, runnerOperations } from '../kernel/operation.js'
import { machineOf, rulesOf } from '../lifecycle/roles.js'
import { createBehaviour } from '../lifecycle/states/behaviour.js'
import { statusOf, Step, emptyWorld, type CallAction, type SmallWorld } from '../lifecycle/states/small-world.js'
import { StoryCalls } from '../lifecycle/states/story-calls.js'
import { stepOf } from '../lifecycle/states/world-step.js'
import { machineNames, settingDefaults, type MachineName } from '../lifecycle/table.js'

/** Where the called operations are described. */
export interface ArazzoSources {
  readonly api: string
  /** That of the admin API, which activates sessions: no workflow can compute the proof. */
  readonly admin: string
}

type Json = Readonly<Record<string, unknown>>

const NOBODY = '00000000-0000-7000-8000-000000000000'
const KEY = `${'A'.repeat(43)}=`
const outputOf = (step: string, name: string): string => `$steps.${step}.outputs.${name}`
const at = (pointer: string): string => `$response.body#/${pointer}`
const is = (status: number): Json => ({ condition: `$statusCode == ${status}` })
const json = (payload: unknown): Json => ({ contentType: 'application/json', payload })

const behaviour = createBehaviour()

/** Conditions that take time, full queues or large bodies. */
const LEFT_OUT = ['queue', 'rate', 'payload', 'checklist', 'batch']

/** Before the calls about work, a runner that does it. */
const ready: Readonly<Record<MachineName, readonly CallAction[]>> = {
  pairingSession: [],
  runner: [],
  job: [call('createPairingSession', -1), call('activatePairingSession', 0), call('registerAgents', 0)],
  bridgeCommand: [
    call('createPairingSession', -1, { type: 'connect' }),
    call('activatePairingSession', 0),
    call('heartbeat', 0, { declares: 'bridge' }),
  ],
}

/** What shows a resource. */
const reads = { runner: 'getRunner', job: 'getJob', bridgeCommand: 'getBridgeCommand' } as const

function call(on: CallAction['on'], runner: number, form: CallAction['form'] = {}, work = -1): CallAction {
  return { on, caller: 0, runner, work, form }
}

/** The step after which no poll waits any more: what waits in a workflow is over before its next call. */
function take(world: SmallWorld, action: CallAction): Step {
  const step = stepOf(world, action, behaviour)
  step.world.waits.length = 0
  return step
}

function play(actions: readonly CallAction[]): SmallWorld {
  return actions.reduce((world, action) => take(world, action).world, emptyWorld())
}

/** The state of the one resource that a workflow is about. */
function stateIn(machine: MachineName, { sessions: [session], runners: [runner] }: SmallWorld): string {
  const isOpen = session !== undefined && !session.isActivated
  if (machine === 'pairingSession') return session === undefined ? 'none' : isOpen ? 'open' : 'activated'
  if (machine !== 'runner') return runner?.[machine][0]?.status ?? 'none'
  return runner !== undefined && !runner.isGone ? statusOf(runner) : isOpen ? 'pairing' : 'none'
}

/** The calls that rules of a machine decide in a state, as far as one condition decides; each once. */
function callsIn(machine: MachineName, world: SmallWorld): readonly CallAction[] {
  const state = stateIn(machine, world)
  const { sessions, runners } = world
  const hasWork = (machine === 'job' || machine === 'bridgeCommand') && runners[0]?.[machine][0] !== undefined
  const actions = rulesOf(machine).flatMap(({ on, from, when }): readonly CallAction[] => {
    const conditions = Object.entries(when)
    const isPlain = conditions.length <= 1 && !conditions.some(([name]) => LEFT_OUT.includes(name))
    if (!isCall(on) || !machineOf(machine).operations.includes(on) || !from.includes(state) || !isPlain) return []
    const form = Object.fromEntries(conditions.map(([name, [value = '']]) => [name, value]))
    return [call(on, sessions.length - 1, form, hasWork ? 0 : -1)]
  })
  const first = new Map(actions.toReversed().map((action) => [nameOf(action), action]))
  return actions.filter((action) => first.get(nameOf(action)) === action && isTellable(action, take(world, action)))
}

function isCall(trigger: string): trigger is CallAction['on'] {
  return isOperationId(trigger) && Object.hasOwn(runnerOperations, trigger)
}

/** A refusal of a right proof comes behind the proof, which no workflow has. */
function isTellable({ on, form }: CallAction, { told }: Step): boolean {
  const { status } = told ?? { status: 200 }
  return on !== 'activatePairingSession' || form['proof'] !== undefined || status < 400 || status === 404
}

function nameOf({ on, form }: CallAction): string {
  return [on, ...Object.values(form)].join('-')
}

/** Goes the shortest way from nothing into each state of a machine, and from there makes each call that its rules decide. */
function workflowsOf(machine: MachineName): readonly Json[] {
  const ways = new Map([['none', ready[machine]]])
  const workflows: Json[] = []
  for (const [state, way] of ways) {
    let world = play(way)
    // Sessions make runners.
    const others = machine === 'runner' ? callsIn('pairingSession', world) : []
    const [stays, moves]: [CallAction[], Json[]] = [[], []]
    for (const action of callsIn(machine, world)) {
      const step = take(world, action)
      const next = stateIn(machine, step.world)
      if (!ways.has(next)) ways.set(next, [...way, action])
      if (next === state) {
        stays.push(action)
        world = step.world
      } else
        moves.push(tell(`${machine}-${state}-${nameOf(action)}`, `From ${state} to ${next}`, [...way, action], machine))
    }
    for (const action of others) {
      const end = stateIn(machine, take(world, action).world)
      if (!ways.has(end)) ways.set(end, [...way, action])
    }
    if (stays.length > 0)
      workflows.push(tell(`${machine}-${state}`, `Calls that leave it ${state}`, [...way, ...stays]))
    workflows.push(...moves)
  }
  return workflows
}

/** Writes a workflow. @param shown the machine whose resource is read at its end */
function tell(workflowId: string, summary: string, actions: readonly CallAction[], shown?: MachineName): Json {
  const place = { projectId: outputOf('project', 'id'), unknownId: NOBODY, limits: settingDefaults() }
  const calls = new StoryCalls({ callers: ['main', 'main'], commandSeconds: 30, ...place })
  const steps: Json[] = [...PROJECT]
  let world = emptyWorld()
  const add = (action: CallAction): void => {
    const step = take(world, action)
    world = step.world
    steps.push(...toSteps(action, step, calls))
  }
  for (const action of actions) add(action)
  if (shown !== undefined && shown !== 'pairingSession') add(call(reads[shown], 0, {}, 0))
  if (stateIn('runner', world) === 'connected') add(call('disconnectRunner', 0))
  // A call that is made twice has a name for each time.
  const ids = steps.map(({ stepId }) => stepId)
  const named = steps.map((step, place) =>
    ids.indexOf(step['stepId']) === place ? step : { ...step, stepId: `${String(step['stepId'])}-${place}` },
  )
  return { workflowId, summary, steps: named }
}

/** A call with its answer, and what makes the id of a new resource known. */
function toSteps(action: CallAction, { told, made }: Step, calls: StoryCalls): readonly Json[] {
  const { on } = action
  // A poll that waits ends with nothing.
  const { status, state } = told ?? { status: 200 }
  if (on === 'activatePairingSession' && status < 400) return [ACTIVATION]
  const { path, query, body, secret } = calls.callOf(action)
  const secrets: Json =
    on === 'createPairingSession'
      ? { activation_key: secret === 'wrong' ? '!'.repeat(44) : KEY }
      : on === 'activatePairingSession'
        ? { hmac: KEY }
        : {}
  const parameters = Object.entries({ path, query }).flatMap(([place, values]) =>
    Object.entries(values).map(([name, value]) => ({ name, in: place, value })),
  )
  const step = {
    stepId: nameOf(action),
    operationId: `$sourceDescriptions.api.${on}`,
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && { requestBody: json(Array.isArray(body) ? body : { ...Object(body), ...secrets }) }),
    successCriteria: [is(status), ...(state === undefined ? [] : [{ condition: `${at('status')} == '${state}'` }])],
  }
  if (made === undefined || status !== 201) return [step]
  const learn = (answer: Json, createdId?: string): void =>
    calls.learn(action, { status, body: answer, createdId, waitedMs: 0 }, made)
  if (on === 'createPairingSession') {
    learn({ session_id: outputOf('session', 'session'), runner_id: outputOf('session', 'runner') })
    return [{ ...step, stepId: 'session', outputs: { session: at('session_id'), runner: at('runner_id') } }]
  }
  if (on === 'createBridgeCommand') {
    learn({}, outputOf('command', 'id'))
    return [{ ...step, stepId: 'command', outputs: { id: at('command_id') } }]
  }
  // This one answers without a body.
  learn({}, outputOf('job', 'id'))
  const [list = step] = toSteps(call('listJobs', action.runner), new Step(emptyWorld()), calls)
  return [step, { ...list, stepId: 'job', outputs: { id: at('content/0/id') } }]
}

/** Of these only the admin API can say that the proof is right. */
const ACTIVATION: Json = {
  stepId: 'activated',
  operationId: '$sourceDescriptions.admin.activateSession',
  parameters: [{ name: 'id', in: 'path', value: outputOf('session', 'session') }],
  requestBody: json({ name: 'arazzo' }),
  successCriteria: [is(200)],
}

/** What stands before all calls. */
const PROJECT: readonly Json[] = [
  {
    ...{ stepId: 'project-made', operationId: '$sourceDescriptions.api.createProject' },
    ...{ requestBody: json({ name: 'Arazzo' }) },
    successCriteria: [{ condition: '$statusCode == 201 || $statusCode == 409' }],
  },
  {
    ...{ stepId: 'project', operationId: '$sourceDescriptions.api.retrieveProject' },
    ...{ requestBody: json({ name: 'Arazzo' }), successCriteria: [is(200)], outputs: { id: at('id') } },
  },
]

export function toArazzo({ api, admin }: ArazzoSources, version: string): Json {
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
    workflows: machineNames.flatMap(workflowsOf),
  }
}
