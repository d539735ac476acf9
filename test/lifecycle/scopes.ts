/** The small worlds that are walked through: how much there is in each, and which calls are made there. */
import type { RunnerOperationId } from '../../src/kernel/operation.js'
import { roleOf } from '../../src/lifecycle/roles.js'
import {
  emptyWorld,
  type SmallRunner,
  type SmallWorld,
  type Action,
  type CallAction,
} from '../../src/lifecycle/states/small-world.js'
import type { Behaviour } from '../../src/lifecycle/states/behaviour.js'
import { stepOf } from '../../src/lifecycle/states/world-step.js'

/** What a call is made with. */
interface CallForm {
  readonly on: RunnerOperationId
  readonly form?: Readonly<Record<string, string>>
  readonly isLost?: true
}

/** A small world, by what there is at most. */
export interface Scope {
  readonly name: string
  readonly callers: 1 | 2
  readonly sessions: number
  readonly jobs: number
  readonly commands: number
  readonly pollers: number
  readonly readers: number
  /** What is done before the walk begins. */
  readonly start: readonly Action[]
  readonly calls: readonly CallForm[]
}

const call = (on: RunnerOperationId, form: Readonly<Record<string, string>> = {}): CallAction => {
  const { machine, way } = roleOf(on)
  const isOfRunner = way === 'path' && (machine === 'pairingSession' || machine === 'runner')
  return { on, caller: 0, runner: isOfRunner ? 0 : -1, work: -1, form }
}

const BRIDGE = { declares: 'bridge' }
const paired: readonly Action[] = [call('createPairingSession'), call('activatePairingSession')]
const ready: readonly Action[] = [...paired, call('registerAgents'), call('heartbeat', BRIDGE)]

const jobCalls: readonly CallForm[] = [
  { on: 'createJob' },
  { on: 'nextJob' },
  { on: 'nextJob', isLost: true },
  { on: 'reportJobResult' },
  { on: 'reportJobResult', form: { status: 'failed' } },
  { on: 'cancelJob' },
]
const commandCalls: readonly CallForm[] = [
  { on: 'createBridgeCommand' },
  { on: 'nextBridgeCommands' },
  { on: 'nextBridgeCommands', form: { most: '1' } },
  { on: 'nextBridgeCommands', isLost: true },
  { on: 'getBridgeCommand', form: { wait: 'true' } },
  { on: 'reportBridgeResult' },
  { on: 'reportBridgeResult', form: { status: 'failed' } },
]
const runnerCalls: readonly CallForm[] = [
  { on: 'createPairingSession' },
  { on: 'activatePairingSession' },
  { on: 'heartbeat' },
  { on: 'heartbeat', form: { capabilities: 'invalid' } },
  { on: 'disconnectRunner' },
]
/** What is refused, or only read. */
const furtherCalls: readonly CallForm[] = [
  { on: 'createPairingSession', form: { key: 'unusable' } },
  { on: 'createPairingSession', form: { project: 'unknown' } },
  { on: 'activatePairingSession', form: { proof: 'invalid' } },
  { on: 'heartbeat', form: BRIDGE },
  { on: 'registerAgents' },
  { on: 'registerAgents', form: { agents: 'too_many' } },
  { on: 'patchChecklist' },
  { on: 'patchChecklist', form: { checklist: 'oversized' } },
  ...(['listRunners', 'getRunner', 'listJobs', 'getJob', 'getJobLogs'] as const).map((on) => ({ on })),
  { on: 'appendJobLogs' },
  { on: 'appendJobLogs', form: { batch: 'too_long' } },
  { on: 'createJob', form: { agent: 'unknown' } },
  { on: 'reportJobResult', form: { status: 'running' } },
  { on: 'reportJobResult', form: { status: 'pending' } },
  { on: 'createBridgeCommand', form: { payload: 'oversized' } },
  { on: 'createBridgeCommand', form: { rate: 'exceeded' } },
  { on: 'getBridgeCommand' },
  { on: 'reportBridgeResult', form: { status: 'pending' } },
  { on: 'reportBridgeResult', form: { outcome: 'missing' } },
  { on: 'reportBridgeResult', form: { payload: 'oversized' } },
]

