// @ts-check
// Reads the `x-collection` of every schema that has one: which resource is kept under which name, what of it requests may
// write, which operations do what with it, and how it is listed. Refuses what the schema or the operations contradict.
import { FieldReader } from './field-reader.mjs'
import { isObject, listOf, objectOf, resolveReference } from './load-spec.mjs'
import { SpecError, listText } from './spec-error.mjs'

/** @typedef {import('./load-spec.mjs').Spec} Spec */
/** @typedef {import('./load-spec.mjs').Place} Place */
/** @typedef {import('./read-operations.mjs').Operation} Operation */
/**
 * @typedef {{ type: string, of: string, absent?: string, needs?: string, values?: string[], ignored?: true, ofParts?: true, since?: string, ignoredUntil?: string }} FilterField
 *   `ignored: '2.1'` in the document: until that version.
 */
/**
 * @typedef {object} List
 * @property {Record<string, string>} match
 * @property {string[]} sort
 * @property {Record<string, FilterField>} filter
 * @property {string[]} search
 * @property {string[]} exclude
 * @property {{ text: string[], images: string[] }} truncate
 * @property {boolean} hasTimes
 * @property {boolean} isBareWhenEmpty Whether a page without entries tells neither how many there are nor what they can be sorted by.
 * @property {{ texts: string, last: string[] }} order How texts are sorted, and which fields come last where they are missing.
 */
/**
 * @typedef {object} Collection
 * @property {string} name
 * @property {string} schema
 * @property {string} scope
 * @property {string | undefined} of The collection of whose entries code makes these; nothing is kept then.
 * @property {string} key
 * @property {string[]} index
 * @property {{ field: string, anyCase: boolean }[]} unique
 * @property {object[]} seeds
 * @property {string[]} fields What requests may write.
 * @property {Record<string, unknown>} defaults
 * @property {number | undefined} most
 * @property {Record<string, string>} created
 * @property {Record<string, string>} changed
 * @property {string[]} instants
 * @property {Record<string, string>} operations
 * @property {List | null} list
 * @property {unknown} refusals What its operations refuse otherwise than others do, as written.
 */

const MEMBERS = {
  required: ['name', 'scope', 'operations'],
  optional: ['key', 'hidden', 'index', 'unique', 'seeds', 'computed', 'most', 'list', 'refusals'],
}
/** For a collection derived from another one. */
const MADE_MEMBERS = { required: ['name', 'of', 'operations'], optional: ['key', 'list', 'refusals'] }
const SCOPES = ['workspace', 'owner']
const SOURCES = ['created.at', 'created.by', 'changed.at', 'changed.by', 'code']
const ROLES = ['create', 'read', 'list', 'patch', 'delete', 'deleteMany', 'code']
const MADE_ROLES = ['list', 'code']
const LIST = ['match', 'filter', 'sort', 'order', 'search', 'exclude', 'truncate', 'times', 'emptyPage']
const TEXTS = ['anyCase', 'bytes']
const MATCHES = ['equals', 'contains']
const FILTERS = [
  ...['string', 'text', 'exact', 'json', 'time', 'number', 'list', 'tags', 'dictionary', 'custom', 'enum', 'choice'],
  ...['scores', 'error_info'],
]
const EMPTY_PAGES = ['bare', 'full']

/**
 * @param {Spec} spec
 * @param {readonly Operation[]} operations
 * @returns {Collection[]}
 */
export function readCollections(spec, operations) {
  const reader = new FieldReader()
  const schemas = Object.entries(objectOf(objectOf(spec.document.components).schemas))
  const declared = schemas.filter(([, schema]) => isObject(schema) && 'x-collection' in schema)
  const collections = declared.map(([name, schema]) =>
    readCollection({ spec, reader, operations }, name, objectOf(schema)),
  )
  checkUnique(reader, collections)
  checkMade(reader, collections)
  if (reader.problems.length > 0) throw new SpecError(reader.problems)
  return collections
}

/** @typedef {{ spec: Spec, reader: FieldReader, operations: readonly Operation[] }} Context */

