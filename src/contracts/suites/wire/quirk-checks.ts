// Checks of bugs in today's servers that no other check would see: the right answers, and the actual ones.
import { expectStatusOr, expectValueOr } from '../../check/seen-quirks.js'
import type { Answer } from '../../target/answer.js'
import { checksOn, takes } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { expectAnyStatus, expectEqual, expectStatus, expectThat } from '../../target/expectation.js'
import type { OpenCall } from '../../target/client.js'
import { createPrompt } from '../../check/neighbour-requests.js'
import { longEnough, idsOf } from '../../check/check-steps.js'
import { prepareValidRequest, requestOf } from '../../check/valid-request.js'

const RUNNERS = '/v1/private/local-runners'

/** Bodies with a scalar of another JSON type than the declared one, and what takes them. */
const SCALARS = [
  { operation: 'reportJobResult', body: { status: 'failed', error: 5 }, taken: 204 },
  { operation: 'nextBridgeCommands', body: { max_commands: '2' }, taken: 200 },
  { operation: 'heartbeat', body: { capabilities: [true] }, taken: 200 },
] as const

/** More digits than a double holds; the zero at the end need not come back. */
const EXACT = '0.1234567890123456789'

/** The digits that count, whatever the notation. */
function digitsOf(number: string): string {
  return number
    .replace(/[eE].*$/, '')
    .replaceAll(/[-.]/g, '')
    .replace(/^0+/, '')
    .replace(/0+$/, '')
}

