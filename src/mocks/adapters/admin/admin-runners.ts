// The admin API's calls that do something in others' place: what becomes of a runner's process and slot without any
// client's doing, what the person in front of the pairing page would see and do, runners and their work as `mock.given`
// adds them, and requests in a user's name.
import { operations } from '../../../kernel/all-operations.js'
import { messageOf, refuse } from '../../../kernel/errors.js'
import { fillPath } from '../../../kernel/operation.js'
import { readPairingLink } from '../../../kernel/pairing.js'
import { actAs, createIdentity } from '../../base/identity.js'
import { errorReply, errorsReply, toReply } from '../../base/exchange.js'
import type { RunnerRecord } from '../../world/records.js'
import { omitUndefined } from '../../base/omit-undefined.js'
import { ActivationRefused, linkOf } from '../../given/activate-session.js'
import { givenRunnerOf, type GivenRunner } from '../../given/given-runner.js'
import type { AdminAnswer, AdminOutcome, AdminRequest, AdminResolvers, AdminSite } from './admin-call.js'

/** A call about a runner, by its id in the path. */
export function onRunner(act: (site: AdminSite, runner: RunnerRecord) => AdminOutcome | Promise<AdminOutcome>) {
  return (site: AdminSite, { id }: { id: string }): AdminOutcome | Promise<AdminOutcome> => {
    const runner = site.mock.inspect(({ runners }) => runners.get(id.toLowerCase()))
    return runner === undefined ? refuse(404, `There is no runner '${id}'.`) : act(site, runner)
  }
}

export const runnerResolvers = {
  lapseRunner: onRunner(({ mock }, runner) => (mock.inspect(({ runners }) => runners.letLapse(runner)), undefined)),
  evictRunner: onRunner(({ mock }, { id }) => (mock.inspect(({ runners }) => runners.evict(id)), undefined)),

  crashRunner: onRunner(async ({ mock }, { id }) => {
    const live = mock.agents.alive().find(({ runner }) => runner.id === id)
    if (live !== undefined) return live.stop()
    return refuse(409, `No process of runner '${id}' lives in this server: end the one that sends its heartbeats.`)
  }),

  reviveRunner: onRunner(async ({ mock, apiUrl: base }, { id, owner }) => {
    if ((await mock.agents.revive(id)) !== undefined) return undefined
    const url = fillPath(operations.heartbeat, { runnerId: id })
    const headers = actAs(owner, {})
    const beat = await mock.handle({ method: operations.heartbeat.method, url, base, headers, body: undefined })
    // It is a request like any other, which a fault may strike.
    return beat.status === 200 ? undefined : refuse(409, `The heartbeat was answered ${beat.status}.`)
  }),

  async activateSession({ mock }, { id, body: { name, link } = {} }) {
    if (link !== undefined && readPairingLink(link)?.sessionId !== id.toLowerCase()) {
      return refuse(422, `The link is none of session '${id}', or a part of it is missing.`)
    }
    try {
      const { runnerId, isNew } = await mock.pairing.activate(link ?? id, omitUndefined({ name }))
      return { runner_id: runnerId, is_new: isNew }
    } catch (error) {
      if (error instanceof ActivationRefused) return toReply(error.answer.status, error.answer.body)
      throw error
    }
  },

  showPairingLink: ({ mock, apiUrl }, { id }) =>
    mock.inspect((world) => {
      const session = world.sessions.get(id.toLowerCase())
      if (session === undefined || session.isActivated) return refuse(404, `No pairing session '${id}' waits.`)
      return { link: linkOf(session, world, apiUrl) }
    }),

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

/** How the paths of requests to the public API in another user's name begin: `/as/{workspace}/{user}/v1/private/...`. */
export const ACTING = '/as/'

/**
 * Answers as the public API would answer that user: the operator of a mock may act as any of its users, without the
 * user's key.
 */
export function answerAs({ mock, apiUrl }: AdminSite, request: AdminRequest): AdminAnswer {
  const { method, path, query, headers, body } = request
  const [workspace, user, ...rest] = path.slice(ACTING.length).split('/')
  const [asWorkspace, asUser] = [decode(workspace), decode(user)]
  if (!asWorkspace || !asUser || rest.length === 0) {
    return errorReply(404, `Name a workspace, a user and a path of the API: ${ACTING}default/admin/v1/private/...`)
  }
  const search = query.toString()
  return mock.handle({
    method,
    url: `/${rest.join('/')}${search === '' ? '' : `?${search}`}`,
    base: apiUrl,
    headers: actAs(createIdentity(asWorkspace, asUser), headers),
    body: body === '' ? undefined : body,
  })
}

function decode(text = ''): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