/**
 * @param {Context} context
 * @param {string} schemaName
 * @param {import('./load-spec.mjs').JsonObject} schema
 * @returns {Collection}
 */
function readCollection(context, schemaName, schema) {
  const { reader, spec } = context
  const place = placeOf(schemaName)
  const isMade = 'of' in objectOf(schema['x-collection'])
  const found = reader.object(schema['x-collection'], place, isMade ? MADE_MEMBERS : MEMBERS)
  const properties = propertiesOf(spec, schema)
  /** @type {(names: readonly string[], at: Place) => void} */
  const known = (names, at) => {
    for (const name of names.filter((each) => !properties.has(each.split('.')[0] ?? ''))) {
      reader.report(at, `${schemaName} has no field "${name}".`, `use ${listText([...properties.keys()])}.`)
    }
  }
  const key = found.key === undefined ? 'id' : reader.text(found.key, [...place, 'key'])
  const computed = choices(reader, found.computed, [...place, 'computed'], SOURCES)
  const unique = readUnique(reader, found.unique, [...place, 'unique'])
  const hidden = reader.names(found.hidden, [...place, 'hidden'])
  const index = reader.names(found.index, [...place, 'index'])
  const seeds = Array.isArray(found.seeds) ? found.seeds.map(objectOf) : []
  known(Object.keys(computed), [...place, 'computed'])
  known(
    unique.map(({ field }) => field),
    [...place, 'unique'],
  )
  known(
    index.filter((name) => !hidden.includes(name)),
    [...place, 'index'],
  )
  known(
    seeds.flatMap((seed) => Object.keys(seed)),
    [...place, 'seeds'],
  )
  const operations = choices(reader, found.operations, [...place, 'operations'], isMade ? MADE_ROLES : ROLES)
  checkOperations(context, operations, [...place, 'operations'])
  const list =
    found.list === undefined ? null : readList(reader, found.list, [...place, 'list'], { known, properties, isMade })
  return {
    name: reader.text(found.name, [...place, 'name']),
    schema: schemaName,
    scope: isMade ? '' : oneOf(reader, found.scope, [...place, 'scope'], SCOPES),
    of: isMade ? reader.text(found.of, [...place, 'of']) : undefined,
    ...{ key, index, unique, seeds },
    fields: [...properties.keys(), ...hidden].filter((name) => name !== key && !(name in computed)),
    defaults: defaultsOf(propertiesOf(spec, createdBy(context, operations))),
    most: reader.optionalNumber(found.most, [...place, 'most']) ?? undefined,
    created: from(computed, 'created.'),
    changed: from(computed, 'changed.'),
    instants: [...properties].filter(([, { format }]) => format === 'date-time').map(([name]) => name),
    ...{ operations, list, refusals: found.refusals },
  }
}

/** @param {string} schemaName */
function placeOf(schemaName) {
  return ['components', 'schemas', schemaName, 'x-collection']
}

/**
 * A property with what stands beside its reference, such as a default.
 * @param {Spec} spec
 * @param {unknown} property
 */
function propertyOf(spec, property) {
  return { ...resolveReference(spec, property), ...objectOf(property) }
}

/**
 * The body of the operation that makes entries.
 * @param {Context} context
 * @param {Record<string, string>} roles By operation.
 */
function createdBy({ spec, operations }, roles) {
  const create = operations.find(({ id }) => roles[id] === 'create')
  return create?.requestBody ? resolveReference(spec, create.requestBody.schema) : {}
}

/**
 * @param {Spec} spec
 * @param {import('./load-spec.mjs').JsonObject} schema
 */
function propertiesOf(spec, schema) {
  const properties = Object.entries(objectOf(schema.properties))
  return new Map(properties.map(([name, property]) => [name, propertyOf(spec, property)]))
}

/** @param {Map<string, import('./load-spec.mjs').JsonObject>} properties */
function defaultsOf(properties) {
  return Object.fromEntries(
    [...properties].flatMap(([name, property]) => ('default' in property ? [[name, property.default]] : [])),
  )
}

