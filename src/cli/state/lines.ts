/**
 * The lines of a state file: one for each record that is there, has changed or is gone, and commits. What stands between
 * two commits counts once the second one is there. Which lines are due is for others to know, and `fold.ts` reads them.
 */
import { realTime } from '../../kernel/clock.js'
import { writeJson } from '../../kernel/json-text.js'
import type { RunnerMock } from '../../mocks/mock/runner-mock.js'
import { collectionNames, isCollectionName } from '../../mocks/world/collections.js'
import type { RunnerRecord } from '../../mocks/world/records.js'
import { saveJob, saveRunner } from '../../mocks/world/snapshot.js'
import type { World } from '../../mocks/world/world.js'
import { keylessCrew, unsignedCommand } from './without-secrets.js'

/** The line about a record as it is in a world; undefined where there is nothing to say. */
export type Line = (world: World) => string | undefined

/** The first line of a file. */
export const HEADER = '{"state_log":1}'

/** Every record of a world, as it is met; what was passed and has changed since needs a later line. */
export function* worldLines(world: World): Generator<string, void> {
  // Moves a record to the end of its kind: this order counts, not that of lines about changes.
  const placed = true
  for (const of of collectionNames) {
    for (const [scope, { byKey }] of world.collections[of].shelves) {
      // To have nothing is not the same as not to be there.
      yield JSON.stringify({ entry: null, of, in: scope })
      for (const entry of byKey.values()) yield writeJson({ entry, of, in: scope, placed })
    }
  }
  for (const runner of world.runners.values()) yield writeJson({ runner: wholeOf(runner), placed })
  for (const job of world.jobs.values()) yield writeJson({ job: saveJob(job), placed })
  for (const command of world.commands.values()) yield writeJson({ command: unsignedCommand(command), placed })
}

/** A part of a runner. */
export function runnerLine(id: string, part: (runner: RunnerRecord) => object): Line {
  return ({ runners }) => {
    const runner = runners.get(id)
    return runner === undefined ? goneLine('runner', id) : writeJson({ runner: { id, ...part(runner) } })
  }
}

/** All of a runner but its queues: what is pending shows them. */
export function wholeOf(runner: RunnerRecord): object {
  const { pendingJobs, pendingCommands, ...rest } = saveRunner(runner)
  return { ...rest, ...vitalsOf(runner) }
}

/** What changes all the time; `null` stands for what is no more. */
export function vitalsOf({ lastHeartbeat, capabilities, jobs, bridge, ...rest }: RunnerRecord): object {
  const { aliveUntil = null, deadSince = null } = rest
  return { lastHeartbeat, aliveUntil, deadSince, capabilities, cancelled: jobs.cancelled, rate: bridge.rate }
}

/** A job without its log. */
export function jobLine(id: string): Line {
  return ({ jobs }) => {
    const job = jobs.get(id)
    return job === undefined ? goneLine('job', id) : writeJson({ job: { ...saveJob(job), logs: undefined } })
  }
}

/** A job's log from a line on; what stood there before is replaced. */
export function logLine(id: string, from: number): Line {
  return ({ jobs }) => {
    const job = jobs.get(id)
    return job && JSON.stringify({ logs: job.logs.slice(from), of: id, from })
  }
}

export function commandLine(runner: string, id: string): Line {
  return ({ runners }) => {
    const command = runners.get(runner)?.bridge.all.get(id)
    return command ? writeJson({ command: unsignedCommand(command) }) : goneLine('command', id, { in: runner })
  }
}

/** An entry of a collection, and the workspace or owner that it belongs to. */
export function entryLine(of: string, scope: string, id: string): Line {
  return (world) => {
    const entry = entryIn(world, of, scope, id)
    return entry && writeJson({ entry, of, in: scope })
  }
}

/** That an entry is gone, or was gone before it came back. */
export function goneEntry(of: string, scope: string, id: string): Line {
  return () => goneLine('entry', id, { of, in: scope })
}

export function entryIn({ collections }: World, of: string, scope: string, id: string): object | undefined {
  return isCollectionName(of) ? collections[of].shelves.get(scope)?.byKey.get(id) : undefined
}

function goneLine(gone: string, id: string, place: { of?: string; in?: string } = {}): string {
  return JSON.stringify({ gone, id, ...place })
}

/** What is not in records, each part as text. */
export type Frame = ReadonlyMap<string, string>

export function frameOf(mock: RunnerMock): Frame {
  const { crew, ...frame } = mock.frame()
  const parts = mock.inspect((world) => ({
    ...{ ...frame, reaper: world.reaper.save() },
    crew: crew && keylessCrew(crew, (id) => world.runners.get(id)?.owner),
  }))
  const present = Object.entries(parts).filter(([, value]) => value !== undefined)
  return new Map(present.map(([name, value]) => [name, writeJson(value)]))
}

/** The parts that differ from those that the file has; `null` for one that is no more. */
export function changedParts(frame: Frame, known: Frame): (readonly [name: string, text: string])[] {
  const lost = [...known.keys()].filter((name) => !frame.has(name)).map((name) => [name, 'null'] as const)
  return [...[...frame].filter(([name, text]) => text !== known.get(name)), ...lost]
}

/** Makes everything before it count. */
export function commitLine(parts: ReturnType<typeof changedParts>): string {
  const members = parts.map(([name, text]) => `,${JSON.stringify(name)}:${text}`)
  return `{"commit":{"saved_at":${realTime()}${members.join('')}}}`
}
