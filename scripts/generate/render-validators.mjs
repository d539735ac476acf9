// @ts-check
// Renders the validator modules: Ajv's standalone code for the bodies of every operation and for every component,
// bundled so that it imports nothing and compiles nothing at run time (it runs under a strict content security policy).
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { _ } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import standalone from 'ajv/dist/standalone/index.js'
import { build } from 'esbuild'
import { keyText } from './literal.mjs'
import { objectOf } from './load-spec.mjs'
import { componentName, localizeSchema } from './localize-schema.mjs'
import { SpecError } from './spec-error.mjs'
import { formats } from './validator-runtime.mjs'

/** @typedef {import('./read-operations.mjs').Operation} Operation */
/**
 * A module to be: names of its export, each a schema id, nothing, or a level deeper.
 * @typedef {{ [name: string]: string | null | Tree }} Tree
 */

/**
 * @param {import('./load-spec.mjs').Spec} spec
 * @param {readonly Operation[]} operations
 * @returns {Promise<{ requests: string, responses: string, components: string }>} JavaScript modules.
 */
export async function renderValidators(spec, operations) {
  const schemas = objectOf(objectOf(spec.document.components).schemas)
  const inline = new Map()
  const requests = requestTree(operations, inline)
  const responses = responseTree(operations, inline)
  /** @type {Tree} */
  const components = Object.fromEntries(Object.keys(schemas).map((name) => [name, name]))
  /** @type {(name: string, tree: Tree) => Promise<string>} */
  const render = (name, tree) => renderModule({ name, tree, ajv: compiler(schemas, inline) })
  const [request, response, component] = await Promise.all([
    render('requestBodies', requests),
    render('responseBodies', responses),
    render('componentValidators', components),
  ])
  return { requests: request, responses: response, components: component }
}

/**
 * @param {readonly Operation[]} operations
 * @param {Map<string, import('./read-operations.mjs').Body>} inline Gains the schemas that are no components.
 * @returns {Tree}
 */
function requestTree(operations, inline) {
  /** @type {Tree} */
  const tree = {}
  for (const { id, requestBody } of operations) {
    if (requestBody) tree[id] = schemaId(`${id}.request`, requestBody, inline)
  }
  return tree
}

/**
 * @param {readonly Operation[]} operations
 * @param {Map<string, import('./read-operations.mjs').Body>} inline Gains the schemas that are no components.
 * @returns {Tree}
 */
function responseTree(operations, inline) {
  const entries = operations.map(({ id, responses }) => {
    const statuses = responses.map(({ status, body }) => [status, body && schemaId(`${id}.${status}`, body, inline)])
    return [id, Object.fromEntries(statuses)]
  })
  return Object.fromEntries(entries)
}

/**
 * @param {string} name
 * @param {import('./read-operations.mjs').Body} body
 * @param {Map<string, import('./read-operations.mjs').Body>} inline
 */
function schemaId(name, body, inline) {
  const component = componentName(body.schema)
  if (component === null) inline.set(name, body)
  return component ?? name
}

/**
 * An Ajv that knows every schema under its own name, so that each becomes one shared function.
 * @param {import('./load-spec.mjs').JsonObject} schemas
 * @param {Map<string, import('./read-operations.mjs').Body>} inline
 */
function compiler(schemas, inline) {
  const ajv = new Ajv2020({
    strict: true,
    strictRequired: false,
    strictTypes: false,
    allowUnionTypes: true,
    allErrors: true,
    messages: false,
    inlineRefs: false,
    validateSchema: true,
    formats: FORMATS,
    code: { source: true, esm: true, lines: true, optimize: 2, formats: _`formats` },
  })
  // Bookkeeping for unevaluatedProperties and -Items costs a fifth of the code; nothing here asks for it.
  ajv.opts.unevaluated = false
  for (const [name, schema] of Object.entries(schemas)) {
    addSchema(ajv, { name, schema, place: ['components', 'schemas', name] })
  }
  for (const [name, { schema, place }] of inline) addSchema(ajv, { name, schema, place })
  return ajv
}

/**
 * @param {Ajv2020} ajv
 * @param {{ name: string, schema: unknown, place: import('./load-spec.mjs').Place }} source
 */
