/** Requests on which the server fails, although they are merely wrong. */
import { parseList } from '../collections/field-values.js'
import { errorReply, type Reply } from '../base/exchange.js'
import { isObject, memberOf } from '../../kernel/json-value.js'
import type { OperationId } from '../../kernel/operation.js'
import type { Deviations, UnjudgedRequest } from '../engine/deviations.js'

function failure(): Reply {
  return errorReply(500, 'There was an error processing your request.')
}

function failsOn(isFatal: (request: UnjudgedRequest) => boolean): Deviations {
  return { answer: (request) => (isFatal(request) ? failure() : undefined) }
}

/** Reasons of `x-refusals` for which it answers 500. */
function failsFor(operations: readonly OperationId[], reason: string): Deviations {
  return {
    statusOf: (operation, given) => (given === reason && operations.includes(operation) ? 500 : undefined),
  }
}

const BODIES: readonly OperationId[] = [
  ...(['createProject', 'updateProject', 'createPrompt', 'updateTrace'] as const),
  ...(['getProjectMetrics', 'getProjectKpiCards'] as const),
]

export const missingBody500 = failsOn(
  ({ operation, body }) => (body === undefined || body === null) && BODIES.includes(operation),
)

const NAMED: readonly OperationId[] = ['createProject', 'updateProject', 'createPrompt', 'createPromptVersion']

const MAX_NAME = 255

export const longName500 = failsOn(({ operation, body }) => {
  const name = NAMED.includes(operation) ? memberOf(body, 'name') : undefined
  return typeof name === 'string' && name.length > MAX_NAME
})

/** Null in a list that is asked for, or a sorting without a field. */
export const nullEntry500 = failsOn(({ operation, query, body }) => {
  const { filters, sorting } = query
  if (filters === 'null' || parseList(filters)?.includes(null) === true) return true
  if (parseList(sorting)?.some((entry) => entry === null || (isObject(entry) && !('field' in entry))) === true)
    return true
  const values = BLUEPRINTS.includes(operation) ? memberOf(memberOf(body, 'blueprint'), 'values') : undefined
  return Array.isArray(values) && values.includes(null)
})

const BLUEPRINTS: readonly OperationId[] = ['createAgentConfig', 'updateAgentConfig']

export const blueprintId500 = failsFor(BLUEPRINTS, 'idTaken')

export const longEnvironment500 = failsFor(['setEnvByBlueprintName'], 'longEnvironment')

/** An empty path is one, too. */
export const redirect500: Deviations = {
  ...failsFor(['projectsRedirect'], 'noApi'),
  readParameter: (operation, name, text) =>
    operation === 'projectsRedirect' && name === 'path' && text === '' ? ' ' : text,
}
