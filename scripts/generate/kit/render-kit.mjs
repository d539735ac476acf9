// @ts-check
// From kit.yaml to the text of every file that is generated from it, JSON Schemas of files among them, for editors and
// other tools: each stands alone, with what it refers to beside it. Nothing is written here.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { readQuirks } from '../quirks.mjs'
import { readLifecycle } from '../read-lifecycle.mjs'
import { readOperations } from '../read-operations.mjs'
import { HEADER_START } from '../write-files.mjs'
import { readKit } from './read-kit.mjs'
import { PYTHON_FILE, renderPython } from './render-python.mjs'
import { FORM_TYPE } from './form-type.mjs'
import { renderAdmin, renderForms } from './render-forms.mjs'
import { clientRulesOf, withTables } from './render-tables.mjs'
import { literal } from '../literal.mjs'
import { isObject, objectOf } from '../load-spec.mjs'

/**
 * @param {import('../load-spec.mjs').Spec} spec
 * @param {string} specPath The kit's own document stands beside it; where it does not, nothing is rendered.
 * @param {string} root Where the documents with tables are.
 * @returns {Promise<Map<string, string>>} Contents by path relative to the root.
 */
export async function renderKit(spec, specPath, root) {
  const kit = kitBeside(spec, specPath)
  if (kit === null) return new Map()
  const { renderKitTypes } = await import('./render-types.mjs')
  const sources = `${basename(spec.file)} and ${basename(kit.file)}`
  /** @type {(name: string, text: string) => [string, string]} */
  const code = (name, text) => [`src/generated/${name}`, `// ${HEADER_START} from ${sources}. Do not edit.\n${text}`]
  return new Map([
    code('kit-form.ts', FORM_TYPE),
    ...Array.from(renderForms(kit), ([part, text]) => code(`kit-${part}.ts`, text)),
    code('kit-admin.ts', renderAdmin(kit)),
    code('kit-schema.ts', await renderKitTypes(kit)),
    code(
      'kit-presets.ts',
      renderPresets(kit, ({ faults }) => faults),
    ),
    code(
      'kit-preset-notes.ts',
      renderPresets(kit, ({ title, reproduces }) => ({ title, reproduces })),
    ),
    code(
      'kit-preset-exercises.ts',
      renderPresets(kit, ({ exercises }) => exercises),
    ),
    code('kit-client-rules.ts', renderClientRules(kit)),
    [PYTHON_FILE, `# ${HEADER_START} from ${sources}. Do not edit.\n${renderPython(kit)}`],
    ...renderJsonSchemas(kit),
    ...documentsOf(root).map(
      (path) => /** @type {[string, string]} */ ([path, withTables(readFileSync(join(root, path), 'utf8'), kit)]),
    ),
  ])
}

/**
 * What each preset of faults has, by its name.
 * @param {import('./read-kit.mjs').Kit} kit
 * @param {(preset: Record<string, unknown>) => unknown} pick
 */
function renderPresets({ schemas }, pick) {
  const presets = Object.entries(objectOf(objectOf(schemas['PresetName'])['x-presets']))
  const picked = Object.fromEntries(presets.map(([name, preset]) => [name, pick(objectOf(preset))]))
  return `export const presets = ${literal(picked)} as const\n`
}

/**
 * The rules for clients, by whom they are for. What breaks one is for the documents.
 * @param {import('./read-kit.mjs').Kit} kit
 */
function renderClientRules(kit) {
  const rules = Object.entries(clientRulesOf(kit)).map(([whose, all]) => {
    const told = Object.entries(objectOf(all)).map(([id, rule]) => ({ id, ...objectOf(rule), broken: undefined }))
    return [whose, JSON.parse(JSON.stringify(told))]
  })
  return `export const clientRules = ${literal(Object.fromEntries(rules))} as const\n`
}

/**
 * The kit's document with everything in it that it takes from the spec.
 * @param {import('../load-spec.mjs').Spec} spec
 * @param {string} specPath
 */
export function kitBeside(spec, specPath) {
  const lifecycle = readLifecycle(spec)
  const settings = /** @type {Record<string, any>} */ (lifecycle.settings)
  const operations = readOperations(spec)
  const operationIds = operations.map(({ id }) => id)
  const quirkIds = readQuirks(spec, operations).map(({ id }) => id)
  return readKit(spec, specPath, { operationIds, quirkIds, settings, lifecycleNames: namesOf(lifecycle) })
}

