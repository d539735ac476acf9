// @ts-check
// Renders carried.ts: for each request that feeds a resource, the fields that travel from the one to the other.
import { keyText, literal } from './literal.mjs'

/**
 * @param {readonly import('./read-carried.mjs').Feed[]} feeds
 * @returns {string}
 */
export function renderCarried(feeds) {
  const entries = feeds.map(({ source, fields }) => `  ${keyText(source)}: ${literal(fields, 2)},\n`)
  const types = feeds.map(
    ({ source, target, fields, certain }) =>
      `  ${keyText(source)}: {\n    from: Schemas['${source}']\n    gives: ${givesType(target, fields, certain)}\n  }\n`,
  )
  return `import type { components } from './api-types.js'
${DECLARATIONS}
type Schemas = components['schemas']

/** What each request is and gives. */
export interface Feeds {
${types.join('')}}

/** The fields that each request shares with the resource that it feeds. */
export const carried: Readonly<Record<keyof Feeds, readonly CarriedField[]>> = {
${entries.join('')}}
`
}

/**
 * @param {string} target
 * @param {readonly { name: string }[]} fields
 * @param {readonly string[]} certain
 */
function givesType(target, fields, certain) {
  const pick = (/** @type {readonly string[]} */ names) =>
    `Pick<Schemas['${target}'], ${names.map((name) => `'${name}'`).join(' | ')}>`
  const others = fields.map(({ name }) => name).filter((name) => !certain.includes(name))
  const parts = [
    ...(certain.length === 0 ? [] : [pick(certain)]),
    ...(others.length === 0 ? [] : [`Partial<${pick(others)}>`]),
  ]
  return parts.length === 0 ? 'object' : parts.join(' & ')
}

const DECLARATIONS = `
/** A field that travels. */
export interface CarriedField {
  readonly name: string
  /** Default: a plain value, as it is. */
  readonly as?: Way
  /** What stands for it when it was not given. */
  readonly default?: unknown
  /** Left out when it has no members. */
  readonly omitEmpty?: true
}

/**
 * How a value travels: \`json\` is the caller's own and stays as it is, \`uuid\` comes out in lower case, \`trim\` without
 * the white space around it; objects, lists and maps part by part.
 */
export type Way =
  | 'json'
  | 'uuid'
  | 'trim'
  | { readonly fields: readonly CarriedField[] }
  | { readonly items: Way }
  | { readonly keys?: Way; readonly values?: Way }
`
