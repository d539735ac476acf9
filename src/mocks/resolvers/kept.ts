/** What answers the operations on collections. Leaving out what a collection declares does not compile. */
import { createKeep } from '../collections/answer.js'
import { projectCode } from './projects.js'
import { spanCode } from './spans.js'
import { traceCode } from './traces.js'

export const keep = createKeep({ projects: projectCode, traces: traceCode, spans: spanCode })
