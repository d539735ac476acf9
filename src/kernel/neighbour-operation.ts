/** Finds the operations around runners. Pages load this when they are first asked for one of them. */
import { neighbourOperations } from '../generated/neighbour-operations.js'
import { findTemplate } from '../generated/neighbour-router.js'
import { createMatch } from './operation.js'

export { neighbourOperations } from '../generated/neighbour-operations.js'

/** Finds operations of neighbours, as `createMatch` says. */
export const matchNeighbourOperation = /* @__PURE__ */ createMatch(neighbourOperations, findTemplate)
