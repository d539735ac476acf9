// Checks of bugs in today's servers that no other check would see: the right answers, and the actual ones.
import { expectValueOr } from '../../check/seen-quirks.js'
import { checksOn } from '../core/checks-on.js'
import { takes } from '../../check/check.js'
import { bodyOf, expectAnyStatus, expectThat } from '../../target/expectation.js'
import { createdId } from '../../check/runner-handle.js'
import { longEnough } from '../../check/check-steps.js'
import { sendAs } from '../../check/valid-request.js'
import { createPrompt, having, momentOf, nothing, thisHour, traced, echoRunner, mask } from '../../check/scenes.js'

/** Fields with a scalar of another JSON type than the declared one, and what takes them. */
const SCALARS = [
  ['reportJobResult', 'status="failed" error=5', 204],
  ['nextBridgeCommands', 'max_commands="2"', 200],
  ['heartbeat', 'capabilities=[true]', 200],
] as const

/** More digits than a double holds. */
const EXACT = '0.123456789012345678'

export const quirkChecks = checksOn('listRunners Queries should', (it, at) => {
  it`quirks/status-filter-letter-case: The filter status of listRunners is read exactly: in other letter case it is 400.
    listRunners status="CONNECTED": 400, status-any-case 200`
  it`quirks/page-past-32-bits: A page of runners that begins past 32 bits is 400, or empty.
    listRunners page=2147483647 size=2: 400 200, oversized-page-500 500`
  at('registerAgents Bodies should')
  it`quirks/null-agent: A null in place of an agent is refused, and the agents stay as they were.
    ${echoRunner}
    registerAgents {"a":null}: 400 422, null-agent-500 500
    getRunner: 200 agents.*.name=["echo"]`

  at('Bodies should')
  for (const [operation, field, taken] of SCALARS) {
    it`quirks/${operation}.scalar-of-another-type [${operation}]: A body of ${operation} with a scalar of another JSON type is 400.
      ${operation} ${field}: 400, scalar-coercion ${taken}`
  }

  at('createJob Bodies should')
  it('quirks/fraction-keeps-digits: A fraction in the inputs of a job comes back with all of its digits.', async (context, runner) => {
    const rawBody = `{"agent_name":"echo","project_id":"${runner.project.id}","inputs":{"exact":${EXACT}}}`
    const created = await sendAs(context, 'createJob', { rawBody })
    expectAnyStatus(created, [201])
    const answer = await context.call('getJob', { path: { jobId: createdId(created) } })
    const shown = /"exact"\s*:\s*(-?[\d.]+(?:[eE][+-]?\d+)?)/.exec(answer.text)?.[1] ?? ''
    expectThat(Number(shown) === Number(EXACT), `inputs with ${EXACT}`, shown, answer)
    if (shown.startsWith(EXACT)) return
    const expected = `${EXACT} to keep its digits`
    context.quirk('fractions-through-double', { expected, actual: shown, proof: answer })
  })

  at(
    'nextBridgeCommands bridgeCommand reportBridgeResult pending should',
    takes(2, { waiting: 2, when: longEnough('bridge_poll_timeout_seconds') }),
  )
  it`quirks/reported-command-is-over: A command that was reported while it was pending does not end the next poll.
    pair-connect, createBridgeCommand, reportBridgeResult 1, nextBridgeCommands, createBridgeCommand`
  at('getBridgeCommand bridgeCommand picked_up should', takes(4, { waiting: 1 }))
  it('quirks/wait-tells-the-state-now: A wait whose time is up answers the command as it is then.', async (context, runner) => {
    const timeout_seconds = context.limits.bridge_max_command_timeout_seconds
    const path = { runnerId: runner.id, commandId: await runner.submit({ timeout_seconds }) }
    const reader = context.open('getBridgeCommand', { path, query: { wait: true, timeout: 2 } })
    await context.time.settle()
    await runner.nextCommands()
    const answer = await context.time.within(reader, 4, 'the wait to end')
    const { status: actual } = bodyOf(answer, 200)
    expectValueOr(context, answer, ['status of the command', actual, 'picked_up'], 'stale-wait', 'pending')
  })

  at('Paths should')
  it`quirks/delete-span: Deleting a span is no operation (405).
    DELETE /v1/private/spans/$unknown: 405, span-delete-501 501`
  at('projectsRedirect should')
  it`quirks/redirect-path: The redirect refuses a path that is no address of the API (400).
    projectsRedirect path="${btoa('http://localhost/contract')}": 400 404, redirect-500 500`
  it`quirks/mask-as-environment [createOrUpdateEnvs]: An environment cannot be pointed at the id of a mask (404).
    ${mask}
    createOrUpdateEnvs envs=[{"env_name":"contract","blueprint_id":$mask_id}]: 404, mask-as-environment 201 204`

  at('should')
  it`quirks/name-over-limit [createProject]: A name of a project with more than 255 characters is refused (400 or 422).
    createProject name="${'x'.repeat(300)}": 400 422, neighbour-request-500 500`
  it`quirks/redirect-workspace [projectsRedirect]: The redirect to a trace answers 404 where the workspace that it names is another.
    projectsRedirect workspace_name=?: 404, redirect-any-workspace 303`
  it`quirks/negative-timeout [upsertWorkspaceConfiguration]: A negative timeout of threads is refused (422).
    ${nothing}
    upsertWorkspaceConfiguration {"timeout_to_mark_thread_as_inactive":"-PT1M"}: 400 422, negative-timeout-wraps 204`
  it`quirks/taken-version-id [createPromptVersion]: A version of a prompt with an id that is taken is refused (409).
    ${createPrompt}
    createPromptVersion version={"id":$versionId,"template":"Other"}: 409, taken-version-id-replaced 200`
  it`quirks/no-change-description [getPromptById]: The newest version of a prompt says no change description where it has none.
    ${createPrompt}
    getPromptById: 200 latest_version.change_description=|null-description-text|"null"`
  it`quirks/unknown-structure [createPrompt]: A prompt with a template_structure that is none is refused (400).
    createPrompt template_structure="contract": 400 422, lenient-bodies 201`

  it`quirks/search-refusal-media [searchTraces]: A search that is refused says so as application/json.
    searchTraces filters=${having('contract', '=', 'x')}: 400
      header.content-type="application/json"|search-refusals-as-stream|"application/octet-stream"`
  it('quirks/score-of-zero [getProjectMetrics]: The average of a score of 0 is 0 in the figures of a project.', async (context) => {
    const traces = [{ start_time: momentOf(context, 0) }]
    const { project_id: id, project_name, trace_id } = await traced(traces)(context)
    const scores = [{ id: trace_id, project_name, name: 'fit', value: 0, source: 'sdk' as const }]
    await context.expectCall(204, 'scoreBatchOfTraces', { body: { scores } })
    const body = { metric_type: 'FEEDBACK_SCORES' as const, interval: 'HOURLY' as const, ...thisHour(context) }
    const answer = await context.call('getProjectMetrics', { path: { id }, body })
    const points = bodyOf(answer, 200).results.flatMap(({ data }) => data.map(({ value }) => value))
    const actual = points.find((value) => value !== null) ?? null
    expectValueOr(context, answer, ['the average', actual, 0], 'score-averages-mixed', null)
  })
  it('quirks/threads-in-capitals [getTraceThreads]: Of threads whose ids differ in case alone each has a thread_model_id.', async (context) => {
    const { project_id } = await traced([{ thread_id: 'contract' }, { thread_id: 'CONTRACT' }])(context)
    const answer = await context.call('getTraceThreads', { query: { project_id } })
    const actual = bodyOf(answer, 200).content.filter(({ thread_model_id }) => thread_model_id !== undefined).length
    expectValueOr(context, answer, ['threads with a thread_model_id', actual, 2], 'thread-ids-folded', 1)
  })
  it`quirks/spans-go-with-trace [deleteTraceById]: The spans of a trace go with it (404).
    ${traced([{}], [{}])}
    deleteTraceById: 204
    getSpanById id=$span_id: 404, deleted-trace-leaves-spans 200`
  it('quirks/total-of-a-filter [getTracesByProject]: The total of a list counts the traces that a filter on their spans lets through.', async (context) => {
    const { project_id } = await traced()(context)
    const filters = having('llm_span_count', '=', '0')
    const answer = await context.call('getTracesByProject', { query: { project_id, filters } })
    const { total, content } = bodyOf(answer, 200)
    const actual = total - content.length
    const seen = ['traces that are counted and not listed', actual, 0] as const
    expectValueOr(context, answer, seen, 'total-counts-traces-without-spans', 1)
  })
})