const NOTHING = { callers: 1, sessions: 1, jobs: 0, commands: 0, pollers: 0, readers: 0 } as const

/** All of them: some hundred thousand states. */
export const scopes: readonly Scope[] = [
  {
    ...{ ...NOTHING, name: 'expiry', commands: 2, start: ready },
    calls: [{ on: 'createBridgeCommand' }, { on: 'nextBridgeCommands', form: { most: '1' } }, { on: 'heartbeat' }],
  },
  {
    ...{ ...NOTHING, name: 'jobs', jobs: 2, pollers: 2, start: ready },
    calls: [...jobCalls, ...runnerCalls],
  },
  {
    ...{ ...NOTHING, name: 'commands', commands: 2, pollers: 1, readers: 2, start: ready },
    calls: [...commandCalls, ...runnerCalls],
  },
  {
    ...{ ...NOTHING, name: 'callers', callers: 2, sessions: 2, jobs: 1, pollers: 1, start: ready },
    calls: [...jobCalls, ...runnerCalls],
  },
  {
    ...{ ...NOTHING, name: 'both', jobs: 1, commands: 1, pollers: 1, readers: 1, start: ready },
    calls: [...jobCalls, ...commandCalls, ...runnerCalls],
  },
  {
    ...{ ...NOTHING, name: 'everything', callers: 2, jobs: 1, commands: 1, start: [] },
    calls: [...runnerCalls, ...jobCalls, ...commandCalls, ...furtherCalls],
  },
]

/** The world in which a walk begins. */
export function startOf({ start }: Scope, behaviour: Behaviour): SmallWorld {
  return start.reduce((world, action) => stepOf(world, action, behaviour).world, emptyWorld())
}

/** Whether there is no more in a world than its scope allows. */
export function isWithin({ sessions, runners, waits }: SmallWorld, scope: Scope): boolean {
  return (
    sessions.length <= scope.sessions &&
    runners.every(({ job, bridgeCommand }) => job.length <= scope.jobs && bridgeCommand.length <= scope.commands) &&
    waits.filter(({ on }) => on === 'nextJob').length <= scope.pollers &&
    waits.filter(({ on }) => on === 'nextBridgeCommands').length <= scope.pollers &&
    waits.filter(({ on }) => on === 'getBridgeCommand').length <= scope.readers
  )
}

/** Everything that can happen in a world. */
export function* actionsIn(world: SmallWorld, scope: Scope): Iterable<Action> {
  yield { on: 'pass' }
  for (const { id, hasHungUp } of world.waits) if (!hasHungUp) yield { on: 'hangUp', wait: id }
  for (const { on, form = {}, isLost } of scope.calls) {
    for (let caller = 0; caller < scope.callers; caller++) {
      for (const [runner, work] of objectsOf(on, world)) {
        yield { on, caller, runner, work, form, ...(isLost === true && { isLost }) }
      }
    }
  }
}

/** What a call can name. */
function objectsOf(on: RunnerOperationId, { sessions, runners }: SmallWorld): readonly (readonly [number, number])[] {
  const { machine, way } = roleOf(on)
  if (way === 'none' || way === 'any' || way === 'slot') return [NONE]
  if (machine !== 'job' && machine !== 'bridgeCommand') return [...sessions.map(({ id }) => [id, -1] as const), NONE]
  const works = runners.flatMap((runner) => [
    ...runner[machine].filter(isShown).map(({ id }) => [runner.id, id] as const),
  ])
  const [first] = runners
  return [...works, [first?.id ?? -1, -1]]
}

const NONE = [-1, -1] as const

/** What has expired in the queue cannot be named. */
function isShown({ status }: SmallRunner['job'][number]): boolean {
  return status !== 'none'
}
