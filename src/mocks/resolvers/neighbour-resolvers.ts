/**
 * Everything that answers the operations around runners: most of them are on collections. Pages load it with the first of
 * them. Leaving something out does not compile.
 */
import { neighbourRequestBodies } from '../../generated/neighbour-request-validators.js'
import { keptOperations, type KeptOperation } from '../../generated/collection-operations.js'
import { neighbourOperations } from '../../kernel/all-operations.js'
import { isObject, listOf } from '../../kernel/json-value.js'
import type { OperationId } from '../../kernel/operation.js'
import { EntryList } from '../collections/entry-list.js'
import { createEntry, patchEntry } from '../collections/write-entry.js'
import * as entryFigures from '../computed/entry-resolvers.js'
import * as projectMetrics from '../computed/project-metrics.js'
import { views } from '../computed/sources.js'
import type { CollectionView, KeptContext, KeptResolvers, KeptSuccess, ListQuery } from '../engine/collection-code.js'
import { createPlans } from '../engine/plan.js'
import type { NeighbourResolvers } from '../engine/resolver.js'
import { isCollectionName, refuseFor, type Entry } from '../world/collection.js'
import { commentResolvers, scoreResolvers } from './annotation-resolvers.js'
import { blueprintResolvers } from './blueprint-resolvers.js'
import { insightsIssueResolvers, insightsJobResolvers, reportPreferenceResolvers } from './diagnostic-resolvers.js'
import { promptResolvers, promptVersionResolvers, promptViews } from './prompt-resolvers.js'
import { spanResolvers, traceResolvers } from './ingest-resolvers.js'
import { resolveConstant, systemResolvers } from './system-resolvers.js'
import { threadStateResolvers } from './thread-states.js'
import { workspaceResolvers } from './workspace-resolvers.js'

export { neighbourRequestFields } from '../../generated/request-fields.js'
export { matchNeighbourOperation } from '../../kernel/all-operations.js'

const resolvers: NeighbourResolvers & KeptResolvers = {
  ...{ ...systemResolvers, ...workspaceResolvers },
  ...{ ...promptResolvers, ...promptVersionResolvers, ...blueprintResolvers },
  ...{ ...traceResolvers, ...spanResolvers, ...threadStateResolvers, ...scoreResolvers, ...commentResolvers },
  ...{ ...insightsJobResolvers, ...insightsIssueResolvers, ...reportPreferenceResolvers },
  ...{ ...entryFigures, ...projectMetrics },
}

const allViews: Readonly<Record<string, CollectionView>> = { ...views, ...promptViews }

/** A request as the engine has read it. */
interface KeptInput {
  readonly path: Readonly<Record<string, string>>
  readonly query: ListQuery
  readonly body: unknown
}

/** What answers an operation on a collection by its role. */
function answerByRole(id: OperationId): (input: KeptInput, context: KeptContext) => KeptSuccess {
  const kept: Readonly<Partial<Record<OperationId, KeptOperation>>> = keptOperations
  const { role = 'code', collection: name = '' } = kept[id] ?? {}
  const view = allViews[name] ?? {}
  if (role === 'list')
    return ({ query, path }, context) => {
      const where = view.narrow?.(query, context, path) ?? {}
      return { body: new EntryList({ name, code: view, context, query }).page(where) }
    }
  if (role === 'code' || !isCollectionName(name)) throw new Error(`Nothing answers ${id}.`)
  return ({ path, body }, context) => {
    const { caller, world } = context
    const collection = world.collections[name]
    const [key = ''] = Object.values(path)
    const fields: Entry = isObject(body) ? { ...body } : {}
    switch (role) {
      case 'create':
        return { created: String(createEntry(collection, caller, fields)[collection.form.key]) }
      case 'read': {
        const found = collection.find(caller, key) ?? refuseFor('unknown', { key })
        if (view.isLost?.(found, context) === true) refuseFor('lost', { key })
        return { body: view.view?.(found, context, undefined) ?? found }
      }
      case 'patch':
        patchEntry(collection, caller, key, fields)
        break
      case 'delete':
        collection.delete(caller, key)
        break
      case 'deleteMany':
        collection.deleteAll(caller, listOf(fields['ids']).map(String))
    }
    return {}
  }
}

/** How the engine answers each of them. */
export const neighbourPlans = createPlans({
  operations: neighbourOperations,
  validators: neighbourRequestBodies,
  resolvers,
  keep: (id) => resolveConstant(id) ?? answerByRole(id),
})
