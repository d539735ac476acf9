/**
 * How many commands there may be: in one answer of nextBridgeCommands, with which ones and how they look there, and
 * within one clock minute.
 */
import { copySharedFields } from '../../kernel/shared-fields.js'
import { isWrite } from '../../lifecycle/facts.js'
import type { BridgeCommandItem, BridgeCommandType } from '../../kernel/types.js'
import { keepNumbers } from './stored-json.js'
import type { CommandRecord, RunnerRecord } from './records.js'
import type { Parts } from './world-parts.js'

/**
 * The commands that have been pending for longest; undefined when none is. What is in the queue without being pending
 * takes a place and leaves with it.
 */
export function takeOldest({ bridge }: RunnerRecord, most: number): CommandRecord[] | undefined {
  if (bridge.pending.size === 0) return undefined
  const oldest: CommandRecord[] = []
  let places = 0
  for (const [id, command] of bridge.pending) {
    if (places++ >= most) break
    if (command.wire.status === 'pending' && bridge.all.has(id)) oldest.push(command)
    else bridge.pending.delete(id)
  }
  return oldest
}

/** A command as nextBridgeCommands hands it out. */
export function toItem({ wire }: CommandRecord): BridgeCommandItem {
  const item = copySharedFields('BridgeCommand', wire, {})
  keepNumbers(item, wire)
  return item
}

const MINUTE_MS = 60_000

/** Whether one more command of this type fits the current minute: of all of them, and of those that write. */
export function isWithinRate(runner: RunnerRecord, type: string, parts: Parts): boolean {
  const { commands, writes } = windowOf(runner, parts)
  const { bridge_max_commands_per_minute: most, bridge_max_write_commands_per_minute: mostWrites } = parts.settings
  return commands < most && (!isWrite(type) || writes < mostWrites)
}

export function countCommand(runner: RunnerRecord, type: BridgeCommandType, parts: Parts): void {
  const window = windowOf(runner, parts)
  window.commands++
  if (isWrite(type)) window.writes++
  runner.bridge.rate = window
}

/** The window of the current minute. A new one counts only when a command is accepted in it: asking changes nothing. */
function windowOf({ bridge: { rate } }: RunnerRecord, { clock }: Parts): RunnerRecord['bridge']['rate'] {
  const minute = Math.floor(clock.now() / MINUTE_MS)
  return rate.minute === minute ? rate : { minute, commands: 0, writes: 0 }
}
