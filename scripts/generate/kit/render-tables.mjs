// @ts-check
// Writes the tables of options, files and calls into the documents, between `<!-- kit: NAME -->` and `<!-- end -->`.
import { isObject, objectOf } from '../load-spec.mjs'
import { SpecError } from '../spec-error.mjs'

/** @typedef {import('./read-kit.mjs').Kit} Kit */

const REGION = /<!-- kit: ([\w ]+) -->\n[^]*?<!-- end -->/g
const OWN = '#/components/schemas/'

/**
 * A document with its regions as they should be.
 * @param {string} text
 * @param {Kit} kit
 */
export function withTables(text, kit) {
  return text.replaceAll(REGION, (_, what) => `<!-- kit: ${what} -->\n\n${render(what, kit)}\n<!-- end -->`)
}

/**
 * @param {string} what
 * @param {Kit} kit
 */
function render(what, kit) {
  if (what === 'admin API') return adminTable(kit)
  const schema = kit.schemas[what]
  if (schema === undefined) {
    throw new SpecError([
      { place: [], problem: `a document wants the table ${what}.`, fix: 'name a schema of kit.yaml.' },
    ])
  }
  if (Array.isArray(schema.anyOf)) return kindTable(schema.anyOf, kit)
  return schema['x-command'] === undefined ? memberTable(what, schema, kit) : flagTable(schema)
}

/**
 * @param {string} name
 * @param {import('../load-spec.mjs').JsonObject} schema
 * @param {Kit} kit
 */
function memberTable(name, schema, kit) {
  const own = new Set(kit.ownMembers(name))
  const isShown = (/** @type {string} */ member) => own.has(member) || name.startsWith('Scenario')
  const rows = Object.entries(objectOf(schema.properties))
    .filter(([member]) => isShown(member))
    .map(([member, value]) => {
      const part = objectOf(value)
      return [code(member), takes(part, kit), describe(part, kit), defaultOf(part)]
    })
  const hasDefaults = rows.some((row) => row[3] !== '')
  return table(
    ['member', 'takes', 'means', 'default'].slice(0, hasDefaults ? 4 : 3),
    rows.map((row) => row.slice(0, hasDefaults ? 4 : 3)),
  )
}

/**
 * What is told apart by `type`: one line for each kind, with the members that only it has.
 * @param {readonly unknown[]} choices
 * @param {Kit} kit
 */
function kindTable(choices, kit) {
  const kinds = choices.map((choice) => String(objectOf(choice).$ref).slice(OWN.length))
  const rows = kinds.map((kind) => {
    const schema = objectOf(kit.schemas[kind])
    const [type, ...members] = kit.ownMembers(kind)
    const { const: only, ...part } = objectOf(objectOf(schema.properties)[type ?? ''])
    return [
      only === undefined ? takes(part, kit) : code(String(only)),
      describe(schema, kit),
      members.map(code).join(', '),
    ]
  })
  return table(['type', 'tells', 'members'], rows)
}

/** @param {import('../load-spec.mjs').JsonObject} schema */
function flagTable(schema) {
  const rows = Object.values(objectOf(schema.properties)).map((value) => {
    const { 'x-flag': flag, description } = objectOf(value)
    return [code(String(flag)), String(description), defaultOf(objectOf(value))]
  })
  return table(['option', 'what it does', 'default'], rows)
}

/** @param {Kit} kit */
function adminTable({ paths }) {
  const rows = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(objectOf(methods)).flatMap(([method, operation]) => {
      const { summary, parameters, requestBody, 'x-internal': isInternal } = objectOf(operation)
      if (isInternal === true) return []
      const query = (Array.isArray(parameters) ? parameters : []).map(objectOf).filter((each) => each.in === 'query')
      const shown = query.length === 0 ? '' : `?${query.map(({ name }) => name).join('&')}`
      return [
        [
          code(`${method.toUpperCase()} ${path.replace('{id}', ':id')}`),
          code(shown),
          isObject(requestBody) ? bodyName(requestBody) : '',
          String(summary),
        ],
      ]
    }),
  )
  return table(['call', 'query', 'body', 'does'], rows)
}

/** @param {import('../load-spec.mjs').JsonObject} requestBody */
function bodyName(requestBody) {
  const { $ref } = objectOf(objectOf(objectOf(requestBody.content)['application/json']).schema)
  return code(String($ref).split('/').at(-1) ?? '')
}

/**
 * @param {import('../load-spec.mjs').JsonObject} schema
 * @param {Kit} kit
 * @returns {string}
 */
function takes(schema, kit) {
  if (typeof schema['x-takes'] === 'string') return schema['x-takes']
  if (schema['x-function'] !== undefined) return 'a function'
  if (typeof schema['x-instance'] === 'string') return code(schema['x-instance'])
  if (typeof schema.$ref === 'string') return takes(objectOf(kit.schemas[schema.$ref.slice(OWN.length)]), kit)
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => code(String(value))).join(', ')
  const { type, minimum, maximum } = schema
  if (type === 'integer' || type === 'number') {
    if (minimum === undefined) return type === 'integer' ? 'whole number' : 'number'
    return maximum === undefined ? `${minimum} or more` : `${minimum} to ${maximum}`
  }
  if (type === 'boolean') return '`true`, `false`'
  if (type === 'string') return 'text'
  if (type === 'array') return `list of ${takes(objectOf(schema.items), kit)}`
  return type === 'object' ? 'object' : 'JSON'
}

/**
 * @param {import('../load-spec.mjs').JsonObject} schema
 * @param {Kit} kit
 * @returns {string}
 */
function describe(schema, kit) {
  const { description, $ref } = schema
  if (typeof description === 'string') return description.replace(/\.$/, '')
  return typeof $ref === 'string' ? describe(objectOf(kit.schemas[$ref.slice(OWN.length)]), kit) : ''
}

/** @param {import('../load-spec.mjs').JsonObject} schema */
function defaultOf({ default: value, 'x-default': said }) {
  if (typeof said === 'string') return said
  return value === undefined ? '' : typeof value === 'number' ? String(value) : code(String(value))
}

/** @param {string} text */
function code(text) {
  return text === '' ? '' : `\`${text}\``
}

/**
 * Columns as wide as their widest cell, as the formatter wants them.
 * @param {readonly string[]} columns
 * @param {readonly (readonly string[])[]} rows
 */
function table(columns, rows) {
  const cells = [columns, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')))
  const widths = columns.map((_, at) => Math.max(3, ...cells.map((row) => row[at]?.length ?? 0)))
  const line = (/** @type {readonly string[]} */ row) =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |\n`
  const [head = [], ...body] = cells
  return `${line(head)}${line(widths.map((width) => '-'.repeat(width)))}${body.map(line).join('')}`
}