/**
 * @param {Record<string, string>} computed
 * @param {string} moment
 */
function from(computed, moment) {
  const entries = Object.entries(computed).filter(([, source]) => source.startsWith(moment))
  return Object.fromEntries(entries.map(([name, source]) => [name, source.slice(moment.length)]))
}

/**
 * @param {FieldReader} reader
 * @param {unknown} value
 * @param {Place} place
 */
function readUnique(reader, value, place) {
  if (value !== undefined && !Array.isArray(value)) reader.expected('a list', value, place)
  return listOf(value).map((entry, index) => {
    const found = reader.object(entry, [...place, index], { required: ['field'], optional: ['case'] })
    if (found.case !== undefined) oneOf(reader, found.case, [...place, index, 'case'], ['any', 'exact'])
    return { field: reader.text(found.field, [...place, index, 'field']), anyCase: found.case === 'any' }
  })
}

/**
 * @param {FieldReader} reader
 * @param {unknown} value
 * @param {Place} place
 * @param {{ known: (names: readonly string[], at: Place) => void, properties: Map<string, import('./load-spec.mjs').JsonObject>, isMade: boolean }} schema
 * @returns {List}
 */
function readList(reader, value, place, { known, properties, isMade }) {
  const found = reader.object(value, place, { required: [], optional: LIST })
  const match = choices(reader, found.match, [...place, 'match'], MATCHES)
  known(Object.keys(match), [...place, 'match'])
  const truncate = reader.object(found.truncate ?? {}, [...place, 'truncate'], {
    required: [],
    optional: ['text', 'images'],
  })
  const order = reader.object(found.order ?? {}, [...place, 'order'], { required: [], optional: ['texts', 'last'] })
  const texts = oneOf(reader, order.texts, [...place, 'order', 'texts'], TEXTS) || 'anyCase'
  /** @param {string} name */
  const names = (name) => (Array.isArray(found[name]) ? [...found[name]].map(String) : [])
  const search = names('search')
  // What is made of other entries is searched for in those.
  if (!isMade) known(search, [...place, 'search'])
  const filter = reader
    .entries(found.filter, [...place, 'filter'])
    .map(({ name, value: field, place: at }) => [name, readFilter(reader, name, field, at, properties)])
  return {
    ...{ match, search, sort: names('sort'), exclude: names('exclude'), filter: Object.fromEntries(filter) },
    truncate: {
      text: reader.names(truncate.text, [...place, 'truncate', 'text']),
      images: reader.names(truncate.images, [...place, 'truncate', 'images']),
    },
    hasTimes: reader.flag(found.times, [...place, 'times']),
    isBareWhenEmpty: oneOf(reader, found.emptyPage, [...place, 'emptyPage'], EMPTY_PAGES) === 'bare',
    order: { texts, last: reader.names(order.last, [...place, 'order', 'last']) },
  }
}

/**
 * @param {FieldReader} reader
 * @param {string} name
 * @param {unknown} value
 * @param {Place} place
 * @param {Map<string, import('./load-spec.mjs').JsonObject>} properties
 * @returns {FilterField}
 */
function readFilter(reader, name, value, place, properties) {
  const found = isObject(value)
    ? reader.object(value, place, {
        required: ['type'],
        optional: ['of', 'absent', 'ignored', 'needs', 'ofParts', 'values', 'x-since'],
      })
    : { type: value }
  const of = typeof found.of === 'string' ? found.of : name
  // [] stands for any.
  const given = found.values === undefined ? undefined : reader.names(found.values, [...place, 'values'])
  const values = given ?? properties.get(of)?.enum
  return {
    type: oneOf(reader, found.type, place, FILTERS),
    of,
    ...(typeof found.absent === 'string' ? { absent: found.absent } : {}),
    ...(typeof found.needs === 'string' ? { needs: found.needs } : {}),
    ...(Array.isArray(values) && values.length > 0 ? { values: values.map(String) } : {}),
    ...(reader.flag(found.ofParts, [...place, 'ofParts']) ? { ofParts: /** @type {const} */ (true) } : {}),
    ...(typeof found['x-since'] === 'string' ? { since: found['x-since'] } : {}),
    ...(typeof found.ignored === 'string'
      ? { ignoredUntil: found.ignored }
      : reader.flag(found.ignored, [...place, 'ignored'])
        ? { ignored: /** @type {const} */ (true) }
        : {}),
  }
}

