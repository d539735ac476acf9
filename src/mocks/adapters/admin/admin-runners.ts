/** The admin API's calls on the life of a runner: what becomes of its process and its slot without any client's doing. */
import { operations } from '../../../kernel/all-operations.js'
import { fillPath } from '../../../kernel/operation.js'
import { actAs } from '../../base/identity.js'
import type { Reply } from '../../base/exchange.js'
import { errorReply, toReply } from '../../base/reply.js'
import type { RunnerRecord } from '../../world/records.js'
import type { AdminCall, AdminSite } from './admin-call.js'

/** `POST /runners/{id}/lapse` */
export function lapse(site: AdminSite, { id }: AdminCall): Reply {
  const runner = findRunner(site, id)
  if (runner === undefined) return gone(id)
  site.mock.inspect(({ runners }) => runners.letLapse(runner))
  return done()
}

/** `POST /runners/{id}/crash` */
export async function crash(site: AdminSite, { id }: AdminCall): Promise<Reply> {
  const runner = findRunner(site, id)
  if (runner === undefined) return gone(id)
  const live = site.mock.agents.alive().find((each) => each.runner.id === runner.id)
  if (live === undefined) {
    return errorReply(409, `No process of runner '${id}' lives in this server: end the one that sends its heartbeats.`)
  }
  await live.stop()
  return done()
}

/** `POST /runners/{id}/revive` */
export async function revive(site: AdminSite, { id }: AdminCall): Promise<Reply> {
  const { mock, apiUrl: base } = site
  const runner = findRunner(site, id)
  if (runner === undefined) return gone(id)
  if ((await mock.agents.revive(runner.id)) !== undefined) return done()
  const url = fillPath(operations.heartbeat, { runnerId: runner.id })
  const headers = actAs(runner.owner, {})
  const beat = await mock.handle({ method: operations.heartbeat.method, url, base, headers, body: undefined })
  // It is a request like any other, which a fault may strike.
  return beat.status === 200 ? done() : errorReply(409, `The heartbeat was answered ${beat.status}.`)
}

/** `POST /runners/{id}/evict` */
export function evict(site: AdminSite, { id }: AdminCall): Reply {
  const runner = findRunner(site, id)
  if (runner === undefined) return gone(id)
  site.mock.inspect(({ runners }) => runners.evict(runner.id))
  return done()
}

function findRunner({ mock }: AdminSite, id: string): RunnerRecord | undefined {
  return mock.inspect(({ runners }) => runners.get(id.toLowerCase()))
}

function gone(id: string): Reply {
  return errorReply(404, `There is no runner '${id}'.`)
}

function done(): Reply {
  return toReply(204, undefined)
}
