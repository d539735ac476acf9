// Checks that every operation answers every status that a well-formed request can bring about, each time as the spec declares
// it: the client holds media type, headers and body against the schema; and that what a request and its resource share by
// name comes back from every read, over whichever fields the spec has. Broken requests are in negative-checks.ts, what needs
// time in suites/time, what needs crowds in suites/limits, single fields with rules of their own with their resource.
import { operations, responses } from '../../../kernel/all-operations.js'
import { operationIds, pathParametersOf, type OperationId } from '../../../kernel/operation.js'
import { toBase64 } from '../../../kernel/pairing.js'
import { checksOn } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { expectAnyStatus, expectEqual, expectStatus } from '../../target/expectation.js'
import { placeOf, severityOf } from './negative-checks.js'
import { createEnvironment, createPrompt } from '../../check/neighbour-requests.js'
import { prepareValidRequest, requestOf, type ValidRequest, type RequestChanges } from '../../check/valid-request.js'
import { copySharedFields, sharedNames, sharedPart, type Feeds } from '../../../kernel/shared-fields.js'
import { listOf } from '../../../kernel/json-value.js'
import { requestSchemas, type FieldSchema } from '../../../generated/request-schemas.js'
import { knownPart, toRecord } from '../../target/answer.js'
import { sampleBody } from '../../check/negative-values.js'
import { activate, type RunnerHandle } from '../../check/runner-handle.js'

function successOf(operation: OperationId): number {
  const [status = 200] = Object.keys(responses[operation]).map(Number)
  return status
}

/** What must change about a valid request, or happen before it, to bring an error about. */
type Provoke = (context: Context, valid: ValidRequest) => RequestChanges | Promise<RequestChanges>

/** Sends the valid request first. */
async function repeat(context: Context, valid: ValidRequest): Promise<RequestChanges> {
  expectAnyStatus(await context.raw(requestOf(valid)), [successOf(valid.operation)])
  return {}
}

/** With other members of the body, some of which are made from those of the valid one. */
function withBody(members: object | ((context: Context, valid: Record<string, unknown>) => unknown)): Provoke {
  return async (context, { body }) => {
    const changed: unknown = typeof members === 'function' ? await members(context, toRecord(body)) : members
    return { body: { ...toRecord(body), ...toRecord(changed) } }
  }
}

function atUnknown(part: 'path' | 'query', name: string): Provoke {
  return ({ random }) => ({ [part]: { [name]: random.uuid() } })
}

const withUnknownName = withBody((context) => ({ name: context.name('unknown') }))
const withNameOf = (create: typeof createPrompt | typeof createEnvironment) =>
  withBody(async (context) => ({ name: (await create(context)).name }))
const ofNumber = (versionNumber: string): Provoke => {
  return (_context, { path }) => ({ path: { ...path, versionNumber } })
}

/** Scores name a project each. */
const withScores = withBody(({ random }, { scores }) => ({
  scores: listOf(scores).map((each) => ({ ...toRecord(each), project_id: random.uuid() })),
}))

const taken = [409, 'a name that is taken', repeat] as const
const withoutProject = [400, 'no project', () => ({ query: { project_id: undefined } })] as const
const ofUnknownProject = [404, 'an unknown project', atUnknown('query', 'project_id')] as const
const scoredInUnknownProject = [404, 'an unknown project', withScores] as const
const withUnknownProject = withBody(({ random }) => ({ project_id: random.uuid() }))
const inUnknownProject = [404, 'an unknown project', withUnknownProject] as const

/** An operation, the status of an answer, to what it answers that, and how one brings that about. */
type Provocation = readonly [operation: OperationId, status: number, title: string, provoke: Provoke]

