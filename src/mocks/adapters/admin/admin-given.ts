/** The admin API's calls that add a runner, job or command to the world, as `mock.given` does for tests in code. */
import * as forms from '../../../generated/kit-node.js'
import { messageOf } from '../../../kernel/errors.js'
import { problemsOf } from '../../../kernel/validate-options.js'
import { errorsReply, toReply, type ApiResponse } from '../../base/exchange.js'
import { omitUndefined } from '../../base/omit-undefined.js'
import type { CommandRequest } from '../../given/given-command.js'
import type { JobRequest } from '../../given/given-job.js'
import type { GivenRunner, RunnerRequest } from '../../given/given-runner.js'
import type { AdminCall, AdminSite } from './admin-call.js'

interface GiveRunnerRequest extends Omit<RunnerRequest, 'projectId' | 'as'> {
  status?: 'connected' | 'disconnected' | 'evicted'
  workspace?: string
  api_key?: string
}

/** To whom a job or command is added: a runner by its id, with the key of its owner. */
interface RunnerToGiveTo {
  runner?: string
  api_key?: string
}

type GiveJobRequest = Omit<JobRequest, 'runner' | 'traceId' | 'fields'> & RunnerToGiveTo & { trace_id?: string }

type GiveCommandRequest = Omit<CommandRequest, 'runner' | 'timeoutSeconds' | 'durationMs'> &
  RunnerToGiveTo & { duration_ms?: number }

interface Requests {
  runner: GiveRunnerRequest
  job: GiveJobRequest
  command: GiveCommandRequest
}

const FORMS = {
  runner: forms.GiveRunnerRequest,
  job: forms.GiveJobRequest,
  command: forms.GiveCommandRequest,
} satisfies Record<keyof Requests, object>

/** `POST /given/runner` */
export function giveRunner({ mock: { given } }: AdminSite, { body = {} }: AdminCall): Promise<ApiResponse> {
  return made('runner', body, async ({ status = 'connected', workspace = 'default', api_key, ...asked }) => {
    const request = { ...asked, as: { workspace, ...omitUndefined({ apiKey: api_key }) } }
    const { id, name, type, projectId } = await given[`${status}Runner`](request)
    return { id, name, type, project_id: projectId, workspace }
  })
}

/** `POST /given/job` */
export function giveJob(site: AdminSite, { body = {} }: AdminCall): Promise<ApiResponse> {
  return made('job', body, ({ runner, api_key, trace_id, ...asked }) =>
    site.mock.given.job({ ...asked, ...omitUndefined({ traceId: trace_id, runner: runnerOf(site, runner, api_key) }) }),
  )
}

/** `POST /given/command` */
export function giveCommand(site: AdminSite, { body = {} }: AdminCall): Promise<ApiResponse> {
  return made('command', body, ({ runner, api_key, duration_ms, ...asked }) =>
    site.mock.given.command({
      ...asked,
      ...omitUndefined({ durationMs: duration_ms, runner: runnerOf(site, runner, api_key) }),
    }),
  )
}

/** Answers with what was made, or 422 with the reason why the API refuses it. */
async function made<Kind extends keyof Requests>(
  kind: Kind,
  body: unknown,
  make: (request: Requests[Kind]) => Promise<unknown>,
): Promise<ApiResponse> {
  try {
    if (!isRequest(kind, body)) throw new Error(`That is no ${kind}.`)
    return toReply(201, await make(body))
  } catch (error) {
    return errorsReply(422, [messageOf(error)])
  }
}

function isRequest<Kind extends keyof Requests>(kind: Kind, body: unknown): body is Requests[Kind] {
  return problemsOf(FORMS[kind], body).length === 0
}

function runnerOf({ mock }: AdminSite, id: string | undefined, apiKey: string | undefined): GivenRunner | undefined {
  if (id === undefined) return undefined
  const record = mock.inspect(({ runners }) => runners.get(id.toLowerCase()))
  if (record === undefined) throw new Error(`There is no runner '${id}'.`)
  const { projectId, owner, wire } = record
  const keys = { sessionId: '', activationKey: new Uint8Array(), bridgeKey: new Uint8Array() }
  const as = { workspace: owner.workspace, ...omitUndefined({ apiKey }) }
  return { ...keys, id: record.id, projectId, type: wire.type, name: wire.name, headers: {}, as }
}
