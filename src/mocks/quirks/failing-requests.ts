/** Requests around runners on which the server fails, although they are merely wrong. */
import { errorReply } from '../base/exchange.js'
import { isObject, listOf, memberOf } from '../../kernel/json-value.js'
import type { OperationId } from '../../kernel/operation.js'
import type { Deviations, UnjudgedRequest } from '../engine/deviations.js'

export const neighbourRequest500: Deviations = {
  answer(request) {
    const isFatal = lacksBody(request) || hasLongName(request) || hasNull(request)
    return isFatal ? errorReply(500, 'There was an error processing your request.') : undefined
  },
  statusOf: (operation, reason) => (FATAL_REASONS[operation] === reason ? 500 : undefined),
}

/** An empty path counts as missing, too. */
export const redirect500: Deviations = {
  statusOf: (operation, reason) => (operation === 'projectsRedirect' && reason === 'noApi' ? 500 : undefined),
  readParameter: (operation, name, text) =>
    operation === 'projectsRedirect' && name === 'path' && text === '' ? ' ' : text,
}

/** Reasons of `x-refusals`. */
const FATAL_REASONS: Readonly<Partial<Record<OperationId, string>>> = {
  createAgentConfig: 'idTaken',
  updateAgentConfig: 'idTaken',
  setEnvByBlueprintName: 'longEnvironment',
}

const BODIES: readonly OperationId[] = [
  ...(['createProject', 'updateProject', 'createPrompt', 'updateTrace'] as const),
  ...(['getProjectMetrics', 'getProjectKpiCards'] as const),
]

function lacksBody({ operation, body }: UnjudgedRequest): boolean {
  return (body === undefined || body === null) && BODIES.includes(operation)
}

const NAMED: readonly OperationId[] = ['createProject', 'updateProject', 'createPrompt', 'createPromptVersion']

const MAX_NAME = 255

function hasLongName({ operation, body }: UnjudgedRequest): boolean {
  const name = NAMED.includes(operation) ? memberOf(body, 'name') : undefined
  return typeof name === 'string' && name.length > MAX_NAME
}

/** Null among filters, in sorting or among the values of a blueprint; a sorting without a field. */
function hasNull({ operation, query: { filters, sorting }, body }: UnjudgedRequest): boolean {
  if (filters === 'null' || listIn(filters).includes(null)) return true
  const orders = listIn(sorting)
  if (orders.some((order) => order === null || (isObject(order) && !('field' in order)))) return true
  const isOfBlueprint = operation === 'createAgentConfig' || operation === 'updateAgentConfig'
  const values = isOfBlueprint ? memberOf(memberOf(body, 'blueprint'), 'values') : undefined
  return Array.isArray(values) && values.includes(null)
}

/** A list that a query has as JSON; empty for anything else. */
function listIn(text: unknown): readonly unknown[] {
  if (typeof text !== 'string') return []
  try {
    return listOf(JSON.parse(text))
  } catch {
    return []
  }
}
