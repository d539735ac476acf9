/** All operations of the spec, and those around runners by themselves. Pages load this when they are first asked for one of those. */
import { neighbourOperations } from '../generated/neighbour-operations.js'
import { findTemplate } from '../generated/neighbour-router.js'
import { responses, runnerOperations, tags } from '../generated/operations.js'
import { createMatch, matchRunnerOperation, type Match, type Operation, type OperationId } from './operation.js'

export { neighbourOperations, responses, tags }

/** Every operation of the spec by its operationId. */
export const operations = { ...runnerOperations, ...neighbourOperations }

/** Finds operations of neighbours, as `createMatch` says. */
export const matchNeighbourOperation = createMatch(neighbourOperations, findTemplate)

/** Finds the operation for a method and a path, as `createMatch` says. */
export function matchOperation(method: string, path: string): Match {
  const found = matchRunnerOperation(method, path)
  return found.kind === 'unknown' ? matchNeighbourOperation(method, path) : found
}

/** Where the spec describes an operation, as a JSON pointer. */
export function pointerOfOperation(id: OperationId): string {
  const { path, method }: Operation = operations[id]
  return `#/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1')}/${method.toLowerCase()}`
}
