// Snapshots that come from outside, or outlive what made them: whether a value is one, by its form and by what no
// member of it shows by itself; and how they are written with the time of day, and brought up to date when they are
// read again.
import { KitError } from '../../kernel/errors.js'
import { hasForm, problemsOf } from '../../kernel/validate-options.js'
import { Snapshot as form } from '../../generated/kit-later.js'
import { describeProblem, type Problem } from '../../kernel/problem.js'
import { copyJson } from '../../kernel/json-text.js'
import { realTime } from '../../kernel/clock.js'
import type { SavedCrew } from '../../generated/kit-schema.js'
import { collections } from '../../generated/collection-tables.js'
import { collectionNames } from '../world/collection.js'
import { collectionsOf } from '../world/snapshot.js'
import type { World } from '../world/world.js'
import type { Snapshot } from './mock-types.js'

/** Everything that is wrong with a snapshot; empty when a mock can be restored from it. */
export function problemsOfSnapshot(value: unknown): Problem[] {
  return hasForm(form, value) ? linkProblems(value) : problemsOf(form, value)
}

/** Whether a value is a snapshot as `mock.snapshot()` makes it. */
export function isSnapshot(value: unknown): value is Snapshot {
  return problemsOfSnapshot(value).length === 0
}

/** @throws KitError `snapshot/unusable` for a value from which no mock can be restored */
export function expectSnapshot(value: unknown): void {
  const [problem] = problemsOfSnapshot(value)
  if (problem === undefined) return
  const failed = `The snapshot cannot be used: ${describeProblem(problem, 'The snapshot')}`
  throw new KitError('snapshot/unusable', { failed, fix: 'Give one as `mock.snapshot()` makes it.' })
}

/** Each runner has an id and a slot to itself, each job and command a runner, and each entry a key. */
function linkProblems({ world }: Pick<Snapshot, 'world'>): Problem[] {
  const { runners, jobs, commands } = world
  const ids = new Set<string>()
  const slots = new Set<string>()
  const problems: Problem[] = []
  const refuse = (path: Problem['path'], value: unknown, expected: string): void => {
    problems.push({ path: ['world', ...path], value, expected })
  }
  for (const [at, { id, owner, projectId, wire }] of runners.entries()) {
    const slot = [owner.owner, projectId, wire.type].join('\n')
    if (ids.has(id)) refuse(['runners', at, 'id'], id, 'an id that no other runner has')
    else if (slots.has(slot)) refuse(['runners', at], wire.name, 'a slot that no other runner has')
    ids.add(id)
    slots.add(slot)
  }
  for (const [list, records] of Object.entries({ jobs, commands })) {
    for (const [at, { wire }] of records.entries()) {
      if (!ids.has(wire.runner_id)) refuse([list, at, 'wire', 'runner_id'], wire.runner_id, 'the id of a runner in it')
    }
  }
  const saved = collectionsOf(world)
  for (const name of collectionNames) {
    const { key } = collections[name]
    for (const [scope, entries] of Object.entries(saved[name] ?? {})) {
      for (const [at, entry] of entries.entries()) {
        if (typeof entry[key] !== 'string') refuse(['collections', name, scope, at, key], entry[key], 'a text')
      }
    }
  }
  return problems
}

/** A snapshot as it is to be written down: with the time of day, in milliseconds since 1970. */
export function toKept(snapshot: Snapshot) {
  return { ...snapshot, saved_at: realTime() }
}

/**
 * A snapshot that was written down, as it is now: time went on meanwhile, unless it stood still, so what should have
 * lapsed has lapsed. Undefined for anything else.
 */
export function fromKept(value: unknown): Snapshot | undefined {
  if (!isSnapshot(value) || value.clock.frozen) return isSnapshot(value) ? value : undefined
  const savedAt = 'saved_at' in value && typeof value.saved_at === 'number' ? value.saved_at : realTime()
  return {
    ...value,
    clock: { ...value.clock, now: value.clock.now + Math.max(realTime() - savedAt, 0) * (value.clock.speed ?? 1) },
  }
}

/** Simulated runners, who speak for the same users without keys after a restart; those who are gone are left out. */
export function keylessCrew({ agents, runners }: SavedCrew, world: World): object {
  const keyless = runners.flatMap(({ runner, work, ...kept }) => {
    const { workspace, user } = world.runners.get(runner.id)?.owner ?? {}
    if (workspace === undefined) return []
    const known = { ...runner, activationKey: undefined, bridgeKey: undefined }
    const commands =
      'commands' in work ? work.commands.map((run) => ({ ...run, item: copyJson(run.item, '_hmac') })) : undefined
    return [{ ...kept, as: { workspace, user }, runner: known, work: { ...work, commands } }]
  })
  return { agents, runners: keyless }
}
