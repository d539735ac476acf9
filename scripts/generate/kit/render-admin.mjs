// @ts-check
// Renders the admin API's operations as a table: path, method, what its query may hold and the form of its body.
import { keyText } from '../literal.mjs'
import { isObject, objectOf } from '../load-spec.mjs'
import { formOf, placeSchemas, print } from './render-forms.mjs'

/**
 * @param {import('./read-kit.mjs').Kit} kit
 * @returns {string}
 */
export function renderAdmin(kit) {
  const places = placeSchemas(kit)
  /** @type {Set<string>} */
  const used = new Set()
  const paths = Object.entries(kit.paths).map(([path, methods]) => {
    const lines = Object.entries(objectOf(methods)).map(([method, operation]) => {
      return `    ${method.toUpperCase()}: ${operationText(kit, objectOf(operation), used)},\n`
    })
    return `  ${keyText(path.replace('{id}', ':id'))}: {\n${lines.join('')}  },\n`
  })
  const imports = ['page', 'later', 'node'].flatMap((part) => {
    const names = [...used].filter((name) => places.get(name) === part).toSorted()
    return names.length === 0 ? [] : [`import { ${names.join(', ')} } from './kit-${part}.js'\n`]
  })
  const ids = paths.some((text) => text.includes('operationIds'))
    ? "import { operationIds } from './operations.js'\n"
    : ''
  return `import type { Form } from './kit-form.js'
${imports.join('')}${ids}
/** One operation of the admin API. */
export interface AdminOperation {
  readonly id: AdminOperationId
  /** Its query parameters by name. */
  readonly query: Readonly<Record<string, Form>>
  /** The form of its body; undefined where none is read. */
  readonly body: Form | undefined
  /** Whether it must have one. */
  readonly needsBody: boolean
}

/** Ids of the operations. */
export type AdminOperationId =
${idsOf(kit)
  .map((id) => `  | '${id}'`)
  .join('\n')}

/** Every operation by path and method; \`:id\` stands for one segment. */
export const adminOperations: Readonly<Record<string, Readonly<Record<string, AdminOperation>>>> = {
${paths.join('')}}
`
}

/** @param {import('./read-kit.mjs').Kit} kit */
function idsOf(kit) {
  return Object.values(kit.paths).flatMap((methods) =>
    Object.values(objectOf(methods)).map((operation) => String(objectOf(operation).operationId)),
  )
}

/**
 * @param {import('./read-kit.mjs').Kit} kit
 * @param {import('../load-spec.mjs').JsonObject} operation
 * @param {Set<string>} used Gains the names of forms.
 */
function operationText({ schemas }, operation, used) {
  const parameters = Array.isArray(operation.parameters) ? operation.parameters.map(objectOf) : []
  const query = Object.fromEntries(
    parameters.filter((each) => each.in === 'query').map((each) => [String(each.name), formOf(each.schema, schemas)]),
  )
  const body = objectOf(operation.requestBody)
  const schema = objectOf(objectOf(objectOf(body.content)['application/json']).schema)
  const name = typeof schema.$ref === 'string' ? schema.$ref.split('/').at(-1) : undefined
  if (name !== undefined) used.add(name)
  const members = [
    `id: '${String(operation.operationId)}'`,
    `query: ${print(query, 6)}`,
    `body: ${isObject(operation.requestBody) ? name : 'undefined'}`,
    `needsBody: ${body.required === true}`,
  ]
  return `{\n${members.map((member) => `      ${member},\n`).join('')}    }`
}
