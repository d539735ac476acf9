// @ts-check
// Renders api-types.ts: the types of every path, operation and component, as openapi-typescript prints them; and
// named-types.ts: the schemas by their names, for people who import the package.
import openapiTS, { astToString } from 'openapi-typescript'
import { isObject, objectOf } from './load-spec.mjs'
import { markOf } from './versions.mjs'
import { SpecError } from './spec-error.mjs'

/**
 * @param {import('./load-spec.mjs').Spec} spec
 * @returns {Promise<string>}
 */
export async function renderSchema(spec) {
  // Plain JSON, so that the printer sees the document and not our object, and x-lifecycle stays out of the types.
  const { 'x-lifecycle': _, ...openapi } = spec.document
  const nodes = await openapiTS(JSON.stringify(told(openapi)), {
    alphabetize: false,
    defaultNonNullable: false,
    emptyObjectsUnknown: true,
    silent: true,
  }).catch((/** @type {unknown} */ error) => {
    const reason = error instanceof Error ? error.message : String(error)
    throw new SpecError([
      { place: [], problem: `no types can be made: ${reason}.`, fix: 'make the document valid OpenAPI 3.1.' },
    ])
  })
  return document(astToString(nodes).replaceAll(/@description (@since|@until)/g, '$1'))
}

/**
 * The document with what its marks say in the descriptions, which become docstrings.
 * @param {unknown} value
 * @returns {unknown}
 */
function told(value) {
  if (Array.isArray(value)) return value.map(told)
  if (!isObject(value)) return value
  const members = Object.fromEntries(Object.entries(value).map(([key, member]) => [key, told(member)]))
  const { since, until } = markOf(value)
  const tags = [since && `@since Opik ${since}`, until && `@until Opik ${until}`].filter((tag) => tag !== undefined)
  if (tags.length === 0) return members
  const words = typeof value.description === 'string' ? [value.description.trimEnd()] : []
  return { ...members, description: [...words, ...tags].join('\n') }
}

/** What the three types that users import by name are for. */
const ABOUT = {
  paths:
    'Every path of the API with its methods, as openapi-typescript writes them: for `createClient<paths>()` of openapi-fetch.',
  components: 'Schemas, answers and parameters of the spec by name; the bodies among them have types of their own.',
  operations: 'Every operation of the API by its operationId: parameters, bodies and answers.',
}

/** @param {string} code */
function document(code) {
  return Object.entries(ABOUT).reduce(
    (text, [name, about]) => text.replace(`export interface ${name} {`, `/** ${about} */\n$&`),
    code,
  )
}

/**
 * @param {import('./load-spec.mjs').Spec} spec
 * @returns {string}
 */
export function renderNamedTypes({ document: { paths, components } }) {
  const { schemas } = objectOf(components)
  const operations = Object.values(objectOf(paths)).flatMap((item) => Object.values(objectOf(item)).map(objectOf))
  /** @param {string} name @param {(operation: import('./load-spec.mjs').JsonObject) => unknown} partOf */
  const users = (name, partOf) =>
    operations
      .filter((operation) =>
        JSON.stringify(partOf(operation) ?? '').includes(`{"$ref":"#/components/schemas/${name}"}`),
      )
      .map(({ operationId }) => operationId)
      .join(', ')
  const types = Object.entries(objectOf(schemas)).map(([name, schema]) => {
    const taken = users(name, ({ requestBody }) => requestBody)
    const answered = users(name, ({ responses }) => objectOf(responses)['200'] ?? objectOf(responses)['201'])
    const use = taken === '' ? `What ${answered} answers.` : `The body of ${taken}.`
    const said = objectOf(schema).description
    const about = typeof said === 'string' ? said.trim() : taken + answered === '' ? `The schema ${name}.` : use
    return `/** ${about} */\nexport type ${name} = components['schemas']['${name}']\n`
  })
  return `import type { components } from './api-types.js'\n\n${types.join('')}`
}
