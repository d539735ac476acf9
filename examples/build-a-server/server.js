// A server of the local-runner API in plain JavaScript: server.py once more, with promises in place of threads. State is kept
// in memory, and nobody times jobs out.
import { createHash, createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { openDoor, Refused, writeJson } from './door.js'

const [HEARTBEAT_MS, POLL_MS, JOB_SECONDS] = [15_000, 10_000, 1800]
const [MOST_AGENTS, MOST_PENDING, MOST_LOG_ENTRIES, MOST_CHECKLIST_BYTES] = [50, 100, 1000, 1_048_576]
const ENDED = ['completed', 'failed', 'cancelled']

const [sessions, runners, jobs] = [new Map(), new Map(), new Map()]
const changes = new EventEmitter().setMaxListeners(0)

const operations = {
  isAlive: () => ok({ message: 'Healthy Server', healthy: true }),

  // A runner comes to be.

  createPairingSession({ body, workspace }) {
    const key = decodeBase64(body.activation_key)
    if (key?.length !== 32) throw new Refused(400, 'activation_key must be 32 bytes in base64.')
    if (body.project_id !== given.project.toLowerCase()) throw new Refused(404, 'There is no such project.')
    const { project_id, type, ttl_seconds = 300 } = body
    const until = performance.now() + 1000 * ttl_seconds
    const session = { id: newId(), runner_id: newId(), key, workspace, project_id, type, until, isUsed: false }
    sessions.set(session.id, session)
    return { status: 201, body: { session_id: session.id, runner_id: session.runner_id } }
  },

  activatePairingSession({ path, body, owner, workspace, host }) {
    const session = sessions.get(path.sessionId)
    if (session?.workspace !== workspace || session.until < performance.now())
      throw new Refused(404, 'There is no such session.')
    const nameHash = createHash('sha256').update(body.runner_name).digest()
    const message = Buffer.concat([Buffer.from(session.id.replaceAll('-', ''), 'hex'), nameHash])
    const due = createHmac('sha256', session.key).update(message).digest()
    const hmac = decodeBase64(body.hmac)
    if (hmac?.length !== due.length || !timingSafeEqual(hmac, due)) throw new Refused(403, 'The hmac is wrong.')
    if (session.isUsed) throw new Refused(409, 'The session was activated before.')
    session.isUsed = true
    const { runner_id: id, project_id, type } = session
    for (const other of runners.values()) if (isInSlot(other, { owner, project_id, type })) remove(other)
    const shown = { id, name: body.runner_name, project_id, type, connected_at: now(), capabilities: ['jobs'] }
    runners.set(id, { shown, agents: {}, owner, seen: performance.now(), cancelled: [] })
    return created(host, `local-runners/${id}`)
  },

  listRunners({ query, owner }) {
    const { project_id: project, status } = query
    const own = [...runners.values()].filter((each) => each.owner === owner && each.shown.project_id === project)
    const shown = own.map(showRunner).filter((each) => status === undefined || each.status === status)
    return pageOf(query, shown.reverse())
  },

  getRunner: (request) => ok(showRunner(ownRunner(request))),

  // It lives, and says what it can do.

  heartbeat(request) {
    const runner = ownRunner(request, 410)
    const { capabilities = [] } = request.body ?? {}
    if (!capabilities.every((each) => /^[a-z_]+$/.test(each)))
      throw new Refused(400, 'A capability consists of a-z and _.')
    runner.seen = performance.now()
    if (capabilities.length > 0) runner.shown.capabilities = capabilities
    return ok({ cancelled_job_ids: runner.cancelled.splice(0) })
  },

  registerAgents(request) {
    const runner = ownRunner(request)
    const agents = Object.entries(request.body)
    if (agents.length > MOST_AGENTS) throw new Refused(400, 'These are too many agents.')
    runner.agents = Object.fromEntries(agents.map(([name, agent]) => [name, { timeout: 0, ...agent, name }]))
    return NOTHING
  },

  patchChecklist(request) {
    const { shown } = ownRunner(request)
    const checklist = merge(shown.checklist ?? {}, request.body)
    if (Buffer.byteLength(writeJson(checklist)) > MOST_CHECKLIST_BYTES)
      throw new Refused(400, 'The checklist is too large.')
    shown.checklist = checklist
    return NOTHING
  },

  disconnectRunner({ path, owner }) {
    const runner = runners.get(path.runnerId)
    if (runner?.owner === owner) remove(runner)
    return NOTHING
  },

  // It gets jobs.

  createJob({ body, owner, host }) {
    const slot = { owner, project_id: body.project_id, type: 'endpoint' }
    const runner = [...runners.values()].find((each) => isInSlot(each, slot))
    if (runner === undefined) throw new Refused(404, 'The project has no endpoint runner of yours.')
    if (!isConnected(runner)) throw new Refused(409, 'The runner is not connected.')
    if (!Object.hasOwn(runner.agents, body.agent_name)) throw new Refused(400, 'The runner has no such agent.')
    if (jobsOf(runner).filter(isPending).length >= MOST_PENDING) throw new Refused(429, 'Too many jobs are pending.')
    const { timeout } = runner.agents[body.agent_name]
    const shown = { ...body, id: newId(), runner_id: runner.shown.id, status: 'pending', created_at: now() }
    shown.timeout = timeout > 0 ? timeout : JOB_SECONDS
    shown.blueprint_name = body.blueprint_name?.trim()
    if (Object.keys(body.prompt_masks ?? {}).length === 0) delete shown.prompt_masks
    jobs.set(shown.id, { shown, runner, log: [] })
    changes.emit('change')
    return created(host, `local-runners/jobs/${shown.id}`)
  },

  getJob: (request) => ok(ownJob(request).shown),

  cancelJob(request) {
    const { shown, runner } = ownJob(request)
    if (shown.status === 'running' && runner.shown.type === 'endpoint') runner.cancelled.push(shown.id)
    if (!ENDED.includes(shown.status)) Object.assign(shown, { status: 'cancelled', completed_at: now() })
    return NOTHING
  },

  listJobs(request) {
    const { project_id: project } = request.query
    const own = jobsOf(ownRunner(request)).map((job) => job.shown)
    const shown = own.filter((each) => project === undefined || each.project_id === project)
    return pageOf(request.query, shown.reverse())
  },

  /** Many may wait; a change wakes them in turn, and who comes first takes the job before the next one looks. */
  async nextJob(request) {
    const runner = ownRunner(request)
    const { signal } = request.ended
    setTimeout(() => request.ended.abort(), POLL_MS).unref()
    while (!signal.aborted && runners.get(runner.shown.id) === runner) {
      const job = jobsOf(runner).find(isPending)
      if (job !== undefined) return ok(Object.assign(job.shown, { status: 'running', started_at: now() }))
      await once(changes, 'change', { signal }).catch(() => undefined)
    }
    return ok(null)
  },

  // It works.

  reportJobResult(request) {
    const { status, ...report } = request.body
    if (['pending', 'cancelled'].includes(status))
      throw new Refused(400, 'A runner reports running, completed or failed.')
    const { shown } = ownJob(request)
    if (ENDED.includes(shown.status)) return NOTHING
    Object.assign(shown, report, status === 'running' ? {} : { status, completed_at: now() })
    return NOTHING
  },

  appendJobLogs(request) {
    if (request.body.length > MOST_LOG_ENTRIES) throw new Refused(400, 'These are too many entries.')
    ownJob(request).log.push(...request.body)
    return NOTHING
  },

  getJobLogs: (request) => ok(ownJob(request).log.slice(request.query.offset)),
}

const NOTHING = { status: 204 }
const ok = (body) => ({ status: 200, body })
const created = (host, path) => ({ status: 201, headers: { Location: `http://${host}/api/v1/private/${path}` } })
const now = () => new Date().toISOString()

function pageOf({ page, size }, entries) {
  return ok({ page, size, total: entries.length, content: entries.slice(page * size, (page + 1) * size) })
}

let lastStamp = 0

/** A UUID of version 7, later than all before it: milliseconds, then a count where version 7 has random bits. */
function newId() {
  lastStamp = Math.max(Date.now() * 1000, lastStamp + 1)
  const hex = (number, length) => Math.floor(number).toString(16).padStart(length, '0')
  const time = hex(lastStamp / 1000, 12)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(lastStamp % 1000, 3)}-${randomUUID().slice(19)}`
}

function decodeBase64(text) {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined
}

function ownRunner({ path, owner }, status = 404) {
  const runner = runners.get(path.runnerId)
  if (runner?.owner !== owner) throw new Refused(status, 'There is no such runner.')
  return runner
}

function ownJob({ path, owner }) {
  const job = jobs.get(path.jobId)
  if (job?.runner.owner !== owner) throw new Refused(404, 'There is no such job.')
  return job
}

const jobsOf = (runner) => [...jobs.values()].filter((job) => job.runner === runner)
const isPending = (job) => job.shown.status === 'pending'
const isConnected = (runner) => performance.now() - runner.seen < HEARTBEAT_MS

/** Whether a runner holds the slot of an owner, project and type: there is one at most. */
function isInSlot({ owner, shown }, slot) {
  return owner === slot.owner && shown.project_id === slot.project_id && shown.type === slot.type
}

function showRunner(runner) {
  const isAlive = isConnected(runner)
  const status = isAlive ? 'connected' : 'disconnected'
  return { ...runner.shown, status, agents: isAlive ? Object.values(runner.agents) : [] }
}

function remove(runner) {
  runners.delete(runner.shown.id)
  for (const job of jobsOf(runner)) jobs.delete(job.shown.id)
  changes.emit('change')
}

/** Objects merge by key, anything else replaces; so does what lies under eleven keys and more. */
function merge(old, patch, depth = 0) {
  if (depth > 10 || !isObject(old) || !isObject(patch)) return patch
  const merged = new Map(Object.entries(old))
  for (const [key, value] of Object.entries(patch)) merged.set(key, merge(merged.get(key), value, depth + 1))
  return Object.fromEntries(merged)
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)

const { values: given } = parseArgs({
  options: {
    port: { type: 'string', default: '8080' },
    project: { type: 'string', default: '0190b8d6-c000-7002-95f4-0016f094287a' },
  },
})
const spec = JSON.parse(readFileSync(new URL(import.meta.resolve('opik-runner-kit/openapi.json')), 'utf8'))
const server = openDoor(spec, operations).listen(Number(given.port), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}/api`)
})
