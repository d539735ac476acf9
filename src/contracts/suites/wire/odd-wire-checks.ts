// Checks of what is seldom sent and has an answer all the same: methods that ask about a path, odd paths and bodies, and
// numbers that not every reader of JSON can hold.
import { readJson } from '../../../kernel/json-text.js'
import { canonicalJson } from '../../../kernel/pairing.js'
import { alternatives, type Answer } from '../../target/answer.js'
import { defineCheck, type Check, defineShould } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { expectAnyStatus, expectEqual, expectStatus, expectThat } from '../../target/expectation.js'
import type { RunnerHandle } from '../../check/runner-handle.js'

const RUNNERS = '/v1/private/local-runners'
const JSON_TYPE = { 'content-type': 'application/json' }

/** Methods that an Allow lists, sorted. */
function allowedBy({ headers }: Answer): string[] {
  return (headers['allow'] ?? '')
    .split(',')
    .map((method) => method.trim().toUpperCase())
    .filter((method) => method !== '')
    .toSorted()
}

const methodChecks = [
  defineShould('getRunner', {
    id: 'wire/head',
    title: 'HEAD answers what GET does, without a body.',
    section: 'Paths',
    async run(context) {
      const { id } = await context.pair()
      for (const [runnerId, status] of [
        [id, 200],
        [context.random.uuid(), 404],
      ] as const) {
        const answer = await context.raw({ method: 'HEAD', path: `${RUNNERS}/${runnerId}`, operation: null })
        expectAnyStatus(answer, [status])
        expectEqual('the body', answer.text, '', answer)
      }
    },
  }),
  defineShould('getRunner', {
    id: 'wire/options',
    title: 'OPTIONS on a known path is 200 and lists its methods.',
    section: 'Paths',
    async run(context) {
      const ask = (path: string): Promise<Answer> => context.raw({ method: 'OPTIONS', path, operation: null })
      const ofRunner = await ask(`${RUNNERS}/${context.random.uuid()}`)
      expectAnyStatus(ofRunner, [200])
      expectEqual('the methods', allowedBy(ofRunner), ['DELETE', 'GET', 'HEAD', 'OPTIONS'], ofRunner)
      const ofJobs = await ask(`${RUNNERS}/jobs`)
      expectAnyStatus(ofJobs, [200])
      expectEqual('the methods', allowedBy(ofJobs), ['OPTIONS', 'POST'], ofJobs)
    },
  }),
  defineShould('registerAgents', {
    id: 'wire/allow',
    title: 'An answer 405 lists in Allow the methods that would do.',
    section: 'Paths',
    async run(context) {
      const path = `${RUNNERS}/${context.random.uuid()}/agents`
      const answer = await context.raw({ method: 'PATCH', path, operation: null })
      expectAnyStatus(answer, [405])
      expectThat(allowedBy(answer).includes('PUT'), 'PUT in Allow', answer.headers['allow'], answer)
    },
  }),
]

/** Requests with several flaws each, and what the first of them is answered with. */
const FLAWED = [
  ['PUT', { 'content-type': 'text/plain', accept: 'text/html' }, [405]],
  ['POST', { 'content-type': 'text/plain', accept: 'text/html' }, [406, 415]],
  ['POST', { ...JSON_TYPE, accept: 'text/html' }, [406]],
  ['POST', JSON_TYPE, [404]],
] as const

const orderChecks = [
  defineShould('heartbeat', {
    id: 'wire/first-flaw-decides',
    title: 'Of several flaws the first decides: the method (405), the media types (415, 406), an id (404), the body.',
    section: 'Media',
    async run(context) {
      const path = `${RUNNERS}/contract/heartbeats`
      for (const [method, headers, statuses] of FLAWED) {
        expectAnyStatus(await context.raw({ method, path, headers, body: '{', operation: null }), statuses)
      }
    },
  }),
]

const pathChecks = [
  defineShould('getRunner', {
    id: 'wire/word-as-id',
    title: 'A word that stands for an id is an unknown one (404) for the methods of ids.',
    section: 'Paths',
    async run(context) {
      for (const method of ['GET', 'DELETE', 'HEAD']) {
        expectAnyStatus(await context.raw({ method, path: `${RUNNERS}/jobs`, operation: null }), [404])
      }
    },
  }),
  defineShould('getRunner', {
    id: 'wire/odd-path',
    title: 'A percent-encoded letter is that letter, and what follows a semicolon does not count.',
    section: 'Paths',
    async run(context) {
      const { id } = await context.pair()
      const encoded = `%${id.charCodeAt(0).toString(16)}${id.slice(1)}`
      for (const path of [`${RUNNERS}/${encoded}`, `${RUNNERS}/${id};a=b`]) {
        expectAnyStatus(await context.raw({ method: 'GET', path, operation: 'getRunner' }), [200])
      }
    },
  }),
  defineShould('getRunner', {
    id: 'wire/ambiguous-path',
    title: 'A path with an empty segment or an encoded slash is 400; behind a proxy it may be 404.',
    section: 'Paths',
    async run(context) {
      const id = context.random.uuid()
      for (const path of [`${RUNNERS}//${id}`, `${RUNNERS}/${id}%2Fjobs`]) {
        expectAnyStatus(await context.raw({ method: 'GET', path, operation: null }), alternatives.ambiguousPath)
      }
    },
  }),
  defineShould('getRunner', {
    id: 'wire/refused-json',
    title: 'An Accept that refuses JSON (q=0) is answered as usual, or with 406.',
    section: 'Media',
    async run(context) {
      const { id } = await context.pair()
      for (const accept of ['application/json;q=0', 'text/html, application/json;q=0.0']) {
        const request = {
          method: 'GET',
          path: `${RUNNERS}/${id}`,
          headers: { accept },
          operation: 'getRunner',
        } as const
        expectAnyStatus(await context.raw(request), alternatives.refusedJson)
      }
    },
  }),
  defineShould('listRunners', {
    id: 'wire/query-first-counts',
    title: 'Of a query parameter that comes twice the first counts; an empty number counts as absent.',
    section: 'Queries',
    async run(context) {
      const { project } = await context.pair()
      const path = `${RUNNERS}?project_id=${project.id}&project_id=${context.random.uuid()}&size=&page=`
      const answer = await context.raw({ method: 'GET', path })
      expectAnyStatus(answer, [200])
      expectEqual('total', Reflect.get(Object(answer.body), 'total'), 1, answer)
    },
  }),
]

