// @ts-check
// Renders the types of the kit's schemas as openapi-typescript prints them: to be read only, and what may be missing may
// be undefined as well, since both are what functions take and tell.
import openapiTS, { astToString, stringToAST } from 'openapi-typescript'
import ts from 'typescript'
import { isObject, objectOf } from '../load-spec.mjs'
import { defaultOf } from './render-tables.mjs'

/**
 * @param {import('./read-kit.mjs').Kit} kit
 * @returns {Promise<string>}
 */
export async function renderKitTypes({ schemas, own }) {
  const parts = Object.entries(schemas).map(([name, schema]) => {
    const ofApi = name.replace(CLOSED, '')
    return own.includes(name) ? [name, schema] : [ofApi, { 'x-type': ofApi }]
  })
  const components = { schemas: Object.fromEntries(parts) }
  const document = { openapi: '3.1.0', info: { title: 'kit', version: '1' }, paths: {}, components }
  const nodes = await openapiTS(JSON.stringify(documented(withoutReferenceSiblings(document))), {
    alphabetize: false,
    defaultNonNullable: false,
    emptyObjectsUnknown: true,
    silent: true,
    immutable: true,
    transform(schema) {
      if ('x-type' in schema) return typeNode(`import('./named-types.js').${String(schema['x-type'])}`)
      if ('x-function' in schema) return typeNode('(...given: never[]) => unknown')
      if ('x-operations' in schema) return typeNode("import('./operations.js').OperationId")
      if ('x-instance' in schema) return typeNode(INSTANCES[String(schema['x-instance'])] ?? 'object')
      const { propertyNames, additionalProperties } = /** @type {Record<string, unknown>} */ ({ ...schema })
      const [names, values] = [propertyNames, additionalProperties].map((part) => objectOf(part).$ref)
      // Only names that are known by name become members of the type.
      if (typeof names !== 'string' || typeof values !== 'string' || !isListed(names, schemas)) return undefined
      return typeNode(`{ readonly [Name in ${typeText(names)}]?: ${typeText(values)} | undefined }`)
    },
    transformProperty({ modifiers, name, questionToken, type }) {
      if (questionToken === undefined || type === undefined) return undefined
      const union = ts.factory.createUnionTypeNode([type, UNDEFINED])
      return ts.factory.createPropertySignature(modifiers, name, questionToken, union)
    },
  })
  return `${astToString(nodes)}\n${own.map((name) => namedType(name, objectOf(schemas[name]))).join('')}`
}

/** What stands before the name of a schema whose form takes no member that it does not name. */
const CLOSED = /^Closed/

const UNDEFINED = ts.factory.createKeywordTypeNode(ts.SyntaxKind.UndefinedKeyword)

/**
 * @param {string} reference
 * @param {import('./read-kit.mjs').Kit['schemas']} schemas
 */
function isListed(reference, schemas) {
  return Array.isArray(schemas[nameIn(reference)]?.enum)
}

/** @param {string} reference */
function typeText(reference) {
  return `components['schemas']['${nameIn(reference)}']`
}

/** @param {string} reference */
function nameIn(reference) {
  return reference.split('/').at(-1) ?? ''
}

/** @type {Record<string, string>} */
const INSTANCES = { Set: 'ReadonlySet<string>' }
for (const name of ['Date', 'URL', 'Uint8Array', 'AbortSignal']) INSTANCES[name] = name

/**
 * @param {string} name
 * @param {import('../load-spec.mjs').JsonObject} schema
 */
function namedType(name, { description }) {
  const comment = typeof description === 'string' ? `/** ${description.trim()} */\n` : ''
  return `${comment}export type ${name} = ${typeText(name)}\n`
}

/** @param {string} text */
function typeNode(text) {
  const [statement] = /** @type {any[]} */ (stringToAST(`type T = ${text}`))
  return statement.type
}

/**
 * What stands beside a reference, but for its description, would become a second, empty type.
 * @param {unknown} value
 * @returns {unknown}
 */
function withoutReferenceSiblings(value) {
  if (Array.isArray(value)) return value.map(withoutReferenceSiblings)
  if (!isObject(value)) return value
  if (typeof value.$ref === 'string') {
    const $ref = value.$ref.replace(/(?<=\/)Closed/, '')
    const { description, default: usual, 'x-default': said } = value
    return { $ref, description, default: usual, 'x-default': said }
  }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutReferenceSiblings(member)]))
}

/**
 * Members with their descriptions as sentences that name the default.
 * @param {unknown} value
 * @returns {unknown}
 */
function documented(value) {
  if (Array.isArray(value)) return value.map(documented)
  if (!isObject(value)) return value
  const parts = Object.fromEntries(Object.entries(value).map(([key, member]) => [key, documented(member)]))
  if (!isObject(parts.properties)) return parts
  const members = Object.entries(parts.properties).map(([name, member]) => {
    const { default: _, ...own } = objectOf(member)
    const said = typeof own.description === 'string' ? own.description.trim() : ''
    const sentence =
      said === '' ? '' : `${said.slice(0, 1).toUpperCase()}${said.slice(1)}${/[.?!]$/.test(said) ? '' : '.'}`
    const usual = defaultOf(objectOf(member))
    const description = [sentence, ...(usual === '' ? [] : [`Default: ${usual}.`])].join(' ').trim()
    return [name, description === '' ? own : { ...own, description }]
  })
  return { ...parts, properties: Object.fromEntries(members) }
}
