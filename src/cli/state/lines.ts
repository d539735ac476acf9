/**
 * The lines of a state file, as text: one for each record that is there, has changed or is gone, and commits. Which lines
 * are due is for others to know, and `fold.ts` reads them.
 *
 * A file begins with `HEADER`. What stands between two commits counts once the second one is there, so that a line that
 * was cut off costs only what nobody has been promised.
 */
import { realTime } from '../../kernel/clock.js'
import { keepSpelling, writeJson } from '../../kernel/json-text.js'
import type { SnapshotFrame } from '../../mocks/mock/runner-mock.js'
import type { SavedReaper } from '../../mocks/world/reaper.js'
import type { CommandRecord, JobRecord, RunnerRecord } from '../../mocks/world/records.js'
import { saveCommand, saveJob, saveRunner, type SavedCommand } from '../../mocks/world/snapshot.js'
import { withoutSignature } from './without-signature.js'

/** Kinds of records that lines speak of. */
export type RecordKind = 'entry' | 'runner' | 'job' | 'command'

/** The first line of a file. */
export const HEADER = JSON.stringify({ state_log: 1 })

/** Moves a record to the end of its kind: what a checkpoint says of the order counts, not what changed meanwhile. */
const PLACED = { placed: true }

/** Everything of a runner; its queues only where they are not in the order in which jobs and commands were made. */
export function placeRunner(runner: RunnerRecord): string {
  return writeJson({ runner: { ...saveRunner(runner), ...vitalsOf(runner), ...queuesOf(runner) }, ...PLACED })
}

/** Everything of a runner that has changed, without its queues. */
export function wholeRunner(runner: RunnerRecord): string {
  const { pendingJobs, pendingCommands, ...rest } = saveRunner(runner)
  return writeJson({ runner: { ...rest, ...vitalsOf(runner) } })
}

/** The parts of a known runner that change all the time. */
export function runnerVitals(runner: RunnerRecord, isReordered: boolean): string {
  return JSON.stringify({ runner: { id: runner.id, ...vitalsOf(runner), ...(isReordered ? queuesOf(runner) : {}) } })
}

/** Everything of a job. */
export function placeJob(job: JobRecord): string {
  return writeJson({ job: saveJob(job), ...PLACED })
}

/** A job without its log, which keeps what it has. */
export function jobLine(job: JobRecord): string {
  const { logs, ...rest } = saveJob(job)
  return writeJson({ job: rest })
}

/** A job's log from a line on; what stood there before is replaced. */
export function logLine({ wire, logs }: JobRecord, from: number): string {
  return JSON.stringify({ logs: logs.slice(from), of: wire.id, from })
}

export function placeCommand(command: CommandRecord): string {
  return writeJson({ command: unsignedCommand(command), ...PLACED })
}

export function commandLine(command: CommandRecord): string {
  return writeJson({ command: unsignedCommand(command) })
}

/** An entry of a collection, and the workspace or owner that it belongs to. */
export function entryLine(of: string, scope: string, entry: object): string {
  return writeJson({ entry, of, in: scope })
}

export function placeEntry(of: string, scope: string, entry: object): string {
  return writeJson({ entry, of, in: scope, ...PLACED })
}

/** A workspace or owner that has nothing of a collection, which is not the same as none. */
export function emptyShelf(of: string, scope: string): string {
  return JSON.stringify({ entry: null, of, in: scope })
}

/**
 * @param place the workspace or owner of an entry, the runner of a command
 * @param of the collection of an entry
 */
export function goneLine(kind: RecordKind, id: string, place: string, of?: string): string {
  return JSON.stringify({ gone: kind, of, id, in: place })
}

/** What is not in records, each part as text. */
export type Frame = ReadonlyMap<string, string>

/** The parts of a commit by their names. */
export function frameOf(frame: SnapshotFrame, reaper: SavedReaper): Frame {
  const parts = Object.entries({ ...frame, reaper }).map(([name, value]): [string, string | undefined] => [
    name,
    JSON.stringify(value),
  ])
  return new Map(parts.flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])))
}

/** The parts that differ from those that the file has; `null` for one that is no more. */
export function changedParts(frame: Frame, known: Frame): [string, string][] {
  const changed = [...frame].filter(([name, text]) => text !== known.get(name))
  const lost = [...known.keys()].filter((name) => !frame.has(name)).map((name): [string, string] => [name, 'null'])
  return [...changed, ...lost]
}

/** Makes everything before it count. */
export function commitLine(parts: readonly (readonly [string, string])[]): string {
  const members = parts.map(([name, text]) => `,${JSON.stringify(name)}:${text}`)
  return `{"commit":{"saved_at":${realTime()}${members.join('')}}}`
}

/** `null` stands for what is no more: a line without the member would leave it as it was. */
function vitalsOf(runner: RunnerRecord): object {
  const { lastHeartbeat, aliveUntil = null, deadSince = null, capabilities, jobs, bridge } = runner
  return { lastHeartbeat, aliveUntil, deadSince, capabilities, cancelled: jobs.cancelled, rate: bridge.rate }
}

function queuesOf({ jobs, bridge }: RunnerRecord): object {
  return { pendingJobs: orderOf(jobs.pending, jobs.all), pendingCommands: orderOf(bridge.pending, bridge.all.values()) }
}

/** The ids of a queue; none where it is in the order in which its items were made, as it nearly always is. */
function orderOf<Item>(queue: ReadonlyMap<string, Item>, made: Iterable<Item>): string[] {
  const queued = queue.values()
  let next = queued.next()
  for (const item of made) {
    if (next.done === true) break
    if (item === next.value) next = queued.next()
  }
  return next.done === true ? [] : [...queue.keys()]
}

/** Signatures stay in memory: a command that its daemon has not taken yet is unsigned after a restart. */
function unsignedCommand(command: CommandRecord): SavedCommand {
  const { wire, ...rest } = saveCommand(command)
  const { args, result } = wire
  const unsigned = {
    ...wire,
    ...(args === undefined ? {} : { args: withoutSignature(args) }),
    ...(result === undefined ? {} : { result: withoutSignature(result) }),
  }
  keepSpelling(unsigned, wire)
  return { ...rest, wire: unsigned }
}
