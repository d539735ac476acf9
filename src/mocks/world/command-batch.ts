/** What one answer of nextBridgeCommands holds: how many commands, which ones, and how they look there. */
import { carry } from '../../kernel/carry.js'
import type { BridgeCommandItem } from '../../kernel/types.js'
import { keepNumbers } from './stored-json.js'
import type { CommandRecord, RunnerRecord } from './records.js'

/** Most commands of one batch when the request names none, and at all. */
const DEFAULT_BATCH = 10
const LARGEST_BATCH = 20

/** How many commands a poll takes. */
export function batchSize(asked: number | undefined): number {
  return Math.min(asked === undefined || asked <= 0 ? DEFAULT_BATCH : asked, LARGEST_BATCH)
}

/**
 * The commands that have been pending for longest; undefined when none is. What is in the queue without being pending
 * takes a place and leaves with it.
 */ export function takeOldest({ bridge }: RunnerRecord, most: number): CommandRecord[] | undefined {
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
  const item = carry('BridgeCommand', wire, {})
  keepNumbers(item, wire)
  return item
}
