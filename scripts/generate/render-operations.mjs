// @ts-check
// Renders operations.ts and neighbour-operations.ts: one entry per operationId with method, path, parameters, bodies
// and statuses, so that no other file needs to spell any of them; and router.js, rou3's compiled form of all paths,
// without a tree to build at start.
import { addRoute, createRouter } from 'rou3'
import { compileRouterToString } from 'rou3/compiler'
import { literal } from './literal.mjs'
import { STREAM_MEDIA } from './read-operations.mjs'

/** @typedef {import('./read-operations.mjs').Operation} Operation */

/**
 * @param {readonly Operation[]} operations
 * @returns {string}
 */
export function renderOperations(operations) {
  const answers = operations.map((operation) => `  ${operation.id}: ${literal(answersOf(operation), 2)},\n`)
  const tags = Object.fromEntries(operations.map(({ id, tag }) => [id, tag]))
  return `${DECLARATIONS}
/** The operations of runners and pairing by operationId. */
export const runnerOperations = {
${entriesOf(operations, false)}} as const satisfies Record<string, OperationEntry>

/** Every operationId of the spec, in its order. */
export const operationIds = ${literal(
    operations.map(({ id }) => id),
    0,
  )} as const

/** The tag of every operation; apart, since pages need none of it. */
export const tags = ${literal(tags, 0)} as const satisfies Record<string, string>

/** Every declared answer by operationId and status; apart, since code that makes no judgement needs none of it. */
export const responses = {
${answers.join('')}} as const satisfies Record<string, Readonly<Record<number, OperationResponse>>>

/** The operationId of an operation of the API. */
export type OperationId = (typeof operationIds)[number]
`
}

/**
 * neighbour-operations.ts: a module of its own, which pages load when first asked for one of them.
 * @param {readonly Operation[]} operations
 * @returns {string}
 */
export function renderNeighbours(operations) {
  return `import type { OperationEntry } from './operations.js'

/** The operations around runners by operationId. */
export const neighbourOperations = {
${entriesOf(operations, true)}} as const satisfies Record<string, OperationEntry>
`
}

/**
 * @param {readonly Operation[]} operations
 * @param {boolean} ofNeighbours
 */
function entriesOf(operations, ofNeighbours) {
  const wanted = operations.filter(({ isNeighbour }) => isNeighbour === ofNeighbours)
  return wanted.map((operation) => `  ${operation.id}: ${literal(entryOf(operation), 2)},\n`).join('')
}

/**
 * constant-answers.ts: what operations answer without any code.
 * @param {readonly Operation[]} operations
 * @returns {string}
 */
export function renderConstants(operations) {
  const entries = operations.flatMap(({ id, constant }) =>
    constant === null ? [] : [`  ${id}: ${literal(constant, 2)},\n`],
  )
  return `/** What operations always answer when they succeed, by operationId; no body where that has none. */
export const constantAnswers = {
${entries.join('')}} as const satisfies Record<string, { readonly body?: unknown }>
`
}

/**
 * refusals.ts: a module of its own, which pages load when there is something to refuse.
 * @param {Map<string, Record<string, import('./read-refusals.mjs').Refusal>>} refusals By operationId and reason.
 * @returns {string}
 */
export function renderRefusals(refusals) {
  const refusing = [...refusals].map(([id, reasons]) => `  ${id}: ${literal(reasons, 2)},\n`)
  return `import type { Refusal } from './operations.js'

/** What operations refuse outside of any lifecycle, by operationId and reason. */
export const refusals = {
${refusing.join('')}} as const satisfies Record<string, Readonly<Record<string, Refusal>>>
`
}

/** @param {Operation} operation */
function entryOf({ id, method, path, parameters, requestBody, responses, location, isRunners }) {
  const inQuery = parameters.filter((parameter) => parameter.in === 'query')
  const [success, unmade] = responses.map(({ status }) => status).filter((status) => status >= 200 && status < 400)
  const texts = parameters.filter((parameter) => parameter.in === 'path' && parameter.schema.format !== 'uuid')
  return {
    id,
    method,
    path,
    texts: texts.length === 0 ? undefined : texts.map(({ name }) => name),
    queryParameters: inQuery.map(queryParameterOf),
    requestBody: requestBody && { required: requestBody.required, isFree: requestBody.isFree || undefined },
    isIdentified: responses.some(({ status }) => status === 401),
    isNegotiated: responses.some(({ status }) => status === 406),
    isStream: responses.some(({ body }) => body?.media === STREAM_MEDIA) || undefined,
    success,
    location: location ?? undefined,
    unmade,
    isRunners: isRunners || undefined,
  }
}

