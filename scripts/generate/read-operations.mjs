// @ts-check
// The operations of a spec with every reference followed: what the operation table, the validators and the lifecycle
// all start from. Refuses what they could not represent (several media types, unusual parameters).
import { isObject, listOf, objectOf, resolveReference } from './load-spec.mjs'
import { SpecError, listText } from './spec-error.mjs'
import { describeMark } from './versions.mjs'

/** @typedef {import('./load-spec.mjs').JsonObject} JsonObject */

/**
 * @typedef {object} Body
 * @property {import('./load-spec.mjs').Place} place Where its schema stands.
 * @property {unknown} schema The schema as written, references included.
 * @property {string} media
 */

/**
 * @typedef {object} Operation
 * @property {string} id
 * @property {string} method In capitals.
 * @property {string} path
 * @property {boolean} isNeighbour Whether it stands in another document than the first: pages load those when first asked for.
 * @property {string} tag
 * @property {string} summary
 * @property {string} mark Since when and until when it is there, in words; '' for always.
 * @property {import('./load-spec.mjs').Place} place
 * @property {{ in: string, name: string, required: boolean, schema: JsonObject }[]} parameters
 * @property {null | (Body & { required: boolean, isFree: boolean })} requestBody `isFree`: any object will do.
 * @property {{ status: number, description: string, headers: string[], body: Body | null }[]} responses
 * @property {string | null} location What its `Location` names: a path that ends in the parameter of the new resource.
 * @property {boolean} isRunners Whether only the process of a runner makes it (`x-caller`).
 * @property {unknown} refusals What it refuses outside of any lifecycle, by reason, as written.
 * @property {{ body?: unknown } | null} constant What it always answers when it succeeds: the first example of that (`x-constant`).
 */

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']
const JSON_MEDIA = 'application/json'
/** A list that comes item by item: lines of JSON, each closed by CRLF. */
export const STREAM_MEDIA = 'application/octet-stream'

/**
 * All operations, in the order of the document.
 * @param {import('./load-spec.mjs').Spec} spec
 * @returns {Operation[]}
 */
export function readOperations(spec) {
  /** @type {import('./spec-error.mjs').Problem[]} */
  const problems = []
  /** @type {Map<string, Operation>} */
  const operations = new Map()
  for (const [path, item] of Object.entries(objectOf(spec.document.paths))) {
    for (const method of METHODS) {
      const definition = objectOf(item)[method]
      if (!isObject(definition)) continue
      const place = ['paths', path, method]
      const operation = readOperation(spec, { path, method, place, definition, shared: objectOf(item).parameters })
      problems.push(...operationProblems(operation, operations))
      operations.set(operation.id, operation)
    }
  }
  for (const operation of operations.values()) problems.push(...linkProblems(spec, operation, operations))
  if (problems.length > 0) throw new SpecError(problems)
  return [...operations.values()]
}

/**
 * @param {import('./load-spec.mjs').Spec} spec
 * @param {{ path: string, method: string, place: string[], definition: JsonObject, shared: unknown }} source
 * @returns {Operation}
 */
function readOperation(spec, { path, method, place, definition, shared }) {
  const tags = Array.isArray(definition.tags) ? definition.tags : []
  const responses = Object.entries(objectOf(definition.responses)).map(([status, response]) => {
    const resolved = resolveReference(spec, response)
    const body = readBody(resolved.content, [...place, 'responses', status])
    return {
      status: Number(status),
      description: firstLine(resolved.description),
      headers: Object.keys(objectOf(resolved.headers)),
      body,
    }
  })
  const request = definition.requestBody === undefined ? null : resolveReference(spec, definition.requestBody)
  const requestBody = request && readBody(request.content, [...place, 'requestBody'])
  return {
    id: typeof definition.operationId === 'string' ? definition.operationId : '',
    method: method.toUpperCase(),
    path,
    isNeighbour: spec.whereIs(['paths', path])?.file !== spec.whereIs(['openapi'])?.file,
    tag: String(tags[0] ?? ''),
    summary: firstLine(definition.summary),
    mark: describeMark(definition),
    place,
    parameters: readParameters(spec, [shared, definition.parameters]),
    requestBody: requestBody && {
      ...requestBody,
      required: request.required === true,
      isFree: resolveReference(spec, requestBody.schema).additionalProperties === true,
    },
    responses,
    location: readLocation(spec, definition),
    isRunners: definition['x-caller'] === 'runner',
    refusals: definition['x-refusals'],
    constant: readConstant(spec, definition),
  }
}

/**
 * @param {import('./load-spec.mjs').Spec} spec
 * @param {JsonObject} definition
 * @returns {Operation['constant']}
 */
function readConstant(spec, { responses, 'x-constant': isConstant }) {
  if (isConstant !== true) return null
  const success = Object.entries(objectOf(responses)).find(([status]) => status.startsWith('2'))?.[1]
  const examples = objectOf(objectOf(resolveReference(spec, success).content)[JSON_MEDIA]).examples
  const [first] = Object.values(objectOf(examples))
  return first === undefined ? {} : { body: resolveReference(spec, first).value }
}

/**
 * A success with a `Location` names what it has made: the path of its first link, up to the link's last parameter.
 * @param {import('./load-spec.mjs').Spec} spec
 * @param {JsonObject} definition
 * @returns {string | null}
 */
