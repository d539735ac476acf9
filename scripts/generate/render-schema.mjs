// @ts-check
// Renders api-types.ts: the types of every path, operation and component, as openapi-typescript prints them; and
// named-types.ts: the schemas by their names. Each schema is declared there, so that editors show its name.
import openapiTS, { astToString } from 'openapi-typescript'
import ts from 'typescript'
import { isObject, objectOf } from './load-spec.mjs'
import { markOf } from './versions.mjs'
import { SpecError } from './spec-error.mjs'

/**
 * @param {import('./load-spec.mjs').Spec} spec
 * @returns {Promise<{ api: string, named: string }>} the texts of the two files
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
  /** @param {ts.Node | ts.Node[]} printed */
  const print = (printed) =>
    astToString(printed)
      .trimEnd()
      .replaceAll(/@description (@since|@until)/g, '$1')
  /** @type {Map<string, string>} */
  const types = new Map()
  for (const [name, property] of schemasOf(nodes)) {
    types.set(name, print(property.type).replaceAll(/components\["schemas"\]\["(\w+)"\]/g, '$1'))
    Object.assign(property, { type: ts.factory.createTypeReferenceNode(`named.${name}`) })
  }
  // `WithRequired`, which types with `allOf` need.
  const isHelper = (/** @type {ts.Node} */ node) => ts.isTypeAliasDeclaration(node) && node.typeParameters !== undefined
  const api = document(print(nodes.filter((node) => !isHelper(node))))
  return {
    api: `import type * as named from './named-types.js'\n\n${api}\n`,
    named: `${print(nodes.filter(isHelper))}\n\n${renderNamedTypes(spec, types)}`,
  }
}

/**
 * The members of `components.schemas`.
 * @param {ts.Node[]} nodes
 * @returns {[string, ts.PropertySignature & { type: ts.TypeNode }][]}
 */
function schemasOf(nodes) {
  /** @type {(members: readonly ts.Node[], name: string) => ts.NodeArray<ts.TypeElement> | undefined} */
  const membersOf = (members, name) => {
    const found = members
      .filter(ts.isPropertySignature)
      .find(({ name: own }) => ts.isIdentifier(own) && own.text === name)
    return found?.type !== undefined && ts.isTypeLiteralNode(found.type) ? found.type.members : undefined
  }
  const components = nodes.filter(ts.isInterfaceDeclaration).find(({ name }) => name.text === 'components')
  return (membersOf(components?.members ?? [], 'schemas') ?? []).flatMap((member) =>
    ts.isPropertySignature(member) && ts.isIdentifier(member.name) && member.type !== undefined
      ? [[member.name.text, Object.assign(member, { type: member.type })]]
      : [],
  )
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
 * @param {ReadonlyMap<string, string>} bodies the types as text
 * @returns {string}
 */
function renderNamedTypes({ document: { paths, components } }, bodies) {
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
    return `/** ${about} */\nexport type ${name} = ${bodies.get(name)}\n`
  })
  return types.join('')
}
