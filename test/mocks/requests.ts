// A good request of every operation of the runner API, for cases that go over all of them.
import { sampleBody } from '../../src/lifecycle/steps/valid-bodies.js'
import { requestSchemas } from '../../src/generated/request-schemas.js'
import { operations, tags } from '../../src/kernel/all-operations.js'
import { operationIds, pathParametersOf, type OperationId } from '../../src/kernel/operation.js'
import { NOBODY } from './harness.js'

/** What a call of an operation takes when its resources need not exist. */
export function goodInput(id: OperationId): {
  path: Record<string, string>
  query: Record<string, string>
  json?: unknown
} {
  const operation = operations[id]
  const path = Object.fromEntries(pathParametersOf(operation).map((name) => [name, NOBODY]))
  const query = Object.fromEntries(
    operation.queryParameters
      .filter((parameter) => 'required' in parameter && parameter.required)
      .map(({ name }) => [name, NOBODY]),
  )
  const schema = requestSchemas[id]
  if (schema === undefined) return { path, query }
  // The first status of a schema is none that may be reported.
  const isReport = id === 'reportJobResult' || id === 'reportBridgeResult'
  return { path, query, json: isReport ? { status: 'completed', result: 1 } : sampleBody(schema) }
}

/** Every operation of the runner API proper. */
export const runnerOperations: readonly OperationId[] = operationIds.filter((id) =>
  ['Runners', 'Pairing'].includes(tags[id]),
)