function readLocation(spec, { responses }) {
  const made = resolveReference(spec, objectOf(responses)['201'] ?? {})
  const [link] = Object.values(objectOf(made.links))
  if (!Object.hasOwn(objectOf(made.headers), 'Location') || !isObject(link)) return null
  const paths = Object.entries(objectOf(spec.document.paths))
  const linked = paths.find(([, item]) =>
    Object.values(objectOf(item)).some((each) => objectOf(each).operationId === link.operationId),
  )
  return linked?.[0].replace(/[^}]*$/, '') ?? null
}

/**
 * @param {import('./load-spec.mjs').Spec} spec
 * @param {unknown[]} lists Of the path, then of the operation, which wins.
 */
function readParameters(spec, lists) {
  /** @type {Map<string, Operation['parameters'][number]>} */
  const parameters = new Map()
  for (const entry of lists.flatMap(listOf)) {
    const parameter = resolveReference(spec, entry)
    const [kind, name] = [String(parameter.in), String(parameter.name)]
    // Since when it is there stands beside its schema.
    const marks = Object.fromEntries(Object.entries(parameter).filter(([key]) => /^x-(since|until|before)$/.test(key)))
    const schema = { ...resolveReference(spec, parameter.schema), ...marks }
    parameters.set(`${kind} ${name}`, { in: kind, name, required: parameter.required === true, schema })
  }
  return [...parameters.values()]
}

/**
 * @param {unknown} content
 * @param {string[]} place
 * @returns {Body | null}
 */
function readBody(content, place) {
  const [media = '', ...others] = Object.keys(objectOf(content))
  if (media === '') return null
  const schema = objectOf(objectOf(content)[media]).schema ?? {}
  const isStream = media === STREAM_MEDIA && place.includes('responses') && objectOf(schema).type === 'array'
  if (others.length > 0 || (media !== JSON_MEDIA && !isStream)) {
    const problem = `a body of ${listText([media, ...others], 'and')}; bodies are ${JSON_MEDIA} only.`
    const fix = `declare ${JSON_MEDIA} alone, or an answer that is an array as ${STREAM_MEDIA}.`
    throw new SpecError([{ place: [...place, 'content'], problem, fix }])
  }
  return { place: [...place, 'content', media, 'schema'], schema, media }
}

/**
 * @param {Operation} operation
 * @param {Map<string, Operation>} seen
 */
function operationProblems(operation, seen) {
  const { id, place, path, parameters } = operation
  /** @type {import('./spec-error.mjs').Problem[]} */
  const problems = []
  /** @type {(problem: string, fix: string) => void} */
  const report = (problem, fix) => void problems.push({ place, problem, fix })
  if (!/^[a-zA-Z]\w*$/.test(id)) report(`operationId "${id}" is no identifier.`, 'give it a camelCase operationId.')
  const twin = seen.get(id)
  if (twin) report(`operationId ${id} is already used by ${twin.method} ${twin.path}.`, 'rename one.')
  if (operation.tag === '') report(`operation ${id} has no tag.`, 'add one tag.')
  const templated = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name)
  const declared = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)
  if (templated.toSorted().join() !== declared.toSorted().join()) {
    report(`the path names {${listText(templated)}}, the parameters declare ${listText(declared)}.`, 'make them equal.')
  }
  for (const { in: kind, name, schema } of parameters) {
    if (kind === 'query' && !['string', 'integer', 'boolean'].includes(String(schema.type))) {
      report(`query parameter ${name} is of type ${String(schema.type)}.`, 'use string, integer or boolean.')
    }
  }
  const success = operation.responses.find(({ status }) => status >= 200 && status < 300)
  if (operation.constant !== null && success?.body && operation.constant.body === undefined) {
    report(`${id} is constant and shows no example of its answer.`, 'add one to its success.')
  }
  if (operation.responses.length === 0) report(`operation ${id} declares no response.`, 'add one.')
  for (const { status } of operation.responses) {
    if (!Number.isInteger(status)) report(`operation ${id} declares a response that is no status.`, 'use 100 to 599.')
  }
  return problems
}

/**
 * Where links lead, and what they hand on.
 * @param {import('./load-spec.mjs').Spec} spec
 * @param {Operation} operation
 * @param {Map<string, Operation>} operations
 * @returns {import('./spec-error.mjs').Problem[]}
 */
function linkProblems(spec, { place }, operations) {
  const [, path = '', method = ''] = place
  const definition = objectOf(objectOf(objectOf(spec.document.paths)[path])[method])
  const links = Object.values(objectOf(definition.responses)).flatMap((response) =>
    Object.values(objectOf(resolveReference(spec, response).links)),
  )
  return links.flatMap((link) => {
    const { operationId, parameters } = resolveReference(spec, link)
    const target = operations.get(String(operationId))
    if (target === undefined) {
      return [{ place, problem: `a link leads to ${String(operationId)}, which is no operation.`, fix: 'name one.' }]
    }
    const known = target.parameters.map(({ name }) => name)
    const strange = Object.keys(objectOf(parameters)).filter((name) => !known.includes(name))
    const fix = `use ${listText(known, 'or')}.`
    return strange.map((name) => ({ place, problem: `a link hands ${name} to ${target.id}, which lacks it.`, fix }))
  })
}

/** @param {unknown} text */
function firstLine(text) {
  return typeof text === 'string' ? (text.trim().split('\n')[0] ?? '') : ''
}
