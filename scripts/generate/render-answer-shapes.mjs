// @ts-check
// Renders answer-shapes.ts: which fields the spec knows in the answer of each operation, and which of them are times, so
// that whoever compares two answers leaves out what the spec says nothing about.
import { literal } from './literal.mjs'
import { isObject, objectOf, resolveReference } from './load-spec.mjs'
import { SpecError } from './spec-error.mjs'

/** @typedef {import('./load-spec.mjs').Spec} Spec */

const DEEPEST = 12

/**
 * @param {Spec} spec
 * @param {readonly import('./read-operations.mjs').Operation[]} operations
 * @returns {string}
 */
export function renderAnswerShapes(spec, operations) {
  const entries = operations.flatMap(({ id, responses }) => {
    const body = responses.find((response) => response.status < 300)?.body ?? null
    return body === null ? [] : [`  ${id}: ${literal(shapeOf(spec, body.schema, body.place), 2)},\n`]
  })
  return `import type { OperationId } from './operations.js'
${DECLARATIONS}
/** The body with which every operation answers that succeeds, where it has one. */
export const answerShapes: Readonly<Partial<Record<OperationId, AnswerShape>>> = {
${entries.join('')}}
`
}

/**
 * @param {Spec} spec
 * @param {unknown} schema
 * @param {import('./load-spec.mjs').Place} place
 * @param {number} [depth]
 * @returns {Record<string, unknown>}
 */
function shapeOf(spec, schema, place, depth = 0) {
  if (depth > DEEPEST) {
    const problem = `answers nest deeper than ${DEEPEST} schemas here.`
    throw new SpecError([{ place: [...place], problem, fix: 'end the schema; one that contains itself is not read.' }])
  }
  const resolved = resolveReference(spec, schema)
  const inner = (/** @type {unknown} */ part) => shapeOf(spec, part, place, depth + 1)
  // Of alternatives one has fields; the others are null.
  const [only] = listOf(resolved.oneOf ?? resolved.anyOf).filter((part) => resolveReference(spec, part).type !== 'null')
  if (only !== undefined) return inner(only)
  const inherited = listOf(resolved.allOf).map((part) => objectOf(inner(part).fields))
  const own = Object.entries(objectOf(resolved.properties)).map(([name, part]) => [name, inner(part)])
  const fields = Object.assign({}, ...inherited, Object.fromEntries(own))
  return {
    ...(resolved.format === 'date-time' ? { isTime: true } : {}),
    ...(Object.keys(fields).length === 0 ? {} : { fields }),
    ...(isObject(resolved.items) ? { items: inner(resolved.items) } : {}),
  }
}

/** @param {unknown} value */
function listOf(value) {
  return Array.isArray(value) ? value : []
}

const DECLARATIONS = `
/** One place of an answer. Without fields and items it is a value, or holds any JSON. */
export interface AnswerShape {
  readonly fields?: Readonly<Record<string, AnswerShape>>
  readonly items?: AnswerShape
  readonly isTime?: true
}
`
