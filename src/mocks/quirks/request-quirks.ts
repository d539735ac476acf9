/** What a server does otherwise with single requests: those that it takes though they are wrong, or fails on, and how it refuses. */
import { endOfString, parseJson } from '../../kernel/json-text.js'
import { isObject, listOf, memberOf, placeAt } from '../../kernel/json-value.js'
import type { OperationId } from '../../kernel/operation.js'
import { errorReply, type ApiResponse } from '../base/exchange.js'
import type { Deviations, UnjudgedRequest } from '../engine/deviations.js'

/** Where words stand, in which operations, that are read otherwise than the enum says; default: in small letters. */
const WORDS: readonly { at: RegExp; operations: readonly OperationId[]; word?: string }[] = [
  { at: /^\/blueprint\/type$/, operations: ['createAgentConfig', 'updateAgentConfig'] },
  { at: /^\/entity_type$/, operations: ['getProjectKpiCards'] },
  { at: /^\/template_structure$/, operations: ['createPrompt', 'createPromptVersion'], word: 'text' },
  {
    at: /^(\/(traces|spans)\/\d+|\/update)?\/(type|source)$/,
    operations: [
      ...(['createTrace', 'createTraces', 'updateTrace', 'batchUpdateTraces', 'createSpan', 'createSpans'] as const),
      ...(['updateSpan', 'batchUpdateSpans', 'searchSpans'] as const),
    ],
  },
]

/** Words that are none of an enum, and null among ids. */
export const lenientBodies: Deviations = {
  mend({ operation, body, flaws }) {
    const lenient = WORDS.find(({ operations }) => operations.includes(operation))
    if (lenient === undefined) return false
    let isChanged = false
    for (const { keyword, instancePath } of flaws) {
      const place = keyword === 'enum' && lenient.at.test(instancePath) ? placeAt(body, instancePath) : undefined
      const word: unknown = place && Reflect.get(place.parent, place.key)
      if (place === undefined || typeof word !== 'string') continue
      const read = lenient.word ?? word.toLowerCase()
      isChanged = (read !== word && Reflect.set(place.parent, place.key, read)) || isChanged
    }
    return isChanged
  },
  answer({ operation, body, answerTo }) {
    const ids: unknown = operation === 'deleteProjectsBatch' ? memberOf(body, 'ids') : undefined
    if (!Array.isArray(ids) || !ids.includes(null)) return undefined
    const known = ids.filter((id: unknown) => id !== null)
    return known.every((id) => typeof id === 'string') ? answerTo({ ids: known }) : undefined
  },
}

/** The status of a job in a body, and the filter of listRunners, are read in any case. */
export const statusAnyCase: Deviations = {
  mend({ operation, body, flaws }) {
    const status = operation === 'reportJobResult' ? memberOf(body, 'status') : undefined
    if (typeof status !== 'string' || !flaws.some(({ instancePath }) => instancePath === '/status')) return false
    const lower = status.toLowerCase()
    return lower !== status && isObject(body) && Reflect.set(body, 'status', lower)
  },
  readParameter: (operation, name, text) =>
    operation === 'listRunners' && name === 'status' ? text?.toLowerCase() : text,
}

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** Fractions in JSON pass through a double: digits beyond it are lost, and what is too large for it becomes a string. */
export const fractionsThroughDouble: Deviations = {
  readText(text) {
    const parts: string[] = []
    for (let at = 0; at < text.length;) {
      const quote = text.indexOf('"', at)
      const start = quote < 0 ? text.length : quote
      const end = endOfString(text, start)
      parts.push(text.slice(at, start).replace(NUMBER, throughDouble), text.slice(start, end))
      at = end
    }
    return parts.join('')
  },
}

function throughDouble(token: string): string {
  if (!/[.eE]/.test(token)) return token
  const value = Number(token)
  if (!Number.isFinite(value)) return `"${value}"`
  const text = Object.is(value, -0) ? '-0' : String(value)
  return /[.e]/.test(text) ? text : `${text}.0`
}

/**
 * A scalar of a neighbouring JSON type is taken for the declared one: 1.5 as 1, 5 as "5", "2" as 2, true as "true"; a
 * number instead of a time as seconds since 1970. A null among counts is left out, and an empty text instead of a number,
 * an id or a time.
 */
export const scalarCoercion: Deviations = {
  mend({ body, flaws }) {
    let isChanged = false
    for (const { keyword, instancePath, params } of flaws) {
      const place = keyword === 'type' || keyword === 'format' ? placeAt(body, instancePath) : undefined
      if (place === undefined) continue
      const given: unknown = Reflect.get(place.parent, place.key)
      const isCount = /\/usage\/[^/]+$/.test(instancePath)
      if ((given === null && isCount) || (given === '' && mayBeEmpty(place.parent, keyword, params['type'])))
        isChanged = Reflect.deleteProperty(place.parent, place.key) || isChanged
      if (keyword === 'format') continue
      const taken = TIME.test(place.key) && typeof given === 'number' ? timeAt(given) : coerce(given, params['type'])
      if (taken !== undefined) isChanged = Reflect.set(place.parent, place.key, taken) || isChanged
    }
    return isChanged
  },
}

const TIME = /_(time|at)$/

/** Whether an empty text in an object is read as nothing: instead of a number, an id or a time. */
function mayBeEmpty(parent: object, keyword: string, type: unknown): boolean {
  return !Array.isArray(parent) && (keyword === 'format' || type === 'number' || type === 'integer')
}

/** A time by its seconds since 1970; undefined for one that no clock shows. */
function timeAt(seconds: number): string | undefined {
  const moment = new Date(seconds * 1000)
  return Number.isNaN(moment.getTime()) ? undefined : moment.toISOString().replace(/^\+\d+/, '9999')
}

/** The value as another type reads it; undefined where it cannot. */
function coerce(value: unknown, type: unknown): string | number | boolean | undefined {
  if (type === 'string') return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
  if (type === 'boolean') return value === 'true' ? true : value === 'false' ? false : undefined
  if (type === 'number')
    return typeof value === 'string' && /^-?\d{1,10}(\.\d+)?$/.test(value) ? Number(value) : undefined
  if (type !== 'integer') return undefined
  if (typeof value === 'number') return Math.trunc(value)
  return typeof value === 'string' && /^-?\d{1,10}$/.test(value) ? Number(value) : undefined
}

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

/** Who has no runner, or one that is silent, is told so as a list, where other unknown things are not. */
const LISTED_404: Readonly<Partial<Record<OperationId, readonly string[]>>> = {
  createJob: ['none', 'pairing'],
  createBridgeCommand: ['disconnected'],
}

const LISTED: readonly (number | null)[] = [400, 409, 410, 429]

/** Those of runners and pairing that are a list: `{errors}` instead of `{code, message}`. */
export const listedRefusals: Deviations = {
  isListed(operation, { from, rule }) {
    if (rule.answer === 404) return LISTED_404[operation]?.includes(from) === true
    return LISTED.includes(rule.answer) && operation !== 'createPairingSession'
  },
}

/** What a search refuses before it looks for anything comes under the media type of its stream. */
export const searchRefusalsAsStream: Deviations = {
  mediaOf(operation, reason, details) {
    if (operation !== 'searchTraces' && operation !== 'searchSpans') return undefined
    // Whether an operator suits a field is found out later.
    const isLate = reason === 'filters' && String(Reflect.get(details, 'how')).startsWith('cannot ask')
    return isLate || (reason !== undefined && !EARLY.has(reason)) ? undefined : 'application/octet-stream'
  },
}

const EARLY: ReadonlySet<string> = new Set(['filters', 'exclude', 'times'])
