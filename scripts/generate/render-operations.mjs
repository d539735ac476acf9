// @ts-check
// Renders operations.ts: one entry per operationId with method, path, parameters, bodies and statuses, so that no
// other file needs to spell any of them.
import { literal } from './literal.mjs'

/** @typedef {import('./read-operations.mjs').Operation} Operation */

/**
 * @param {readonly Operation[]} operations
 * @returns {string}
 */
export function renderOperations(operations) {
  const entries = operations.map((operation) => `  ${operation.id}: ${literal(entryOf(operation), 2)},\n`)
  const answers = operations.map((operation) => `  ${operation.id}: ${literal(answersOf(operation), 2)},\n`)
  const tags = Object.fromEntries(operations.map(({ id, tag }) => [id, tag]))
  return `${DECLARATIONS}
/** Every operation of the spec by its operationId. */
export const operations = {
${entries.join('')}} as const satisfies Record<string, OperationEntry>

/** The tag of every operation; apart, since pages need none of it. */
export const tags = ${literal(tags, 0)} as const satisfies Record<string, string>

/** Every declared answer by operationId and status; apart, since code that makes no judgement needs none of it. */
export const responses = {
${answers.join('')}} as const satisfies Record<string, Readonly<Record<number, OperationResponse>>>

export type OperationId = keyof typeof operations
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
function entryOf({ id, method, path, parameters, requestBody, responses, location }) {
  const inQuery = parameters.filter((parameter) => parameter.in === 'query')
  return {
    id,
    method,
    path,
    queryParameters: inQuery.map(queryParameterOf),
    requestBody: requestBody && { required: requestBody.required, isFree: requestBody.isFree || undefined },
    isIdentified: responses.some(({ status }) => status === 401),
    isNegotiated: responses.some(({ status }) => status === 406),
    success: responses.find(({ status }) => status >= 200 && status < 300)?.status,
    location: location ?? undefined,
  }
}

/** @param {Operation} operation */
function answersOf({ responses }) {
  return Object.fromEntries(responses.map(({ status, body, headers }) => [status, { hasBody: body !== null, headers }]))
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
}

/** What the spec says about one operation; header parameters are left out, those of the path are named in it. */
export interface OperationEntry {
  readonly id: string
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'OPTIONS' | 'HEAD' | 'PATCH' | 'TRACE'
  readonly path: string
  readonly queryParameters: readonly QueryParameter[]
  /** Always JSON. */
  readonly requestBody: null | {
    readonly required: boolean
    /** Whether it is any object, as a whole: then null is one that is none. */
    readonly isFree?: true
  }
  /** Whether it asks who is calling: it declares 401. */
  readonly isIdentified: boolean
  /** Whether it judges the media types of requests: it declares 406. */
  readonly isNegotiated: boolean
  /** The first success that it declares. */
  readonly success: number
  /** The path that \`Location\` names; its last parameter is what was made, the others are the request's own. */
  readonly location?: string
}

/** A refusal: its status, its shape, and its words with \`{placeholders}\`. */
export interface Refusal {
  readonly answer: number
  /** Whether it comes as a list of errors, which has no code. */
  readonly isList?: true
  readonly say: string
  /** The placeholders that whoever refuses must fill. */
  readonly details: readonly string[]
}
`
