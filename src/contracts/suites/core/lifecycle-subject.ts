/** One resource that a lifecycle check is about, and how it looks from outside. */
import { operations } from '../../../kernel/all-operations.js'
import { fillPath, pathParametersOf, type OperationId } from '../../../kernel/operation.js'
import type { MachineName } from '../../../kernel/lifecycle.js'
import type { Answer } from '../../target/answer.js'
import type { Context, OwnProject } from '../../check/context.js'
import { expectAnyStatus } from '../../target/expectation.js'
import { machineOf } from '../../check/matrix.js'
import { activate, type RunnerHandle } from '../../check/runner-handle.js'

/** A resource that a lifecycle check is about. */
export interface Subject {
  readonly machine: MachineName
  readonly context: Context
  /** Ids by path parameter. */
  readonly ids: Record<string, string>
  readonly project: OwnProject
  /** The runner that it is, or belongs to; a session and a runner that was never paired have none. */
  runner: RunnerHandle | undefined
  /** Of a session. */
  readonly activationKey: Uint8Array
  readonly runnerName: string
  /** Another job or command, which a poll may hand out instead of this one. */
  decoy: string | undefined
}

/** A subject that does not exist yet: whatever a path of the operation may name has an id that names nothing. */
export async function createSubject(context: Context, machine: MachineName, operation: OperationId): Promise<Subject> {
  const names = pathParametersOf(operations[operation])
  const ids = Object.fromEntries([machineOf(machine).parameter, ...names].map((name) => [name, context.random.uuid()]))
  const project = await context.project()
  const activationKey = context.random.bytes(32)
  const runnerName = context.name('runner')
  return { machine, context, ids, project, runner: undefined, activationKey, runnerName, decoy: undefined }
}

/** How a resource looks. */
export interface View {
  /** Undefined when nothing answers for it. */
  readonly state: string | undefined
  readonly fields: Readonly<Record<string, unknown>>
  readonly answer: Answer
}

/** Looks at the resource without changing anything. */
export async function look(subject: Subject): Promise<View> {
  const { context, machine, ids } = subject
  if (machine === 'pairingSession') return lookAtSession(subject)
  const operation = readers[machine]
  const answer = await context.raw({ method: 'GET', operation, path: fillPath(operations[operation], ids) })
  expectAnyStatus(answer, [200, 404])
  const { body } = answer
  const fields: Record<string, unknown> = typeof body === 'object' && body !== null ? { ...body } : {}
  const state = fields[machineOf(machine).field ?? '']
  if (answer.status === 404 || typeof state !== 'string') return { state: undefined, fields: {}, answer }
  return { state, fields, answer }
}

const readers = {
  runner: 'getRunner',
  job: 'getJob',
  bridgeCommand: 'getBridgeCommand',
} as const satisfies Partial<Record<MachineName, OperationId>>

/** A session shows nothing but how it answers a wrong proof, and whether its runner is there. */
async function lookAtSession({ context, ids, project, runnerName }: Subject): Promise<View> {
  const wrong = { sessionId: ids['sessionId'] ?? '', runnerId: '', activationKey: context.random.bytes(32), project }
  const answer = await activate(context, wrong, runnerName)
  expectAnyStatus(answer, [403, 404])
  if (answer.status === 404) return { state: undefined, fields: {}, answer }
  const read = await context.call('getRunner', { path: { runnerId: ids['runnerId'] ?? '' } })
  return { state: read.status === 200 ? 'activated' : 'open', fields: {}, answer: read }
}