function createJob(context: Context, { project }: RunnerHandle, inputs: string): Promise<Answer> {
  const body = `{"agent_name":"nobody","agent_name":"echo","project_id":"${project.id}","inputs":${inputs}}`
  return context.raw({ method: 'POST', path: `${RUNNERS}/jobs`, headers: JSON_TYPE, body })
}

/** Every number here is one that Python signs otherwise once a digit, a fraction or a sign of it is lost. */
const NUMBERS = '{"n":12345678901234567890123,"f":1.0,"z":-0.0,"e":1E5,"t":1e-7,"d":0.10,"i":[1,-2,2.50]}'

/** Expects members in an answer, as Python writes them. */
function expectNumbers(answer: Answer, members: readonly string[]): void {
  const text = canonicalJson(readJson(answer.text))
  for (const member of members) expectThat(text.includes(member), member, text, answer)
}

const bodyChecks = [
  defineCheck({
    id: 'wire/numbers',
    title: 'Stored JSON comes back with the same numbers: every digit, and 1.0 does not become 1.',
    rule: { operation: 'createJob', section: 'Absence' },
    async run(context) {
      const runner = await context.pair({ agents: ['echo'] })
      const created = await createJob(context, runner, NUMBERS)
      expectAnyStatus(created, [201])
      const { text } = await context.raw({ method: 'POST', path: `${RUNNERS}/${runner.id}/jobs/next` })
      const inputs: unknown = Reflect.get(Object(readJson(text)), 'inputs')
      expectEqual('the inputs, as Python writes them', canonicalJson(inputs), canonicalJson(readJson(NUMBERS)))
    },
  }),
  defineShould('reportBridgeResult', {
    id: 'wire/numbers-alone',
    title: 'A number that stands alone as args, result or error of a command comes back as the same number.',
    section: 'Absence',
    async run(context) {
      const { id } = await context.pair({ type: 'connect' })
      const path = `${RUNNERS}/${id}/bridge/commands`
      const post = (to: string, body: string): Promise<Answer> =>
        context.raw({ method: 'POST', path: to, headers: JSON_TYPE, body })
      const created = await post(path, '{"type":"Exec","args":1.0}')
      expectAnyStatus(created, [201])
      const commandId = String(Reflect.get(Object(created.body), 'command_id'))
      expectNumbers(await post(`${path}/next`, '{}'), ['"args":1.0'])
      expectAnyStatus(
        await post(`${path}/${commandId}/results`, '{"status":"failed","result":-2.0,"error":1e2}'),
        [204],
      )
      const read = await context.raw({ method: 'GET', path: `${path}/${commandId}` })
      expectNumbers(read, ['"args":1.0', '"result":-2.0', '"error":100.0'])
    },
  }),
  defineShould('createJob', {
    id: 'wire/not-a-number',
    title: 'NaN and Infinity, which Python writes, are taken in stored JSON and come back as strings.',
    section: 'Absence',
    async run(context) {
      const runner = await context.pair({ agents: ['echo'] })
      const answer = await createJob(context, runner, '{"a":NaN,"b":[Infinity,-Infinity]}')
      expectAnyStatus(answer, [201])
      const wanted = { a: 'NaN', b: ['Infinity', '-Infinity'] }
      expectEqual('the inputs', (await runner.takeJob()).inputs, wanted, answer)
    },
  }),
  defineShould('patchChecklist', {
    id: 'wire/odd-bodies',
    title: 'Of a key that comes twice the last value counts, and a byte order mark may come first.',
    section: 'Bodies',
    async run(context) {
      const runner = await context.pair()
      const path = `${RUNNERS}/${runner.id}/checklist`
      for (const body of ['{"a":1,"a":2}', '\uFEFF{"b":3}']) {
        expectAnyStatus(await context.raw({ method: 'PATCH', path, headers: JSON_TYPE, body }), [204])
      }
      expectEqual('the checklist', (await runner.read()).checklist, { a: 2, b: 3 })
    },
  }),
  defineShould('appendJobLogs', {
    id: 'wire/null-entry',
    title: 'A null among log entries is 422.',
    section: 'Bodies',
    async run(context) {
      const path = `${RUNNERS}/jobs/${context.random.uuid()}/logs`
      const body = '[{"stream":"stdout","text":"a"},null]'
      expectAnyStatus(await context.raw({ method: 'POST', path, headers: JSON_TYPE, body }), [422])
    },
  }),
  defineShould('heartbeat', {
    id: 'wire/capabilities-repeat',
    title: 'Capabilities of a heartbeat may repeat.',
    async run(context) {
      const { id: runnerId } = await context.pair()
      const body = { capabilities: ['jobs', 'bridge', 'jobs'] }
      expectStatus(await context.call('heartbeat', { path: { runnerId }, body }), 200)
    },
  }),
]

export const wireOddChecks: readonly Check[] = [...methodChecks, ...orderChecks, ...pathChecks, ...bodyChecks]
