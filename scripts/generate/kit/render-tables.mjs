// @ts-check
// Writes the tables of options, files and calls into the documents, between `<!-- kit: NAME -->` and `<!-- end -->`.
// `<!-- kit: ServeCommand with port host -->` shows those members alone.
import { isObject, listOf, objectOf } from '../load-spec.mjs'
import { SpecError } from '../spec-error.mjs'

/** @typedef {import('./read-kit.mjs').Kit} Kit */

const REGION = /<!-- kit: ([\w ]+) -->\n[^]*?<!-- end -->/g
const OWN = '#/components/schemas/'
const ALL_OF = 'all of '
const RULES_FOR = 'client rules for '

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
 * @returns {string}
 */
function render(what, kit) {
  if (what === 'admin API') return adminTable(kit)
  if (what === 'files') return fileTable(kit)
  if (what.startsWith(RULES_FOR)) return ruleTable(what.slice(RULES_FOR.length), kit)
  if (what.startsWith(ALL_OF)) return withParts(what.slice(ALL_OF.length), kit)
  const [name = '', chosen] = what.split(' with ')
  const schema = kit.schemas[name]
  if (schema === undefined) {
    throw new SpecError([
      { place: [], problem: `a document wants the table ${what}.`, fix: 'name a schema of kit.yaml.' },
    ])
  }
  const choices = schema.anyOf ?? schema.oneOf
  if (Array.isArray(choices)) return kindTable(choices.map(objectOf), kit)
  return schema['x-command'] === undefined ? memberTable(what, schema, kit) : flagTable(schema, chosen?.split(' '))
}

/**
 * The table of a schema, and under headings those of all that it is made of.
 * @param {string} name
 * @param {Kit} kit
 */
function withParts(name, kit) {
  /** @type {Set<string>} */
  const parts = new Set()
  const visit = (/** @type {string} */ part) => {
    if (parts.has(part)) return
    parts.add(part)
    referencesIn(kit.schemas[part]).forEach(visit)
  }
  visit(name)
  const sections = [...parts].slice(1).flatMap((part) => {
    const said = `${describe(objectOf(kit.schemas[part]), kit)}.`
    return isNamed(part, kit) ? [`\n### ${part}\n\n${said}\n\n${render(part, kit)}`] : []
  })
  return render(name, kit) + sections.join('')
}

/**
 * @param {unknown} value
 * @returns {string[]}
 */
function referencesIn(value) {
  if (Array.isArray(value)) return value.flatMap(referencesIn)
  if (!isObject(value)) return []
  return typeof value.$ref === 'string' ? [value.$ref.slice(OWN.length)] : referencesIn(Object.values(value))
}

/**
 * Whether tables call a schema by its name: something of the kit's with members that is shown and never given.
 * @param {string} name
 * @param {Kit} kit
 */
function isNamed(name, kit) {
  const { properties, oneOf, 'x-part': part } = objectOf(kit.schemas[name])
  return kit.own.includes(name) && part === undefined && (isObject(properties) || Array.isArray(oneOf))
}

/**
 * @param {string} name
 * @param {import('../load-spec.mjs').JsonObject} schema
 * @param {Kit} kit
 */
function memberTable(name, schema, kit) {
  const own = new Set(kit.ownMembers(name))
  const isGiven = !isNamed(name, kit)
  const required = Array.isArray(schema.required) ? schema.required : []
  const isShown = (/** @type {string} */ member) => own.has(member) || name.startsWith('Scenario')
  const rows = Object.entries(objectOf(schema.properties))
    .filter(([member]) => isShown(member))
    .map(([member, value]) => {
      const part = objectOf(value)
      const means = describe(part, kit)
      if (!isGiven && means === '') throw undescribed(name, member)
      const shown = isGiven || required.includes(member) ? member : `${member}?`
      return [code(shown), takes(part, kit), means, defaultOf(part)]
    })
  const hasDefaults = rows.some((row) => row[3] !== '')
  return table(
    ['member', isGiven ? 'takes' : 'holds', 'means', 'default'].slice(0, hasDefaults ? 4 : 3),
    rows.map((row) => row.slice(0, hasDefaults ? 4 : 3)),
  )
}

/**
 * @param {string} name
 * @param {string} member
 */
function undescribed(name, member) {
  const problem = `${name} of kit.yaml does not say what its member ${member} means.`
  return new SpecError([{ place: [], problem, fix: 'add its description.' }])
}

/**
 * What is told apart by its first member: one line for each kind, with the members that only it has.
 * @param {readonly import('../load-spec.mjs').JsonObject[]} choices
 * @param {Kit} kit
 */