/**
 * What `x-lifecycle` of a schema may stand for.
 * @param {import('../read-lifecycle.mjs').Lifecycle} lifecycle
 * @returns {Record<string, readonly string[]>}
 */
function namesOf({ machines }) {
  const triggers = machines.flatMap(({ rules }) => rules.map(({ on }) => on))
  const timers = triggers.filter((name) => name.startsWith('timer.')).map((name) => name.slice('timer.'.length))
  const moves = machines.flatMap(({ name, states }) =>
    Object.keys(states).map((state) => `${name}.${state === 'none' ? 'gone' : state}`),
  )
  return {
    machines: machines.map(({ name }) => name),
    moves,
    timers: [...new Set(timers)],
  }
}

/** @param {string} root */
function documentsOf(root) {
  const docs = existsSync(join(root, 'docs')) ? readdirSync(join(root, 'docs')).map((name) => `docs/${name}`) : []
  return ['README.md', ...docs].filter(
    (path) =>
      path.endsWith('.md') &&
      existsSync(join(root, path)) &&
      readFileSync(join(root, path), 'utf8').includes('<!-- kit: '),
  )
}

const OWN = '#/components/schemas/'

/**
 * @param {import('./read-kit.mjs').Kit} kit
 * @returns {[string, string][]} Contents by path.
 */
function renderJsonSchemas({ schemas, own }) {
  return own.flatMap((name) => {
    const schema = objectOf(schemas[name])
    const file = schema['x-file']
    if (typeof file !== 'string') return []
    const text = `${JSON.stringify(standAlone(schema, schemas), null, 2)}\n`
    return [/** @type {[string, string]} */ ([`schemas/${file}.json`, text])]
  })
}

/**
 * @param {import('../load-spec.mjs').JsonObject} schema
 * @param {import('./read-kit.mjs').Kit['schemas']} schemas
 */
function standAlone(schema, schemas) {
  /** @type {Record<string, unknown>} */
  const $defs = {}
  const visit = (/** @type {unknown} */ value) => {
    if (Array.isArray(value)) return value.map(visit)
    if (!isObject(value)) return value
    // What is a function can stand in code alone.
    if (value['x-function'] !== undefined) return { not: {} }
    const isOpen = value['x-open'] === true
    const kept = Object.entries(value).filter(([key]) => !key.startsWith('x-') && !(isOpen && key === 'enum'))
    const members = Object.fromEntries(kept.map(([key, member]) => [key, LITERALS.has(key) ? member : visit(member)]))
    if (typeof value.$ref !== 'string') return members
    const name = value.$ref.slice(OWN.length)
    if ($defs[name] === undefined) {
      $defs[name] = {}
      $defs[name] = visit(schemas[name])
    }
    return { ...members, $ref: `#/$defs/${name}` }
  }
  const root = objectOf(visit({ ...schema, ...inPlace(schema, schemas) }))
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', ...withSchemaKey(root), $defs }
}

/**
 * Choices at the root stand there themselves, since each of them takes `$schema` there and nowhere else.
 * @param {import('../load-spec.mjs').JsonObject} schema
 * @param {import('./read-kit.mjs').Kit['schemas']} schemas
 */
function inPlace({ anyOf }, schemas) {
  if (!Array.isArray(anyOf)) return {}
  const choices = anyOf.map(objectOf).map((choice) => {
    return typeof choice.$ref === 'string' ? objectOf(schemas[choice.$ref.slice(OWN.length)]) : choice
  })
  return { anyOf: choices }
}

const LITERALS = new Set(['enum', 'const', 'default', 'examples', 'required'])

/**
 * Readers ignore `$schema` at the root of every file.
 * @param {import('../load-spec.mjs').JsonObject} root
 * @returns {import('../load-spec.mjs').JsonObject}
 */
function withSchemaKey(root) {
  if (Array.isArray(root.anyOf)) return { ...root, anyOf: root.anyOf.map((choice) => withSchemaKey(objectOf(choice))) }
  if (root.type === 'object' && isObject(root.properties)) {
    return { ...root, properties: { $schema: { type: 'string' }, ...root.properties } }
  }
  if (root.type === 'object' && isObject(root.additionalProperties)) {
    return { ...root, properties: { $schema: { type: 'string' } } }
  }
  return root
}
