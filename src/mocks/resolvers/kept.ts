/** The code of collections. Leaving out what a collection declares does not compile; what pages seldom need comes later. */
import type { KeptCode } from '../collections/code.js'
import { projectCode } from './projects.js'

export const keptCode: KeptCode = {
  projects: () => projectCode,
  traces: later(() => import('./traces.js').then(({ traceCode }) => traceCode)),
  spans: later(() => import('./spans.js').then(({ spanCode }) => spanCode)),
}

/** Loads once; who asks meanwhile is served in the order of asking. */
function later<Code>(load: () => Promise<Code>): () => Code | Promise<Code> {
  let loaded: Code | undefined
  let loading: Promise<Code> | undefined
  return () => {
    if (loaded !== undefined) return loaded
    loading ??= load().then((code) => (loaded = code))
    return loading
  }
}