const provocations: readonly Provocation[] = [
  ['projectsRedirect', 404, 'an unknown trace', atUnknown('query', 'trace_id')],
  ['attachmentList', 400, 'a blank path', () => ({ query: { path: ' ' } })],
  ['upsertWorkspaceConfiguration', 422, 'eight days', withBody({ timeout_to_mark_thread_as_inactive: 'P7DT1S' })],
  ['createPairingSession', 400, 'a key of 31 bytes', withBody({ activation_key: toBase64(new Uint8Array(31)) })],
  ['createPairingSession', ...inUnknownProject],
  ['activatePairingSession', 403, 'a wrong proof', withBody({ hmac: toBase64(new Uint8Array(32)) })],
  ['activatePairingSession', 409, 'a session that was activated', repeat],
  ['heartbeat', 400, 'a capability in capitals', withBody({ capabilities: ['JOBS'] })],
  ['heartbeat', 410, 'an unknown runner', atUnknown('path', 'runnerId')],
  ['createJob', 400, 'an unknown agent', withBody({ agent_name: 'contract-unknown' })],
  ['createJob', ...inUnknownProject],
  ['reportJobResult', 400, 'a status that may not be reported', withBody({ status: 'cancelled' })],
  [
    'createBridgeCommand',
    409,
    'a runner without the capability',
    async (_, { runner }) => {
      await runner?.heartbeat(['jobs'])
      return {}
    },
  ],
  ['reportBridgeResult', 400, 'a status that may not be reported', withBody({ status: 'timed_out' })],
  ['reportBridgeResult', 409, 'a command that has ended', repeat],
  ['createProject', ...taken],
  ['createPrompt', 400, 'an id of another version', withBody({ id: '0190babc-62a0-41d2-832a-0feffa4676eb' })],
  ['createPrompt', ...inUnknownProject],
  ['createPrompt', ...taken],
  [
    'createPromptVersion',
    404,
    'a new prompt in an unknown project',
    withBody((context) => ({ name: context.name('unknown'), project_id: context.random.uuid() })),
  ],
  [
    'createPromptVersion',
    409,
    'a commit that is taken',
    async (context, valid) => {
      const { version } = toRecord(valid.body)
      const body = { ...toRecord(valid.body), version: { ...toRecord(version), commit: 'Contract' } }
      await repeat(context, { ...valid, body })
      return { body }
    },
  ],
  ['retrievePromptVersion', 404, 'an unknown name', withUnknownName],
  ['getPromptByCommit', 400, 'what is no commit', () => ({ path: { commit: 'contract-1' } })],
  ['getPromptByCommit', 404, 'an unknown commit', () => ({ path: { commit: '0c0n7rac' } })],
  [
    'getPromptById',
    400,
    'a mask and an environment',
    ({ random }) => ({ query: { mask_id: random.uuid(), environment: 'contract' } }),
  ],
  ['updatePrompt', 409, 'a name that is taken', withNameOf(createPrompt)],
  ['setPromptVersionEnvironment', 409, 'an unknown environment', withBody({ environments: ['contract-unknown'] })],
  ['createEnvironment', ...taken],
  ['updateEnvironment', 409, 'a name that is taken', withNameOf(createEnvironment)],
  ['getPromptVersionByNumber', 400, 'what is no number of a version', ofNumber('contract')],
  ['getPromptVersionByNumber', 404, 'an unknown number', ofNumber('v999')],
  [
    'createAgentConfig',
    400,
    'a mask',
    withBody((_, { blueprint }) => ({ blueprint: { ...toRecord(blueprint), type: 'mask' } })),
  ],
  ['createAgentConfig', ...inUnknownProject],
  ['createAgentConfig', 409, 'a second configuration', repeat],
  ['updateAgentConfig', ...inUnknownProject],
  [
    'createOrUpdateEnvs',
    400,
    'an environment that comes twice',
    withBody((_, { envs }) => ({ envs: [...listOf(envs), ...listOf(envs)] })),
  ],
  ['createOrUpdateEnvs', ...inUnknownProject],
  ['removeConfigKeys', 204, 'keys that are not there', withBody({ keys: ['contract-unknown'] })],
  ['removeConfigKeys', ...inUnknownProject],
  ['retrieveProject', 404, 'an unknown name', withUnknownName],
  ['getTracesByProject', ...withoutProject],
  ['getTracesByProject', ...ofUnknownProject],
  ['getSpansByProject', ...withoutProject],
  ['getSpansByProject', ...ofUnknownProject],
  ['findFeedbackScoreNamesByProjectIds', 400, 'no list of ids', () => ({ query: { project_ids: 'x' } })],
  ['createAgentInsightsJob', 409, 'a project that has one', repeat],
  ['reportAgentInsightsIssues', ...inUnknownProject],
  ['scoreBatchOfTraces', ...scoredInUnknownProject],
  ['scoreBatchOfSpans', ...scoredInUnknownProject],
  ['scoreBatchOfThreads', ...scoredInUnknownProject],
  ['closeTraceThread', ...inUnknownProject],
  ['openTraceThread', ...inUnknownProject],
  ['deleteTraceThreads', ...inUnknownProject],
  ['searchTraceThreads', ...inUnknownProject],
  ['deleteThreadFeedbackScores', ...inUnknownProject],
]

