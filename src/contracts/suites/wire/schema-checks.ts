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
interface Provocation {
  title: string
  provoke: (context: Context, valid: ValidRequest) => RequestChanges | Promise<RequestChanges>
}

/** Sends the valid request first. */
async function repeat(context: Context, valid: ValidRequest): Promise<RequestChanges> {
  expectAnyStatus(await context.raw(requestOf(valid)), [successOf(valid.operation)])
  return {}
}

function withBody(members: Readonly<Record<string, unknown>>): Provocation['provoke'] {
  return (_, { body }) => ({ body: { ...Object(body), ...members } as unknown })
}

function inUnknownProject(context: Context, valid: ValidRequest): RequestChanges | Promise<RequestChanges> {
  return withBody({ project_id: context.random.uuid() })(context, valid)
}

/** Scores name a project each. */
function scoredInUnknownProject(context: Context, valid: ValidRequest): RequestChanges | Promise<RequestChanges> {
  const scores = listOf(toRecord(valid.body)['scores'])
  return withBody({ scores: scores.map((each) => ({ ...toRecord(each), project_id: context.random.uuid() })) })(
    context,
    valid,
  )
}

function withBlueprint(members: Readonly<Record<string, unknown>>): Provocation['provoke'] {
  return (context, valid) => {
    const { blueprint } = toRecord(valid.body)
    return withBody({ blueprint: { ...toRecord(blueprint), ...members } })(context, valid)
  }
}

function envsIn({ body }: ValidRequest): readonly unknown[] {
  const { envs } = toRecord(body)
  return Array.isArray(envs) ? Array.from<unknown>(envs) : []
}

/** Of a list that asks for its project in the query. */
const ofProject: Readonly<Record<number, Provocation>> = {
  400: { title: 'no project', provoke: () => ({ query: { project_id: undefined } }) },
  404: { title: 'an unknown project', provoke: (context) => ({ query: { project_id: context.random.uuid() } }) },
}

