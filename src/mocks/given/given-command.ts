/** `given.command`: a bridge command in any of its five states. */
import { sharedPart } from '../../kernel/shared-fields.js'
import type { BridgeCommand } from '../../kernel/types.js'
import type * as kit from '../../generated/kit-schema.js'
import { expectSuccess, unexpected, type AgentCall } from '../agents/call-api.js'
import { omitUndefined } from '../base/omit-undefined.js'
import { backdate, momentsOf, withIds, isShown, type GivenRunner, type GivenContext } from './given-runner.js'

/** Which command to make. Any field of createBridgeCommand that the command will show may stand here as well. */
export interface CommandRequest extends Omit<kit.CommandRequest, 'runner'> {
  /** Default: a new connected connect runner on the default project. */
  readonly runner?: GivenRunner | undefined
}

export async function createCommand(stage: GivenContext, request: CommandRequest): Promise<BridgeCommand> {
  const { status = 'pending', type = 'ReadFile', args = { path: 'README.md' }, id, handed_out = true } = request
  const runner = request.runner ?? (await stage.connect({ type: 'connect' }))
  const call = stage.callAs(runner.as)
  const body = {
    type,
    args,
    ...omitUndefined({ timeout_seconds: request.timeoutSeconds }),
    ...sharedPart('BridgeCommandSubmitRequest', request),
  }
  if (id !== undefined && stage.recordOf(runner).bridge.all.has(id))
    throw new Error(`There is a command ${id} already.`)
  const created = await withIds(stage.ids, [id], () =>
    expectSuccess(call)('createBridgeCommand', { path: { runnerId: runner.id }, body }),
  )
  const path = { runnerId: runner.id, commandId: created.createdId }
  const { commands } = stage.world()
  // Out of turn: commands that were pending before stay pending.
  const isReported = status === 'completed' || status === 'failed'
  if (status !== 'pending' && (handed_out || !isReported)) commands.start(runner.id, path.commandId)
  if (status === 'timed_out') commands.timeOut(runner.id, path.commandId)
  if (status !== 'pending') stage.journal.turn()
  if (isReported) await report(call, path, { status, ...outcomeOf(request, status) })
  amend(stage, path, request)
  return read(call, path)
}

function outcomeOf({ result, error, durationMs }: CommandRequest, status: 'completed' | 'failed') {
  const usual = status === 'completed' ? { result: {} } : { error: { code: 'internal', message: 'given' } }
  const said = omitUndefined({ result, error })
  return {
    ...(result === undefined && error === undefined ? usual : said),
    ...omitUndefined({ duration_ms: durationMs }),
  }
}

/** What no client can say of a command. */
function amend(stage: GivenContext, { runnerId, commandId }: CommandPath, request: CommandRequest): void {
  const world = stage.world()
  const command = world.runners.get(runnerId)?.bridge.all.get(commandId)
  const moments = momentsOf(request, world.now())
  if (command === undefined || moments === undefined) return
  const { created, handedOut, ended } = moments
  backdate(command.wire, { submitted_at: created, picked_up_at: handedOut, completed_at: ended })
  if (command.wire.picked_up_at !== undefined) command.startedAt = handedOut
  stage.journal.turn()
}

interface CommandPath {
  runnerId: string
  commandId: string
}

async function report(
  call: AgentCall,
  path: CommandPath,
  body: { status: 'completed' | 'failed'; result?: unknown; error?: unknown; duration_ms?: number },
): Promise<void> {
  await expectSuccess(call)('reportBridgeResult', { path, body })
}

async function read(call: AgentCall, path: CommandPath): Promise<BridgeCommand> {
  const answer = await call('getBridgeCommand', { path })
  if (isShown<BridgeCommand>(answer.body, 'command_id')) return answer.body
  throw unexpected('getBridgeCommand', answer)
}