/** Operations that answer something else than 404 to an id that names nothing. */
const CONTENT_WITH_NOTHING = new Set<OperationId>([
  'getPromptByCommit',
  'getPromptsByProject',
  'getPromptVersions',
  'getPromptVersionByNumber',
  'getProjectKpiCards',
  'deleteEnv',
  'findDashboardsByProject',
  'findAlertsByProject',
  'getRecentActivity',
  'getReports',
  'getReportPreference',
  'updateReportPreference',
  'findDatasetsByProject',
  'findExperimentsByProject',
  'findOptimizationsByProject',
  'heartbeat',
  'disconnectRunner',
  'deleteTraceFeedbackScore',
  'deleteSpanFeedbackScore',
  'deleteProjectById',
  'deleteTraceById',
  'updateTrace',
  'updateSpan',
])

/** With ids that name nothing. */
function withUnknownIds({ random }: Context, { path }: ValidRequest): RequestChanges {
  return { path: Object.fromEntries(Object.keys(path).map((name) => [name, random.uuid()])) }
}

function provocationsOf(operation: OperationId): Provocation[] {
  const own = provocations.filter(([each]) => each === operation)
  const names = pathParametersOf(operations[operation]).length > 0 && !CONTENT_WITH_NOTHING.has(operation)
  return names ? [[operation, 404, 'an id that names nothing', withUnknownIds], ...own] : own
}

export const schemaChecks = checksOn('', (it, at) => {
  for (const id of operationIds) {
    const status = successOf(id)
    it(`schema/${id}.${status} [${placeOf(id)}]: ${id} answers a valid request with ${status}, as declared.`, async (context) => {
      expectAnyStatus(await context.raw(requestOf(await prepareValidRequest(context, id))), [status])
    })
  }

  at('')
  for (const id of operationIds) {
    for (const [, status, title, provoke] of provocationsOf(id)) {
      it(`schema/${id}.${status} [${id} ${severityOf(id)}]: ${id} answers ${title} with ${status}, as declared.`, async (context) => {
        const valid = await prepareValidRequest(context, id)
        expectAnyStatus(await context.raw(requestOf(valid, await provoke(context, valid))), [status])
      })
    }
  }
})

/** A value for each optional field that requests of a schema share with their resource. */
function optionalPart<Source extends keyof Feeds>(
  source: Source,
  schema: FieldSchema | undefined,
): Partial<Feeds[Source]['from']> {
  const { properties = {}, required = [] } = schema ?? {}
  const optional = Object.entries(properties).filter(([name]) => !required.includes(name))
  return sharedPart(source, Object.fromEntries(optional.map(([name, part]) => [name, sampleBody(part)])))
}

/** Ends the check unless a view shows what was sent, as far as the view has the field at all. */
function expectShown(where: string, view: unknown, sent: object, names: readonly string[] = Object.keys(sent)): void {
  const shown = toRecord(view)
  for (const [name, value] of Object.entries<unknown>({ ...sent })) {
    if (names.includes(name)) expectEqual(`${name} as ${where} shows it`, shown[name], value)
  }
}

