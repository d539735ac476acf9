/** All operations of the spec at once, for whoever need not be small. */
import { responses } from '../generated/operations.js'
import { matchNeighbourOperation, neighbourOperations } from './neighbour-operation.js'
import { matchRunnerOperation, runnerOperations, type Match, type Operation, type OperationId } from './operation.js'

export { responses }

/** Every operation of the spec by its operationId. */
export const operations = { ...runnerOperations, ...neighbourOperations }

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
