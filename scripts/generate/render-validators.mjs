// @ts-check
// Renders the validator modules: Ajv's standalone code for the bodies of every operation and for every component,
// bundled so that it imports nothing and compiles nothing at run time (it runs under a strict content security policy);
// and the declarations beside them: each validator is a type guard for the very type that api-types.ts gives the body.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import standalone from 'ajv/dist/standalone/index.js'
import { build } from 'esbuild'
import { compileSchemas } from './compile-schemas.mjs'
import { keyText } from './literal.mjs'
import { objectOf } from './load-spec.mjs'
import { componentName } from './localize-schema.mjs'

/** @typedef {import('./read-operations.mjs').Operation} Operation */
/**
 * A module to be: names of its export, each a schema id, nothing, or a level deeper.
 * @typedef {{ [name: string]: string | null | Tree }} Tree
 */
/** @typedef {Map<string, import('./compile-schemas.mjs').PlacedSchema>} Schemas By id. */

/**
 * @param {import('./load-spec.mjs').Spec} spec
 * @param {readonly Operation[]} operations
 * @returns {Promise<{ requests: string, neighbourRequests: string, responses: string, runnerResponses: string, components: string }>} JavaScript modules.
 */
export async function renderValidators(spec, operations) {
  const schemas = objectOf(objectOf(spec.document.components).schemas)
  /** @type {Schemas} */
  const named = new Map(
    Object.entries(schemas).map(([name, schema]) => [name, { schema, place: ['components', 'schemas', name] }]),
  )
  const components = Object.fromEntries([...named.keys()].map((name) => [name, name]))
  const ofRequests = new Map(named)
  const runnerOperations = operations.filter(({ isNeighbour }) => !isNeighbour)
  const requestBodies = requestTree(runnerOperations, ofRequests)
  const neighbourBodies = requestTree(
    operations.filter(({ isNeighbour }) => isNeighbour),
    ofRequests,
  )
  const responseBodies = responseTree(operations, named)
  const runnerResponseBodies = responseTree(runnerOperations, named)
  const ajv = compileSchemas(named)
  const requestAjv = compileSchemas(ofRequests, { dropsNulls: true })
  const [requests, neighbourRequests, responses, runnerResponses, componentModule] = await Promise.all([
    renderModule({ name: 'requestBodies', tree: requestBodies, ajv: requestAjv, isBrief: true }),
    renderModule({ name: 'neighbourRequestBodies', tree: neighbourBodies, ajv: requestAjv, isBrief: true }),
    renderModule({ name: 'responseBodies', tree: responseBodies, ajv, isBrief: false }),
    renderModule({ name: 'runnerResponseBodies', tree: runnerResponseBodies, ajv, isBrief: false }),
    renderModule({ name: 'componentValidators', tree: components, ajv, isBrief: false }),
  ])
  return { requests, neighbourRequests, responses, runnerResponses, components: componentModule }
}

/**
 * @param {readonly Operation[]} operations
 * @param {Schemas} schemas Gains those that are no components.
 * @returns {Tree}
 */
function requestTree(operations, schemas) {
  /** @type {Tree} */
  const tree = {}
  for (const { id, requestBody } of operations) {
    if (requestBody) tree[id] = schemaId(`${id}.request`, requestBody, schemas)
  }
  return tree
}

/**
 * @param {readonly Operation[]} operations
 * @param {Schemas} schemas Gains those that are no components.
 * @returns {Tree}
 */
function responseTree(operations, schemas) {
  const entries = operations.map(({ id, responses }) => {
    const statuses = responses.map(({ status, body }) => [status, body && schemaId(`${id}.${status}`, body, schemas)])
    return [id, Object.fromEntries(statuses)]
  })
  return Object.fromEntries(entries)
}

/**
 * @param {string} name
 * @param {import('./read-operations.mjs').Body} body
 * @param {Schemas} schemas
 */
function schemaId(name, body, schemas) {
  const component = componentName(body.schema)
  if (component === null) schemas.set(name, body)
  return component ?? name
}

/**
 * The exports of one module as bundled JavaScript.
 * @param {{ name: string, tree: Tree, ajv: import('ajv/dist/2020.js').Ajv2020, isBrief: boolean }} module
 * @returns {Promise<string>}
 */