export const quirkChecks = checksOn('listRunners Queries should', (it, at) => {
  it('quirks/status-filter-letter-case: The filter status of listRunners is read exactly: in other letter case it is 400.', async (context) => {
    const { project } = await context.pair()
    const path = `${RUNNERS}?project_id=${project.id}&status=CONNECTED`
    expectStatusOr(context, await context.raw({ method: 'GET', path }), [400], ['status-any-case', [200]])
  })
  it('quirks/page-past-32-bits: A page of runners that begins past 32 bits is 400, or empty.', async (context) => {
    const { id } = await context.project()
    const path = `${RUNNERS}?project_id=${id}&page=2147483647&size=2`
    expectStatusOr(context, await context.raw({ method: 'GET', path }), [400, 200], ['oversized-page-500', [500]])
  })
  at('registerAgents Bodies should')
  it('quirks/null-agent: A null in place of an agent is refused, and the agents stay as they were.', async (context) => {
    const runner = await context.pair({ agents: ['echo'] })
    const path = `${RUNNERS}/${runner.id}/agents`
    const headers = { 'content-type': 'application/json' }
    const answer = await context.raw({ method: 'PUT', path, headers, body: '{"a":null}' })
    expectStatusOr(context, answer, [400, 422], ['null-agent-500', [500]])
    if (answer.status === 500) return
    const names = (await runner.read()).agents.map(({ name }) => name)
    expectEqual('the agents', names, ['echo'], answer)
  })

  at('Bodies should')
  for (const { operation, body, taken } of SCALARS) {
    it(`quirks/${operation}.scalar-of-another-type [${operation}]: A body of ${operation} with a scalar of another JSON type is 400.`, async (context) => {
      const valid = await prepareValidRequest(context, operation)
      // So that no poll has to wait where it is taken.
      if (operation === 'nextBridgeCommands') await valid.runner?.submit()
      const answer = await context.raw(requestOf(valid, { body }))
      expectStatusOr(context, answer, [400], ['scalar-coercion', [taken]])
    })
  }

  at('createJob Bodies should')
  it('quirks/fraction-keeps-digits: A fraction in the inputs of a job comes back with all of its digits.', async (context) => {
    const { project } = await context.pair({ agents: ['echo'] })
    const text = `{"agent_name":"echo","project_id":"${project.id}","inputs":{"exact":${EXACT}}}`
    const headers = { 'content-type': 'application/json' }
    const created = await context.raw({ method: 'POST', path: `${RUNNERS}/jobs`, headers, body: text })
    expectAnyStatus(created, [201])
    const id = (created.headers['location'] ?? '').slice(-36)
    const answer = await context.call('getJob', { path: { jobId: id } })
    expectAnyStatus(answer, [200])
    const shown = /"exact"\s*:\s*(-?[\d.]+(?:[eE][+-]?\d+)?)/.exec(answer.text)?.[1]
    expectThat(Number(shown) === Number(EXACT), `inputs with ${EXACT}`, shown, answer)
    if (shown !== undefined && digitsOf(shown) === digitsOf(EXACT)) return
    context.quirk('fractions-through-double', {
      expected: `${EXACT} to keep its digits`,
      actual: shown,
      proof: answer,
    })
  })

  at(
    'nextBridgeCommands bridgeCommand reportBridgeResult pending should',
    takes(2, { waiting: 2, when: longEnough('bridge_poll_timeout_seconds') }),
  )
  it('quirks/reported-command-is-over: A command that was reported while it was pending does not end the next poll.', async (context) => {
    const runner = await context.pair({ type: 'connect' })
    const poll = (): OpenCall<'nextBridgeCommands'> =>
      context.open('nextBridgeCommands', { path: { runnerId: runner.id }, body: {} })
    await runner.reportCommand(await runner.submit(), { status: 'completed', result: 1 })
    const first = poll()
    await context.time.settle()
    const early = first.isSettled ? await first.answer : undefined
    if (early !== undefined) {
      expectAnyStatus(early, [200])
      expectEqual('an early answer', early.body, { commands: [] }, early)
      const expected = 'the poll to wait, since nothing is pending'
      context.quirk('reported-command-in-queue', { expected, actual: 'an empty batch at once', proof: early })
    }
    const id = await runner.submit()
    const answer = await context.time.within(early === undefined ? first : poll(), 2, 'the poll to get the command')
    expectStatus(answer, 200)
    const handed = idsOf(answer.body.commands)
    expectEqual('the commands handed out', handed, [id], answer)
  })
  at('getBridgeCommand bridgeCommand picked_up should', takes(4, { waiting: 1 }))
  it('quirks/wait-tells-the-state-now: A wait whose time is up answers the command as it is then.', async (context) => {
    const runner = await context.pair({ type: 'connect' })
    const timeout_seconds = context.limits.bridge_max_command_timeout_seconds
    const commandId = await runner.submit({ timeout_seconds })
    const path = { runnerId: runner.id, commandId }
    const reader = context.open('getBridgeCommand', { path, query: { wait: true, timeout: 2 } })
    await context.time.settle()
    await runner.nextCommands()
    const answer = await context.time.within(reader, 4, 'the wait to end')
    expectStatus(answer, 200)
    const seen = { what: 'status of the command', actual: answer.body.status, values: ['picked_up'], proof: answer }
    expectValueOr(context, seen, ['stale-wait', ['pending']])
  })

  at('Paths should')
  it('quirks/delete-span: Deleting a span is no operation (405).', async (context) => {
    const path = `/v1/private/spans/${context.random.uuid()}`
    const answer = await context.raw({ method: 'DELETE', path, operation: null })
    expectStatusOr(context, answer, [405], ['span-delete-501', [501]])
  })
  at('projectsRedirect should')
  it('quirks/redirect-path: The redirect refuses a path that is no address of the API (400).', async (context) => {
    const query = `trace_id=${context.random.uuid()}&path=${encodeURIComponent(btoa('http://localhost/contract'))}`
    const path = `/v1/session/redirect/projects?${query}`
    const answer = await context.raw({ method: 'GET', path, operation: null })
    expectStatusOr(context, answer, [400, 404], ['redirect-500', [500]])
  })
  it('quirks/mask-as-environment [createOrUpdateEnvs]: An environment cannot be pointed at the id of a mask (404).', async (context) => {
    const { id: project_id } = await context.newProject()
    const configs = '/v1/private/agent-configs/blueprints'
    const json = { headers: { 'content-type': 'application/json' }, operation: null }
    const values = [{ key: 'contract', type: 'string', value: 'x' }]
    const id = context.random.uuid()
    const make = (method: string, blueprint: object): Promise<Answer> =>
      context.raw({ ...json, method, path: configs, body: JSON.stringify({ project_id, blueprint }) })
    const first = await make('POST', { type: 'blueprint', values })
    const mask = await make('PATCH', { id, type: 'mask', values })
    // Where there are no masks, none can be taken for a blueprint.
    if (first.status !== 201 || mask.status !== 201) return
    const envs = JSON.stringify({ project_id, envs: [{ env_name: 'contract', blueprint_id: id }] })
    const answer = await context.raw({ ...json, method: 'POST', path: `${configs}/environments`, body: envs })
    expectStatusOr(context, answer, [404], ['mask-as-environment', [201, 204]])
  })

  at('should')
  it('quirks/name-over-limit [createProject]: A name of a project with more than 255 characters is refused (400 or 422).', async (context) => {
    const name = `${context.random.uuid()} ${'x'.repeat(300)}`
    const answer = await context.raw(post('/v1/private/projects', { name }))
    expectStatusOr(context, answer, [400, 422], ['neighbour-request-500', [500]])
  })
  it('quirks/redirect-workspace [projectsRedirect]: The redirect to a trace answers 404 where the workspace that it names is another.', async (context) => {
    const { query } = await prepareValidRequest(context, 'projectsRedirect')
    const asked = new URLSearchParams({ ...query, workspace_name: `contract-${context.random.uuid()}` })
    const path = `/v1/session/redirect/projects?${asked.toString()}`
    const answer = await context.raw({ method: 'GET', path, operation: null })
    expectStatusOr(context, answer, [404], ['redirect-any-workspace', [303]])
  })
  it('quirks/negative-timeout [upsertWorkspaceConfiguration]: A negative timeout of threads is refused (422).', async (context) => {
    const body = { timeout_to_mark_thread_as_inactive: '-PT1M' }
    const request = { ...post('/v1/private/workspaces/configurations', body), method: 'PUT' }
    const answer = await context.raw(request)
    expectStatusOr(context, answer, [400, 422], ['negative-timeout-wraps', [204]])
  })
  it('quirks/taken-version-id [createPromptVersion]: A version of a prompt with an id that is taken is refused (409).', async (context) => {
    const { name, id } = await createPrompt(context)
    const again = { name, version: { id, template: 'Other' } }
    const answer = await context.raw(post('/v1/private/prompts/versions', again))
    expectStatusOr(context, answer, [409], ['taken-version-id-replaced', [200]])
  })
  it('quirks/no-change-description [getPromptById]: The newest version of a prompt says no change description where it has none.', async (context) => {
    const { prompt_id: id } = await createPrompt(context)
    const answer = await context.call('getPromptById', { path: { id } })
    expectStatus(answer, 200)
    const actual = answer.body.latest_version?.change_description
    const seen = { what: 'change_description', actual, values: [undefined], proof: answer }
    expectValueOr<string | undefined>(context, seen, ['null-description-text', ['null']])
  })
  it('quirks/unknown-structure [createPrompt]: A prompt with a template_structure that is none is refused (400).', async (context) => {
    const name = `contract ${context.random.uuid()}`
    const body = { name, template: 'Hi', template_structure: 'contract' }
    const answer = await context.raw(post('/v1/private/prompts', body))
    expectStatusOr(context, answer, [400, 422], ['lenient-bodies', [201]])
  })

  it('quirks/search-refusal-media [searchTraces]: A search that is refused says so as application/json.', async (context) => {
    const { id: project_id } = await context.project()
    const filters = [{ field: 'contract', operator: '=', value: 'x' }]
    const { headers, ...request } = post('/v1/private/traces/search', { project_id, filters })
    const accept = 'application/octet-stream, application/json'
    const answer = await context.raw({ ...request, headers: { ...headers, accept } })
    expectAnyStatus(answer, [400])
    const actual = answer.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
    const seen = { what: 'the media type of the refusal', actual, values: ['application/json'], proof: answer }
    expectValueOr(context, seen, ['search-refusals-as-stream', ['application/octet-stream']])
  })
  it('quirks/score-of-zero [getProjectMetrics]: The average of a score of 0 is 0 in the figures of a project.', async (context) => {
    const { project, traces } = await ingest(context, [{}])
    const scores = traces.map(({ id }) => ({
      id,
      project_name: project.name,
      name: 'fit',
      value: 0,
      source: 'sdk' as const,
    }))
    await context.expectCall(204, 'scoreBatchOfTraces', { body: { scores } })
    const [interval_start, interval_end] = [momentOf(context, -3_600_000), momentOf(context, 3_600_000)]
    const body = { metric_type: 'FEEDBACK_SCORES' as const, interval: 'HOURLY' as const, interval_start, interval_end }
    const answer = await context.call('getProjectMetrics', { path: { id: project.id }, body })
    expectStatus(answer, 200)
    const points = answer.body.results.flatMap(({ data }) => data.map(({ value }) => value))
    const actual = points.find((value) => value !== null) ?? null
    const seen = { what: 'the average', actual, values: [0], proof: answer }
    expectValueOr<number | null>(context, seen, ['score-averages-mixed', [null]])
  })
  it('quirks/threads-in-capitals [getTraceThreads]: Of threads whose ids differ in case alone each has a thread_model_id.', async (context) => {
    const { project } = await ingest(context, [{ thread_id: 'contract' }, { thread_id: 'CONTRACT' }])
    const answer = await context.call('getTraceThreads', { query: { project_id: project.id } })
    expectStatus(answer, 200)
    const actual = answer.body.content.filter(({ thread_model_id }) => thread_model_id !== undefined).length
    const seen = { what: 'threads with a thread_model_id', actual, values: [2], proof: answer }
    expectValueOr(context, seen, ['thread-ids-folded', [1]])
  })
  it('quirks/spans-go-with-trace [deleteTraceById]: The spans of a trace go with it (404).', async (context) => {
    const { traces, spans } = await ingest(context, [{}], { hasSpans: true })
    const [[trace], [span]] = [idsOf(traces), idsOf(spans)]
    await context.expectCall(204, 'deleteTraceById', { path: { id: trace ?? '' } })
    const answer = await context.raw({ method: 'GET', path: `/v1/private/spans/${span ?? ''}` })
    expectStatusOr(context, answer, [404], ['deleted-trace-leaves-spans', [200]])
  })
  it('quirks/total-of-a-filter [getTracesByProject]: The total of a list counts the traces that a filter on their spans lets through.', async (context) => {
    const { project } = await ingest(context, [{}])
    const filters = JSON.stringify([{ field: 'llm_span_count', operator: '=', value: '0' }])
    const answer = await context.call('getTracesByProject', { query: { project_id: project.id, filters } })
    expectStatus(answer, 200)
    const actual = answer.body.total - answer.body.content.length
    const seen = { what: 'traces that are counted and not listed', actual, values: [0], proof: answer }
    expectValueOr(context, seen, ['total-counts-traces-without-spans', [1]])
  })
})

/** A time that lies so many milliseconds from that of the ids of a check. */
function momentOf(context: Context, ms: number): string {
  return new Date(Number.parseInt(context.random.uuid().replaceAll('-', '').slice(0, 12), 16) + ms).toISOString()
}

/** A project of its own with traces, and a span of each where that is asked for. */
async function ingest(context: Context, fields: readonly object[], { hasSpans = false } = {}) {
  const project = await context.newProject()
  const entry = { project_name: project.name, name: 'contract', start_time: momentOf(context, 0) }
  const traces = fields.map((own) => ({ ...entry, id: context.random.uuid(), ...own }))
  await context.expectCall(204, 'createTraces', { body: { traces } })
  const spans = hasSpans ? traces.map((trace) => ({ ...entry, id: context.random.uuid(), trace_id: trace.id })) : []
  if (hasSpans) await context.expectCall(204, 'createSpans', { body: { spans } })
  return { project, traces, spans }
}

/** A request that its operation need not take. */
function post(path: string, body: unknown) {
  const headers = { 'content-type': 'application/json' }
  return { method: 'POST', path, headers, body: JSON.stringify(body), operation: null }
}
