// @ts-check
// What operations refuse outside of any lifecycle: status, shape and words of each reason. `components.x-refusals` says
// what is common, the `refusals` of an `x-collection` change that for its operations, and `x-refusals` of an operation for it
// alone. What an operation on a collection may refuse by its role, it need not name.
import { FieldReader } from './field-reader.mjs'
import { objectOf, resolveReference } from './load-spec.mjs'
import { SpecError, listText } from './spec-error.mjs'

/** @typedef {import('./load-spec.mjs').Place} Place */
/** @typedef {import('./load-spec.mjs').Spec} Spec */
/** @typedef {import('./read-collections.mjs').Collection} Collection */
/** @typedef {import('./read-lifecycle.mjs').Lifecycle} Lifecycle */
/** @typedef {import('./read-operations.mjs').Operation} Operation */
/** @typedef {{ answer?: number, shape?: string, say?: string }} PlainWords */
/** @typedef {PlainWords & { before?: Record<string, PlainWords> }} Words `before`: what it was before a version. */
/** @typedef {{ answer: number, isList: true | undefined, isDetailed: true | undefined, say: string, details: string[] }} PlainRefusal `details`: what code tells. */
/** @typedef {PlainRefusal & { before?: Record<string, PlainRefusal> }} Refusal */
/** @typedef {{ place: Place, words: Record<string, Words> }} Source */

const SHARED = ['components', 'x-refusals']
const SHAPES = ['message', 'errors', 'details']
/** @type {Source} */
const NOTHING = { place: [], words: {} }
/** What the mock tells of each reason that a role has, for placeholders. */
const TOLD = {
  unknown: ['key'],
  taken: ['field', 'value'],
  permanent: ['key'],
  filters: ['how'],
  sorting: [],
  exclude: ['names'],
  times: [],
  backwards: [],
}

/**
 * @param {Spec} spec
 * @param {{ operations: readonly Operation[], collections: readonly Collection[], lifecycle: Lifecycle }} parts
 * @returns {Map<string, Record<string, Refusal>>} By operationId and reason.
 */
export function readRefusals(spec, { operations, collections, lifecycle }) {
  const reader = new FieldReader()
  const shared = readWords(reader, objectOf(spec.document.components)['x-refusals'], SHARED)
  const general = ['workspace', ...Object.keys(lifecycle.settings)]
  const byCollection = new Map(
    collections.map(({ name, schema, refusals }) => {
      const place = ['components', 'schemas', schema, 'x-collection', 'refusals']
      return [name, readWords(reader, refusals, place)]
    }),
  )
  /** @type {Set<string>} */
  const used = new Set()
  /** @type {Map<string, Record<string, Refusal>>} */
  const all = new Map()
  for (const operation of operations) {
    const collection = collections.find(({ operations: roles }) => operation.id in roles)
    const own = readWords(reader, operation.refusals, [...operation.place, 'x-refusals'])
    const ofCollection = byCollection.get(collection?.name ?? '') ?? NOTHING
    const ofRole = collection === undefined ? [] : reasonsOf(collection, operation)
    const known = [...general, ...carriedBy(spec, operation)]
    /** @type {Record<string, Refusal>} */
    const found = {}
    for (const reason of new Set([...ofRole, ...Object.keys(own.words)])) {
      used.add(reason).add(`${ofCollection.place.join('.')}.${reason}`)
      const told = ofRole.includes(reason) ? TOLD[/** @type {keyof typeof TOLD} */ (reason)] : undefined
      const words = join(reason, [shared, ofCollection, own])
      found[reason] = complete({ reader, operation, reason, words, known, told, collection: collection?.name })
    }
    if (Object.keys(found).length > 0) all.set(operation.id, found)
  }
  for (const { place, words } of [shared, ...byCollection.values()]) {
    const prefix = place === SHARED ? '' : `${place.join('.')}.`
    for (const reason of Object.keys(words).filter((each) => !used.has(prefix + each))) {
      reader.report([...place, reason], `no operation refuses for the reason ${reason}.`, 'remove it, or name it.')
    }
  }
  if (reader.problems.length > 0) throw new SpecError(reader.problems)
  return all
}

/**
 * What may be wrong with an operation for what it does with its collection.
 * @param {Collection} collection
 * @param {Operation} operation
 * @returns {string[]}
 */
function reasonsOf({ operations, unique, seeds, list }, { id, parameters }) {
  const taken = unique.length > 0 ? ['taken'] : []
  switch (operations[id]) {
    case 'create':
      return taken
    case 'read':
      return ['unknown']
    case 'patch':
      return ['unknown', ...taken]
    case 'delete':
      return seeds.length > 0 ? ['permanent'] : []
    case 'list':
      return reasonsOfList(list, parameters)
    default:
      return []
  }
}

/**
 * @param {Collection['list']} list
 * @param {Operation['parameters']} parameters
 * @returns {string[]}
 */
