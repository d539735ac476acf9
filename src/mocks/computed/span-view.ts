/** Spans as they are shown: with what is computed, and with their project's name when they are read alone. */
import type { View } from '../engine/collection-code.js'
import { oncePerEntry } from '../collections/once-per-list.js'
import { spanCost } from './model-prices.js'
import { durationOf, present, withFirst } from './shown-fields.js'

/** Adds what is computed. */
export const viewSpan: View = (span, { world, caller }, query) => {
  const shown = withComputed(span, undefined)
  const project = query === undefined ? world.collections.projects.find(caller, String(span['project_id'])) : undefined
  return project === undefined ? shown : { ...shown, project_name: project['name'] }
}

const withComputed = oncePerEntry((span, _nothing: undefined) => {
  const { provider } = span
  const named = typeof provider === 'string' && provider !== '' ? provider : undefined
  return present({
    ...span,
    metadata: withFirst(span['metadata'], 'provider', named),
    duration: durationOf(span),
    total_estimated_cost: spanCost(span),
  })
})
