// Requests out of the spec's own schemas, and then anything else that can be sent: fast-check arbitraries for paths,
// queries and headers of every operation; bodies come from test/kit/from-schema.ts.
import fc from 'fast-check'
import { requestSchemas } from '../../src/generated/request-schemas.js'
import { operations } from '../../src/kernel/all-operations.js'
import { operationIds, pathParametersOf, type OperationId } from '../../src/kernel/operation.js'
import type { ApiRequest } from '../../src/mocks/base/exchange.js'
import type { RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { textsWithOddities, valuesOf } from '../kit/from-schema.js'

/** Ids that exist in the world under test, by kind, so that requests reach something. */
export interface KnownIds {
  projects: readonly string[]
  runners: readonly string[]
  jobs: readonly string[]
  commands: readonly string[]
  sessions: readonly string[]
}

/** Puts something of each kind into a mock. */
export async function populate(mock: RunnerMock): Promise<KnownIds> {
  const project = await mock.given.project({ name: 'fuzzed' })
  const endpoint = await mock.given.connectedRunner({ agents: ['echo'] })
  const connect = await mock.given.connectedRunner({ type: 'connect', projectId: project.id })
  const silent = await mock.given.disconnectedRunner({ projectId: project.id })
  const statuses = ['pending', 'running', 'completed', 'failed', 'cancelled'] as const
  const jobs = []
  for (const status of statuses) jobs.push((await mock.given.job({ runner: endpoint, status })).id)
  const commands = []
  for (const status of ['pending', 'picked_up', 'completed'] as const) {
    commands.push((await mock.given.command({ runner: connect, status })).command_id)
  }
  const session = await mock.given.session({})
  return {
    projects: [endpoint.projectId, project.id],
    runners: [endpoint.id, connect.id, silent.id],
    jobs,
    commands,
    sessions: [session.id],
  }
}

const UNUSUAL_TEXTS = [
  ...['', ' ', '\0', '\ud800', '\udfff\ud800', '\u202e', '<img onerror>', 'a'.repeat(5000)],
  ...'__proto__ constructor toString 💥 null -0 1e999 ../.. %00 %'.split(' '),
]
const text = fc.oneof(
  { weight: 3, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 2, arbitrary: fc.constantFrom(...UNUSUAL_TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
)

const KIND_OF_PARAMETER: Readonly<Record<string, keyof KnownIds>> = {
  runnerId: 'runners',
  jobId: 'jobs',
  commandId: 'commands',
  sessionId: 'sessions',
}

function segment(name: string, ids: KnownIds): fc.Arbitrary<string> {
  const own = ids[KIND_OF_PARAMETER[name] ?? 'projects']
  return fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...own) },
    { weight: 1, arbitrary: fc.uuid() },
    { weight: 1, arbitrary: text.map(encodeAny) },
  )
}

/** A lone surrogate has no encoding; it goes out as a client would mangle it. */
function encodeAny(part: string): string {
  return encodeURIComponent(part.replaceAll(/\p{Surrogate}/gu, '\ufffd'))
}

function queryOf(id: OperationId, ids: KnownIds): fc.Arbitrary<string> {
  const names = operations[id].queryParameters.map(({ name }) => name)
  const value = fc.oneof(
    fc.constantFrom(...ids.projects),
    fc.constantFrom('0', '1', '25', '-1', '2147483648', 'x', 'true', 'connected'),
    text.map(encodeAny),
  )
  const name = fc.constantFrom(...names, 'unknown', '__proto__')
  return fc.array(fc.tuple(name, value), { maxLength: 4 }).map((pairs) => pairs.map((pair) => pair.join('=')).join('&'))
}

const headers = fc.record(
  {
    'comet-workspace': fc.oneof({ weight: 6, arbitrary: fc.constant('default') }, { weight: 1, arbitrary: text }),
    authorization: fc.oneof({ weight: 6, arbitrary: fc.constant('key') }, { weight: 1, arbitrary: text }),
    'content-type': fc.oneof(
      { weight: 12, arbitrary: fc.constant('application/json') },
      {
        weight: 1,
        arbitrary: fc.constantFrom('text/plain', 'application/json; charset=utf-16', ';', 'APPLICATION/JSON'),
      },
    ),
    'content-encoding': fc.constantFrom('identity', 'gzip', 'br', 'GZIP'),
  },
  { requiredKeys: ['content-type'] },
)

/** What is sent in the place of a JSON text. */
function bytesOf(id: OperationId, ids: readonly string[]): fc.Arbitrary<string | Uint8Array> {
  const schema = requestSchemas[id]
  const raw = fc.oneof(
    text,
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom(
      '{',
      '[',
      '"',
      '{"a":}',
      '\ufeff{}',
      '['.repeat(3000),
      '{"a":'.repeat(1500),
      '[1e999]',
      'nul',
      '{"a":1,"a":2}',
    ),
  )
  if (schema === undefined) return fc.oneof({ weight: 4, arbitrary: fc.constant('') }, { weight: 1, arbitrary: raw })
  const bodies = valuesOf(schema, { uuid: fc.constantFrom(...ids) })
  return fc.oneof(
    { weight: 12, arbitrary: bodies.map((value) => JSON.stringify(value)) },
    { weight: 3, arbitrary: textsWithOddities(bodies) },
    { weight: 1, arbitrary: raw },
    { weight: 1, arbitrary: fc.constant('') },
  )
}

/** A request of one operation. */
function requestOf(id: OperationId, ids: KnownIds): fc.Arbitrary<ApiRequest> {
  const { path, method } = operations[id]
  const everyId = Object.values(ids).flat()
  const names = pathParametersOf(operations[id])
  const segments = fc.tuple(...names.map((name) => segment(name, ids)))
  return fc.tuple(segments, queryOf(id, ids), headers, bytesOf(id, everyId)).map(([values, query, sent, body]) => {
    let filled: string = path
    for (const [place, name] of names.entries()) filled = filled.replace(`{${name}}`, () => values[place] ?? '')
    return {
      method,
      url: query === '' ? filled : `${filled}?${query}`,
      headers: sent,
      body: method === 'GET' ? undefined : body,
    }
  })
}

/** A request that is of no operation, or of one by quirk. */
const strayRequest: fc.Arbitrary<ApiRequest> = fc
  .tuple(
    fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'BREW'),
    fc.array(
      fc.oneof(
        fc.constantFrom('v1', 'private', 'local-runners', 'jobs', 'is-alive', '..', '.', ''),
        text.map(encodeAny),
      ),
      { maxLength: 7 },
    ),
    headers,
  )
  .map(([method, parts, sent]) => ({ method, url: `/${parts.join('/')}`, headers: sent }))

/** Any request: of every operation, and of none. */
export function anyRequest(ids: KnownIds): fc.Arbitrary<ApiRequest> {
  const known = operationIds.map((id) => ({ weight: 3, arbitrary: requestOf(id, ids) }))
  return fc.oneof(...known, { weight: 5, arbitrary: strayRequest })
}
