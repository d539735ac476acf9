/**
 * The world as data, and back. A snapshot holds what cannot be derived: records in the order in which they were made.
 * Indexes, queues and timers are rebuilt from them.
 */
import { KitError } from '../../kernel/errors.js'
import { copyJson } from '../../kernel/json-text.js'
import type { SavedCommand, SavedJob, SavedRunner, SavedWorld } from '../../generated/kit-schema.js'
import { loadCollections, saveCollections, type SavedCollections } from './collection.js'
import { CommandRecord, JobRecord, RunnerRecord } from './records.js'
import { omitUndefined } from '../base/omit-undefined.js'
import type { World } from './world.js'

/** Copies a world into plain data; later changes of the world do not reach the copy. */
export function saveWorld(world: World): SavedWorld {
  return copyJson(recordsOf(world))
}

/** A world as plain data that shares what it holds with the world. */
export function recordsOf(world: World): SavedWorld {
  return {
    collections: saveCollections(world.collections),
    sessions: world.sessions.save(),
    runners: Array.from(world.runners.values(), saveRunner),
    jobs: Array.from(world.jobs.values(), ({ wire, logs, startedAt }) => ({ wire, logs, startedAt })),
    commands: Array.from(world.commands.values(), ({ wire, startedAt: pickedUpAt }) => ({ wire, pickedUpAt })),
    reaper: world.reaper.save(),
  }
}

/**
 * Fills a fresh world with what `saveWorld` kept.
 * @throws KitError `snapshot/unusable` for what cannot be loaded
 */
export function loadWorld(world: World, given: SavedWorld): void {
  try {
    fill(world, copyJson(given))
  } catch (error) {
    const failed = `The snapshot cannot be used: ${String(error)}.`
    throw new KitError('snapshot/unusable', { failed, fix: 'Take it anew.' }, { cause: error })
  }
}

function fill(world: World, saved: SavedWorld): void {
  loadCollections(world.collections, collectionsOf(saved))
  world.sessions.load(saved.sessions)
  const runners = new Map(saved.runners.map((runner) => [runner.id, world.runners.add(toRunner(runner))]))
  const withRunner = <Work extends SavedJob | SavedCommand>(works: readonly Work[]) =>
    works.flatMap((work) => {
      const runner = runners.get(work.wire.runner_id)
      return runner === undefined ? [] : [{ ...work, runner }]
    })
  world.jobs.load(
    withRunner(saved.jobs).map(({ runner, wire, startedAt, logs }) =>
      Object.assign(new JobRecord(runner, wire), { startedAt, logs: [...logs] }),
    ),
  )
  world.commands.load(
    withRunner(saved.commands).map(({ runner, wire, pickedUpAt: startedAt }) =>
      Object.assign(new CommandRecord(runner, wire), { startedAt }),
    ),
  )
  for (const { id, pendingJobs, pendingCommands, ghosts = [] } of saved.runners) {
    const runner = runners.get(id)
    if (runner === undefined) continue
    const ifGhost = <Item>(itemId: string, find: () => Item): Item | undefined =>
      ghosts.includes(itemId) ? find() : undefined
    reorder(runner.jobs.pending, pendingJobs, (job) => ifGhost(job, () => world.jobs.get(job)))
    reorder(runner.bridge.pending, pendingCommands, (command) =>
      ifGhost(command, () => world.commands.get(command) ?? ghostOf(command, runner)),
    )
  }
  if (saved.reaper !== undefined) world.reaper.load(saved.reaper)
}

/** What a snapshot holds of collections, whichever version has made it. */
export function collectionsOf({ collections, projects = {}, traces = {}, spans = {} }: SavedWorld): SavedCollections {
  return collections ?? { projects, traces, spans }
}

/** A runner's part of a world's copy; it shares what it holds with the runner. */
export function saveRunner(runner: RunnerRecord): SavedRunner {
  const { id, owner, projectId, wire, activation, lastHeartbeat, aliveUntil, deadSince, checklist, jobs, bridge } =
    runner
  return {
    ...{ id, owner, projectId, wire, activation, lastHeartbeat, aliveUntil, ...omitUndefined({ deadSince }) },
    agents: [...runner.agents.values()],
    capabilities: [...runner.capabilities],
    ...omitUndefined({ checklist }),
    cancelled: jobs.cancelled,
    rate: bridge.rate,
    pendingJobs: [...jobs.pending.keys()],
    pendingCommands: [...bridge.pending.keys()],
    ...omitUndefined({
      ghosts: unlessEmpty(ghostsOf(runner)),
      sharers: unlessEmpty([...(runner.sharers ?? [])]),
      expiredJobs: jobs.everExpired === 0 ? undefined : jobs.everExpired,
    }),
  }
}

function unlessEmpty(ids: string[]): string[] | undefined {
  return ids.length === 0 ? undefined : ids
}

/** What stands in a queue without being pending. */
function ghostsOf({ jobs, bridge }: RunnerRecord): string[] {
  const ended = [...jobs.pending.values()].filter(({ wire }) => wire.status !== 'pending').map(({ wire }) => wire.id)
  const commands = [...bridge.pending].filter(([, { wire, isExpired }]) => wire.status !== 'pending' || isExpired)
  return [...ended, ...commands.map(([id]) => id)]
}

/** The place of a command that is gone. */
function ghostOf(id: string, runner: RunnerRecord): CommandRecord {
  const empty = { type: 'ReadFile', args: {}, status: 'timed_out', timeout_seconds: 0, submitted_at: '' } as const
  const ghost = new CommandRecord(runner, { command_id: id, runner_id: runner.id, ...empty })
  ghost.isExpired = true
  return ghost
}

function toRunner(saved: SavedRunner): RunnerRecord {
  const { wire, lastHeartbeat, activation, aliveUntil, deadSince, agents, capabilities, checklist } = saved
  const runner = Object.assign(new RunnerRecord(saved, wire, lastHeartbeat), {
    ...{ activation, aliveUntil: aliveUntil ?? 0, deadSince, capabilities, checklist },
    agents: new Map(agents.map((agent) => [agent.name, agent])),
  })
  runner.jobs.cancelled = [...saved.cancelled]
  runner.bridge.rate = saved.rate
  runner.jobs.everExpired = saved.expiredJobs ?? 0
  if (saved.sharers !== undefined) runner.sharers = new Set(saved.sharers)
  return runner
}

function reorder<Item>(
  pending: Map<string, Item>,
  ids: readonly string[],
  ghost: (id: string) => Item | undefined,
): void {
  const items = new Map(pending)
  pending.clear()
  for (const id of ids) {
    const item = items.get(id) ?? ghost(id)
    if (item !== undefined) pending.set(id, item)
  }
}
