// @ts-check
// Renders the forms: what decides of each schema of the kit, as one table for each part of the package that needs it; and
// the admin API's operations as a table: path, method, what its query may hold and the form of its body.
import { keyText, literal } from '../literal.mjs'
import { isObject, objectOf } from '../load-spec.mjs'
import { SpecError } from '../spec-error.mjs'

/** @typedef {import('./read-kit.mjs').Kit} Kit */

/** Parts, each of which may use those before it; `command` uses none, so that a command loads little at its start. */
const PARTS = ['page', 'later', 'node', 'mcp', 'command']
const KEPT = new Set(
  'type enum const properties required minProperties additionalProperties propertyNames items minItems maxItems minLength maxLength pattern format minimum maximum anyOf $ref'.split(
    ' ',
  ),
)
const UNREAD = new Set(
  'allOf oneOf not if patternProperties dependentRequired uniqueItems multipleOf exclusiveMinimum exclusiveMaximum contains'.split(
    ' ',
  ),
)
const SAID = [
  ...['says', 'code', 'secret', 'instance', 'description'],
  ...['command', 'summary', 'argument', 'flag', 'initial', 'usual', 'env', 'conflicts', 'hidden'],
]
const OWN = '#/components/schemas/'

/**
 * @param {Kit} kit
 * @returns {Map<string, string>} TypeScript by part.
 */
export function renderForms(kit) {
  const places = placeSchemas(kit)
  return new Map(PARTS.map((part) => [part, renderPart(kit, part, places)]))
}

/**
 * The part in which each schema stands; what is borrowed stands in the first that needs it.
 * @param {Kit} kit
 */
function placeSchemas({ schemas, own }) {
  /** @type {Map<string, string>} */
  const places = new Map()
  const visit = (/** @type {string} */ name, /** @type {string} */ part) => {
    if (places.has(name)) return
    const schema = schemas[name]
    if (schema === undefined) return
    places.set(name, part)
    for (const used of referencesIn(schema)) visit(used, part)
  }
  for (const part of PARTS) {
    for (const name of own) if (schemas[name]?.['x-part'] === part) visit(name, part)
  }
  return places
}

/**
 * @param {Kit} kit
 * @param {string} part
 * @param {Map<string, string>} places
 */
function renderPart(kit, part, places) {
  const isOfCommands = part === 'command'
  const here = Object.keys(kit.schemas).filter(
    (name) => places.get(name) === part && (!isOfCommands || kit.schemas[name]?.['x-command'] !== undefined),
  )
  const isDescribed = part === 'mcp' || isOfCommands
  const forms = inOrder(here, kit.schemas).map((name) => {
    const { description } = objectOf(kit.schemas[name])
    const comment = typeof description === 'string' && !isDescribed ? `/** ${description.trim()} */\n` : ''
    const whole = isOfCommands ? withoutReferences(kit.schemas[name], kit.schemas) : kit.schemas[name]
    const schema = isDescribed ? described(whole) : whole
    const kind = isOfCommands ? 'CommandForm' : 'FormOf'
    const type = kit.own.includes(name) ? `${kind}<Types.${name}>` : 'OptionSchema'
    return `${comment}export const ${name}: ${type} = ${print(formOf(schema, kit.schemas))}\n`
  })
  const outlines = kit.own
    .filter((name) => kit.schemas[name]?.['x-outline'] === part)
    .map((name) => {
      const outline = outlineOf(kit.schemas[name], kit.schemas)
      return `/** As much of it as nothing can be done without. */\nexport const ${name}Outline: OptionSchema = ${print(outline)}\n`
    })
  const text = [...forms, ...outlines].join('\n')
  const code = text.replaceAll(/'(?:[^'\\]|\\.)*'|\/\*\*.*\*\//g, '').replaceAll(/\w+: (?=\{)|\w+:(?=:)/g, '')
  const used = Object.keys(kit.schemas).filter((name) => new RegExp(`(: |\\[|, )${name}\\b(?!:)`).test(code))
  const imports = PARTS.slice(0, PARTS.indexOf(part)).flatMap((each) => {
    const names = used.filter((name) => places.get(name) === each).toSorted()
    return names.length === 0 ? [] : [`import { ${names.join(', ')} } from './kit-${each}.js'\n`]
  })
  const tables = [
    /(properties: |\{\}, )settings\b/.test(text) ? "import { settings } from './lifecycle-tables.js'\n" : '',
    text.includes('enum: operationIds') ? "import { operationIds } from './operations.js'\n" : '',
  ]
  const form = isOfCommands ? 'CommandForm' : text.includes(': OptionSchema =') ? 'FormOf, OptionSchema' : 'FormOf'
  return `import type { ${form} } from './kit-form.js'\nimport type * as Types from './kit-schema.js'\n${imports.join('')}${tables.join('')}\n${text}`
}