const provocations: Partial<Record<OperationId, Readonly<Record<number, Provocation>>>> = {
  projectsRedirect: {
    404: { title: 'an unknown trace', provoke: (context) => ({ query: { trace_id: context.random.uuid() } }) },
  },
  attachmentList: { 400: { title: 'a blank path', provoke: () => ({ query: { path: ' ' } }) } },
  upsertWorkspaceConfiguration: {
    422: { title: 'eight days', provoke: withBody({ timeout_to_mark_thread_as_inactive: 'P7DT1S' }) },
  },
  createPairingSession: {
    400: { title: 'a key of 31 bytes', provoke: withBody({ activation_key: toBase64(new Uint8Array(31)) }) },
    404: { title: 'an unknown project', provoke: inUnknownProject },
  },
  activatePairingSession: {
    403: { title: 'a wrong proof', provoke: withBody({ hmac: toBase64(new Uint8Array(32)) }) },
    409: { title: 'a session that was activated', provoke: repeat },
  },
  heartbeat: {
    400: { title: 'a capability in capitals', provoke: withBody({ capabilities: ['JOBS'] }) },
    410: { title: 'an unknown runner', provoke: (context) => ({ path: { runnerId: context.random.uuid() } }) },
  },
  createJob: {
    400: { title: 'an unknown agent', provoke: withBody({ agent_name: 'contract-unknown' }) },
    404: { title: 'an unknown project', provoke: inUnknownProject },
  },
  reportJobResult: { 400: { title: 'a status that may not be reported', provoke: withBody({ status: 'cancelled' }) } },
  createBridgeCommand: {
    409: {
      title: 'a runner without the capability',
      async provoke(_, { runner }) {
        await runner?.heartbeat(['jobs'])
        return {}
      },
    },
  },
  reportBridgeResult: {
    400: { title: 'a status that may not be reported', provoke: withBody({ status: 'timed_out' }) },
    409: { title: 'a command that has ended', provoke: repeat },
  },
  createProject: { 409: { title: 'a name that is taken', provoke: repeat } },
  createPrompt: {
    400: { title: 'an id of another version', provoke: withBody({ id: '0190babc-62a0-41d2-832a-0feffa4676eb' }) },
    404: { title: 'an unknown project', provoke: inUnknownProject },
    409: { title: 'a name that is taken', provoke: repeat },
  },
  createPromptVersion: {
    404: {
      title: 'a new prompt in an unknown project',
      provoke: (context, valid) =>
        withBody({ name: context.name('unknown'), project_id: context.random.uuid() })(context, valid),
    },
    409: {
      title: 'a commit that is taken',
      async provoke(context, valid) {
        const { version } = toRecord(valid.body)
        const body = { ...toRecord(valid.body), version: { ...toRecord(version), commit: 'Contract' } }
        await repeat(context, { ...valid, body })
        return { body }
      },
    },
  },
  retrievePromptVersion: {
    404: {
      title: 'an unknown name',
      provoke: (context, valid) => withBody({ name: context.name('unknown') })(context, valid),
    },
  },
  getPromptByCommit: {
    400: { title: 'what is no commit', provoke: () => ({ path: { commit: 'contract-1' } }) },
    404: { title: 'an unknown commit', provoke: () => ({ path: { commit: '0c0n7rac' } }) },
  },
  getPromptById: {
    400: {
      title: 'a mask and an environment',
      provoke: ({ random }) => ({ query: { mask_id: random.uuid(), environment: 'contract' } }),
    },
  },
  updatePrompt: {
    409: {
      title: 'a name that is taken',
      provoke: async (context, valid) => withBody({ name: (await createPrompt(context)).name })(context, valid),
    },
  },
  setPromptVersionEnvironment: {
    409: { title: 'an unknown environment', provoke: withBody({ environments: ['contract-unknown'] }) },
  },
  createEnvironment: { 409: { title: 'a name that is taken', provoke: repeat } },
  updateEnvironment: {
    409: {
      title: 'a name that is taken',
      provoke: async (context, valid) => withBody({ name: (await createEnvironment(context)).name })(context, valid),
    },
  },
  getPromptVersionByNumber: {
    400: {
      title: 'what is no number of a version',
      provoke: (_context, { path }) => ({ path: { ...path, versionNumber: 'contract' } }),
    },
    404: {
      title: 'an unknown number',
      provoke: (_context, { path }) => ({ path: { ...path, versionNumber: 'v999' } }),
    },
  },
  createAgentConfig: {
    400: { title: 'a mask', provoke: withBlueprint({ type: 'mask' }) },
    404: { title: 'an unknown project', provoke: inUnknownProject },
    409: { title: 'a second configuration', provoke: repeat },
  },
  updateAgentConfig: { 404: { title: 'an unknown project', provoke: inUnknownProject } },
  createOrUpdateEnvs: {
    400: {
      title: 'an environment that comes twice',
      provoke: (context, valid) => withBody({ envs: [...envsIn(valid), ...envsIn(valid)] })(context, valid),
    },
    404: { title: 'an unknown project', provoke: inUnknownProject },
  },
  removeConfigKeys: {
    204: { title: 'keys that are not there', provoke: withBody({ keys: ['contract-unknown'] }) },
    404: { title: 'an unknown project', provoke: inUnknownProject },
  },
  retrieveProject: {
    404: { title: 'an unknown name', provoke: (context) => ({ body: { name: context.name('unknown') } }) },
  },
  getTracesByProject: ofProject,
  getSpansByProject: ofProject,
  findFeedbackScoreNamesByProjectIds: {
    400: { title: 'no list of ids', provoke: () => ({ query: { project_ids: 'x' } }) },
  },
  createAgentInsightsJob: { 409: { title: 'a project that has one', provoke: repeat } },
  reportAgentInsightsIssues: { 404: { title: 'an unknown project', provoke: inUnknownProject } },
  scoreBatchOfTraces: { 404: { title: 'an unknown project', provoke: scoredInUnknownProject } },
  scoreBatchOfSpans: { 404: { title: 'an unknown project', provoke: scoredInUnknownProject } },
  scoreBatchOfThreads: { 404: { title: 'an unknown project', provoke: scoredInUnknownProject } },
  closeTraceThread: { 404: { title: 'an unknown project', provoke: inUnknownProject } },
  openTraceThread: { 404: { title: 'an unknown project', provoke: inUnknownProject } },
  deleteTraceThreads: { 404: { title: 'an unknown project', provoke: inUnknownProject } },
  searchTraceThreads: { 404: { title: 'an unknown project', provoke: inUnknownProject } },
  deleteThreadFeedbackScores: { 404: { title: 'an unknown project', provoke: inUnknownProject } },
}

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

const unknownId: Provocation = {
  title: 'an id that names nothing',
  provoke: (context, { path }) => ({
    path: Object.fromEntries(Object.keys(path).map((name) => [name, context.random.uuid()])),
  }),
}

function provocationsOf(operation: OperationId): [number, Provocation][] {
  const own = Object.entries(provocations[operation] ?? {}).map(([status, each]): [number, Provocation] => [
    Number(status),
    each,
  ])
  const names = pathParametersOf(operations[operation]).length > 0 && !CONTENT_WITH_NOTHING.has(operation)
  return names ? [[404, unknownId], ...own] : own
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
    for (const [status, { title, provoke }] of provocationsOf(id)) {
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
