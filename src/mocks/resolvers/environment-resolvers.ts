/** What answers the operations on the environments of a workspace that no word of `x-collection` describes. */
import { isVersion7 } from '../../kernel/id-source.js'
import { omitUndefined } from '../base/omit-undefined.js'
import { pickSharedFields, refuseTaken } from '../collections/write-entry.js'
import { colorOf, MAX_ENVIRONMENTS } from '../computed/named-environment.js'
import type { KeptResolvers } from '../engine/collection-code.js'
import { refuseFor } from '../world/collection.js'

export const environmentResolvers = {
  findEnvironments(_, { world, caller }) {
    const { total, entries } = world.collections.environments.list(caller)
    const content = entries.toReversed()
    return { body: { page: 1, size: total, total, content, sortable_by: total === 0 ? [] : ['created_at'] } }
  },

  createEnvironment({ body }, { world, caller }) {
    const { environments } = world.collections
    const { id, name, color = colorOf(name) } = body
    if (id !== undefined && !isVersion7(id)) refuseFor('wrongVersion', { field: 'id', value: id })
    refuseTaken(environments, caller, { name })
    if (id !== undefined && environments.find(caller, id) !== undefined) refuseFor('keyTaken', { key: id })
    if (environments.list(caller).total >= MAX_ENVIRONMENTS) refuseFor('tooMany')
    const key = id?.toLowerCase() ?? environments.newKey()
    environments.add(caller, key, omitUndefined(pickSharedFields(environments, { ...body, color })))
    return { created: key }
  },
} satisfies Partial<KeptResolvers>