/**
 * A schema whose form keeps its descriptions: clients read those of tools while they run.
 * @param {unknown} value
 * @returns {unknown}
 */
function described(value) {
  if (Array.isArray(value)) return value.map(described)
  if (!isObject(value)) return value
  const parts = Object.entries(value).map(([key, member]) => [key, described(member)])
  const { description, 'x-flag': flag, default: initial, 'x-default': usual } = value
  return {
    ...Object.fromEntries(parts),
    ...(typeof description === 'string' && { 'x-description': description.trim() }),
    ...(flag !== undefined && { 'x-initial': initial, 'x-usual': usual }),
  }
}

/**
 * A schema with what it refers to in its place.
 * @param {unknown} value
 * @param {Kit['schemas']} schemas
 * @returns {unknown}
 */
function withoutReferences(value, schemas) {
  if (Array.isArray(value)) return value.map((item) => withoutReferences(item, schemas))
  if (!isObject(value)) return value
  const { $ref, ...own } = value
  const named = typeof $ref === 'string' ? objectOf(schemas[$ref.slice(OWN.length)]) : {}
  return Object.fromEntries(
    Object.entries({ ...named, ...own }).map(([key, member]) => [key, withoutReferences(member, schemas)]),
  )
}

/**
 * What a schema refers to comes first.
 * @param {readonly string[]} names
 * @param {Kit['schemas']} schemas
 */
function inOrder(names, schemas) {
  /** @type {string[]} */
  const order = []
  const visit = (/** @type {string} */ name) => {
    if (order.includes(name) || !names.includes(name)) return
    for (const used of referencesIn(schemas[name])) visit(used)
    order.push(name)
  }
  names.forEach(visit)
  return order
}

/**
 * @param {unknown} value
 * @returns {string[]}
 */
function referencesIn(value) {
  if (Array.isArray(value)) return value.flatMap(referencesIn)
  if (!isObject(value)) return []
  const own = typeof value.$ref === 'string' ? [value.$ref.slice(OWN.length)] : []
  return [...own, ...Object.values(value).flatMap(referencesIn)]
}

/**
 * The objects and lists of a schema with what they must have, without what is in their members.
 * @param {unknown} value
 * @param {Kit['schemas']} schemas
 * @returns {Record<string, unknown> | undefined} undefined where nothing is left.
 */
