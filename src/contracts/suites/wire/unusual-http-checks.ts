// Checks of rare requests that have an answer all the same: methods that ask about a path, odd paths and bodies, and
// numbers that not every reader of JSON can hold.
import { readJson } from '../../../kernel/json-text.js'
import { memberOf } from '../../../kernel/json-value.js'
import type { OperationId } from '../../../kernel/operation.js'
import { canonicalJson } from '../../../kernel/pairing.js'
import { alternatives, type Answer } from '../../target/answer.js'
import { checksOn } from '../core/checks-on.js'
import type { Context } from '../../check/context.js'
import { expectAnyStatus, expectEqual, expectThat } from '../../target/expectation.js'
import type { RunnerHandle } from '../../check/runner-handle.js'
import { sendAs } from '../../check/valid-request.js'

const RUNNERS = '/v1/private/local-runners'
const JSON_TYPE = { 'content-type': 'application/json' }

/** Sends what means no operation, or means one otherwise. */
async function expectRaw(
  context: Context,
  method: string,
  path: string,
  statuses: Parameters<typeof expectAnyStatus>[1],
  operation: OperationId | null = null,
): Promise<Answer> {
  const answer = await context.raw({ method, path, operation })
  expectAnyStatus(answer, statuses)
  return answer
}

function allowedBy({ headers }: Answer): string[] {
  const methods = (headers['allow'] ?? '').split(',').map((method) => method.trim().toUpperCase())
  return methods.filter((method) => method !== '').toSorted()
}

/** Requests with several flaws each, and what the first of them is answered with. */
const FLAWED = [
  ['PUT', { 'content-type': 'text/plain', accept: 'text/html' }, [405]],
  ['POST', { 'content-type': 'text/plain', accept: 'text/html' }, [406, 415]],
  ['POST', { ...JSON_TYPE, accept: 'text/html' }, [406]],
  ['POST', JSON_TYPE, [404]],
] as const

/** Creates a job from text, with a key that comes twice. */
async function createJob(context: Context, { project }: RunnerHandle, inputs: string): Promise<void> {
  const rawBody = `{"agent_name":"nobody","agent_name":"echo","project_id":"${project.id}","inputs":${inputs}}`
  expectAnyStatus(await sendAs(context, 'createJob', { rawBody }), [201])
}

/** Every number here is one that Python signs otherwise once a digit, a fraction or a sign of it is lost. */
const NUMBERS = '{"n":12345678901234567890123,"f":1.0,"z":-0.0,"e":1E5,"t":1e-7,"d":0.10,"i":[1,-2,2.50]}'

/** Expects members in an answer, as Python writes them. */
function expectNumbers(answer: Answer, members: readonly string[]): void {
  const text = canonicalJson(readJson(answer.text))
  for (const member of members) expectThat(text.includes(member), member, text, answer)
}

