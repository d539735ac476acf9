/** The admin API's calls that add a runner, job or command to the world, as `mock.given` does for tests in code. */
import type { AdminBodies } from '../../../generated/kit-admin.js'
import { messageOf } from '../../../kernel/errors.js'
import { errorsReply, toReply, type ApiResponse } from '../../base/exchange.js'
import { omitUndefined } from '../../base/omit-undefined.js'
import { givenRunnerOf, type GivenRunner } from '../../given/given-runner.js'
import type { AdminCall, AdminSite } from './admin-call.js'

/** `POST /given/runner` */
export function giveRunner({ mock: { given } }: AdminSite, { body = {} }: AdminCall<AdminBodies['giveRunner']>) {
  const { status = 'connected', workspace = 'default', api_key: apiKey, ...asked } = body
  return made(async () => {
    const request = { ...asked, as: { workspace, ...omitUndefined({ apiKey }) } }
    const { id, name, type, projectId } = await given[`${status}Runner`](request)
    return { id, name, type, project_id: projectId, workspace }
  })
}

/** `POST /given/job` */
export function giveJob(site: AdminSite, { body = {} }: AdminCall<AdminBodies['giveJob']>) {
  const { runner, api_key: apiKey, trace_id: traceId, ...asked } = body
  return made(() => site.mock.given.job({ ...asked, traceId, runner: runnerOf(site, runner, apiKey) }))
}

/** `POST /given/command` */
export function giveCommand(site: AdminSite, { body = {} }: AdminCall<AdminBodies['giveCommand']>) {
  const { runner, api_key: apiKey, duration_ms: durationMs, ...asked } = body
  return made(() => site.mock.given.command({ ...asked, durationMs, runner: runnerOf(site, runner, apiKey) }))
}

/** Answers with what was made, or 422 with the reason why the API refuses it. */
async function made(make: () => Promise<unknown>): Promise<ApiResponse> {
  try {
    return toReply(201, await make())
  } catch (error) {
    return errorsReply(422, [messageOf(error)])
  }
}

/** The runner that something is added to, by its id, with the key of its owner. */
function runnerOf({ mock }: AdminSite, id: string | undefined, apiKey: string | undefined): GivenRunner | undefined {
  if (id === undefined) return undefined
  const record = mock.inspect(({ runners }) => runners.get(id.toLowerCase()))
  if (record === undefined) throw new Error(`There is no runner '${id}'.`)
  return givenRunnerOf(record, { workspace: record.owner.workspace, ...omitUndefined({ apiKey }) })
}
