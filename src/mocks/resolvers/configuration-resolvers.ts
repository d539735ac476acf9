/** What a workspace has decided for all of its pages: one entry, which is replaced as a whole. */
import type { CollectionCode, KeptContext, KeptResolver } from '../engine/collection-code.js'
import { secondsOf } from '../collections/field-values.js'
import { pickSharedFields } from '../collections/write-entry.js'
import { isRefused, refused, type Entry, type Refused } from '../world/collection.js'

const getWorkspaceConfiguration: KeptResolver<'getWorkspaceConfiguration'> = (_, context) => {
  const [stored] = storedBy(context)
  if (stored === undefined) return { refused: 'unknown', details: {} }
  const { workspace: _key, ...body } = stored
  return { body }
}

const upsertWorkspaceConfiguration: KeptResolver<'upsertWorkspaceConfiguration'> = ({ body }, context) => {
  const { timeout_to_mark_thread_as_inactive: duration, truncation_on_tables = true, color_map = {} } = body
  const { configurations } = context.world.collections
  const timeout = duration === undefined ? undefined : readTimeout(duration, context)
  if (isRefused(timeout)) return timeout
  forget(context)
  const written = {
    timeout_to_mark_thread_as_inactive: timeout,
    truncation_on_tables,
    color_map: Object.keys(color_map).length === 0 ? undefined : color_map,
  }
  configurations.add(context.caller, configurations.newKey(), pickSharedFields(configurations, written))
  return {}
}

/** The duration as it reads back. */
function readTimeout(
  duration: string,
  { world }: KeptContext,
): string | Refused<'noDuration' | 'badTimeout', 'duration'> {
  const seconds = secondsOf(duration)
  if (Number.isNaN(seconds)) return refused('noDuration', { duration })
  if (seconds < 0 && world.deviations.keepsNegativeTimeouts === true) return durationText(seconds + 2 ** 32)
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_SECONDS) return refused('badTimeout', { duration })
  return durationText(seconds)
}

function durationText(seconds: number): string {
  const parts = { H: Math.floor(seconds / 3600), M: Math.floor(seconds / 60) % 60, S: Math.floor(seconds) % 60 }
  return `PT${Object.entries(parts)
    .map(([unit, count]) => (count === 0 ? '' : `${count}${unit}`))
    .join('')}`
}

const deleteWorkspaceConfiguration: KeptResolver<'deleteWorkspaceConfiguration'> = (_, context) => {
  forget(context)
  return {}
}

function storedBy({ world, caller }: KeptContext): readonly Entry[] {
  return world.collections.configurations.list(caller).entries
}

function forget(context: KeptContext): void {
  const keys = storedBy(context).map(({ workspace }) => String(workspace))
  context.world.collections.configurations.deleteAll(context.caller, keys)
}

/** Seven days. */
const MAX_SECONDS = 604_800

export const configurationCode: CollectionCode<'configurations'> = {
  view: undefined,
  narrow: undefined,
  resolvers: { getWorkspaceConfiguration, upsertWorkspaceConfiguration, deleteWorkspaceConfiguration },
}
