// What servers in use do and no rule forbids, all of it at once; their quirks are the profile of a mock.
import { headerOf, type ApiResponse } from '../../../src/mocks/base/exchange.js'
import { createdId, withBody, type Call, type Mistake } from './broken-target.js'

const membersOf = ({ body }: ApiResponse): Record<string, unknown> => JSON.parse(body) as Record<string, unknown>

/** Times have more digits where they come from memory than where they were stored. */
function moreDigits(call: Call, reply: ApiResponse): ApiResponse {
  return call.operation === 'nextJob'
    ? { ...reply, body: reply.body.replaceAll(/(T[\d:]+\.\d{3})Z/g, '$1456789Z') }
    : reply
}

/** A list of another workspace's project is 404. */
function closedProjects(): (call: Call, reply: ApiResponse) => ApiResponse {
  const homes = new Map<string, string>()
  return (call, reply) => {
    const home = headerOf(call.headers, 'comet-workspace')
    if (call.operation === 'createProject' && reply.status === 201) homes.set(createdId(reply), home)
    const known = call.operation === 'listRunners' ? homes.get(call.query.get('project_id') ?? '') : undefined
    if (known === undefined || known === home) return reply
    return { ...reply, status: 404, body: JSON.stringify({ code: 404, message: 'No such project.' }) }
  }
}

/** A cancellation, like a report without them, leaves no result and no error behind. */
function withoutRemains(call: Call, reply: ApiResponse): ApiResponse {
  if (call.operation !== 'getJob' && call.operation !== 'listJobs') return reply
  const clear = (job: Record<string, unknown>): Record<string, unknown> => {
    const { result, error, ...rest } = job
    return job['status'] === 'cancelled'
      ? rest
      : { ...rest, ...(result === undefined ? {} : { result }), ...(error === undefined ? {} : { error }) }
  }
  if (reply.status !== 200) return reply
  const body = membersOf(reply)
  const { content } = body
  return withBody(
    reply,
    Array.isArray(content) ? { ...body, content: (content as Record<string, unknown>[]).map(clear) } : clear(body),
  )
}

/** Does all of it. */
export function liberties(): Mistake {
  const close = closedProjects()
  return async (call) => moreDigits(call, close(call, withoutRemains(call, await call.proceed())))
}
