// Upstream documents for the tests: our own spec, parsed and edited, and tiny ones made of a single schema.
import { readFileSync } from 'node:fs'
import { compareSpecs, type SpecComparison } from '../../src/spec/compare-specs.js'
import type { SpecFinding } from '../../src/spec/finding.js'
import { parse } from 'yaml'
import { toSpecDocument, type SpecDocument } from '../../src/spec/parse-spec.js'

/** A non-blank text, as generated documents have it. */
export const NON_BLANK_IN_JAVA = '(?s)^\\s*(\\S.*\\S|\\S)\\s*$'

/** A parsed document, open for edits. */
export interface Editable {
  [member: string]: Editable
}

/** Our document of runners and pairing as it stands, which is compared sooner than all of it. */
export const ours: SpecDocument = toSpecDocument(parse(readFileSync('openapi/local-runners.yaml', 'utf8')), 'ours.yaml')

/** All of it, of the build. */
export const whole: SpecDocument = toSpecDocument(JSON.parse(readFileSync('dist/openapi.json', 'utf8')), 'whole.json')

/** A document of ours after an edit, as upstream might have published it. */
export function upstream(edit: (document: Editable) => void, { root } = ours): SpecDocument {
  const document = structuredClone(root) as Editable
  edit(document)
  return toSpecDocument(document, 'upstream.json')
}

/** The comparison of a document of ours with itself after an edit. */
export function compareAfter(edit: (document: Editable) => void, document = ours): SpecComparison {
  return compareSpecs(document, upstream(edit, document))
}

/** All findings of a comparison. */
export function findingsOf(comparison: SpecComparison): readonly SpecFinding[] {
  return comparison.operations.flatMap(({ findings }) => findings)
}

/** Sets a member to any value, past the type that reads members as objects. */
export function put(holder: Editable | undefined, member: string, value: unknown): void {
  Object.assign(holder!, { [member]: value })
}

/**
 * An edit that sets a member; undefined takes it away.
 * @param way names between dots, from an operation, a schema, a parameter or a member of the document on
 */
export function set(way: string, value?: unknown): (document: Editable) => void {
  const steps = way.split('.')
  const [first = '', last = ''] = [steps.shift(), steps.pop()]
  return (document) => {
    const { schemas, parameters } = document['components'] ?? {}
    const operations = Object.values(document['paths'] ?? {}).flatMap((methods) => Object.values(methods))
    const named = operations.find(({ operationId }) => (operationId as unknown) === first)
    const start = named ?? schemas?.[first] ?? parameters?.[first] ?? document[first]
    const holder = steps.reduce<Editable | undefined>((inner, step) => inner?.[step], start)
    if (value === undefined) Reflect.deleteProperty(holder!, last)
    else put(holder, last, value)
  }
}

/** The edits of a map in YAML: members by the ways to them, see `set`; one without a value is taken away. */
export function editBy(text: string): (document: Editable) => void {
  const long = text
    .replaceAll(/\bJob\./g, 'CreateLocalRunnerJobRequest.')
    .replaceAll('Session.', 'CreateSessionRequest.')
  const edits = Object.entries(parse(long) as Record<string, unknown>)
  return (document) => {
    for (const [way, value] of edits) set(way, value ?? undefined)(document)
  }
}

/** The rows of a table, a line each, and their cells between bars. */
export function rowsOf(table: string): [string, string, ...string[]][] {
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [first = '', second = '', ...rest] = line.split(' | ').map((cell) => cell.trim())
      return [first, second, ...rest]
    })
}

/** A document with one operation that takes and gives values of the schemas. */
export function tiny(schema: unknown, more: Record<string, unknown> = {}, openapi = '3.1.0'): SpecDocument {
  const content = { 'application/json': { schema } }
  const document = {
    openapi,
    info: { title: 'Things', version: '1' },
    paths: {
      '/things': {
        post: {
          tags: ['Runners'],
          operationId: 'makeThing',
          requestBody: { required: true, content },
          responses: { 200: { description: 'The thing.', content } },
        },
      },
    },
    components: { schemas: more },
  }
  return toSpecDocument(JSON.parse(JSON.stringify(document)), 'tiny.json')
}

/** Differences as short lines, `severity where kind change`, those of the request or of the answer; without flaws. */
export function linesBetween(our: SpecDocument, their: SpecDocument, side: 'request' | 'response'): readonly string[] {
  return findingsOf(compareSpecs(our, their))
    .filter(({ where, kind }) => where.startsWith(side) && kind !== 'flaw')
    .map(({ severity, where, kind, change }) => {
      const inside = where.replace(/^(request body|response \d+) ?/, '')
      return [severity, inside, kind, change].filter((word) => word !== '').join(' ')
    })
}
