/** `given.command`: a bridge command in any of its five states. */
import { sharedPart } from '../../kernel/shared-fields.js'
import type { BridgeCommand } from '../../kernel/types.js'
import type * as kit from '../../generated/kit-schema.js'
import { expectSuccess } from '../agents/call-api.js'
import { omitUndefined } from '../base/omit-undefined.js'
import { backdate, momentsOf, readShown, withIds, type GivenRunner, type GivenContext } from './given-runner.js'

/** Which command to make. Any field of createBridgeCommand that the command will show may stand here as well. */
export interface CommandRequest extends Omit<kit.CommandRequest, 'runner'> {
  /** Default: a new connected connect runner on the default project. */
  readonly runner?: GivenRunner | undefined
}

export async function createCommand(stage: GivenContext, request: CommandRequest): Promise<BridgeCommand> {
  const { status = 'pending', type = 'ReadFile', args = { path: 'README.md' }, id, handed_out = true } = request
  const { result, error, durationMs: duration_ms } = request
  const runner = request.runner ?? (await stage.connect({ type: 'connect' }))
  const call = expectSuccess(stage.callAs(runner.as))
  const body = {
    ...{ type, args, ...omitUndefined({ timeout_seconds: request.timeoutSeconds }) },
    ...sharedPart('BridgeCommandSubmitRequest', request),
  }
  if (id !== undefined && stage.host.world.commands.get(id) !== undefined)
    throw new Error(`There is a command ${id} already.`)
  const created = await withIds(stage.host.ids, [id], () =>
    call('createBridgeCommand', { path: { runnerId: runner.id }, body }),
  )
  const path = { runnerId: runner.id, commandId: created.createdId }
  const { commands } = stage.host.world
  // Out of turn: commands that were pending before stay pending.
  const isReported = status === 'completed' || status === 'failed'
  if (status !== 'pending' && (handed_out || !isReported)) commands.start(path.commandId)
  const command = commands.get(path.commandId)
  if (status === 'timed_out' && command !== undefined) commands.timeOut(command)
  if (status !== 'pending') stage.host.journal.turn()
  if (isReported) {
    const usual = status === 'completed' ? { result: {} } : { error: { code: 'internal', message: 'given' } }
    const outcome = result === undefined && error === undefined ? usual : omitUndefined({ result, error })
    await call('reportBridgeResult', { path, body: { status, ...outcome, ...omitUndefined({ duration_ms }) } })
  }
  amend(stage, path.commandId, request)
  return readShown(call, 'getBridgeCommand', path, 'command_id')
}

/** What no client can say of a command. */
function amend(stage: GivenContext, commandId: string, request: CommandRequest): void {
  const world = stage.host.world
  const command = world.commands.get(commandId)
  const moments = momentsOf(request, world.now())
  if (command === undefined || moments === undefined) return
  const { created, handedOut, ended } = moments
  backdate(command.wire, { submitted_at: created, picked_up_at: handedOut, completed_at: ended })
  if (command.wire.picked_up_at !== undefined) command.startedAt = handedOut
  stage.host.journal.turn()
}