/**
 * @param {Context} context
 * @param {Record<string, string>} roles By operation.
 * @param {Place} place
 */
function checkOperations({ reader, operations }, roles, place) {
  for (const [id, role] of Object.entries(roles)) {
    const operation = operations.find((each) => each.id === id)
    const at = [...place, id]
    if (operation === undefined) {
      reader.report(at, `there is no operation "${id}".`, 'name an operationId.')
      continue
    }
    if (successOf(operation) === undefined) reader.report(at, `${id} declares no success.`, 'add a 2xx response.')
    const inPath = operation.parameters.filter((parameter) => parameter.in === 'path').length
    if (['read', 'patch', 'delete'].includes(role) && inPath !== 1) {
      reader.report(at, `${id} has ${inPath} path parameters.`, 'give it one, the key.')
    }
    const paging = operation.parameters.filter(
      ({ name, schema }) => ['page', 'size'].includes(name) && 'default' in schema,
    )
    if (role === 'list' && paging.length !== 2) {
      reader.report(at, `${id} lists without page and size.`, 'add both as query parameters with defaults.')
    }
  }
  const reads = Object.values(roles).filter((role) => role === 'read').length
  if (reads > 1) reader.report(place, 'two operations read one entry.', 'let one of them be code.')
  if (reads === 0 && Object.values(roles).includes('create')) {
    reader.report(place, 'no operation reads what is created.', 'name one, for Location.')
  }
}

/** @param {Operation} operation */
function successOf(operation) {
  return operation.responses.find(({ status }) => status >= 200 && status < 300)?.status
}

/**
 * @param {FieldReader} reader
 * @param {readonly Collection[]} collections
 */
function checkUnique(reader, collections) {
  /** @type {Map<string, string>} */
  const owners = new Map()
  /** @type {Set<string>} */
  const names = new Set()
  for (const { name, schema, operations } of collections) {
    if (names.has(name)) reader.report(placeOf(schema), `another collection is named ${name}, too.`, 'rename one.')
    names.add(name)
    for (const id of Object.keys(operations)) {
      const owner = owners.get(id)
      const problem = `${id} belongs to ${String(owner)} already.`
      if (owner !== undefined) reader.report([...placeOf(schema), 'operations', id], problem, 'leave it to one.')
      owners.set(id, name)
    }
  }
}

/**
 * @param {FieldReader} reader
 * @param {readonly Collection[]} collections
 */
function checkMade(reader, collections) {
  const kept = collections.filter(({ of }) => of === undefined).map(({ name }) => name)
  for (const { schema, of } of collections) {
    if (of === undefined || kept.includes(of)) continue
    reader.report([...placeOf(schema), 'of'], `there is no kept collection "${of}".`, `use ${listText(kept)}.`)
  }
}

/**
 * A map from names to one of some words.
 * @param {FieldReader} reader
 * @param {unknown} value
 * @param {Place} place
 * @param {readonly string[]} words
 * @returns {Record<string, string>}
 */
function choices(reader, value, place, words) {
  const entries = reader
    .entries(value, place)
    .map((entry) => [entry.name, oneOf(reader, entry.value, entry.place, words)])
  return Object.fromEntries(entries)
}

/**
 * @param {FieldReader} reader
 * @param {unknown} value
 * @param {Place} place
 * @param {readonly string[]} words
 * @returns {string}
 */
function oneOf(reader, value, place, words) {
  if (typeof value === 'string' && words.includes(value)) return value
  if (value !== undefined) reader.expected(listText(words), value, place)
  return ''
}
