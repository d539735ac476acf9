// Checks that every operation answers every status that a well-formed request can bring about, each time as the spec declares
// it: the client holds media type, headers and body against the schema; and that what a request and its resource share by
// name comes back from every read, over whichever fields the spec has. Broken requests are in negative-checks.ts, what needs
// time in suites/time, what needs crowds in suites/limits, single fields with rules of their own with their resource.
import { playStory, checksOn } from '../core/checks-on.js'
import { operations, responses } from '../../../kernel/all-operations.js'
import { operationIds, pathParametersOf, type OperationId } from '../../../kernel/operation.js'
import { toBase64 } from '../../../kernel/pairing.js'
import type { Context } from '../../check/context.js'
import { expectAnyStatus } from '../../target/expectation.js'
import { placeOf, severityOf } from './negative-checks.js'
import { createEnvironment, createPrompt } from '../../check/scenes.js'
import { changesBy, sendLines } from '../../check/request-lines.js'
import {
  operationsIn,
  prepareValidRequest,
  requestOf,
  type ValidRequest,
  type RequestChanges,
} from '../../check/valid-request.js'
import { sharedPart, type Feeds } from '../../../kernel/shared-fields.js'
import { requestSchemas, type FieldSchema } from '../../../generated/request-schemas.js'
import { toRecord } from '../../target/answer.js'
import { sampleBody } from '../../../lifecycle/steps/valid-bodies.js'

function successOf(operation: OperationId): number {
  const [status = 200] = Object.keys(responses[operation]).map(Number)
  return status
}

/** The name of another one. */
const withNameOf =
  (create: typeof createPrompt | typeof createEnvironment) =>
  async (context: Context, { body }: ValidRequest): Promise<RequestChanges> => ({
    body: { ...toRecord(body), name: (await create(context)).name },
  })

/**
 * Operations, the status of an answer, to what they answer that, what about a valid request brings that about, and what is
 * sent before: another request, or the same one.
 */
type Provocation = readonly [
  operations: string,
  status: number,
  title: string,
  changes: string | ReturnType<typeof withNameOf>,
  before?: string,
]

const SAME = 'the same'
const IN_PROJECTS = `createPairingSession createJob createPrompt createAgentConfig updateAgentConfig createOrUpdateEnvs
removeConfigKeys reportAgentInsightsIssues closeTraceThread openTraceThread deleteTraceThreads searchTraceThreads
deleteThreadFeedbackScores`
const LISTS = 'getTracesByProject getSpansByProject'
const ENV = '{"env_name":"staging","blueprint_id":$blueprint_id}'

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
  ['createAgentConfig', 400, 'a mask', 'blueprint.type="mask"'],
  ['createOrUpdateEnvs', 400, 'an environment that comes twice', `envs=[${ENV},${ENV}]`],
  [LISTS, 400, 'no project', 'project_id='],
  ['findFeedbackScoreNamesByProjectIds', 400, 'no list of ids', 'project_ids="x"'],

  ['activatePairingSession', 403, 'a wrong proof', `hmac="${toBase64(new Uint8Array(32))}"`],

  [`${LISTS} ${IN_PROJECTS}`, 404, 'an unknown project', 'project_id=?'],
  ['scoreBatchOfTraces scoreBatchOfSpans scoreBatchOfThreads', 404, 'an unknown project', 'scores.*.project_id=?'],
  ['projectsRedirect', 404, 'an unknown trace', 'trace_id=?'],
  ['createPromptVersion', 404, 'a new prompt in an unknown project', 'name=? project_id=?'],
  ['retrievePromptVersion retrieveProject', 404, 'an unknown name', 'name=?'],
  ['getPromptByCommit', 404, 'an unknown commit', 'commit="0c0n7rac"'],
  ['getPromptVersionByNumber', 404, 'an unknown number', 'versionNumber="v999"'],

  ['activatePairingSession', 409, 'a session that was activated', '', SAME],
  ['createBridgeCommand', 409, 'a runner without the capability', '', 'heartbeat capabilities=["jobs"]: 200'],
  ['reportBridgeResult', 409, 'a command that has ended', '', SAME],
  ['createProject createPrompt createEnvironment', 409, 'a name that is taken', '', SAME],
  ['updatePrompt', 409, 'a name that is taken', withNameOf(createPrompt)],
  ['updateEnvironment', 409, 'a name that is taken', withNameOf(createEnvironment)],
  ['createPromptVersion', 409, 'a commit that is taken', 'version.commit="Contract"', SAME],
  ['setPromptVersionEnvironment', 409, 'an unknown environment', 'environments=["contract-unknown"]'],
  ['createAgentConfig', 409, 'a second configuration', '', SAME],
  ['createAgentInsightsJob', 409, 'a project that has one', '', SAME],

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

function provocationsOf(operation: OperationId): Provocation[] {
  const own = provocations.filter(([words]) => operationsIn(words).includes(operation))
  const names = CONTENT_WITH_NOTHING.includes(operation) ? [] : pathParametersOf(operations[operation])
  return names.length > 0
    ? [[operation, 404, 'an id that names nothing', names.map((name) => `${name}=?`).join(' ')], ...own]
    : own
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
    for (const [, status, title, changes, before] of provocationsOf(id)) {
      it(`schema/${id}.${status} [${id} ${severityOf(id)}]: ${id} answers ${title} with ${status}, as declared.`, async (context) => {
        const valid = await prepareValidRequest(context, id)
        const changed = typeof changes === 'string' ? changesBy(changes, context, valid) : await changes(context, valid)
        const request = requestOf(valid, changed)
        if (before === SAME) expectAnyStatus(await context.raw(request), [successOf(id)])
        else if (before !== undefined) await sendLines(context, ['$1', before], [() => valid.found])
        expectAnyStatus(await context.raw(request), [status])
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
