// The operations whose cost is followed while the world grows.
import { microsecondsAtOnce } from './timing.mjs'

const root = '/v1/private/local-runners'

/** Calls of one runner of one user. */
export function callsOf(mock, { id, projectId, as }) {
  const headers = {
    'comet-workspace': 'default',
    'content-type': 'application/json',
    ...(as?.apiKey && { authorization: as.apiKey }),
  }
  const creation = JSON.stringify({ project_id: projectId, agent_name: 'echo', inputs: { message: 'Hello' } })
  const call = (method, path, expected, body) => {
    const reply = mock.handle({ method, url: root + path, headers, body })
    if (reply.status !== expected) throw new Error(`${method} ${path} answered ${reply.status}: ${reply.body}`)
    return reply
  }
  return {
    create: () => call('POST', '/jobs', 201, creation).headers.location.split('/').pop(),
    next: () => JSON.parse(call('POST', `/${id}/jobs/next`, 200).body).id,
    get: (job) => call('GET', `/jobs/${job}`, 200),
    log: (job) => call('POST', `/jobs/${job}/logs`, 204, '[{"stream":"stdout","text":"line"}]'),
    complete: (job) => call('POST', `/jobs/${job}/results`, 204, '{"status":"completed","result":{"message":"Hello"}}'),
    list: () => call('GET', `/${id}/jobs?size=25`, 200),
  }
}

/** Microseconds per operation in the world as it is. */
export function timeOperations(calls) {
  const times = 2000
  const queue = []
  const taken = []
  const createJob = microsecondsAtOnce(times, () => queue.push(calls.create()))
  const nextJob = microsecondsAtOnce(times, () => taken.push(calls.next()))
  let turn = 0
  const anyJob = () => taken[turn++ % taken.length]
  const getJob = microsecondsAtOnce(times, () => calls.get(anyJob()))
  const appendJobLogs = microsecondsAtOnce(times, () => calls.log(anyJob()))
  for (const job of taken) calls.complete(job)
  const listJobs = microsecondsAtOnce(times, () => calls.list())
  return { createJob, nextJob, getJob, appendJobLogs, listJobs }
}
