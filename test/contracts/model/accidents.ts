// What servers in use do and no rule forbids: all of it at once, so that the model must accept it in any company.
import { headerOf, type Reply } from '../../../src/mocks/base/exchange.js'
import { createdId, withBody, type Call, type Mistake } from './broken-target.js'

const membersOf = ({ body }: Reply): Record<string, unknown> => JSON.parse(body) as Record<string, unknown>

/** Jobs that were reported as ended while they were pending are handed out once more. */
function endedJobsAgain(): (call: Call, reply: Reply) => Promise<Reply> {
  const again = new Map<string, string[]>()
  return async (call, reply) => {
    const { jobId = '', runnerId = '' } = call.path
    if (call.operation === 'reportJobResult' && reply.status === 204) {
      const job = await call.ask('getJob', { jobId })
      const hasEnded = job !== undefined && job.status !== 'running' && job.status !== 'pending'
      if (hasEnded && job.started_at === undefined && call.body['status'] === job.status)
        again.set(job.runner_id, [...(again.get(job.runner_id) ?? []), jobId])
    }
    const ended = call.operation === 'nextJob' && reply.status === 200 ? again.get(runnerId)?.shift() : undefined
    const job = ended === undefined ? undefined : await call.ask('getJob', { jobId: ended })
    return job === undefined ? reply : withBody(reply, { ...job, status: 'running' })
  }
}

/** Times have more digits where they come from memory than where they were stored. */
function moreDigits(call: Call, reply: Reply): Reply {
  return call.operation === 'nextJob'
    ? { ...reply, body: reply.body.replaceAll(/(T[\d:]+\.\d{3})Z/g, '$1456789Z') }
    : reply
}

/** A list of another workspace's project is 404. */
function closedProjects(): (call: Call, reply: Reply) => Reply {
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
function withoutRemains(call: Call, reply: Reply): Reply {
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

/** Makes all of them. */
export function accidents(): Mistake {
  const handOutAgain = endedJobsAgain()
  const close = closedProjects()
  return async (call) => {
    const reply = await handOutAgain(call, await call.proceed())
    return moreDigits(call, close(call, withoutRemains(call, reply)))
  }
}
