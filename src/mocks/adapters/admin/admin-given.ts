/** The admin API's calls that add a runner, job or command to the world, as `mock.given` does for tests in code. */
import { messageOf } from '../../../kernel/errors.js'
import { errorsReply } from '../../base/exchange.js'
import { omitUndefined } from '../../base/omit-undefined.js'
import { givenRunnerOf, type GivenRunner } from '../../given/given-runner.js'
import type { AdminOutcome, AdminResolvers, AdminSite } from './admin-call.js'

export const givenResolvers = {
  giveRunner({ mock: { given } }, { body = {} }) {
    const { status = 'connected', workspace = 'default', api_key: apiKey, ...asked } = body
    return made(async () => {
      const request = { ...asked, as: { workspace, ...omitUndefined({ apiKey }) } }
      const { id, name, type, projectId } = await given[`${status}Runner`](request)
      return { id, name, type, project_id: projectId, workspace }
    })
  },

  giveJob(site, { body = {} }) {
    const { runner, api_key: apiKey, trace_id: traceId, ...asked } = body
    return made(() => site.mock.given.job({ ...asked, traceId, runner: runnerOf(site, runner, apiKey) }))
  },

  giveCommand(site, { body = {} }) {
    const { runner, api_key: apiKey, duration_ms: durationMs, ...asked } = body
    return made(() => site.mock.given.command({ ...asked, durationMs, runner: runnerOf(site, runner, apiKey) }))
  },
} satisfies Partial<AdminResolvers>

/** What was made, or 422 with the reason why the API refuses it. */
async function made(make: () => Promise<object>): Promise<AdminOutcome> {
  try {
    return await make()
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
