/**
 * The lines of a state file: one for each record that is there, has changed or is gone, and commits, which make those
 * before them count. No key is in them and no signature. `read-state.ts` reads them.
 */
import { realTime } from '../../kernel/clock.js'
import { keepSpelling, writeJson } from '../../kernel/json-text.js'
import type { SavedCrew } from '../../mocks/agents/saved-runners.js'
import type { RunnerMock } from '../../mocks/mock/runner-mock.js'
import { collectionNames, isCollectionName } from '../../mocks/world/collections.js'
import type { CommandRecord, RunnerRecord } from '../../mocks/world/records.js'
import { saveRunner } from '../../mocks/world/snapshot.js'
import type { World } from '../../mocks/world/world.js'

/** The first line of a file. */
export const HEADER = '{"state_log":1}'

/** What there is to tell; its line is made from the world as it is by then. */
export type Change = readonly [kind: keyof typeof lines, id: string, place?: string | number, of?: string]

/** Every record of a world, in its order. */
export function everyRecord({ collections, runners, jobs, commands }: World): Change[] {
  const shelves = collectionNames.flatMap((of) => [...collections[of].shelves].map((shelf) => [of, ...shelf] as const))
  return [
    ...shelves.flatMap(([of, scope, { byKey }]): Change[] => [
      // To have nothing is not the same as not to be there.
      ['shelf', '', scope, of],
      ...Array.from(byKey.keys(), (id): Change => ['entry', id, scope, of]),
    ]),
    ...Array.from(runners.values(), ({ id }): Change => ['runner', id]),
    ...Array.from(jobs.values(), ({ wire }): Change => ['job', wire.id]),
    ...[...jobs.values()].filter(({ logs }) => logs.length > 0).map(({ wire }): Change => ['log', wire.id, 0]),
    ...Array.from(commands.values(), ({ wire }): Change => ['command', wire.command_id, wire.runner_id]),
  ]
}

/** The line about a change; undefined where there is nothing to say. */
export function lineOf(world: World, [kind, id, place = '', of = '']: Change): string | undefined {
  return lines[kind](world, id, String(place), of)
}

const lines = {
  runner: ({ runners }, id) => lineOrGone('runner', id, runners.get(id), wholeOf),
  /** What changes all the time. */
  beat: ({ runners }, id) => lineOrGone('runner', id, runners.get(id), vitalsOf),
  /** Without its log. */
  job: ({ jobs }, id) => lineOrGone('job', id, jobs.get(id), ({ wire, startedAt }) => ({ wire, startedAt })),
  /** A job's log from a line on; what stood there before is replaced. */
  log({ jobs }, id, from) {
    const logs = jobs.get(id)?.logs.slice(Number(from))
    return logs && JSON.stringify({ logs, of: id, from: Number(from) })
  },
  command: ({ runners }, id, runner) =>
    lineOrGone('command', id, runners.get(runner)?.bridge.all.get(id), unsignedCommand, { in: runner }),
  shelf: (_world, _id, scope, of) => JSON.stringify({ entry: null, of, in: scope }),
  entry(world, id, scope, of) {
    const entry = entryIn(world, id, scope, of)
    return entry && writeJson({ entry, of, in: scope })
  },
  gone: (_world, id, scope, of) => JSON.stringify({ gone: 'entry', id, of, in: scope }),
  /** A commit tells the time. */
  clock: () => undefined,
} satisfies Record<string, (world: World, id: string, place: string, of: string) => string | undefined>

/** An entry of a collection, by key and by the workspace or owner that it belongs to. */
export function entryIn({ collections }: World, id: string, scope: string, of: string): object | undefined {
  return isCollectionName(of) ? collections[of].shelves.get(scope)?.byKey.get(id) : undefined
}

function lineOrGone<Kept>(kind: string, id: string, kept: Kept | undefined, save: (kept: Kept) => object, place = {}) {
  return kept === undefined ? JSON.stringify({ gone: kind, id, ...place }) : writeJson({ [kind]: save(kept) })
}

/** All of a runner but its queues, which are what is pending; `null` takes away what was there before. */
function wholeOf(runner: RunnerRecord): object {
  const absent = { aliveUntil: null, deadSince: null, ghosts: null, sharers: null }
  return { ...absent, ...saveRunner(runner), pendingJobs: undefined, pendingCommands: undefined }
}

function vitalsOf(runner: RunnerRecord): object {
  return { ...wholeOf(runner), wire: undefined, agents: undefined, checklist: undefined }
}

/** A command that its daemon has not taken yet is unsigned after a restart. */
function unsignedCommand({ wire, pickedUpAt }: CommandRecord): object {
  const unsigned = { ...wire, args: without(wire.args, '_hmac'), result: without(wire.result, '_hmac') }
  keepSpelling(unsigned, wire)
  return { wire: unsigned, pickedUpAt }
}

/** Simulated runners, who speak for the same users without keys after a restart; those who are gone are left out. */
function keylessCrew({ agents, runners }: SavedCrew, world: World): object {
  const keyless = runners.flatMap(({ runner, work, ...kept }) => {
    const { workspace, user } = world.runners.get(runner.id)?.owner ?? {}
    if (workspace === undefined) return []
    const unsigned = work.kind === 'connect' && {
      commands: work.commands.map((run) => ({ ...run, item: { ...run.item, args: without(run.item.args, '_hmac') } })),
    }
    const known = without(runner, 'activationKey', 'bridgeKey')
    return [{ ...kept, as: { workspace, user }, runner: known, work: { ...work, ...unsigned } }]
  })
  return { agents, runners: keyless }
}

/** A copy without some members. */
function without(value: unknown, ...names: string[]): unknown {
  if (typeof value !== 'object' || value === null || !names.some((name) => name in value)) return value
  const copy = { ...value }
  for (const name of names) Reflect.deleteProperty(copy, name)
  keepSpelling(copy, value)
  return copy
}

/** What is not in records, each part as text. */
export type Frame = ReadonlyMap<string, string>

export function frameOf(mock: RunnerMock): Frame {
  const { crew, ...frame } = mock.frame()
  const reaper = mock.inspect((world) => world.reaper.save())
  const parts = { ...frame, reaper, crew: crew && mock.inspect((world) => keylessCrew(crew, world)) }
  return new Map(Object.entries(parts).map(([name, value]) => [name, writeJson(value ?? null)]))
}

/** Makes everything before it count, with the parts that differ from those that the file has. */
export function commitLine(frame: Frame, known: Frame = new Map()): string {
  const parts = [...frame].filter(([name, text]) => text !== known.get(name))
  return `{"commit":{"saved_at":${realTime()}${parts.map(([name, text]) => `,"${name}":${text}`).join('')}}}`
}
