/** Snapshots that outlive what made them: written with the time of day, and brought up to date when they are read again. */
import { copyJson } from '../../kernel/json-text.js'
import type { SavedCrew } from '../agents/saved-runners.js'
import type { World } from '../world/world.js'
import { realTime } from '../../kernel/clock.js'
import type { Snapshot } from './runner-mock.js'
import { isSnapshot } from './snapshot-links.js'

/** A snapshot that knows when it was taken. */
export interface KeptSnapshot extends Snapshot {
  /** Real milliseconds since 1970. */
  saved_at: number
}

/** A snapshot as it is to be written down. */
export function toKept(snapshot: Snapshot): KeptSnapshot {
  return { ...snapshot, saved_at: realTime() }
}

/**
 * A snapshot that was written down, as it is now: time went on meanwhile, unless it stood still, so what should have
 * lapsed has lapsed. Undefined for anything else.
 */
export function fromKept(value: unknown): Snapshot | undefined {
  if (!isSnapshot(value) || value.clock.frozen) return isSnapshot(value) ? value : undefined
  const savedAt = 'saved_at' in value && typeof value.saved_at === 'number' ? value.saved_at : realTime()
  return { ...value, clock: { ...value.clock, now: value.clock.now + Math.max(realTime() - savedAt, 0) } }
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
