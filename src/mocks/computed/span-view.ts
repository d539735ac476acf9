/** Spans as they are shown: with what is computed, and with their project's name when they are read alone. */
import type { View } from '../engine/collection-code.js'
import { durationOf, present, withFirst } from './shown-fields.js'

/** Adds what is computed. */
export const viewSpan: View = (span, { world, caller }, query) => {
  const { provider } = span
  const named = typeof provider === 'string' && provider !== '' ? provider : undefined
  const project = query === undefined ? world.collections.projects.find(caller, String(span['project_id'])) : undefined
  return present({
    ...span,
    project_name: project?.['name'],
    metadata: withFirst(span['metadata'], 'provider', named),
    duration: durationOf(span),
  })
}
