// Checks of the conventions on the wire that hold for every operation: slashes, unknown fields, letter case of ids, media
// types, compression, headers, ids and times.
import { isUuid } from '../../../kernel/id-source.js'
import { requestSchemas } from '../../../generated/request-schemas.js'
import type { OperationResponse } from '../../../generated/operations.js'
import { responses } from '../../../kernel/all-operations.js'
import { operationIds, type OperationId } from '../../../kernel/operation.js'
import { checksOn } from '../core/checks-on.js'
import { type Answer, idOfLocation, isOfMedia, toRecord } from '../../target/answer.js'
import { expectAnyStatus, expectEqual, expectStatus, expectThat, expectFields } from '../../target/expectation.js'
import { placeOf, severityOf } from './negative-checks.js'
import { activate, openSession } from '../../check/runner-handle.js'
import { idsOf, needsJobs, pickedUpCommand, submittedCommand, takenJob, tryCommand } from '../../check/check-steps.js'
import { prepareValidRequest, requestOf, sendAs } from '../../check/valid-request.js'

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

export const wireChecks = checksOn('isAlive should', (it, at) => {
  it('system/is-alive: The server says that it is alive.', async (context) => {
    const { healthy } = await context.expectCall(200, 'isAlive')
    expectEqual('healthy', healthy, true)
  })
  at('Paths')
  it('system/trailing-slash: A slash at the end of a path changes nothing.', async (context) => {
    const { id } = await context.project()
    const plain = await context.call('listRunners', { query: { project_id: id } })
    const slashed = await context.raw({ method: 'GET', path: `/v1/private/local-runners/?project_id=${id}` })
    expectStatus(plain, 200)
    expectAnyStatus(slashed, [200])
    expectEqual('the answer with a slash', slashed.body, plain.body, [plain, slashed])
  })
  at('Bodies')
  it('system/json-answers: Answers with a body are application/json.', async (context) => {
    const { id } = await context.project()
    const answer = await context.call('listRunners', { query: { project_id: id } })
    const type = answer.headers['content-type'] ?? 'none'
    expectThat(isOfMedia(answer.headers, 'application/json'), 'content-type application/json', type, answer)
  })

  at('createJob Bodies', needsJobs(3))
  it('wire/charset: A content type may name its charset, and be written in any letter case.', async (context) => {
    const { body } = await prepareValidRequest(context, 'createJob')
    for (const type of ['application/json; charset=utf-8', 'application/json;charset=UTF-8', 'Application/JSON']) {
      expectAnyStatus(await sendAs(context, 'createJob', { headers: { 'content-type': type }, body }), [201])
    }
  })
  at('createJob Bodies')
  it('wire/accept-anything [getRunner]: A client that accepts anything, or says nothing about it, gets JSON.', async (context, runner) => {
    for (const accept of ['*/*', null]) {
      const { id } = await context.expectCall(200, 'getRunner', { path: { runnerId: runner.id }, headers: { accept } })
      expectEqual('id of the runner', id, runner.id)
    }
  })
  it('wire/gzip: A request body may be compressed with gzip.', async (context, runner) => {
    const inputs = { text: 'Grüße '.repeat(200) }
    const rawBody = await gzip(JSON.stringify({ agent_name: 'echo', project_id: runner.project.id, inputs }))
    const headers = { 'content-encoding': 'gzip' }
    expectAnyStatus(await sendAs(context, 'createJob', { headers, rawBody }), [201])
    expectEqual('inputs of the job', (await runner.takeJob()).inputs, inputs)
  })
  it('wire/next-job-without-body [nextJob]: nextJob takes a request with an empty body and no content type, as SDKs send it.', async (context, runner, jobId) => {
    await context.expectCall(200, 'nextJob', { path: { runnerId: runner.id }, headers: { 'content-length': '0' } })
    expectEqual('status of the job', (await runner.readJob(jobId)).status, 'running')
  })
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
  it('wire/ids-in-capitals [getJob]: Ids in a path and in a query may be written in capitals; answers show them in lower case.', async (context, runner, jobId) => {
    const job = await context.expectCall(200, 'getJob', { path: { jobId: jobId.toUpperCase() } })
    expectEqual('id of the job', job.id, jobId.toLowerCase())
    const read = await context.expectCall(200, 'getRunner', { path: { runnerId: runner.id.toUpperCase() } })
    expectEqual('id of the runner', read.id, runner.id.toLowerCase())
    const query = { project_id: runner.project.id.toUpperCase() }
    const { content } = await context.expectCall(200, 'listRunners', { query })
    expectThat(idsOf(content).includes(runner.id), 'the runner in the list', content)
  })
  it('wire/body-ids-in-capitals: Ids in a body may be written in capitals; answers show them in lower case.', async (context, runner) => {
    const jobId = await runner.createJob({ project_id: runner.project.id.toUpperCase() })
    const trace_id = context.random.uuid()
    await runner.reportJob(jobId, { status: 'running', trace_id: trace_id.toUpperCase() })
    expectFields('the job', await runner.readJob(jobId), { project_id: runner.project.id, trace_id })
  })
  it('wire/pairing-ids-in-capitals [activatePairingSession]: Ids of projects and sessions may be written in capitals when a runner pairs.', async (context) => {
    const { id, name } = await context.project()
    const session = await openSession(context, { project: { id: id.toUpperCase(), name } })
    const sessionId = session.sessionId.toUpperCase()
    expectStatus(await activate(context, { ...session, sessionId }, context.name('runner')), 201)
    const runner = await context.expectCall(200, 'getRunner', { path: { runnerId: session.runnerId } })
    expectFields('the runner', runner, { id: session.runnerId, project_id: id })
  })
  it('wire/command-ids-in-capitals [reportBridgeResult]: Ids of runners and commands may be written in capitals by both sides of a command.', async (context, runner, command_id) => {
    const path = { runnerId: runner.id.toUpperCase(), commandId: command_id.toUpperCase() }
    const { commands } = await context.expectCall(200, 'nextBridgeCommands', { path, body: {} })
    expectEqual('the commands handed out', idsOf(commands), [command_id])
    await context.expectCall(204, 'reportBridgeResult', { path, body: { status: 'completed', result: 1 } })
    const command = await context.expectCall(200, 'getBridgeCommand', { path })
    expectFields('the command', command, { command_id, runner_id: runner.id, status: 'completed' })
  })
  it('wire/stored-ids-in-capitals: Ids that a job carries may be written in capitals; answers show them in lower case.', async (context, runner) => {
    const metadata = { dataset_id: context.random.uuid(), dataset_item_id: context.random.uuid() }
    const { dataset_id, dataset_item_id } = metadata
    const sent = { dataset_id: dataset_id.toUpperCase(), dataset_item_id: dataset_item_id.toUpperCase() }
    expectFields('the job', await runner.readJob(await runner.createJob({ metadata: sent })), { metadata })
  })
  it('wire/stored-masks-in-capitals [field:prompt_masks]: Ids of prompts and of their masks may be written in capitals; a job shows them in lower case.', async (context, runner) => {
    const [prompt, mask] = [context.random.uuid(), context.random.uuid()]
    const jobId = await runner.createJob({ prompt_masks: { [prompt.toUpperCase()]: mask.toUpperCase() } })
    expectFields('the job', await runner.readJob(jobId), { prompt_masks: { [prompt]: mask } })
  })
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
  it('wire/errors: Errors of every kind come in one of the two shapes of errors.', async (context, runner) => {
    const path = { runnerId: context.random.uuid() }
    const job = { agent_name: 'contract-unknown', project_id: runner.project.id }
    // The client holds each body against the schema of errors.
    await context.expectCall(404, 'getRunner', { path })
    await context.expectCall(410, 'heartbeat', { path, body: {} })
    await context.expectCall(400, 'createJob', { body: job })
    expectStatus(await tryCommand(context, runner), 409)
  })

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
})
