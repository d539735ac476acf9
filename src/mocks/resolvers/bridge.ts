/** Resolvers of the operations on bridge commands. */
import { findDecision } from '../../lifecycle.js'
import { fillPath, operations } from '../../operation.js'
import { refusedReply, type OperationReply, type Resolvers } from '../engine/resolver.js'
import { isRefusal, type Refusal } from '../refusal.js'
import type { BridgeCommand } from '../../types.js'
import { toItem } from '../world/command-batch.js'
import type { CommandRecord, Delivery } from '../world/records.js'

type BridgeOperation = 'createBridgeCommand' | 'nextBridgeCommands' | 'getBridgeCommand' | 'reportBridgeResult'

/** Bounds of a wait for a command's end, in seconds; the longest is a setting. */
const SHORTEST_WAIT = 1

export const bridgeResolvers: Pick<Resolvers, BridgeOperation> = {
  createBridgeCommand({ path, body }, { world, caller, locate }) {
    const command = world.commands.create(caller, path.runnerId, body)
    if (isRefusal(command)) return refusedReply(command)
    const commandId = command.wire.command_id
    const location = locate(fillPath(operations.getBridgeCommand, { runnerId: path.runnerId, commandId }))
    return { status: 201, headers: { location }, body: { command_id: commandId } }
  },

  nextBridgeCommands({ path, body }, { world, caller, exchange }) {
    const next = world.commands.next(caller, path.runnerId, body?.max_commands, exchange.signal)
    if (next instanceof Promise) return next.then(toBatchReply)
    return isRefusal(next) ? refusedReply(next) : toBatchReply(next)
  },

  getBridgeCommand({ path, query }, { world, caller, exchange }) {
    const seconds = Math.min(Math.max(query.timeout, SHORTEST_WAIT), world.commands.longestWait)
    const wait = query.wait ? { seconds, signal: exchange.signal } : undefined
    const command = world.commands.read(caller, path.runnerId, path.commandId, wait)
    return command instanceof Promise ? command.then(toCommandReply) : toCommandReply(command)
  },

  reportBridgeResult({ path, body }, { world, caller }) {
    const refusal = world.commands.report(caller, path.runnerId, path.commandId, body)
    return refusal === undefined ? { status: 204 } : refusedReply(refusal)
  },
}

const HANDED_OUT = findDecision('bridgeCommand', 'pending', 'nextBridgeCommands')
const GONE = findDecision('bridgeCommand', 'none', 'getBridgeCommand')

function toBatchReply(delivery: Delivery<CommandRecord[]>): OperationReply<'nextBridgeCommands'> {
  const decided = delivery.item.length > 0 ? HANDED_OUT : undefined
  return { status: 200, body: { commands: delivery.item.map(toItem) }, delivery, decided }
}

function toCommandReply(command: BridgeCommand | Refusal<404>): OperationReply<'getBridgeCommand'> {
  return isRefusal(command) ? { ...refusedReply(command), decided: GONE } : { status: 200, body: command }
}
