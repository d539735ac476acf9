// Traffic of many runners, made here and handed straight to `judge`: what an exchange costs, and what is remembered.
// node --expose-gc --max-old-space-size=500 --max-semi-space-size=64 bench/watch-day.mjs [--runners 1000] [--hours 24]
// Without a limit, Node lets garbage grow on machines with much memory; with more room for the young, it is looked through
// less often.
import { parseArgs } from 'node:util'
import { createJudge } from '../dist/contracts/watch.js'

const { values } = parseArgs({
  options: { runners: { type: 'string', default: '1000' }, hours: { type: 'string', default: '24' } },
})
const runners = Number(values.runners)
const endMs = Number(values.hours) * 3_600_000

const HEARTBEAT_MS = 5000
const POLL_MS = 10_000
const JOB_MS = 60_000
const NS = 1e6
const PROJECT = '0190babc-62a0-71d2-832a-0feffa467600'

let ids = 0
const uuid = () => `0190babc-62a0-71d2-832a-${(++ids).toString(16).padStart(12, '0')}`
const json = { 'content-type': 'application/json' }
let id = 0

function exchange(at, ms, ...[method, path, status, sent, body, location]) {
  const headers = { ...(body === undefined ? {} : json), ...(location === undefined ? {} : { location }) }
  return {
    ...{
      id: ++id,
      at_start_ns: Math.round(at * NS),
      at_end_ns: Math.round((at + ms) * NS),
      method,
      path: `/v1/private${path}`,
    },
    request: { headers: sent === undefined ? {} : json, ...(sent === undefined ? {} : { body: JSON.stringify(sent) }) },
    ...{ status, response: { headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) } },
  }
}

const time = (at) => new Date(1.8e12 + at).toISOString()
const judge = createJudge({ format: 'opik-runner-recording/1', settings: {}, base_path: '' }, { startsEmpty: true })

/** What is due, by its time: a heap would do; runners are many and alike, so that buckets of a second are enough. */
const buckets = new Map()
const plan = (at, make) => {
  const bucket = buckets.get(Math.floor(at / 1000)) ?? []
  bucket.push({ at, make })
  buckets.set(Math.floor(at / 1000), bucket)
}

let verdicts = 0
const hear = (each) => {
  verdicts += judge.hear(each).length
}

function startRunner(at, name) {
  const project = `${PROJECT.slice(0, -6)}${name.toString(16).padStart(6, '0')}`
  const [session, runner] = [uuid(), uuid()]
  const own = `/local-runners/${runner}`
  const key = Buffer.alloc(32, 7).toString('base64')
  hear(
    exchange(
      at,
      2,
      'POST',
      '/pairing/sessions',
      201,
      { project_id: project, activation_key: key, type: 'endpoint' },
      { session_id: session, runner_id: runner },
    ),
  )
  const hmac = Buffer.alloc(32, 8).toString('base64')
  hear(
    exchange(
      at + 3,
      2,
      'POST',
      `/pairing/sessions/${session}/activate`,
      201,
      { runner_name: `r${name}`, hmac },
      undefined,
      `http://h${own}`,
    ),
  )
  hear(exchange(at + 6, 2, 'PUT', `${own}/agents`, 204, { echo: {} }))
  const queue = []
  const beat = (now) => {
    hear(exchange(now, 2, 'POST', `${own}/heartbeats`, 200, undefined, { cancelled_job_ids: [] }))
    plan(now + HEARTBEAT_MS, beat)
  }
  const poll = (now) => {
    const job = queue.shift()
    if (job === undefined) {
      hear(exchange(now, POLL_MS, 'POST', `${own}/jobs/next`, 200, undefined, null))
      plan(now + POLL_MS + 500, poll)
      return
    }
    Object.assign(job, { status: 'running', started_at: time(now) })
    hear(exchange(now, 3, 'POST', `${own}/jobs/next`, 200, undefined, job))
    plan(now + 1000, (at) =>
      hear(exchange(at, 2, 'POST', `/local-runners/jobs/${job.id}/logs`, 204, [{ stream: 'stdout', text: 'x' }])),
    )
    plan(now + 2000, (at) => {
      hear(
        exchange(at, 2, 'POST', `/local-runners/jobs/${job.id}/results`, 204, { status: 'completed', result: { at } }),
      )
      Object.assign(job, { status: 'completed', completed_at: time(at), result: { at } })
    })
    plan(now + 3000, (at) => hear(exchange(at, 2, 'GET', `/local-runners/jobs/${job.id}`, 200, undefined, job)))
    if (queue.length > 0) plan(now + 4000, poll)
  }
  // Just before the next poll begins, so that no poll is late.
  const create = (now) => {
    const job = {
      id: uuid(),
      runner_id: runner,
      agent_name: 'echo',
      status: 'pending',
      project_id: project,
      timeout: 1800,
      created_at: time(now),
    }
    hear(
      exchange(
        now,
        2,
        'POST',
        '/local-runners/jobs',
        201,
        { agent_name: 'echo', project_id: project },
        undefined,
        `http://h/local-runners/jobs/${job.id}`,
      ),
    )
    queue.push(job)
    plan(now + 5, poll)
    plan(now + JOB_MS, create)
  }
  plan(at + 1000, beat)
  plan(at + 2000, create)
}

// Polls follow creations here; those that wait in vain are made between.
const started = performance.now()
for (let name = 0; name < runners; name++) plan((name * 997) % HEARTBEAT_MS, (at) => startRunner(at, name))

let lastId = 0
let lastAt = started
const report = (now) => {
  globalThis.gc?.()
  const { rss, heapUsed } = process.memoryUsage()
  const took = performance.now() - lastAt
  const cost = ((1000 * took) / Math.max(1, id - lastId)).toFixed(0)
  console.log(
    `${(now / 3_600_000).toFixed(2)} h: ${id} exchanges, ${cost} us each, heap ${(heapUsed / 2 ** 20).toFixed(0)} MiB, rss ${(rss / 2 ** 20).toFixed(0)} MiB, ${judge.size} things, ${verdicts} verdicts`,
  )
  lastId = id
  lastAt = performance.now()
}
const step = endMs / 12
let next = step
for (let second = 0; second * 1000 < endMs; second++) {
  const bucket = buckets.get(second) ?? []
  // Those that are planned for the same second come after.
  for (bucket.sort((a, b) => a.at - b.at); bucket.length > 0;) {
    const { at, make } = bucket.shift()
    make(at)
  }
  buckets.delete(second)
  if (second * 1000 >= next) {
    report(second * 1000)
    next += step
  }
}
const { counts } = judge.finish()
report(endMs)
console.log(JSON.stringify(counts), `${((performance.now() - started) / 1000).toFixed(0)} s`)
