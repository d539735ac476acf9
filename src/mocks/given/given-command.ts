/** `given.command`: a bridge command in any of its five states. */
import { sharedPart } from '../../kernel/carry.js'
import type {
  BridgeCommand,
  BridgeCommandStatus,
  BridgeCommandSubmitRequest,
  BridgeCommandType,
} from '../../kernel/types.js'
import { unexpected, type Call } from '../agents/api-call.js'
import { perhaps } from '../base/words.js'
import type { GivenRunner, GivenContext } from './given-runner.js'

/** Which command to make. Any field of createBridgeCommand that the command will show may stand here as well. */
export interface CommandRequest extends Partial<BridgeCommandSubmitRequest> {
  /** Default: a new connected connect runner on the default project. */
  runner?: GivenRunner
  /** Default `pending`. */
  status?: BridgeCommandStatus
  /** Default `ReadFile`. */
  type?: BridgeCommandType
  /** Any JSON. Default `{ path: 'README.md' }`. */
  args?: unknown
  /** Default: the server's. */
  timeoutSeconds?: number
  /** For `completed`. Default `{}`. */
  result?: unknown
  /** For `failed`. Default `{ code: 'internal', message: 'given' }`. */
  error?: unknown
}

/** Makes the command. */
export async function createCommand(stage: GivenContext, request: CommandRequest): Promise<BridgeCommand> {
  const { status = 'pending', type = 'ReadFile', args = { path: 'README.md' } } = request
  const runner = request.runner ?? (await stage.connect({ type: 'connect' }))
  const call = stage.callAs(runner.as)
  const created = await call('createBridgeCommand', {
    path: { runnerId: runner.id },
    body: {
      type,
      args,
      ...perhaps('timeout_seconds', request.timeoutSeconds),
      ...sharedPart('BridgeCommandSubmitRequest', request),
    },
  })
  if (created.status !== 201) throw unexpected('createBridgeCommand', created)
  const path = { runnerId: runner.id, commandId: created.createdId }
  const { commands } = stage.world()
  // Out of turn: commands that were pending before stay pending.
  if (status !== 'pending') commands.start(runner.id, path.commandId)
  if (status === 'timed_out') commands.timeOut(runner.id, path.commandId)
  if (status === 'completed') await report(call, path, { status, result: request.result ?? {} })
  if (status === 'failed') await report(call, path, { status, error: request.error ?? DEFAULT_ERROR })
  return read(call, path)
}

const DEFAULT_ERROR = { code: 'internal', message: 'given' }

interface CommandPath {
  runnerId: string
  commandId: string
}

async function report(
  call: Call,
  path: CommandPath,
  body: { status: 'completed' | 'failed'; result?: unknown; error?: unknown },
): Promise<void> {
  const answer = await call('reportBridgeResult', { path, body })
  if (answer.status !== 204) throw unexpected('reportBridgeResult', answer)
}

async function read(call: Call, path: CommandPath): Promise<BridgeCommand> {
  const answer = await call('getBridgeCommand', { path })
  if (isCommand(answer.body)) return answer.body
  throw unexpected('getBridgeCommand', answer)
}

function isCommand(body: unknown): body is BridgeCommand {
  return typeof body === 'object' && body !== null && 'command_id' in body
}