function kindTable(choices, kit) {
  const kinds = choices.map((choice) => {
    if (typeof choice.$ref !== 'string') return { schema: choice, members: Object.keys(objectOf(choice.properties)) }
    const kind = choice.$ref.slice(OWN.length)
    return { schema: objectOf(kit.schemas[kind]), members: kit.ownMembers(kind) }
  })
  const rows = kinds.map(({ schema, members: [kind = '', ...members] }) => [
    takes(objectOf(objectOf(schema.properties)[kind]), kit),
    describe(schema, kit),
    members.map(code).join(', '),
  ])
  return table([kinds[0]?.members[0] ?? '', 'tells', 'members'], rows)
}

/**
 * @param {import('../load-spec.mjs').JsonObject} schema
 * @param {readonly string[]} [chosen] members to show, in this order; all without it
 */
function flagTable(schema, chosen) {
  const members = objectOf(schema.properties)
  const rows = (chosen ?? Object.keys(members)).map((member) => {
    const value = members[member]
    const { 'x-flag': flag, 'x-env': variable, description } = objectOf(value)
    const said = variable === undefined ? description : `${description} (${code(String(variable))})`
    return [code(String(flag)), String(said), defaultOf(objectOf(value))]
  })
  return table(['option', 'what it does', 'default'], rows)
}

/**
 * The JSON Schemas of files, each with the options that read such a file.
 * @param {Kit} kit
 */
function fileTable(kit) {
  const own = kit.own.map((name) => objectOf(kit.schemas[name]))
  const reads = own.flatMap(({ 'x-command': command, properties }) =>
    Object.values(objectOf(properties)).flatMap((flag) => {
      const { 'x-flag': option, 'x-reads': file } = objectOf(flag)
      return file === undefined ? [] : [{ file, option: code(`${command} ${String(option).split(' ')[0]}`) }]
    }),
  )
  const rows = own.flatMap((schema) => {
    const file = schema['x-file']
    if (file === undefined) return []
    const options = reads.filter((each) => each.file === file).map(({ option }) => option)
    return [[code(`${file}.json`), options.join(', '), String(schema.title ?? describe(schema, kit))]]
  })
  return table(['schema', 'read by', 'of'], rows)
}

/** @param {Kit} kit */
export function clientRulesOf({ schemas }) {
  return objectOf(objectOf(schemas['ConductVerdict'])['x-client-rules'])
}

/**
 * @param {string} whose
 * @param {Kit} kit
 */
function ruleTable(whose, kit) {
  const rows = Object.entries(objectOf(clientRulesOf(kit)[whose])).map(([id, rule]) => {
    const { severity, broken } = objectOf(rule)
    return [code(id), String(severity), String(broken)]
  })
  return table(['rule', 'severity', 'broken by'], rows)
}

/** @param {Kit} kit */
function adminTable({ paths }) {
  const rows = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(objectOf(methods)).flatMap(([method, operation]) => {
      const { summary, parameters, requestBody, 'x-internal': isInternal } = objectOf(operation)
      if (isInternal === true) return []
      const query = listOf(parameters)
        .map(objectOf)
        .filter((each) => each.in === 'query')
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
  if (typeof schema.$ref === 'string') {
    const name = schema.$ref.slice(OWN.length)
    return isNamed(name, kit) ? code(name) : takes(objectOf(kit.schemas[name]), kit)
  }
  if (Array.isArray(schema.anyOf)) return schema.anyOf.map((choice) => takes(objectOf(choice), kit)).join(' or ')
  if (schema.const !== undefined) return code(String(schema.const))
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => code(String(value))).join(', ')
  const { type } = schema
  if (Array.isArray(type)) return type.map((each) => takes({ ...schema, type: each }, kit)).join(' or ')
  if (type === 'array') return `list of ${takes(objectOf(schema.items), kit)}`
  return type === 'object' ? mapText(schema, kit) : scalarText(schema)
}

/**
 * @param {import('../load-spec.mjs').JsonObject} schema
 * @param {Kit} kit
 */
function mapText({ propertyNames, additionalProperties }, kit) {
  if (!isObject(additionalProperties)) return 'object'
  const { $ref: names } = objectOf(propertyNames)
  return `${takes(additionalProperties, kit)} by ${names === undefined ? 'key' : takes({ $ref: names }, kit)}`
}

/** @param {import('../load-spec.mjs').JsonObject} schema */
function scalarText({ type, minimum, maximum, format }) {
  if (type === 'integer' || type === 'number') {
    if (minimum === undefined) return type === 'integer' ? 'whole number' : 'number'
    return maximum === undefined ? `${minimum} or more` : `${minimum} to ${maximum}`
  }
  if (type === 'boolean') return '`true`, `false`'
  if (type === 'string') return format === 'date-time' ? 'ISO-8601 time' : 'text'
  return type === 'null' ? 'null' : 'JSON'
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
export function defaultOf({ default: value, 'x-default': said }) {
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