function outlineOf(value, schemas) {
  const schema = objectOf(value)
  if (typeof schema.$ref === 'string') return outlineOf(schemas[schema.$ref.slice(OWN.length)], schemas)
  if (schema['x-settings'] === 'all') return objectOf(formOf(schema, schemas))
  const { type, required, properties, additionalProperties, items } = schema
  if (schema.const !== undefined) return { const: schema.const }
  if (type !== 'object' && type !== 'array') return undefined
  const inner = Object.entries(objectOf(properties)).flatMap(([name, part]) => {
    const outline = outlineOf(part, schemas)
    return outline === undefined ? [] : [[name, outline]]
  })
  return {
    type,
    ...(required === undefined ? {} : { required }),
    ...(inner.length === 0 ? {} : { properties: Object.fromEntries(inner) }),
    ...onlyDefined('additionalProperties', outlineOf(additionalProperties, schemas)),
    ...onlyDefined('items', outlineOf(items, schemas)),
  }
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function onlyDefined(name, value) {
  return value === undefined ? {} : { [name]: value }
}

/** Text that is code, not a literal. */
class Code {
  /** @param {string} text */
  constructor(text) {
    this.text = text
  }
}

/**
 * What decides of a schema.
 * @param {unknown} schema
 * @param {Kit['schemas']} schemas
 * @returns {unknown}
 */
function formOf(schema, schemas) {
  if (!isObject(schema)) return schema
  const says = SAID.flatMap((name) => (schema[`x-${name}`] === undefined ? [] : [[name, schema[`x-${name}`]]]))
  if (schema['x-function'] !== undefined) says.push(['instance', 'function'])
  if (typeof schema.$ref === 'string') {
    const name = schema.$ref.slice(OWN.length)
    // A spread would keep bundlers from leaving out unused code.
    return says.length === 0
      ? new Code(name)
      : { ...objectOf(formOf(schemas[name], schemas)), ...Object.fromEntries(says) }
  }
  const stranger = Object.keys(schema).find((key) => UNREAD.has(key))
  if (stranger !== undefined) {
    const problem = `the kit's forms know no ${stranger}, which a schema that they need has.`
    throw new SpecError([{ place: [], problem, fix: 'say it in other words, or teach it to src/kernel/form.ts.' }])
  }
  const entries = Object.entries(schema).filter(([key]) => KEPT.has(key))
  const form = Object.fromEntries([...entries.map(([key, value]) => [key, memberOf(key, value, schemas)]), ...says])
  if (schema['x-operations'] === true) form.enum = new Code('operationIds')
  if (schema['x-settings'] !== undefined) {
    const others = Object.entries(objectOf(schema.properties)).filter(([, each]) => !objectOf(each)['x-setting'])
    const own = memberOf('properties', Object.fromEntries(others), schemas)
    const more = others.length === 0 ? 'settings' : `/* @__PURE__ */ Object.assign({}, settings, ${print(own, 2)})`
    form.properties = new Code(more)
  }
  if (schema['x-settings'] === 'all') form.required = new Code('/* @__PURE__ */ Object.keys(settings)')
  return form
}

/**
 * @param {string} key
 * @param {unknown} value
 * @param {Kit['schemas']} schemas
 */
function memberOf(key, value, schemas) {
  if (key === 'properties') {
    return Object.fromEntries(Object.entries(objectOf(value)).map(([name, schema]) => [name, formOf(schema, schemas)]))
  }
  if (key === 'anyOf' && Array.isArray(value)) return value.map((choice) => formOf(choice, schemas))
  return ['items', 'additionalProperties', 'propertyNames'].includes(key) ? formOf(value, schemas) : value
}

/**
 * @param {unknown} value
 * @param {number} [indent]
 * @returns {string}
 */
function print(value, indent = 0) {
  if (value instanceof Code) return value.text
  if (!Array.isArray(value) && !isObject(value)) return literal(value)
  const pad = ' '.repeat(indent + 2)
  const parts = Array.isArray(value)
    ? value.map((item) => print(item, indent + 2))
    : Object.entries(value).map(([key, member]) => {
        return `${keyText(key)}: ${print(member, indent + 2)}`
      })
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  const flat = Array.isArray(value) ? `[${parts.join(', ')}]` : parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`
  if (flat.length + indent < 110 && !flat.includes('\n')) return flat
  return `${open}\n${parts.map((part) => `${pad}${part},\n`).join('')}${' '.repeat(indent)}${close}`
}

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
  const imports = PARTS.flatMap((part) => {
    const names = [...used].filter((name) => places.get(name) === part).toSorted()
    return names.length === 0 ? [] : [`import { ${names.join(', ')} } from './kit-${part}.js'\n`]
  })
  const ids = paths.some((text) => text.includes('operationIds'))
    ? "import { operationIds } from './operations.js'\n"
    : ''
  return `import type { OptionSchema } from './kit-form.js'
import type * as kit from './kit-schema.js'
${imports.join('')}${ids}
/** One operation of the admin API. */
export interface AdminOperation {
  readonly id: AdminOperationId
  /** Its query parameters by name. */
  readonly query: Readonly<Record<string, OptionSchema>>
  /** The form of its body; undefined where none is read. */
  readonly body: OptionSchema | undefined
  /** Whether it must have one. */
  readonly needsBody: boolean
  /** The status of its success. */
  readonly success: number
}

/** Ids of the operations. */
export type AdminOperationId =
${idsOf(kit)
  .map((id) => `  | '${id}'`)
  .join('\n')}

/** The bodies of those that read one. */
export interface AdminBodies {
${bodiesOf(kit).join('')}}

/** Every operation by path and method; \`:id\` stands for one segment. */
export const adminOperations: Readonly<Record<string, Readonly<Record<string, AdminOperation>>>> = {
${paths.join('')}}
`
}

/** @param {import('./read-kit.mjs').Kit} kit */
function operationsOf(kit) {
  return Object.values(kit.paths).flatMap((methods) => Object.values(objectOf(methods)).map(objectOf))
}

/** @param {import('./read-kit.mjs').Kit} kit */
function idsOf(kit) {
  return operationsOf(kit).map(({ operationId }) => String(operationId))
}

/** @param {import('./read-kit.mjs').Kit} kit */
function bodiesOf(kit) {
  return operationsOf(kit).flatMap(({ operationId, requestBody }) => {
    const name = bodyNameOf(requestBody)
    const orNone = objectOf(requestBody).required === true ? '' : ' | undefined'
    return name === undefined ? [] : [`  readonly ${String(operationId)}: kit.${name}${orNone}\n`]
  })
}

/**
 * The schema that a body refers to.
 * @param {unknown} requestBody
 */
function bodyNameOf(requestBody) {
  const schema = objectOf(objectOf(objectOf(objectOf(requestBody).content)['application/json']).schema)
  return typeof schema.$ref === 'string' ? schema.$ref.split('/').at(-1) : undefined
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
  const name = bodyNameOf(operation.requestBody)
  if (name !== undefined) used.add(name)
  const members = [
    `id: '${String(operation.operationId)}'`,
    `query: ${print(query, 6)}`,
    `body: ${isObject(operation.requestBody) ? name : 'undefined'}`,
    `needsBody: ${objectOf(operation.requestBody).required === true}`,
    `success: ${Object.keys(objectOf(operation.responses)).find((status) => status.startsWith('2'))}`,
  ]
  return `{\n${members.map((member) => `      ${member},\n`).join('')}    }`
}
