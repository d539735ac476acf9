/** What answers the operations on collections, and judges their bodies. Leaving out what a collection declares does not compile. */
import { createKeep } from '../collections/answer-collection.js'
import { projectCode } from './project-resolvers.js'
import { spanCode } from './span-resolvers.js'
import { traceCode } from './trace-resolvers.js'

export { keptRequestBodies } from '../../generated/kept-request-validators.js'

export const keep = createKeep({ projects: projectCode, traces: traceCode, spans: spanCode })
