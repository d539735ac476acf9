// Checks that what a request and its resource share by name comes back from every read: one check for each operation that
// makes something, over whichever fields the spec has. Single fields with rules of their own are in job.ts, bridge.ts and
// agents.ts.
import { carry, sharedNames, sharedPart, type Feeds } from '../../../kernel/carry.js'
import { requestSchemas, type FieldSchema } from '../../../generated/request-schemas.js'
import type { OperationId } from '../../../kernel/operation.js'
import { toBase64 } from '../../../kernel/pairing.js'
import { defineCheck, type Check } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { expectEqual, expectStatus } from '../../target/expectation.js'
import { knownPart } from '../../target/answer.js'
import { sampleBody } from '../../check/negative-values.js'
import { activate, type RunnerHandle } from '../../check/runner-handle.js'

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
  const shown = membersOf(view)
  for (const [name, value] of Object.entries<unknown>({ ...sent })) {
    if (names.includes(name)) expectEqual(`${name} as ${where} shows it`, shown[name], value)
  }
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function fieldsCheck(operation: OperationId, run: (context: Context) => Promise<void>): Check {
  return defineCheck({
    id: `schema/${operation}.fields`,
    title: `Every optional field that ${operation} takes and its resource has comes back from each read.`,
    rule: { operation },
    run,
  })
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
  const sent = carry('CreateSessionRequest', body, {})
  for (const [where, view] of await runnerViews(context, session.runner_id, project.id)) expectShown(where, view, sent)
}

async function checkAgents(context: Context): Promise<void> {
  const runner = await context.pair({ agents: { sample: ofAgent } })
  const sent = carry('Agent', ofAgent, { name: 'sample' })
  for (const [where, view] of await runnerViews(context, runner.id, runner.project.id)) {
    const { agents } = membersOf(view)
    const [agent] = Array.isArray(agents) ? Array.from<unknown>(agents) : []
    expectShown(where, agent, sent)
  }
}

async function checkJob(context: Context): Promise<void> {
  const runner = await context.pair({ agents: ['echo'] })
  const jobId = await runner.createJob(ofJob)
  const sent = carry(
    'CreateLocalRunnerJobRequest',
    { ...ofJob, agent_name: 'echo', project_id: runner.project.id },
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
  const sent = carry('BridgeCommandSubmitRequest', body, { command_id: commandId })
  const read = knownPart('getBridgeCommand', 200, await runner.readCommand(commandId))
  expectShown('getBridgeCommand', read, sent)
  const [item] = await runner.nextCommands()
  const handedOut = knownPart('getBridgeCommand', 200, item)
  expectShown('nextBridgeCommands', handedOut, sent, sharedNames('BridgeCommand'))
}

export const carriedChecks: readonly Check[] = [
  ...(Object.keys(ofSession).length > 0 ? [fieldsCheck('createPairingSession', checkSession)] : []),
  fieldsCheck('registerAgents', checkAgents),
  fieldsCheck('createJob', checkJob),
  fieldsCheck('createBridgeCommand', checkCommand),
]
