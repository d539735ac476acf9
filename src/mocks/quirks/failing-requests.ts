/** Requests on which the server fails, although they are merely wrong. */
import { parseJson } from '../../kernel/json-text.js'
import { isObject, listOf, memberOf } from '../../kernel/json-value.js'
import type { OperationId } from '../../kernel/operation.js'
import { errorReply, type ApiResponse } from '../base/exchange.js'
import type { Deviations, UnjudgedRequest } from '../engine/deviations.js'

function failure(): ApiResponse {
  return errorReply(500, 'There was an error processing your request.')
}

/** A null instead of an agent: 500, and the runner has no agents afterwards. */
export const nullAgent500: Deviations = {
  answer({ operation, body, answerTo }) {
    if (operation !== 'registerAgents' || !isObject(body) || !Object.values(body).includes(null)) return undefined
    const cleared = answerTo({})
    return cleared instanceof Promise || cleared.status !== 204 ? cleared : failure()
  },
}

const MAX_INT32 = 0x7fffffff

/** A page of runners that begins past 32 bits is 500. */
export const oversizedPage500: Deviations = {
  answer: ({ operation, query: { page, size } }) =>
    operation === 'listRunners' && Number(page) * Number(size) > MAX_INT32 ? failure() : undefined,
}

/** Deleting a span is a method that its path has, and that answers 501. */
export const spanDelete501: Deviations = {
  wrongMethod(method, template) {
    if (method !== 'DELETE' || !/^\/v1\/private\/spans\/\{\w+\}$/.test(template)) return undefined
    return { status: 501, headers: {}, body: '' }
  },
}

/** Requests around runners. */
export const neighbourRequest500: Deviations = {
  answer(request) {
    const isFatal = lacksBody(request) || hasLongName(request) || hasNull(request)
    return isFatal ? failure() : undefined
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
  return typeof text === 'string' ? listOf(parseJson(text)) : []
}