/** @param {Operation} operation */
function answersOf({ responses }) {
  return Object.fromEntries(
    responses.map(({ status, body, headers }) => {
      const isStream = body?.media === STREAM_MEDIA || undefined
      return [status, { hasBody: body !== null, headers, isStream }]
    }),
  )
}

/** @param {Operation['parameters'][number]} parameter */
function queryParameterOf({ name, required, schema }) {
  const { type, format, default: fallback, minimum, maximum, enum: values } = schema
  return { name, type, format, required, default: fallback, minimum, maximum, enum: values }
}

const DECLARATIONS = `export interface QueryParameter {
  readonly name: string
  readonly type: 'string' | 'integer' | 'boolean'
  readonly format?: string
  readonly required: boolean
  readonly default?: string | number | boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly enum?: readonly string[]
}

export interface OperationResponse {
  readonly hasBody: boolean
  readonly headers: readonly string[]
  /** Whether the list that is its body comes item by item, as lines of JSON. */
  readonly isStream?: true
}

/** What the spec says about one operation; header parameters are left out, those of the path are named in it. */
export interface OperationEntry {
  readonly id: string
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'OPTIONS' | 'HEAD' | 'PATCH' | 'TRACE'
  readonly path: string
  /** Parameters of the path that are any text; the others are ids. */
  readonly texts?: readonly string[]
  readonly queryParameters: readonly QueryParameter[]
  /** Always JSON. */
  readonly requestBody: null | {
    readonly required: boolean
    /** Whether any object is valid, as a whole: then null is invalid. */
    readonly isFree?: true
  }
  /** Whether it asks who is calling: it declares 401. */
  readonly isIdentified: boolean
  /** Whether it judges the media types of requests: it declares 406. */
  readonly isNegotiated: boolean
  /** Whether it answers an octet stream. */
  readonly isStream?: true
  /** The first success that it declares, or where it leads. */
  readonly success: number
  /** The path that \`Location\` names; its last parameter is what was made, the others are the request's own. */
  readonly location?: string
  /** What it answers when there was nothing to make. */
  readonly unmade?: number
  /** Whether only the process of a runner makes it. */
  readonly isRunners?: true
}

/** A refusal: its status, its shape, and its words with \`{placeholders}\`. */
export interface Refusal {
  readonly answer: number
  /** Whether it comes as a list of errors, which has no code. */
  readonly isList?: true
  /** Whether its words come as details once more. */
  readonly isDetailed?: true
  readonly say: string
  /** The placeholders that the refusing code must fill. */
  readonly details: readonly string[]
  /** What it was before a version of Opik. */
  readonly before?: Readonly<Record<string, Refusal>>
}
`

/**
 * It finds the path template; which methods the template takes is for the operation table to say.
 * @param {readonly Operation[]} operations
 * @returns {string}
 */
export function renderRouter(operations) {
  const router = createRouter()
  for (const path of new Set(operations.map((operation) => operation.path))) addRoute(router, '', toPattern(path), path)
  return `${compileRouterToString(router, 'match')}
/** Finds the template of a path. */
export const findTemplate = (path) => match('', path)
`
}

export const ROUTER_TYPES = `/** A path template of the spec and the values of its parameters, as they stand in the path. */
export interface FoundTemplate {
  data: string
  params?: Record<string, string>
}

/** Finds the template that a path (without query; one trailing slash is allowed) fits; literal segments win. */
export declare function findTemplate(path: string): FoundTemplate | undefined
`

/**
 * From the spec's notation to the router's.
 * @param {string} template
 */
function toPattern(template) {
  return template.replaceAll(/\{(\w+)\}/g, ':$1')
}
