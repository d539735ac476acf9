// Checks of the conventions on the wire that hold for every operation: slashes, unknown fields, letter case of ids, media
// types, compression, headers, ids and times; and of rare requests that have an answer all the same: methods that ask about a
// path, odd paths and bodies, and numbers that not every reader of JSON can hold.
import { isUuid } from '../../../kernel/id-source.js'
import { requestSchemas } from '../../../generated/request-schemas.js'
import type { OperationResponse } from '../../../generated/operations.js'
import { responses } from '../../../kernel/all-operations.js'
import { operationIds, type OperationId } from '../../../kernel/operation.js'
import { checksOn } from '../core/checks-on.js'
import { type Answer, idOfLocation, toRecord } from '../../target/answer.js'
import { expectAnyStatus, expectEqual, expectStatus, expectThat, expectFields } from '../../target/expectation.js'
import { placeOf, severityOf } from './negative-checks.js'
import { activate, openSession, type RunnerHandle } from '../../check/runner-handle.js'
import { needsJobs, pickedUpCommand, submittedCommand, takenJob } from '../../check/check-steps.js'
import { bareRunner, echoRunner, pendingCommand, pendingJob, ownProject } from '../../check/scenes.js'
import { prepareValidRequest, requestOf, sendAs } from '../../check/valid-request.js'
import { readJson } from '../../../kernel/json-text.js'
import { memberOf } from '../../../kernel/json-value.js'
import { canonicalJson } from '../../../kernel/pairing.js'
import type { Context } from '../../check/context.js'
import type { LinePart } from '../../check/request-lines.js'

const SUCCESS = [200, 201, 202, 204, 303]

/** The body with an unknown field, at its top or in its items. */
function withUnknownField(body: unknown): unknown {
  const unknown = { contract_unknown: { deep: [1, 'two'] } }
  if (Array.isArray(body)) return body.map((item: unknown) => withUnknownField(item))
  return typeof body === 'object' && body !== null ? { ...body, ...unknown } : body
}

/** Operations whose body has fields of its own; a map or free JSON has none that could be unknown. */
function hasFields(id: OperationId): boolean {
  const schema = requestSchemas[id]
  return (schema?.items ?? schema)?.properties !== undefined
}

async function gzip(text: string): Promise<Uint8Array> {
  const zipped = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(zipped).arrayBuffer())
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/

function timesIn({ body, text }: Answer): [string, string][] {
  const known = toRecord(body)
  return Object.entries(toRecord(JSON.parse(text))).flatMap(([name, time]) =>
    name.endsWith('_at') && Object.hasOwn(known, name) ? [[name, String(time)]] : [],
  )
}

function answersLocation(id: OperationId): boolean {
  const answers: Readonly<Record<number, OperationResponse>> = responses[id]
  return answers[201]?.headers.includes('Location') === true
}

const RUNNERS = '/v1/private/local-runners'
/** Of several flaws in a request to this path. */
const HEARTBEATS = `${RUNNERS}/contract/heartbeats`
const NO_MEDIA = 'content-type="text/plain" accept="text/html" rawBody="{"'

const percentEncoded: LinePart = (_, { runnerId: id }) =>
  `%${String(id).charCodeAt(0).toString(16)}${String(id).slice(1)}`

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

const inLowerCase =
  (name: string): LinePart =>
  (_, found) =>
    String(found[name]).toLowerCase()

