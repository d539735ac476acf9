// @ts-check
// Joins the documents of openapi/ into one: paths, tags and components of all of them, the rest from the first. A `$ref`
// into another document names its file (`local-runners.yaml#/components/...`) and loses it here; a component that is
// nothing but a reference to its namesake elsewhere is left out. Two documents never own one name.
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LineCounter, isMap, isNode, isPair, isScalar, isSeq, parseDocument, visit } from 'yaml'
import { SpecError } from './spec-error.mjs'

/** @typedef {{ file: string, text: string }} Source */
/** @typedef {import('./load-spec.mjs').Place} Place */
/** @typedef {{ file: string, document: import('yaml').Document.Parsed, lines: LineCounter }} Parsed */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The documents that make up the API, in the order in which they are joined. */
export const DOCUMENTS = ['openapi/local-runners.yaml', 'openapi/neighbours.yaml']

/** The project's own documents, joined. */
export function joinedSpec() {
  return joinDocuments(DOCUMENTS.map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') })))
}

/**
 * @param {readonly Source[]} sources At least one.
 * @returns {{ document: unknown, toYaml: () => string, whereIs: (place: Place) => { file: string, line: number } | null }}
 *   The joined document as a value and as text, and the document and line in which a place of it was written.
 */
export function joinDocuments(sources) {
  const parsed = sources.map(parse)
  const [first, ...others] = parsed
  if (first === undefined) throw new Error('There is no document to join.')
  const names = new Set(sources.map(({ file }) => basename(file)))
  /** @type {import('./spec-error.mjs').Problem[]} */
  const problems = []
  // The first one gets what the others have, and must still know which places are its own.
  const joined = /** @type {import('yaml').Document} */ (others.length > 0 ? first.document.clone() : first.document)
  for (const { file, document } of others) merge(joined, document, { file: basename(file), names, problems })
  shortenReferences(joined, names)
  if (problems.length > 0) throw new SpecError(problems)
  return {
    document: joined.toJS(),
    toYaml: () => joined.toString({ lineWidth: 0, flowCollectionPadding: true }),
    whereIs: (place) => whereIs(parsed, place),
  }
}

/**
 * @param {Source} source
 * @returns {Parsed}
 */
function parse({ file, text }) {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const [error] = document.errors
  // The first error alone: a parser that has lost its place complains about everything after it.
  if (error === undefined) return { file, document, lines }
  const problem = `${file} is not readable as YAML: ${error.message.split('\n')[0]}.`
  throw new SpecError([{ place: [], problem, fix: 'correct the syntax at that line.' }])
}

/**
 * @param {import('yaml').Document} joined
 * @param {import('yaml').Document} document
 * @param {{ file: string, names: ReadonlySet<string>, problems: import('./spec-error.mjs').Problem[] }} context
 */
function merge(joined, document, { file, problems }) {
  const tags = joined.get('tags')
  const more = document.get('tags')
  if (isSeq(tags) && isSeq(more)) tags.items.push(...more.items)
  const components = document.get('components')
  const sections = isMap(components) ? components.items.map(({ key }) => ['components', nameOf(key)]) : []
  for (const place of [['paths'], ...sections]) {
    const added = document.getIn(place)
    if (!isMap(added)) continue
    if (!joined.hasIn(place)) joined.setIn(place, joined.createNode({}))
    for (const pair of added.items) {
      const name = nameOf(pair.key)
      if (isAlias(pair.value, [...place, name])) continue
      const known = joined.getIn(place)
      if (joined.hasIn([...place, name])) {
        const fix = 'give one of them another name, or refer to the other document.'
        problems.push({ place: [...place, name], problem: `${file} has it, and a document before it, too.`, fix })
      } else if (isMap(known)) known.items.push(pair)
    }
  }
}

/**
 * Whether a component is only a reference to the component of the same name in another document.
 * @param {unknown} value
 * @param {Place} place
 */
function isAlias(value, place) {
  const reference = isMap(value) && value.items.length === 1 ? value.get('$ref') : undefined
  return typeof reference === 'string' && reference.endsWith(`.yaml#/${place.join('/')}`)
}

/**
 * @param {import('yaml').Document} document
 * @param {ReadonlySet<string>} names
 */
function shortenReferences(document, names) {
  visit(document, {
    Pair(_key, { key, value }) {
      if (nameOf(key) !== '$ref' || !isScalar(value) || typeof value.value !== 'string') return
      const [file = '', pointer] = value.value.split('#', 2)
      if (pointer !== undefined && names.has(file)) value.value = `#${pointer}`
    },
  })
}

/** @param {unknown} key */
function nameOf(key) {
  return String(isScalar(key) ? key.value : key)
}

/**
 * The deepest spot that any document has on the way to a place.
 * @param {readonly Parsed[]} parsed
 * @param {Place} place
 */
function whereIs(parsed, place) {
  for (let length = place.length; length > 0; length -= 1) {
    for (const { file, document, lines } of parsed) {
      const node = document.getIn(place.slice(0, length), true)
      if (isNode(node) && !isPair(node) && node.range) return { file, line: lines.linePos(node.range[0]).line }
    }
  }
  return null
}
