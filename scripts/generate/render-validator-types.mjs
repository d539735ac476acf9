// @ts-check
// Renders the declarations that stand beside the validator modules: each validator is a type guard for the very type
// that api-types.ts gives the body.
import { keyText } from './literal.mjs'

/** @typedef {import('./read-operations.mjs').Operation} Operation */

/** validator.ts: what every validator is. */
export const VALIDATOR_TYPES = `/** One way in which a value breaks a schema. */
export interface SchemaErrorObject {
  /** JSON pointer to the offending value. */
  instancePath: string
  /** Pointer to the broken rule, from the root of the spec; request validators leave it out. */
  schemaPath?: string | undefined
  keyword: string
  params: Record<string, unknown>
  /** Set when it comes behind so many others that only its keyword is told. */
  isFurther?: true
}

/**
 * Tells whether a value has the type; when it has not, \`errors\` says why until the next call. The validators of requests
 * take away, on the way, the fields that are null and must not be.
 */
export interface Validator<T = unknown> {
  (value: unknown): value is T
  errors?: SchemaErrorObject[] | null
}
`

const IMPORTS = `import type { components, operations } from './api-types.js'
import type { Validator } from './validator.js'
`

/**
 * @param {readonly Operation[]} operations
 * @param {string} name
 * @returns {string}
 */
export function renderRequestTypes(operations, name) {
  const members = operations.flatMap(({ id, requestBody }) => {
    if (!requestBody) return []
    const body = `operations['${id}']['requestBody']`
    const content = requestBody.required ? body : `NonNullable<${body}>`
    return [`  ${id}: Validator<${content}['content']['application/json']>\n`]
  })
  return `${importsFor(members)}
/** The validator of each of these operations that takes a body. */
export declare const ${name}: {
${members.join('')}}
`
}

/**
 * @param {readonly Operation[]} operations
 * @returns {string}
 */
export function renderResponseTypes(operations) {
  const members = operations.map(({ id, responses }) => {
    const statuses = responses.map(({ status, body }) => {
      const content = `operations['${id}']['responses'][${status}]['content']['${body?.media ?? ''}']`
      return `    ${status}: ${body ? `Validator<${content}>` : 'null'}\n`
    })
    return `  ${id}: {\n${statuses.join('')}  }\n`
  })
  return `${importsFor(members)}
/** The validator of each declared answer; null where it has no body. */
export declare const responseBodies: {
${members.join('')}}
`
}

/**
 * @param {readonly string[]} names
 * @returns {string}
 */
export function renderComponentTypes(names) {
  const members = names.map((name) => `  ${keyText(name)}: Validator<components['schemas']['${name}']>\n`)
  return `${importsFor(members)}
/** The validator of each named schema. */
export declare const componentValidators: {
${members.join('')}}

export type SchemaName = keyof typeof componentValidators
`
}

/** @param {readonly string[]} members */
function importsFor(members) {
  const used = ['components', 'operations'].filter((name) => members.some((member) => member.includes(`${name}['`)))
  return IMPORTS.replace('components, operations', used.join(', '))
}