function addSchema(ajv, { name, schema, place }) {
  refusing(place, () => ajv.addSchema({ ...objectOf(localizeSchema(schema)), $id: name }))
  const compiled = ajv.schemas[name]
  // schemaPath of an error then points into the spec instead of into a schema that has no name any more.
  if (compiled) Object.assign(compiled, { schemaPath: pointerOf(place) })
}

/** @param {import('./load-spec.mjs').Place} place */
function pointerOf(place) {
  return `#/${place.map((key) => String(key).replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`
}

/**
 * Runs Ajv and reports what it refuses as a problem of the spec.
 * @template T
 * @param {import('./load-spec.mjs').Place} place
 * @param {() => T} run
 * @returns {T}
 */
function refusing(place, run) {
  try {
    return run()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const fix = 'use JSON Schema 2020-12 keywords and the formats that the generator knows.'
    throw new SpecError([{ place, problem: `Ajv refuses this schema: ${reason}.`, fix }])
  }
}

/** Formats by name: an expression, a check of the run-time file, or true where the words decide nothing. */
const FORMATS = {
  uuid: /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i,
  date: /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/,
  uri: /^[a-z][a-z0-9+\-.]*:\S+$/i,
  byte: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  ...formats,
  double: /** @type {const} */ (true),
  float: /** @type {const} */ (true),
}

/**
 * The exports of one module as bundled JavaScript.
 * @param {{ name: string, tree: Tree, ajv: Ajv2020 }} module
 * @returns {Promise<string>}
 */
async function renderModule({ name, tree, ajv }) {
  const ids = [...new Set(leavesOf(tree))]
  const names = new Map(ids.map((id, index) => [id, `entry${index}`]))
  for (const id of ids) refusing(id.split('.'), () => ajv.getSchema(id))
  const code = standalone.default(ajv, Object.fromEntries(ids.map((id) => [names.get(id), id])))
  const internal = code.replaceAll(/^export const (entry\d+ =)/gm, 'const $1')
  const contents = `${linkRuntime(internal)}\nexport const ${name} = ${treeText(tree, names)}\n`
  const directory = dirname(fileURLToPath(import.meta.url))
  const bundle = await build({
    stdin: { contents, resolveDir: directory, loader: 'js' },
    absWorkingDir: directory,
    bundle: true,
    charset: 'utf8',
    format: 'esm',
    legalComments: 'none',
    minifySyntax: true,
    minifyWhitespace: true,
    logLevel: 'silent',
    target: 'es2022',
    treeShaking: true,
    write: false,
  })
  return bundle.outputFiles[0]?.text ?? ''
}

/**
 * Replaces Ajv's calls for its run-time parts by imports from ours.
 * @param {string} code
 */
function linkRuntime(code) {
  const linked = code
    .replaceAll('require("ajv/dist/runtime/ucs2length").default', 'codePointLength')
    .replaceAll('require("ajv/dist/runtime/equal").default', 'isEqual')
  return `import { codePointLength, formats, isEqual } from './validator-runtime.mjs'\n${withoutContext(linked)}`
}

/**
 * Drops the arguments that only $data, $dynamicRef and user keywords would read: every call passes them on, nothing
 * looks at them. Code that does look at them stays as it is.
 * @param {string} code
 */
function withoutContext(code) {
  const shorter = code
    .replaceAll(/, ?parentData(?:: ?\w+)?, ?parentDataProperty(?:: ?[^,}]+)?, ?rootData, ?dynamicAnchors ?\}/g, '}')
    .replaceAll(/, parentData, parentDataProperty, rootData=data, dynamicAnchors=\{\}\}=\{\}/g, '}={}')
  return /parentData|rootData|dynamicAnchors/.test(shorter) ? code : shorter
}

/**
 * @param {Tree} tree
 * @returns {string[]}
 */
function leavesOf(tree) {
  return Object.values(tree).flatMap((node) =>
    node === null ? [] : typeof node === 'string' ? [node] : leavesOf(node),
  )
}

/**
 * @param {Tree} tree
 * @param {Map<string, string>} names
 * @returns {string}
 */
function treeText(tree, names) {
  const members = Object.entries(tree).map(([key, node]) => {
    const value = node === null ? 'null' : typeof node === 'string' ? names.get(node) : treeText(node, names)
    return `${keyText(key)}: ${value}`
  })
  return `{ ${members.join(', ')} }`
}