export const wireChecks = checksOn('isAlive should', (it, at) => {
  it`system/is-alive: The server says that it is alive.
    isAlive: 200 healthy=true`
  at('Paths')
  it`system/trailing-slash: A slash at the end of a path changes nothing.
    ${ownProject}
    listRunners: 200 content->content total->total
    GET ${RUNNERS}/?project_id=$project_id: 200 content=$content total=$total`
  at('Bodies')
  it`system/json-answers: Answers with a body are application/json.
    listRunners: 200 header.content-type="application/json"`

  at('createJob Bodies', needsJobs(3))
  it`wire/charset: A content type may name its charset, and be written in any letter case.
    createJob content-type="application/json; charset=utf-8": 201
    createJob content-type="application/json;charset=UTF-8": 201
    createJob content-type="Application/JSON": 201`
  at('createJob Bodies')
  it`wire/accept-anything [getRunner]: A client that accepts anything, or says nothing about it, gets JSON.
    ${bareRunner}
    getRunner accept="*/*": 200 id=$runnerId
    getRunner accept=: 200 id=$runnerId`
  it('wire/gzip: A request body may be compressed with gzip.', async (context, runner) => {
    const inputs = { text: 'Grüße '.repeat(200) }
    const rawBody = await gzip(JSON.stringify({ agent_name: 'echo', project_id: runner.project.id, inputs }))
    const headers = { 'content-encoding': 'gzip' }
    expectAnyStatus(await sendAs(context, 'createJob', { headers, rawBody }), [201])
    expectEqual('inputs of the job', (await runner.takeJob()).inputs, inputs)
  })
  it`wire/next-job-without-body [nextJob]: nextJob takes a request with an empty body and no content type, as SDKs send it.
    ${pendingJob}
    nextJob content-length="0": 200
    getJob: 200 status="running"`
  it('wire/location-exposed [should]: A server that answers web pages of other origins exposes Location to them.', async (context) => {
    const { body } = await prepareValidRequest(context, 'createJob')
    const answer = await sendAs(context, 'createJob', { body, headers: { origin: 'http://127.0.0.1:5174' } })
    expectAnyStatus(answer, [201])
    // Behind the same origin as its pages, a server needs none of this.
    if (answer.headers['access-control-allow-origin'] === undefined) return
    const exposed = (answer.headers['access-control-expose-headers'] ?? '').toLowerCase()
    expectThat(/(^|[\s,])(location|\*)($|[\s,])/.test(exposed), 'Location among the exposed headers', exposed, answer)
  })

  at('createJob Times')
  it`wire/ids-in-capitals [getJob]: Ids in a path and in a query may be written in capitals; answers show them in lower case.
    ${pendingJob}
    getJob jobId=$jobId^: 200 id=${inLowerCase('jobId')}
    getRunner runnerId=$runnerId^: 200 id=${inLowerCase('runnerId')}
    listRunners project_id=$project_id^: 200 content.*.id=[$runnerId]`
  it`wire/body-ids-in-capitals: Ids in a body may be written in capitals; answers show them in lower case.
    ${echoRunner}
    createJob project_id=$project_id^: 201 ->jobId
    reportJobResult status="running" result= trace_id=$unknown^: 204
    getJob: 200 project_id=$project_id trace_id=$unknown`
  it('wire/pairing-ids-in-capitals [activatePairingSession]: Ids of projects and sessions may be written in capitals when a runner pairs.', async (context) => {
    const { id, name } = await context.project()
    const session = await openSession(context, { project: { id: id.toUpperCase(), name } })
    const sessionId = session.sessionId.toUpperCase()
    expectStatus(await activate(context, { ...session, sessionId }, context.name('runner')), 201)
    const runner = await context.expectCall(200, 'getRunner', { path: { runnerId: session.runnerId } })
    expectFields('the runner', runner, { id: session.runnerId, project_id: id })
  })
  it`wire/command-ids-in-capitals [reportBridgeResult]: Ids of runners and commands may be written in capitals by both sides of a command.
    ${pendingCommand}
    nextBridgeCommands runnerId=$runnerId^: 200 commands.*.command_id=[$commandId]
    reportBridgeResult runnerId=$runnerId^ commandId=$commandId^: 204
    getBridgeCommand runnerId=$runnerId^ commandId=$commandId^: 200 command_id=$commandId runner_id=$runnerId
      status="completed"`
  it`wire/stored-ids-in-capitals: Ids that a job carries may be written in capitals; answers show them in lower case.
    ${echoRunner}
    createJob metadata={"dataset_id":$unknown^,"dataset_item_id":$runnerId^}: 201 ->jobId
    getJob: 200 metadata={"dataset_id":$unknown,"dataset_item_id":$runnerId}`
  it`wire/stored-masks-in-capitals [field:prompt_masks]: Ids of prompts and of their masks may be written in capitals; a job shows them in lower case.
    ${echoRunner}
    createJob prompt_masks={$unknown^:$runnerId^}: 201 ->jobId
    getJob: 200 prompt_masks={$unknown:$runnerId}`
  it('wire/ids-are-uuids-of-version-7 [should]: Ids that the server makes are version 7 UUIDs in lower case.', async (context, runner, jobId) => {
    const connect = await submittedCommand(context)
    const ids = { project: runner.project.id, session: runner.sessionId, runner: runner.id, job: jobId }
    for (const [what, id] of Object.entries({ ...ids, command: connect.commandId })) {
      const isOfVersion7 = isUuid(id) && id === id.toLowerCase() && /^.{14}7.{4}[89ab]/.test(id)
      expectThat(isOfVersion7, `the id of the ${what} to be a version 7 UUID in lower case`, id)
    }
  })
  it('wire/times [getJob]: Times are ISO-8601 in UTC with a Z and at most nine decimals.', async (context) => {
    const { runner, jobId } = await takenJob(context)
    const { runner: connect, commandId } = await pickedUpCommand(context)
    await runner.reportJob(jobId, { status: 'completed', result: 1 })
    await connect.reportCommand(commandId, { status: 'completed', result: 1 })
    const answers = [
      await context.call('getRunner', { path: { runnerId: runner.id } }),
      await context.call('getJob', { path: { jobId } }),
      await context.call('getBridgeCommand', { path: { runnerId: connect.id, commandId } }),
    ]
    for (const answer of answers) {
      expectAnyStatus(answer, [200])
      for (const [name, time] of timesIn(answer)) expectThat(TIME.test(time), `${name} as a UTC time`, time, answer)
    }
  })

  at('getRunner Identity')
  it('wire/workspace-missing: A call that names no workspace is refused (403), or is one in the workspace default.', async (context, runner) => {
    const read = (workspace: string | null): Promise<Answer> =>
      context.call('getRunner', { path: { runnerId: runner.id }, headers: { 'comet-workspace': workspace } })
    const unnamed = await read(null)
    if (unnamed.status === 403) return
    const named = await read('default')
    expectAnyStatus(unnamed, [named.status])
    expectEqual('the runner without a workspace', unnamed.body, named.body, [named, unnamed])
  })

  at('Errors')
  it`wire/errors: Errors of every kind come in one of the two shapes of errors.
    ${echoRunner}
    getRunner runnerId=?: 404
    heartbeat runnerId=?: 410
    createJob agent_name="contract-unknown": 400
    createBridgeCommand: 409`

  at('Times')
  for (const id of operationIds.filter(answersLocation)) {
    it(`wire/location.${id} [${id} ${severityOf(id)}]: Location of ${id} is an absolute URI whose last segment is an id of its own for each call.`, async (context) => {
      const answers: Answer[] = []
      for (let call = 0; call < 2; call++) {
        const answer = await context.raw(requestOf(await prepareValidRequest(context, id)))
        expectAnyStatus(answer, [201])
        answers.push(answer)
      }
      const [first, second] = answers.map(({ headers }) => idOfLocation(headers['location'] ?? ''))
      const areThere = first !== undefined && second !== undefined
      expectThat(areThere, 'an id at the end of each Location', [first, second], answers)
      expectThat(first !== second, 'two different ids', [first, second], answers)
    })
  }

  at('Paths')
  for (const id of operationIds) {
    it(`wire/slash.${id} [${placeOf(id)}]: ${id} takes a slash at the end of its path.`, async (context) => {
      const request = requestOf(await prepareValidRequest(context, id))
      const [path = '', query] = request.path.split('?')
      const slashed = `${path}/${query === undefined ? '' : `?${query}`}`
      expectAnyStatus(await context.raw({ ...request, path: slashed }), SUCCESS)
    })
  }

  at('Bodies')
  for (const id of operationIds.filter(hasFields)) {
    it(`wire/unknown-field.${id} [${id} ${severityOf(id)}]: ${id} ignores a field that it does not know.`, async (context) => {
      const valid = await prepareValidRequest(context, id)
      const body = withUnknownField(valid.body)
      expectAnyStatus(await context.raw(requestOf(valid, { body })), SUCCESS)
    })
  }

  at('getRunner Paths should')
  it`wire/head: HEAD answers what GET does, without a body.
    ${bareRunner}
    HEAD ${RUNNERS}/$runnerId: 200
    HEAD ${RUNNERS}/$unknown: 404`
  it`wire/options: OPTIONS on a known path is 200 and lists its methods.
    OPTIONS ${RUNNERS}/$unknown: 200 header.allow~["DELETE","GET","HEAD","OPTIONS"]
    OPTIONS ${RUNNERS}/jobs: 200 header.allow~["OPTIONS","POST"]`
  it`wire/allow [registerAgents]: An answer 405 lists in Allow the methods that would do.
    PATCH ${RUNNERS}/$unknown/agents: 405 header.allow*="PUT"`

  at('heartbeat Media should')
  it`wire/first-flaw-decides: Of several flaws the first decides: the method (405), the media types (415, 406), an id (404), the body.
    PUT ${HEARTBEATS} ${NO_MEDIA}: 405
    POST ${HEARTBEATS} ${NO_MEDIA}: 406 415
    POST ${HEARTBEATS} content-type="application/json" accept="text/html" rawBody="{": 406
    POST ${HEARTBEATS} content-type="application/json" rawBody="{": 404`

  at('getRunner Paths should')
  it`wire/word-as-id: A word that stands for an id is an unknown one (404) for the methods of ids.
    GET ${RUNNERS}/jobs: 404
    DELETE ${RUNNERS}/jobs: 404
    HEAD ${RUNNERS}/jobs: 404`
  it`wire/odd-path: A percent-encoded letter is that letter, and what follows a semicolon does not count.
    ${bareRunner}
    GET ${RUNNERS}/${percentEncoded}: 200 id=$runnerId
    GET ${RUNNERS}/$runnerId;a=b: 200 id=$runnerId`
  it`wire/ambiguous-path: A path with an empty segment or an encoded slash is 400; behind a proxy it may be 404.
    GET ${RUNNERS}//$unknown: as ambiguousPath
    GET ${RUNNERS}/$unknown%2Fjobs: as ambiguousPath`
  at('getRunner Media should')
  it`wire/refused-json: An Accept that refuses JSON (q=0) is answered as usual, or with 406.
    getRunner accept="application/json;q=0": as refusedJson
    getRunner accept="text/html, application/json;q=0.0": as refusedJson`
  at('listRunners Queries should')
  it`wire/query-first-counts: Of a query parameter that comes twice the first counts; an empty number counts as absent.
    ${bareRunner}
    GET ${RUNNERS}?project_id=$project_id&project_id=$unknown&size=&page=: 200 total=1`

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
  it`wire/odd-bodies: Of a key that comes twice the last value counts, and a byte order mark may come first.
    ${bareRunner}
    patchChecklist rawBody="{\\"a\\":1,\\"a\\":2}": 204
    patchChecklist rawBody="\\uFEFF{\\"b\\":3}": 204
    getRunner: 200 checklist={"a":2,"b":3}`
  it`wire/null-entry [appendJobLogs]: A null among log entries is 422.
    appendJobLogs jobId=? [{"stream":"stdout","text":"a"},null]: 422`
  at('heartbeat should')
  it`wire/capabilities-repeat: Capabilities of a heartbeat may repeat.
    heartbeat capabilities=["jobs","bridge","jobs"]: 200`
})
