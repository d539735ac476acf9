// Checks that every operation answers every status that a well-formed request can bring about, each time as the spec declares
// it: the client holds media type, headers and body against the schema. Broken requests are in negative-*.ts, what needs time
// in time-*.ts, what needs crowds in limits-*.ts.
import { operations, responses } from '../../../kernel/all-operations.js'
import { operationIds, pathParametersOf, type OperationId } from '../../../kernel/operation.js'
import { toBase64 } from '../../../kernel/pairing.js'
import { defineCheck, type Check } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { expectAnyStatus } from '../../target/expectation.js'
import { severityOf } from './negative-checks.js'
import { isShared } from '../../check/neighbour-requests.js'
import { prepareValidRequest, requestOf, type ValidRequest, type RequestChanges } from '../../check/valid-request.js'

function successOf(operation: OperationId): number {
  const [status = 200] = Object.keys(responses[operation]).map(Number)
  return status
}

function successCheck(operation: OperationId): Check {
  const status = successOf(operation)
  return defineCheck({
    id: `schema/${operation}.${status}`,
    title: `${operation} answers a valid request with ${status}, as declared.`,
    rule: { operation },
    severity: severityOf(operation),
    race: isShared(operation),
    async run(context) {
      expectAnyStatus(await context.raw(requestOf(await prepareValidRequest(context, operation))), [status])
    },
  })
}

/** What must change about a valid request, or happen before it, to bring an error about. */
interface Provocation {
  title: string
  provoke(context: Context, valid: ValidRequest): RequestChanges | Promise<RequestChanges>
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

function withBlueprint(members: Readonly<Record<string, unknown>>): Provocation['provoke'] {
  return (context, valid) => {
    const { blueprint } = membersOf(valid.body)
    return withBody({ blueprint: { ...membersOf(blueprint), ...members } })(context, valid)
  }
}

function envsIn({ body }: ValidRequest): readonly unknown[] {
  const { envs } = membersOf(body)
  return Array.isArray(envs) ? Array.from<unknown>(envs) : []
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
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
    404: {
      title: 'an unknown project',
      provoke: (context, valid) => withBody({ project_id: context.random.uuid() })(context, valid),
    },
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
    404: {
      title: 'an unknown project',
      provoke: (context, valid) => withBody({ project_id: context.random.uuid() })(context, valid),
    },
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
        const { version } = membersOf(valid.body)
        const body = { ...membersOf(valid.body), version: { ...membersOf(version), commit: 'Contract' } }
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
  getTracesByProject: {
    400: { title: 'no project', provoke: () => ({ query: { project_id: undefined } }) },
    404: { title: 'an unknown project', provoke: (context) => ({ query: { project_id: context.random.uuid() } }) },
  },
  getSpansByProject: {
    400: { title: 'no project', provoke: () => ({ query: { project_id: undefined } }) },
    404: { title: 'an unknown project', provoke: (context) => ({ query: { project_id: context.random.uuid() } }) },
  },
}

/** Operations that answer something else than 404 to an id that names nothing. */
const CONTENT_WITH_NOTHING = new Set<OperationId>([
  'getPromptByCommit',
  'getPromptsByProject',
  'deleteEnv',
  'findDashboardsByProject',
  'findAlertsByProject',
  'heartbeat',
  'disconnectRunner',
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

function errorCheck(operation: OperationId, status: number, provocation: Provocation): Check {
  return defineCheck({
    id: `schema/${operation}.${status}`,
    title: `${operation} answers ${provocation.title} with ${status}, as declared.`,
    rule: { operation },
    severity: severityOf(operation),
    async run(context) {
      const valid = await prepareValidRequest(context, operation)
      const changes = await provocation.provoke(context, valid)
      expectAnyStatus(await context.raw(requestOf(valid, changes)), [status])
    },
  })
}

export const schemaChecks: readonly Check[] = operationIds.flatMap((operation) => [
  successCheck(operation),
  ...provocationsOf(operation).map(([status, provocation]) => errorCheck(operation, status, provocation)),
])
