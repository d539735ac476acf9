/** What a workspace has decided for all of its pages: one entry, which is replaced as a whole. */
import type { CollectionCode, KeptContext, KeptResolver } from '../engine/collection-code.js'
import { secondsOf } from '../collections/field-values.js'
import { carry } from '../collections/write-entry.js'
import { refused, type Entry } from '../world/collection.js'

const getWorkspaceConfiguration: KeptResolver<'getWorkspaceConfiguration'> = (_, context) => {
  const [stored] = storedBy(context)
  if (stored === undefined) return { refused: 'unknown', details: {} }
  const { workspace: _key, ...body } = stored
  return { body }
}

const upsertWorkspaceConfiguration: KeptResolver<'upsertWorkspaceConfiguration'> = ({ body }, context) => {
  const duration = body.timeout_to_mark_thread_as_inactive
  if (duration !== undefined && secondsOf(duration) > LONGEST) {
    return refused('tooLong', { duration })
  }
  const { configurations } = context.world.collections
  forget(context)
  configurations.add(context.caller, configurations.newKey(), carry(configurations, body))
  return {}
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
const LONGEST = 604_800

export const configurationCode: CollectionCode<'configurations'> = {
  view: undefined,
  narrow: undefined,
  resolvers: { getWorkspaceConfiguration, upsertWorkspaceConfiguration, deleteWorkspaceConfiguration },
}
