// What the newest client that is generated from Opik's own document asks and reads around agents: the spec has all of it,
// except what the lists below name, each with its reason.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { programOf } from '../../scripts/programs.mjs'
import { isOperationId } from '../../src/kernel/operation.js'
import { isAlwaysEmpty } from '../../src/mocks/resolvers/system-resolvers.js'
import { compareSpecs } from '../../src/spec/compare-specs.js'
import type { SpecFinding } from '../../src/spec/finding.js'
import { toSpecDocument, readOperations } from '../../src/spec/parse-spec.js'
import { pythons } from './daemon.js'

const SUBJECTS = ['runners', 'pairing', 'prompts', 'environments', 'traces', 'spans', 'threads', 'projects']

/** Answered by the server itself with 501. */
const NOT_IMPLEMENTED = ['delete /v1/private/spans/{}']

/** Places that the spec leaves out. */
const LEFT_OUT: readonly { why: string; where: RegExp }[] = [
  {
    why: 'the server makes it, and does not read it',
    where:
      /^(create|add|update)\w+ request body .*\/(created_at|created_by|last_updated_at|last_updated_by|value_by_author|variables|version_number|template_structure|prompt_id|id)$/,
  },
  { why: 'there are no annotation queues here', where: /annotation_queue|source_queue_id/ },
  { why: 'the author is whoever sends a score', where: /^scoreBatchOf\w+ request body \/scores\[\]\/author$/ },
  { why: 'there are no attachments here', where: /strip_attachments$/ },
  { why: 'there are neither guardrails nor experiments here', where: /\/(guardrails_validations|experiment)$/ },
  {
    why: 'recorded servers do not send it there',
    where:
      /^(getPrompt\w+ response 200 \/(latest|requested)_version\/(prompt_id|environment|template_structure)|retrieveProject response 200 \/thread_count)$/,
  },
  { why: 'threads have no fields that are left out', where: /^getTraceThreads query exclude$/ },
  { why: 'it is a failure of the server', where: /response 500$/ },
]

/** How the client's own document calls what the wire calls otherwise. */
const OTHER_NAMES = /^retrieveProject request body \/includeStats$/

interface ClientOperation {
  responses: Record<string, { content?: object }>
}
interface ClientDocument {
  paths: Record<string, Record<string, ClientOperation>>
}

const keyOf = (method: string, path: string): string =>
  `${method.toLowerCase()} ${path.replaceAll(/\{[^}]*\}/g, '{}').replace(/(.)\/$/, '$1')}`

const ours = toSpecDocument(JSON.parse(readFileSync('dist/openapi.json', 'utf8')), 'openapi.json')
const operations = new Map(
  readOperations(ours).map((operation) => [keyOf(operation.method, operation.path), operation]),
)

describe.each(pythons.slice(0, 1))('the client generated for opik $version', ({ folder }) => {
  let client: ClientDocument
  beforeAll(() => {
    const modules = SUBJECTS.filter((subject) => subject !== 'threads')
    const script = join('test', 'daemons', 'client_structure.py')
    const text = execFileSync(programOf(folder, 'python'), [script, ...modules], { encoding: 'utf8', maxBuffer: 1e8 })
    client = JSON.parse(text) as ClientDocument
  })

  const asked = () =>
    Object.entries(client.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ key: keyOf(method, path), operation })),
    )

  it('asks for no operation that is missing', () => {
    const keys = asked().map(({ key }) => key)
    expect(keys.length).toBeGreaterThan(100)
    expect(keys.filter((key) => !operations.has(key))).toEqual(NOT_IMPLEMENTED)
  })

  it('knows no parameter, field, value or status that is missing', () => {
    for (const { key, operation } of asked()) nameSuccess(operation, operations.get(key)?.parts)
    const { operations: compared, totals } = compareSpecs(ours, toSpecDocument(client, 'client.json'))
    expect(totals.compared).toBe(asked().length - NOT_IMPLEMENTED.length)
    const missing = compared.flatMap(({ findings }) => findings.filter(isMissing))
    const places = missing.map(({ operation, where }) => `${operation} ${where}`)
    expect(places.filter((place) => !LEFT_OUT.some(({ where }) => where.test(place)))).toEqual([])
    // A reason that no place has is out of date.
    expect(LEFT_OUT.filter(({ where }) => !places.some((place) => where.test(place)))).toEqual([])
  })
})

/** The client does not tell one success from another: it reads the one that has a body. */
function nameSuccess(
  { responses }: ClientOperation,
  known?: ReadonlyMap<string, { media: ReadonlyMap<string, unknown> }>,
) {
  const { success } = responses
  const [status = '200'] = [...(known ?? [])].find(([each, { media }]) => each.startsWith('2') && media.size > 0) ?? []
  delete responses['success']
  if (success?.content !== undefined) responses[status] = success
}

/** Whether the client knows something that the spec does not. */
function isMissing({ change, kind, operation, where, ours: mine, theirs }: SpecFinding): boolean {
  if (OTHER_NAMES.test(`${operation} ${where}`) || isOfEmptyList(operation, where)) return false
  if (kind === 'enum') return change === 'changed' && !isWithin(theirs, mine)
  return change === 'added' && ['operation', 'parameter', 'field', 'status'].includes(kind)
}

/** Nothing in an empty list has fields, and nothing filters it. */
function isOfEmptyList(operation: string, where: string): boolean {
  return /^(query |response 200 \/content\[\])/.test(where) && isOperationId(operation) && isAlwaysEmpty(operation)
}

function isWithin(values = '', others = ''): boolean {
  return values.split(', ').every((value) => others.split(', ').includes(value))
}