const ofSession = optionalPart('CreateSessionRequest', requestSchemas.createPairingSession)
const ofJob = optionalPart('CreateLocalRunnerJobRequest', requestSchemas.createJob)
const ofCommand = optionalPart('BridgeCommandSubmitRequest', requestSchemas.createBridgeCommand)
const { name: _, ...ofAgent } = optionalPart('Agent', requestSchemas.registerAgents?.additionalProperties)

/** The runner as getRunner and listRunners show it. */
async function runnerViews(context: Context, id: string, projectId: string): Promise<[string, unknown][]> {
  const read = await context.expectCall(200, 'getRunner', { path: { runnerId: id } })
  const { content } = await context.expectCall(200, 'listRunners', { query: { project_id: projectId } })
  const listed = content.find((each) => each.id === id)
  return [
    ['getRunner', knownPart('getRunner', 200, read)],
    ['listRunners', knownPart('getRunner', 200, listed)],
  ]
}

async function checkSession(context: Context): Promise<void> {
  const project = await context.project()
  const activationKey = context.random.bytes(32)
  const body = {
    ...ofSession,
    project_id: project.id,
    activation_key: toBase64(activationKey),
    type: 'endpoint' as const,
  }
  const session = await context.expectCall(201, 'createPairingSession', { body })
  const open = { sessionId: session.session_id, runnerId: session.runner_id, activationKey, project }
  expectStatus(await activate(context, open, context.name('runner')), 201)
  const sent = copySharedFields('CreateSessionRequest', body, {})
  for (const [where, view] of await runnerViews(context, session.runner_id, project.id)) expectShown(where, view, sent)
}

async function checkAgents(context: Context): Promise<void> {
  const agents = context.known('registerAgents', { sample: ofAgent })
  const runner = await context.pair({ agents })
  const sent = copySharedFields('Agent', agents.sample, { name: 'sample' })
  for (const [where, view] of await runnerViews(context, runner.id, runner.project.id)) {
    const [agent] = listOf(toRecord(view)['agents'])
    expectShown(where, agent, sent)
  }
}

async function checkJob(context: Context): Promise<void> {
  const runner = await context.pair({ agents: ['echo'] })
  const body = context.known('createJob', ofJob)
  const jobId = await runner.createJob(body)
  const sent = copySharedFields(
    'CreateLocalRunnerJobRequest',
    { ...body, agent_name: 'echo', project_id: runner.project.id },
    { id: jobId },
  )
  const { content } = await context.expectCall(200, 'listJobs', { path: { runnerId: runner.id } })
  const listed = content.find(({ id }) => id === jobId)
  const views: [string, unknown][] = [
    ['getJob', await runner.readJob(jobId)],
    ['listJobs', listed],
    ['nextJob', await runner.takeJob()],
  ]
  for (const [where, view] of views) expectShown(where, knownPart('getJob', 200, view), sent)
}

async function checkCommand(context: Context): Promise<void> {
  const runner: RunnerHandle = await context.pair({ type: 'connect' })
  const body = { type: 'ReadFile' as const, args: { path: 'README.md' }, ...ofCommand }
  const commandId = await runner.submit(body)
  const sent = copySharedFields('BridgeCommandSubmitRequest', body, { command_id: commandId })
  const read = knownPart('getBridgeCommand', 200, await runner.readCommand(commandId))
  expectShown('getBridgeCommand', read, sent)
  const [item] = await runner.nextCommands()
  const handedOut = knownPart('getBridgeCommand', 200, item)
  expectShown('nextBridgeCommands', handedOut, sent, sharedNames('BridgeCommand'))
}

const carriers = {
  ...(Object.keys(ofSession).length > 0 && { createPairingSession: checkSession }),
  ...{ registerAgents: checkAgents, createJob: checkJob, createBridgeCommand: checkCommand },
}

export const carriedChecks = checksOn('', (it) => {
  for (const [id, run] of Object.entries(carriers)) {
    it(
      `schema/${id}.fields [${id}]: Every optional field that ${id} takes and its resource has comes back from each read.`,
      run,
    )
  }
})
