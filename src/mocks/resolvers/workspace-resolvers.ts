/** What a workspace has beside its projects: one configuration, which is replaced as a whole, and environments. */
import { omitUndefined } from '../base/omit-undefined.js'
import { isEmpty, secondsOf } from '../collections/field-values.js'
import { pickSharedFields, refuseId, refuseTaken } from '../collections/write-entry.js'
import { colorOf, MAX_ENVIRONMENTS } from '../computed/named-environment.js'
import type { KeptContext, KeptResolvers } from '../engine/collection-code.js'
import { refuseFor } from '../world/collection.js'

export const workspaceResolvers = {
  getWorkspaceConfiguration(_, { world, caller }) {
    const [stored = refuseFor('unknown')] = world.collections.configurations.list(caller).entries
    const { workspace: _key, ...body } = stored
    return { body }
  },

  upsertWorkspaceConfiguration({ body }, context) {
    const { timeout_to_mark_thread_as_inactive: duration, truncation_on_tables = true, color_map } = body
    const { configurations } = context.world.collections
    const timeout = duration === undefined ? undefined : readTimeout(duration, context)
    configurations.deleteWhere(context.caller, {})
    const written = {
      timeout_to_mark_thread_as_inactive: timeout,
      truncation_on_tables,
      color_map: isEmpty(color_map) ? undefined : color_map,
    }
    configurations.add(context.caller, configurations.newKey(), pickSharedFields(configurations, written))
    return {}
  },

  deleteWorkspaceConfiguration(_, { world, caller }) {
    world.collections.configurations.deleteWhere(caller, {})
    return {}
  },

  findEnvironments(_, { world, caller }) {
    const { total, entries } = world.collections.environments.list(caller)
    const content = entries.toReversed()
    return { body: { page: 1, size: total, total, content, sortable_by: total === 0 ? [] : ['created_at'] } }
  },

  createEnvironment({ body }, { world, caller }) {
    const { environments } = world.collections
    const { id, name, color = colorOf(name) } = body
    refuseId(id)
    refuseTaken(environments, caller, { name })
    if (id !== undefined && environments.find(caller, id) !== undefined) refuseFor('keyTaken', { key: id })
    if (environments.list(caller).total >= MAX_ENVIRONMENTS) refuseFor('tooMany')
    const key = id?.toLowerCase() ?? environments.newKey()
    environments.add(caller, key, omitUndefined(pickSharedFields(environments, { ...body, color })))
    return { created: key }
  },
} satisfies Partial<KeptResolvers>

/** The duration as it reads back. */
function readTimeout(duration: string, { world }: KeptContext): string {
  const seconds = secondsOf(duration)
  if (Number.isNaN(seconds)) refuseFor('noDuration', { duration })
  if (seconds < 0 && world.hasQuirk('negative-timeout-wraps')) return durationText(seconds + 2 ** 32)
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_SECONDS) refuseFor('badTimeout', { duration })
  return durationText(seconds)
}

function durationText(seconds: number): string {
  const parts = { H: Math.floor(seconds / 3600), M: Math.floor(seconds / 60) % 60, S: Math.floor(seconds) % 60 }
  const texts = Object.entries(parts).map(([unit, count]) => (count === 0 ? '' : `${count}${unit}`))
  return `PT${texts.join('')}`
}

/** Seven days. */
const MAX_SECONDS = 604_800
