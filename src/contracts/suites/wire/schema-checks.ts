// Checks that every operation answers every status that a well-formed request can bring about, each time as the spec declares
// it: the client holds media type, headers and body against the schema; and that what a request and its resource share by
// name comes back from every read, over whichever fields the spec has. Broken requests are in negative-checks.ts, what needs
// time in suites/time, what needs crowds in suites/limits, single fields with rules of their own with their resource.
import { playStory } from '../core/checks-on.js'
import { operations, responses } from '../../../kernel/all-operations.js'
import { operationIds, pathParametersOf, type OperationId } from '../../../kernel/operation.js'
import { toBase64 } from '../../../kernel/pairing.js'
import { checksOn } from '../core/checks-on.js'
import type { Context } from '../../check/context.js'
import { expectAnyStatus } from '../../target/expectation.js'
import { placeOf, severityOf } from './negative-checks.js'
import { createEnvironment, createPrompt } from '../../check/scenes.js'
import { changesBy } from '../../check/request-lines.js'
import {
  operationsIn,
  prepareValidRequest,
  requestOf,
  type ValidRequest,
  type RequestChanges,
} from '../../check/valid-request.js'
import { sharedPart, type Feeds } from '../../../kernel/shared-fields.js'
import { listOf } from '../../../kernel/json-value.js'
import { requestSchemas, type FieldSchema } from '../../../generated/request-schemas.js'
import { toRecord } from '../../target/answer.js'
import { sampleBody } from '../../check/valid-bodies.js'

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

/** With other members of the body, made from those of the valid one. */
function withBody(membersOf: (context: Context, valid: Record<string, unknown>) => unknown): Provoke {
  return async (context, { body }) => ({
    body: { ...toRecord(body), ...toRecord(await membersOf(context, toRecord(body))) },
  })
}

const withNameOf = (create: typeof createPrompt | typeof createEnvironment) =>
  withBody(async (context) => ({ name: (await create(context)).name }))
/** Scores name a project each. */
const withScores = withBody(({ random }, { scores }) => ({
  scores: listOf(scores).map((each) => ({ ...toRecord(each), project_id: random.uuid() })),
}))
const withMask = withBody((_, { blueprint }) => ({ blueprint: { ...toRecord(blueprint), type: 'mask' } }))
const withEachTwice = withBody((_, { envs }) => ({ envs: [...listOf(envs), ...listOf(envs)] }))

async function withoutCapability(_: Context, { found: { runner } }: ValidRequest): Promise<RequestChanges> {
  await runner?.heartbeat(['jobs'])
  return {}
}

async function withTakenCommit(context: Context, valid: ValidRequest): Promise<RequestChanges> {
  const { version } = toRecord(valid.body)
  const body = { ...toRecord(valid.body), version: { ...toRecord(version), commit: 'Contract' } }
  await repeat(context, { ...valid, body })
  return { body }
}

/** Operations, the status of an answer, to what they answer that, and how one brings that about: by words, or a function. */
type Provocation = readonly [operations: string, status: number, title: string, provoke: string | Provoke]

const IN_PROJECTS = `createPairingSession createJob createPrompt createAgentConfig updateAgentConfig createOrUpdateEnvs
removeConfigKeys reportAgentInsightsIssues closeTraceThread openTraceThread deleteTraceThreads searchTraceThreads
deleteThreadFeedbackScores`
const LISTS = 'getTracesByProject getSpansByProject'

const provocations: readonly Provocation[] = [
  ['removeConfigKeys', 204, 'keys that are not there', 'keys=["contract-unknown"]'],

  ['attachmentList', 400, 'a blank path', 'path="\\t"'],
  ['createPairingSession', 400, 'a key of 31 bytes', `activation_key="${toBase64(new Uint8Array(31))}"`],
  ['heartbeat', 400, 'a capability in capitals', 'capabilities=["JOBS"]'],
  ['createJob', 400, 'an unknown agent', 'agent_name="contract-unknown"'],
  ['reportJobResult', 400, 'a status that may not be reported', 'status="cancelled"'],
  ['reportBridgeResult', 400, 'a status that may not be reported', 'status="timed_out"'],
  ['createPrompt', 400, 'an id of another version', 'id="0190babc-62a0-41d2-832a-0feffa4676eb"'],
  ['getPromptByCommit', 400, 'what is no commit', 'commit="contract-1"'],
  ['getPromptById', 400, 'a mask and an environment', 'mask_id=? environment="contract"'],
  ['getPromptVersionByNumber', 400, 'what is no number of a version', 'versionNumber="contract"'],
  ['createAgentConfig', 400, 'a mask', withMask],
  ['createOrUpdateEnvs', 400, 'an environment that comes twice', withEachTwice],
  [LISTS, 400, 'no project', 'project_id='],
  ['findFeedbackScoreNamesByProjectIds', 400, 'no list of ids', 'project_ids="x"'],

  ['activatePairingSession', 403, 'a wrong proof', `hmac="${toBase64(new Uint8Array(32))}"`],

  [`${LISTS} ${IN_PROJECTS}`, 404, 'an unknown project', 'project_id=?'],
  ['scoreBatchOfTraces scoreBatchOfSpans scoreBatchOfThreads', 404, 'an unknown project', withScores],
  ['projectsRedirect', 404, 'an unknown trace', 'trace_id=?'],
  ['createPromptVersion', 404, 'a new prompt in an unknown project', 'name=? project_id=?'],
  ['retrievePromptVersion retrieveProject', 404, 'an unknown name', 'name=?'],
  ['getPromptByCommit', 404, 'an unknown commit', 'commit="0c0n7rac"'],
  ['getPromptVersionByNumber', 404, 'an unknown number', 'versionNumber="v999"'],

  ['activatePairingSession', 409, 'a session that was activated', repeat],
  ['createBridgeCommand', 409, 'a runner without the capability', withoutCapability],
  ['reportBridgeResult', 409, 'a command that has ended', repeat],
  ['createProject createPrompt createEnvironment', 409, 'a name that is taken', repeat],
  ['updatePrompt', 409, 'a name that is taken', withNameOf(createPrompt)],
  ['updateEnvironment', 409, 'a name that is taken', withNameOf(createEnvironment)],
  ['createPromptVersion', 409, 'a commit that is taken', withTakenCommit],
  ['setPromptVersionEnvironment', 409, 'an unknown environment', 'environments=["contract-unknown"]'],
  ['createAgentConfig', 409, 'a second configuration', repeat],
  ['createAgentInsightsJob', 409, 'a project that has one', repeat],

  ['heartbeat', 410, 'an unknown runner', 'runnerId=?'],
  ['upsertWorkspaceConfiguration', 422, 'eight days', 'timeout_to_mark_thread_as_inactive="P7DT1S"'],
]

