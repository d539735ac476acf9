/** All code of collections. Leaving out what a collection declares does not compile. */
import type { KeptCode } from '../collections/code.js'
import { projectResolvers, viewProject } from './projects.js'
import { narrowSpans, spanResolvers, viewSpan } from './spans.js'
import { narrowTraces, traceResolvers, viewTrace } from './traces.js'

export const keptCode: KeptCode = {
  resolvers: { ...projectResolvers, ...traceResolvers, ...spanResolvers },
  views: { projects: viewProject, traces: viewTrace, spans: viewSpan },
  narrows: { traces: narrowTraces, spans: narrowSpans },
}