export const wireOddChecks = checksOn('getRunner Paths should', (it, at) => {
  it('wire/head: HEAD answers what GET does, without a body.', async (context, { id }) => {
    for (const [runnerId, status] of Object.entries({ [id]: 200, [context.random.uuid()]: 404 })) {
      expectEqual('the body', (await expectRaw(context, 'HEAD', `${RUNNERS}/${runnerId}`, [status])).text, '')
    }
  })
  it('wire/options: OPTIONS on a known path is 200 and lists its methods.', async (context) => {
    const ofRunner = await expectRaw(context, 'OPTIONS', `${RUNNERS}/${context.random.uuid()}`, [200])
    expectEqual('the methods', allowedBy(ofRunner), ['DELETE', 'GET', 'HEAD', 'OPTIONS'])
    const ofJobs = await expectRaw(context, 'OPTIONS', `${RUNNERS}/jobs`, [200])
    expectEqual('the methods', allowedBy(ofJobs), ['OPTIONS', 'POST'])
  })
  it('wire/allow [registerAgents]: An answer 405 lists in Allow the methods that would do.', async (context) => {
    const answer = await expectRaw(context, 'PATCH', `${RUNNERS}/${context.random.uuid()}/agents`, [405])
    expectThat(allowedBy(answer).includes('PUT'), 'PUT in Allow', answer.headers['allow'])
  })

  at('heartbeat Media should')
  it('wire/first-flaw-decides: Of several flaws the first decides: the method (405), the media types (415, 406), an id (404), the body.', async (context) => {
    const path = `${RUNNERS}/contract/heartbeats`
    for (const [method, headers, statuses] of FLAWED) {
      expectAnyStatus(await context.raw({ method, path, headers, body: '{', operation: null }), statuses)
    }
  })

  at('getRunner Paths should')
  it('wire/word-as-id: A word that stands for an id is an unknown one (404) for the methods of ids.', async (context) => {
    for (const method of ['GET', 'DELETE', 'HEAD']) await expectRaw(context, method, `${RUNNERS}/jobs`, [404])
  })
  it('wire/odd-path: A percent-encoded letter is that letter, and what follows a semicolon does not count.', async (context, runner) => {
    const encoded = `%${runner.id.charCodeAt(0).toString(16)}${runner.id.slice(1)}`
    for (const part of [encoded, `${runner.id};a=b`]) {
      await expectRaw(context, 'GET', `${RUNNERS}/${part}`, [200], 'getRunner')
    }
  })
  it('wire/ambiguous-path: A path with an empty segment or an encoded slash is 400; behind a proxy it may be 404.', async (context) => {
    const id = context.random.uuid()
    for (const path of [`${RUNNERS}//${id}`, `${RUNNERS}/${id}%2Fjobs`]) {
      await expectRaw(context, 'GET', path, alternatives.ambiguousPath)
    }
  })
  at('getRunner Media should')
  it('wire/refused-json: An Accept that refuses JSON (q=0) is answered as usual, or with 406.', async (context) => {
    const path = { runnerId: (await context.pair()).id }
    for (const accept of ['application/json;q=0', 'text/html, application/json;q=0.0']) {
      expectAnyStatus(await sendAs(context, 'getRunner', { path, headers: { accept } }), alternatives.refusedJson)
    }
  })
  at('listRunners Queries should')
  it('wire/query-first-counts: Of a query parameter that comes twice the first counts; an empty number counts as absent.', async (context, runner) => {
    const path = `${RUNNERS}?project_id=${runner.project.id}&project_id=${context.random.uuid()}&size=&page=`
    expectEqual('total', memberOf((await expectRaw(context, 'GET', path, [200], 'listRunners')).body, 'total'), 1)
  })

  at('createJob Absence')
  it('wire/numbers: Stored JSON comes back with the same numbers: every digit, and 1.0 does not become 1.', async (context, runner) => {
    await createJob(context, runner, NUMBERS)
    const { text } = await context.call('nextJob', { path: { runnerId: runner.id } })
    const inputs = memberOf(readJson(text), 'inputs')
    expectEqual('the inputs, as Python writes them', canonicalJson(inputs), canonicalJson(readJson(NUMBERS)))
  })
  it('wire/numbers-alone [reportBridgeResult should]: A number that stands alone as args, result or error of a command comes back as the same number.', async (context) => {
    const runnerId = (await context.pair({ type: 'connect' })).id
    const created = await sendAs(context, 'createBridgeCommand', {
      path: { runnerId },
      rawBody: '{"type":"Exec","args":1.0}',
    })
    expectAnyStatus(created, [201])
    const path = { runnerId, commandId: String(memberOf(created.body, 'command_id')) }
    expectNumbers(await context.call('nextBridgeCommands', { path, body: {} }), ['"args":1.0'])
    const rawBody = '{"status":"failed","result":-2.0,"error":1e2}'
    expectAnyStatus(await sendAs(context, 'reportBridgeResult', { path, rawBody }), [204])
    const read = await context.call('getBridgeCommand', { path })
    expectNumbers(read, ['"args":1.0', '"result":-2.0', '"error":100.0'])
  })
  it('wire/not-a-number [should]: NaN and Infinity, which Python writes, are taken in stored JSON and come back as strings.', async (context, runner) => {
    await createJob(context, runner, '{"a":NaN,"b":[Infinity,-Infinity]}')
    expectEqual('the inputs', (await runner.takeJob()).inputs, { a: 'NaN', b: ['Infinity', '-Infinity'] })
  })
  at('patchChecklist Bodies should')
  it('wire/odd-bodies: Of a key that comes twice the last value counts, and a byte order mark may come first.', async (context, runner) => {
    for (const rawBody of ['{"a":1,"a":2}', '\uFEFF{"b":3}']) {
      expectAnyStatus(await sendAs(context, 'patchChecklist', { path: { runnerId: runner.id }, rawBody }), [204])
    }
    expectEqual('the checklist', (await runner.read()).checklist, { a: 2, b: 3 })
  })
  it`wire/null-entry [appendJobLogs]: A null among log entries is 422.
    appendJobLogs jobId=? [{"stream":"stdout","text":"a"},null]: 422`
  at('heartbeat should')
  it`wire/capabilities-repeat: Capabilities of a heartbeat may repeat.
    heartbeat capabilities=["jobs","bridge","jobs"]: 200`
})
