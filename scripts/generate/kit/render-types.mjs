// @ts-check
// Renders the types of the kit's schemas and of the admin API, as openapi-typescript prints them.
import openapiTS, { astToString, stringToAST } from 'openapi-typescript'
import { isObject } from '../load-spec.mjs'

/**
 * @param {import('./read-kit.mjs').Kit} kit
 * @returns {Promise<string>}
 */
export async function renderKitTypes({ paths, schemas }) {
  const document = { openapi: '3.1.0', info: { title: 'kit', version: '1' }, paths, components: { schemas } }
  const nodes = await openapiTS(JSON.stringify(withoutReferenceSiblings(document)), {
    alphabetize: false,
    defaultNonNullable: false,
    emptyObjectsUnknown: true,
    silent: true,
    transform(schema) {
      if ('x-function' in schema) return typeNode('(...given: never[]) => unknown')
      if ('x-instance' in schema) return typeNode(INSTANCES[String(schema['x-instance'])] ?? 'object')
      return undefined
    },
  })
  return astToString(nodes)
}

/** @type {Record<string, string>} */
const INSTANCES = { Set: 'ReadonlySet<string>' }
for (const name of ['Date', 'URL', 'Uint8Array', 'AbortSignal']) INSTANCES[name] = name

/** @param {string} text */
function typeNode(text) {
  const [statement] = /** @type {any[]} */ (stringToAST(`type T = ${text}`))
  return statement.type
}

/**
 * A description beside a reference would become a second, empty type.
 * @param {unknown} value
 * @returns {unknown}
 */
function withoutReferenceSiblings(value) {
  if (Array.isArray(value)) return value.map(withoutReferenceSiblings)
  if (!isObject(value)) return value
  if (typeof value.$ref === 'string') return { $ref: value.$ref }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutReferenceSiblings(member)]))
}
