/** Holds a bridge command as a server shows it against the command that the model knows, and learns what became of it. */
import { show } from '../../target/expectation.js'
import { isRecord, textOf } from './call.js'
import { isUnfinished, mayBeTimedOut } from './command-states.js'
import { demand, demandEqual, Mismatch } from './mismatch.js'
import { isSameTime } from './shown-time.js'
import { describeStored, fits } from './stored-value.js'
import type { Command, Moment } from './model-world.js'

/** Refuses a command that is shown otherwise than it may be. */
export function demandCommand(command: Command, shown: unknown, now: Moment, stale: readonly string[] = []): void {
  const record = isRecord(shown) ? shown : {}
  demandEqual(
    'id and runner of the command',
    [record['command_id'], record['runner_id']],
    [command.id, command.runnerId],
  )
  demandRequest(command, record)
  const status = textOf(record, 'status')
  if (status === 'timed_out' && mayBeTimedOut(command, now)) {
    command.status = 'timed_out'
    command.ended = { from: command.pickedUp?.from ?? now.from, to: now.to }
  }
  // The end of a wait may tell what was so at its beginning.
  if (status !== command.status && stale.includes(status)) return
  demandEqual('status of the command', status, command.status)
  for (const field of ['result', 'error'] as const) demandStored(command, record, field)
  demandStored({ ...command, duration_ms: command.duration }, record, 'duration_ms')
  demandTold(record, 'picked_up_at', command.pickedUp !== undefined, status)
  demandTold(record, 'completed_at', !isUnfinished(command), status)
}

/** Refuses a command that was not submitted like this; for what is handed out too. */
export function demandRequest(command: Command, record: Readonly<Record<string, unknown>>): void {
  demandEqual(
    'type, args and timeout of the command',
    [record['type'], record['args'], record['timeout_seconds']],
    [command.type, command.args, command.timeoutMs / 1000],
  )
  const submittedAt = textOf(record, 'submitted_at')
  demand(isSameTime(command.submittedAt, submittedAt), 'submitted_at of the command to stay as it was', submittedAt)
  command.submittedAt = Date.parse(submittedAt)
}

function demandStored<Field extends string>(
  stored: Readonly<Record<Field, Command['result']>>,
  record: Readonly<Record<string, unknown>>,
  field: Field,
): void {
  if (fits(stored[field], record, field)) return
  throw new Mismatch(`${field} of the command to be ${describeStored(stored[field])}`, show(record[field]))
}

function demandTold(record: Readonly<Record<string, unknown>>, field: string, isTold: boolean, status: string): void {
  const wanted = `${field} of the ${status} command ${isTold ? 'to be told' : 'to be left out'}`
  demand(Object.hasOwn(record, field) === isTold, wanted, record[field])
}