async function renderModule({ name, tree, ajv, isBrief }) {
  const ids = [...new Set(leavesOf(tree))]
  const names = new Map(ids.map((id, index) => [id, `entry${index}`]))
  const code = standalone.default(ajv, Object.fromEntries(ids.map((id) => [names.get(id), id])))
  const internal = code.replaceAll(/^export const (entry\d+ =)/gm, 'const $1')
  const contents = `${linkRuntime(thinSchemas(internal), isBrief)}\nexport const ${name} = ${treeText(tree, names)}\n`
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
 * Leaves of the schemas that the code holds only what it reads of them: they end up in browsers.
 * @param {string} code
 */
function thinSchemas(code) {
  return code.replaceAll(/^const (schema\d+) = (\{.*\});$/gm, (whole, name, text) => {
    const uses = [...code.matchAll(new RegExp(`\\b${name}\\b(?! =)(?:\\.(\\w+))?`, 'g'))].map(([, member]) => member)
    if (uses.includes(undefined)) return whole
    const schema = objectOf(JSON.parse(text))
    const read = Object.entries(schema).filter(([member]) => uses.includes(member))
    return `const ${name} = ${JSON.stringify(Object.fromEntries(read))};`
  })
}

/**
 * Replaces Ajv's calls for its run-time parts by imports from ours.
 * @param {string} code
 */
function linkRuntime(code, isBrief) {
  const linked = code
    .replaceAll('require("ajv/dist/runtime/ucs2length").default', 'lengthOf')
    .replaceAll('require("ajv/dist/runtime/equal").default', 'isEqual')
  const names = 'lengthOf, dropNulls, formats, isEqual, join, report'
  const stopping = stopAtLast(withoutContext(linked))
  return `import { ${names} } from './validator-runtime.mjs'\n${reportErrors(stopping, isBrief)}`
}

/** No more errors than these are needed to see what is wrong with a list or a map. */
const MAX_ERRORS = 1000

/**
 * Ends the loops over entries that look for all errors.
 * @param {string} code
 */
function stopAtLast(code) {
  return code
    .replaceAll(/for\(let (i\d+)=0; (\1<len\d+); \1\+\+\)/g, `for(let $1=0; $2 && errors<${MAX_ERRORS}; $1++)`)
    .replaceAll(/for\(const key\d+ in data\d*\)\{/g, `$&if(errors>=${MAX_ERRORS})break;`)
}

/**
 * Replaces the five statements that Ajv repeats for every error by one call, which halves the code; and its copy of all
 * errors for every part that has some, whose time would be quadratic.
 * @param {string} code
 */
function reportErrors(code, isBrief) {
  const repeated =
    /const (err\d+) = \{instancePath(?::(.+?))?,schemaPath:("[^"]*"),keyword:("[^"]*"),params:(\{.*?\})(?:,propertyName: ?[^}]+)?\};\s*if\(vErrors === null\)\{\s*vErrors = \[\1\];\s*\}\s*else ?\{\s*vErrors\.push\(\1\);\s*\}\s*errors\+\+;/g
  const joined = code.replaceAll(
    /vErrors = vErrors === null \? (validate\d+)\.errors : vErrors\.concat\(\1\.errors\);/g,
    'vErrors = join(vErrors, $1.errors);',
  )
  return joined.replaceAll(repeated, (_whole, ...groups) => {
    const [, path = 'instancePath', schemaPath, keyword, params] = groups
    return `vErrors = report(vErrors,${path},${keyword},${params}${isBrief ? '' : `,${schemaPath}`});errors++;`
  })
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

/** validator.ts: what every validator is. */
export const VALIDATOR_TYPES = `/** One way in which a value breaks a schema. */
export interface SchemaErrorObject {
  /** JSON pointer to the offending value. */
  instancePath: string
  /** Pointer to the broken rule, from the root of the spec; request validators leave it out. */
  schemaPath?: string | undefined
  keyword: string
  params: Record<string, unknown>
  /** Set when it comes behind so many others that only its keyword is told. */
  isFurther?: true
}

/**
 * Tells whether a value has the type; when it has not, \`errors\` says why until the next call. The validators of requests
 * take away, on the way, the fields that are null and must not be.
 */
export interface Validator<T = unknown> {
  (value: unknown): value is T
  errors?: SchemaErrorObject[] | null
}
`

const IMPORTS = `import type { components, operations } from './api-types.js'
import type { Validator } from './validator.js'
`

/**
 * @param {readonly Operation[]} operations
 * @param {string} name
 * @returns {string}
 */
export function renderRequestTypes(operations, name) {
  const members = operations.flatMap(({ id, requestBody }) => {
    if (!requestBody) return []
    const body = `operations['${id}']['requestBody']`
    const content = requestBody.required ? body : `NonNullable<${body}>`
    return [`  ${id}: Validator<${content}['content']['application/json']>\n`]
  })
  return `${importsFor(members)}
/** The validator of each of these operations that takes a body. */
export declare const ${name}: {
${members.join('')}}
`
}

/**
 * @param {readonly Operation[]} operations
 * @returns {string}
 */
export function renderResponseTypes(operations) {
  const members = operations.map(({ id, responses }) => {
    const statuses = responses.map(({ status, body }) => {
      const content = `operations['${id}']['responses'][${status}]['content']['${body?.media ?? ''}']`
      return `    ${status}: ${body ? `Validator<${content}>` : 'null'}\n`
    })
    return `  ${id}: {\n${statuses.join('')}  }\n`
  })
  return `${importsFor(members)}
/** The validator of each declared answer; null where it has no body. */
export declare const responseBodies: {
${members.join('')}}
`
}

/**
 * @param {readonly Operation[]} operations
 * @returns {string}
 */
export function renderRunnerResponseTypes(operations) {
  const ids = operations.map(({ id }) => `  | '${id}'\n`)
  return `import type { responseBodies } from './response-validators.js'

/** Those of the operations on runners and pairing. */
export declare const runnerResponseBodies: Pick<
  typeof responseBodies,
${ids.join('')}>
`
}

/**
 * @param {readonly string[]} names
 * @returns {string}
 */
export function renderComponentTypes(names) {
  const members = names.map((name) => `  ${keyText(name)}: Validator<components['schemas']['${name}']>\n`)
  return `${importsFor(members)}
/** The validator of each named schema. */
export declare const componentValidators: {
${members.join('')}}

export type SchemaName = keyof typeof componentValidators
`
}

/** @param {readonly string[]} members */
function importsFor(members) {
  const used = ['components', 'operations'].filter((name) => members.some((member) => member.includes(`${name}['`)))
  return IMPORTS.replace('components, operations', used.join(', '))
}