function reasonsOfList(list, parameters) {
  if (list === null) return []
  const isAsked = (/** @type {string[]} */ ...names) =>
    parameters.some((each) => each.in === 'query' && names.includes(each.name))
  return [
    ...(isAsked('filters') && Object.keys(list.filter).length > 0 ? ['filters'] : []),
    ...(isAsked('sorting') && list.sort.length > 0 ? ['sorting'] : []),
    ...(isAsked('exclude') && list.exclude.length > 0 ? ['exclude'] : []),
    ...(isAsked('from_time', 'to_time') && list.hasTimes ? ['times', 'backwards'] : []),
  ]
}

/**
 * @param {FieldReader} reader
 * @param {unknown} value
 * @param {Place} place
 * @returns {Source}
 */
function readWords(reader, value, place) {
  const entries = reader.entries(value, place).map(({ name, value: given, place: at }) => {
    const { 'x-before': older, ...newest } = objectOf(given)
    const before = older === undefined ? undefined : readWords(reader, older, [...at, 'x-before']).words
    const found = reader.object(newest, at, { required: [], optional: ['answer', 'shape', 'say'] })
    const answer = reader.optionalNumber(found.answer, [...at, 'answer']) ?? undefined
    const say = found.say === undefined ? undefined : reader.text(found.say, [...at, 'say'])
    const { shape } = found
    if (shape !== undefined && !SHAPES.includes(String(shape))) {
      reader.expected(listText(SHAPES), shape, [...at, 'shape'])
    }
    const words = { before, answer, say, shape: shape === undefined ? undefined : String(shape) }
    return [name, Object.fromEntries(Object.entries(words).filter(([, each]) => each !== undefined))]
  })
  return { place, words: Object.fromEntries(entries) }
}

/**
 * The words of a reason with the last that says anything winning, and where they stand.
 * @param {string} reason
 * @param {Source[]} sources
 */
function join(reason, sources) {
  /** @type {Words & { at: Place }} */
  const joined = { at: [...(sources.at(-1)?.place ?? []), reason] }
  for (const { place, words } of sources.filter(({ words }) => reason in words)) {
    Object.assign(joined, words[reason], { at: [...place, reason] })
  }
  return joined
}

/**
 * @param {{ reader: FieldReader, operation: Operation, reason: string, words: Words & { at: Place }, known: string[],
 *   told: readonly string[] | undefined, collection: string | undefined }} parts
 * @returns {Refusal}
 */
function complete({ words, ...rest }) {
  const { before, ...newest } = words
  const refusal = completeOne({ words: newest, ...rest })
  if (before === undefined) return refusal
  const older = Object.entries(before).map(([version, each]) => [
    version,
    completeOne({ words: { ...newest, ...each, at: [...words.at, 'x-before', version] }, ...rest }),
  ])
  return { ...refusal, before: Object.fromEntries(older) }
}

/**
 * @param {{ reader: FieldReader, operation: Operation, reason: string, words: PlainWords & { at: Place }, known: string[],
 *   told: readonly string[] | undefined, collection: string | undefined }} parts
 * @returns {PlainRefusal}
 */
function completeOne({ reader, operation, reason, words, known, told, collection }) {
  const { at, answer = 0, shape, say } = words
  const declared = operation.responses.map(({ status }) => status).filter((status) => status >= 400)
  if (!declared.includes(answer)) {
    const problem = `refusal ${reason} of ${operation.id}: status ${answer} is no refusal that the operation declares.`
    reader.report([...at, 'answer'], problem, `use ${listText(declared.map(String))}.`)
  }
  if (say === undefined) reader.report(at, `nothing says what ${operation.id} answers for ${reason}.`, 'give it `say`.')
  const text = (say ?? '').replaceAll('{collection}', () => collection ?? '{collection}')
  const left = [...new Set([...text.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name ?? ''))]
  const details = left.filter((name) => !known.includes(name))
  // Whatever code refuses it tells the details of; the compiler asks for them.
  const isTold = (/** @type {string} */ name) => (told === undefined ? isDetail(name, collection) : told.includes(name))
  for (const name of details.filter((each) => !isTold(each))) {
    reader.report(
      [...at, 'say'],
      `nothing fills {${name}} of "${text}".`,
      `use ${listText([...known, ...(told ?? [])])}.`,
    )
  }
  const isDetailed = shape === 'details' || undefined
  return { answer, isList: shape === 'errors' || undefined, isDetailed, say: text, details }
}

/**
 * @param {string} name
 * @param {string | undefined} collection
 */
function isDetail(name, collection) {
  return collection !== undefined && /^[a-z]\w*$/i.test(name)
}

/**
 * What words may tell of any request of an operation.
 * @param {Spec} spec
 * @param {Operation | undefined} operation
 * @returns {string[]}
 */
export function carriedBy(spec, operation) {
  if (operation === undefined) return []
  const inPath = operation.parameters.filter((parameter) => parameter.in === 'path')
  const schema = operation.requestBody === null ? {} : resolveReference(spec, operation.requestBody.schema)
  const inBody = Object.keys(objectOf(schema.properties))
  return [...inPath.map(({ name }) => `path.${name}`), ...inBody.map((name) => `body.${name}`)]
}