/** Operations that answer something else than 404 to an id that names nothing. */
const CONTENT_WITH_NOTHING = operationsIn(
  `getPromptByCommit getPromptsByProject getPromptVersions getPromptVersionByNumber getProjectKpiCards deleteEnv
findDashboardsByProject findAlertsByProject getRecentActivity getReports getReportPreference updateReportPreference
findDatasetsByProject findExperimentsByProject findOptimizationsByProject heartbeat disconnectRunner
deleteTraceFeedbackScore deleteSpanFeedbackScore deleteProjectById deleteTraceById updateTrace updateSpan`,
)

/** With ids that name nothing. */
function withUnknownIds({ random }: Context, { path }: ValidRequest): RequestChanges {
  return { path: Object.fromEntries(Object.keys(path).map((name) => [name, random.uuid()])) }
}

function provocationsOf(operation: OperationId): Provocation[] {
  const own = provocations.filter(([words]) => operationsIn(words).includes(operation))
  const names = pathParametersOf(operations[operation]).length > 0 && !CONTENT_WITH_NOTHING.includes(operation)
  return names ? [[operation, 404, 'an id that names nothing', withUnknownIds], ...own] : own
}

/** A value for each optional field that requests of a schema share with their resource. */
function optionalPart<Source extends keyof Feeds>(
  source: Source,
  schema: FieldSchema | undefined,
): Partial<Feeds[Source]['from']> {
  const { properties = {}, required = [] } = schema ?? {}
  const optional = Object.entries(properties).filter(([name]) => !required.includes(name))
  return sharedPart(source, Object.fromEntries(optional.map(([name, part]) => [name, sampleBody(part)])))
}

const ofSession = optionalPart('CreateSessionRequest', requestSchemas.createPairingSession)
const ofJob = optionalPart('CreateLocalRunnerJobRequest', requestSchemas.createJob)
const ofCommand = optionalPart('BridgeCommandSubmitRequest', requestSchemas.createBridgeCommand)
const { name: _, ...ofAgent } = optionalPart('Agent', requestSchemas.registerAgents?.additionalProperties)

const carriers = {
  ...(Object.keys(ofSession).length > 0 && {
    createPairingSession: (context: Context) =>
      playStory(context, 'createPairingSession $1, activatePairingSession, getRunner, listRunners', ofSession),
  }),
  registerAgents: (context: Context) =>
    playStory(context, 'pair, registerAgents $1, getRunner, listRunners', { sample: ofAgent }),
  createJob: (context: Context) => playStory(context, 'pair, createJob $1, getJob 1, listJobs, nextJob', ofJob),
  createBridgeCommand: (context: Context) =>
    playStory(context, 'pair-connect, createBridgeCommand $1, getBridgeCommand 1, nextBridgeCommands', ofCommand),
}

export const schemaChecks = checksOn('', (it) => {
  for (const id of operationIds) {
    const status = successOf(id)
    it(`schema/${id}.${status} [${placeOf(id)}]: ${id} answers a valid request with ${status}, as declared.`, async (context) =>
      expectAnyStatus(await context.raw(requestOf(await prepareValidRequest(context, id))), [status]))
  }

  for (const id of operationIds) {
    for (const [, status, title, provoke] of provocationsOf(id)) {
      it(`schema/${id}.${status} [${id} ${severityOf(id)}]: ${id} answers ${title} with ${status}, as declared.`, async (context) => {
        const valid = await prepareValidRequest(context, id)
        const changes = typeof provoke === 'string' ? changesBy(provoke, context, valid) : provoke(context, valid)
        expectAnyStatus(await context.raw(requestOf(valid, await changes)), [status])
      })
    }
  }

  for (const [id, run] of Object.entries(carriers)) {
    it(
      `schema/${id}.fields [${id}]: Every optional field that ${id} takes and its resource has comes back from each read.`,
      run,
    )
  }
})
