/** How many commands a runner may be sent within one clock minute: all of them, and those that write. */
import type { BridgeCommandType } from '../../kernel/types.js'
import type { Parts } from './world-parts.js'
import type { RunnerRecord } from './records.js'

const WRITE_TYPES: ReadonlySet<BridgeCommandType> = new Set(['WriteFile', 'EditFile', 'Exec'])
const MINUTE_MS = 60_000

/** Whether one more command of this type fits the current minute. */
export function rateOf(runner: RunnerRecord, type: BridgeCommandType, parts: Parts): 'within' | 'exceeded' {
  const { commands, writes } = windowOf(runner, parts)
  const { bridge_max_commands_per_minute: most, bridge_max_write_commands_per_minute: mostWrites } = parts.settings
  return commands >= most || (WRITE_TYPES.has(type) && writes >= mostWrites) ? 'exceeded' : 'within'
}

/** Counts an accepted command. */
export function countCommand(runner: RunnerRecord, type: BridgeCommandType, parts: Parts): void {
  const window = windowOf(runner, parts)
  window.commands++
  if (WRITE_TYPES.has(type)) window.writes++
  runner.bridge.rate = window
}

/** The window of the current minute. A new one counts only when a command is accepted in it: asking changes nothing. */
function windowOf({ bridge: { rate } }: RunnerRecord, { clock }: Parts): RunnerRecord['bridge']['rate'] {
  const minute = Math.floor(clock.now() / MINUTE_MS)
  return rate.minute === minute ? rate : { minute, commands: 0, writes: 0 }
}
