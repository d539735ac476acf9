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

/** Lists in bodies, by their paths, in which null is fatal. */
const LISTS: Readonly<Partial<Record<OperationId, readonly string[]>>> = {
  createAgentConfig: ['blueprint', 'values'],
  updateAgentConfig: ['blueprint', 'values'],
  createTraces: ['traces'],
}

/** Null among filters, in sorting or in a list; a sorting without a field. */
function hasNull({ operation, query: { filters, sorting }, body }: UnjudgedRequest): boolean {
  if (filters === 'null' || listIn(filters).includes(null)) return true
  const orders = listIn(sorting)
  if (orders.some((order) => order === null || (isObject(order) && !('field' in order)))) return true
  const list = LISTS[operation]?.reduce<unknown>((value, name) => memberOf(value, name), body)
  return Array.isArray(list) && list.includes(null)
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
