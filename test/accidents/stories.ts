// One story for each accident that the mock can have: what its end is where everything is as it should be, and what
// today's server makes of it.
import { gzipSync } from 'node:zlib'
import type { accidents } from '../../src/mocks/accidents/choose-profile.js'
import { activation, createJob, pair, readJob, submit, takeJob, type Paired } from '../mocks/given.js'
import type { Ground, Story } from './story.js'

const RUNNERS = '/v1/private/local-runners'
const at = ({ id }: Paired): { path: { runnerId: string } } => ({ path: { runnerId: id } })

/** How many virtual seconds a call takes, and what it answers. */
async function timed<Answer>({ mock }: Ground, call: Promise<Answer>, most: number): Promise<[number, Answer]> {
  const { clock } = mock
  const start = clock.now()
  let seconds = 0
  const answer = call.then((done) => {
    seconds = (clock.now() - start) / 1000
    return done
  })
  await clock.advance({ seconds: most })
  return [seconds, await answer]
}

/** A connect runner with a command that one poll has taken. */
async function pickedUp({ api }: Ground, type: 'connect' | 'endpoint' = 'connect'): Promise<[Paired, string]> {
  const runner = await pair(api, { type, capabilities: ['jobs', 'bridge'] })
  const commandId = await submit(api, runner)
  await api.expect(200, 'nextBridgeCommands', at(runner))
  return [runner, commandId]
}

async function statusOf({ api }: Ground, runner: Paired, commandId: string): Promise<string> {
  const { body } = await api.expect(200, 'getBridgeCommand', { path: { runnerId: runner.id, commandId } })
  return body.status
}

const stories: Record<keyof typeof accidents, Story> = {
  'activation-revives': {
    async play({ api }) {
      const runner = await pair(api, { name: 'first' })
      const [done, open] = [await createJob(api, runner), await createJob(api, runner)]
      await api.expect(204, 'reportJobResult', { path: { jobId: done }, body: { status: 'completed', result: 1 } })
      await api.expect(204, 'patchChecklist', { ...at(runner), body: { a: 1 } })
      await api.expect(204, 'disconnectRunner', at(runner))
      await api.expect(409, 'activatePairingSession', activation(runner.sessionId, 'second'))
      const { status, body } = await api.call('getRunner', at(runner))
      if (status !== 200) return status
      const { total } = (await api.expect(200, 'listJobs', at(runner))).body
      const jobs = [await readJob(api, done), await readJob(api, open)]
      return [body.name, body.agents.length, body.checklist, total, ...jobs.map((job) => job.status)]
    },
    sane: 404,
    today: ['second', 1, { a: 1 }, 0, 'completed', 'failed'],
  },
  'refused-heartbeat-renews': {
    async play({ api, mock }) {
      const runner = await pair(api)
      await mock.clock.advance({ seconds: 10 })
      await api.expect(400, 'heartbeat', { ...at(runner), body: { capabilities: ['BAD'] } })
      await mock.clock.advance({ seconds: 10 })
      return (await api.expect(200, 'getRunner', at(runner))).body.status
    },
    sane: 'disconnected',
    today: 'connected',
  },
  'reported-pending-handed-out': {
    async play(ground) {
      const { api } = ground
      const runner = await pair(api)
      const jobId = await createJob(api, runner)
      await api.expect(204, 'reportJobResult', { path: { jobId }, body: { status: 'completed', result: 1 } })
      const [, { body: taken }] = await timed(ground, api.expect(200, 'nextJob', at(runner)), 10)
      await api.expect(204, 'reportJobResult', { path: { jobId }, body: { status: 'failed', error: 'late' } })
      const { status, result, error } = await readJob(api, jobId)
      return [taken?.status, status, result, error]
    },
    sane: [undefined, 'completed', 1, undefined],
    today: ['running', 'failed', 1, 'late'],
  },
  'total-counts-expired': {
    async play({ api, mock }) {
      const runner = await pair(api)
      const jobId = await createJob(api, runner)
      await api.expect(204, 'cancelJob', { path: { jobId } })
      await createJob(api, runner)
      await mock.clock.advance({ seconds: 11 })
      const all = await api.expect(200, 'listJobs', at(runner))
      const ofProject = await api.expect(200, 'listJobs', { ...at(runner), query: { project_id: runner.projectId } })
      return [all.body.total, all.body.content.length, ofProject.body.total]
    },
    settings: { completed_job_ttl_seconds: 10 },
    sane: [1, 1, 1],
    today: [2, 1, 1],
  },
  'cancelled-running-never-expires': {
    async play({ api, mock }) {
      const runner = await pair(api)
      const jobId = await createJob(api, runner)
      await takeJob(api, runner)
      await api.expect(204, 'cancelJob', { path: { jobId } })
      await mock.clock.advance({ seconds: 100 })
      return api.status('getJob', { path: { jobId } })
    },
    settings: { completed_job_ttl_seconds: 10 },
    sane: 404,
    today: 200,
  },
  'refused-payload-counts': {
    async play({ api }) {
      const runner = await pair(api, { type: 'connect' })
      const send = (type: 'ReadFile' | 'Exec', args: string): Promise<number> =>
        api.status('createBridgeCommand', { ...at(runner), body: { type, args } })
      return [
        await send('ReadFile', 'x'.repeat(30)),
        await send('Exec', 'x'),
        await send('Exec', 'x'),
        await send('ReadFile', 'x'),
        await send('ReadFile', 'x'),
      ]
    },
    settings: {
      bridge_max_payload_bytes: 20,
      bridge_max_commands_per_minute: 4,
      bridge_max_write_commands_per_minute: 1,
    },
    sane: [400, 201, 429, 201, 201],
    today: [400, 201, 429, 201, 429],
  },
  'payload-in-characters': {
    async play({ api }) {
      const runner = await pair(api)
      return api.status('patchChecklist', { ...at(runner), body: { note: 'é'.repeat(30) } })
    },
    settings: { bridge_max_payload_bytes: 50 },
    sane: 400,
    today: 204,
  },
  'expired-command-ends-poll': {
    async play(ground) {
      const { api, mock } = ground
      const runner = await pair(api, { type: 'connect' })
      await submit(api, runner, { timeout_seconds: 1 })
      await mock.clock.advance({ seconds: 63 })
      await api.expect(200, 'heartbeat', at(runner))
      const refused = await api.status('createBridgeCommand', { ...at(runner), body: { type: 'ReadFile', args: {} } })
      if (refused === 201) await api.expect(200, 'nextBridgeCommands', at(runner))
      const [seconds] = await timed(ground, api.expect(200, 'nextBridgeCommands', at(runner)), 30)
      return [refused, seconds]
    },
    settings: { bridge_max_pending_per_runner: 1 },
    sane: [201, 30],
    today: [429, 0],
  },
  'reported-command-in-queue': {
    async play(ground) {
      const { api, mock } = ground
      const ends: unknown[] = []
      // Whether it can still be read does not matter.
      for (const pause of [0, 6]) {
        const runner = await pair(api, { type: 'connect' })
        const commandId = await submit(api, runner)
        await submit(api, runner)
        const path = { runnerId: runner.id, commandId }
        await api.expect(204, 'reportBridgeResult', { path, body: { status: 'completed', result: 1 } })
        await mock.clock.advance({ seconds: pause })
        const one = { ...at(runner), body: { max_commands: 1 } }
        const [seconds, { body }] = await timed(ground, api.expect(200, 'nextBridgeCommands', one), 30)
        ends.push([seconds, body.commands.length])
      }
      return ends
    },
    settings: { bridge_completed_command_ttl_seconds: 5 },
    sane: [
      [0, 1],
      [0, 1],
    ],
    today: [
      [0, 0],
      [0, 0],
    ],
  },
  'gone-runner-poll-waits': {
    async play(ground) {
      const { api } = ground
      const [worker, bridge] = [await pair(api), await pair(api, { type: 'connect' })]
      const polls = Promise.all([
        timed(ground, api.call('nextJob', at(worker)), 5),
        timed(ground, api.call('nextBridgeCommands', at(bridge)), 5),
      ])
      await api.expect(204, 'disconnectRunner', at(worker))
      await api.expect(204, 'disconnectRunner', at(bridge))
      return (await polls).map(([seconds, { status }]) => [seconds, status])
    },
    settings: { next_job_poll_timeout_seconds: 3, bridge_poll_timeout_seconds: 4 },
    sane: [
      [0, 200],
      [0, 200],
    ],
    today: [
      [3, 200],
      [4, 200],
    ],
  },
  'fractions-through-double': {
    async play({ api, mock }) {
      const { id } = await pair(api)
      const url = `${RUNNERS}/${id}`
      const body = '{"c":{"a":0.12345678901234567890,"b":1e400,"i":12345678901234567890123,"f":1.0,"s":"1.50"}}'
      const headers = { 'content-type': 'application/json' }
      await mock.handle({ method: 'PATCH', url: `${url}/checklist`, headers, body })
      return /"c":(\{[^}]*\})/.exec((await mock.handle({ method: 'GET', url })).body)?.[1]
    },
    sane: '{"a":0.12345678901234567890,"b":1e400,"i":12345678901234567890123,"f":1.0,"s":"1.50"}',
    today: '{"a":0.12345678901234568,"b":"Infinity","i":12345678901234567890123,"f":1.0,"s":"1.50"}',
  },
  'stale-wait': {
    async play(ground) {
      const { api } = ground
      const runner = await pair(api, { type: 'connect' })
      const commandId = await submit(api, runner)
      const query = { wait: true, timeout: 3 }
      const wait = api.expect(200, 'getBridgeCommand', { path: { runnerId: runner.id, commandId }, query })
      await api.expect(200, 'nextBridgeCommands', at(runner))
      const [, { body }] = await timed(ground, wait, 3)
      return [body.status, await statusOf(ground, runner, commandId)]
    },
    sane: ['picked_up', 'picked_up'],
    today: ['pending', 'picked_up'],
  },
  'one-waiter-wakes': {
    async play(ground) {
      const { api } = ground
      const [runner, commandId] = await pickedUp(ground)
      const path = { runnerId: runner.id, commandId }
      const wait = (): Promise<[number, unknown]> =>
        timed(ground, api.call('getBridgeCommand', { path, query: { wait: true, timeout: 3 } }), 3)
      const waits = [wait(), wait()]
      await api.expect(204, 'reportBridgeResult', { path, body: { status: 'completed', result: 1 } })
      return (await Promise.all(waits)).map(([seconds]) => seconds)
    },
    sane: [0, 0],
    today: [0, 3],
  },
  'second-death-purges': {
    async play({ api, mock }) {
      const runner = await pair(api)
      await mock.clock.advance({ seconds: 30 })
      await api.expect(200, 'heartbeat', at(runner))
      await mock.clock.advance({ seconds: 30 })
      return api.status('getRunner', at(runner))
    },
    settings: { heartbeat_ttl_seconds: 15, reaper_interval_seconds: 1, dead_runner_purge_seconds: 25 },
    sane: 200,
    today: 404,
  },
  'endpoint-commands-unreaped': {
    async play(ground) {
      const [runner, commandId] = await pickedUp(ground, 'endpoint')
      const [other, otherId] = await pickedUp(ground)
      await ground.mock.clock.advance({ seconds: 41 })
      return [await statusOf(ground, runner, commandId), await statusOf(ground, other, otherId)]
    },
    settings: { reaper_interval_seconds: 1 },
    sane: ['timed_out', 'timed_out'],
    today: ['picked_up', 'timed_out'],
  },
  'status-any-case': {
    async play({ api, ask }) {
      const runner = await pair(api)
      const jobId = await createJob(api, runner)
      const reported = await ask('POST', `${RUNNERS}/jobs/${jobId}/results`, { status: 'Completed' })
      const listed = await ask('GET', `${RUNNERS}?project_id=${runner.projectId}&status=CONNECTED`)
      const opened = await ask('POST', '/v1/private/pairing/sessions', {
        ...{ project_id: runner.projectId, activation_key: 'A'.repeat(43), type: 'ENDPOINT' },
      })
      return [reported.status, listed.status, opened.status]
    },
    sane: [400, 400, 400],
    today: [204, 200, 400],
  },
  'hung-up-poller-swallows': {
    async play({ api, mock }) {
      const runner = await pair(api)
      const caller = new AbortController()
      const url = `${RUNNERS}/${runner.id}/jobs/next`
      const poll = Promise.resolve(mock.handle({ method: 'POST', url, signal: caller.signal }))
      caller.abort()
      const jobId = await createJob(api, runner)
      const late = await poll
      late.delivery?.failed()
      return (await readJob(api, jobId)).status
    },
    sane: 'pending',
    today: 'running',
  },
  'oversized-page-500': {
    async play({ api, ask }) {
      const { projectId } = await pair(api)
      const list = `${RUNNERS}?project_id=${projectId}`
      const beyond = await ask('GET', `${list}&page=2147483647&size=2`)
      const last = await ask('GET', `${list}&page=2147483647&size=1`)
      return [beyond.status, last.status]
    },
    sane: [400, 200],
    today: [500, 200],
  },
  'null-agent-500': {
    async play({ api, ask }) {
      const runner = await pair(api, { agents: ['echo'] })
      const { status } = await ask('PUT', `${RUNNERS}/${runner.id}/agents`, { echo: {}, other: null })
      const { body } = await api.expect(200, 'getRunner', at(runner))
      const unknown = await ask('PUT', `${RUNNERS}/${runner.sessionId}/agents`, { other: null })
      return [status >= 500, status >= 500 ? body.agents : undefined, unknown.status >= 500]
    },
    sane: [false, undefined, false],
    today: [true, [], false],
  },
  'broken-gzip-500': {
    async play({ api, ask }) {
      const { id } = await pair(api)
      const path = `${RUNNERS}/${id}/checklist`
      const broken = await ask('PATCH', path, 'no gzip', { 'content-encoding': 'gzip' })
      const sound = await ask('PATCH', path, gzipSync('{"a":1}'), { 'content-encoding': 'gzip' })
      return [broken.status, sound.status]
    },
    sane: [400, 204],
    today: [500, 204],
  },
  'scalar-coercion': {
    async play({ api, ask }) {
      const runner = await pair(api)
      const jobId = await createJob(api, runner)
      const path = `${RUNNERS}/${runner.id}`
      const statuses = [
        await ask('PUT', `${path}/agents`, { echo: { timeout: 1.5, description: 5 } }),
        await ask('POST', `${path}/heartbeats`, { capabilities: [true] }),
        await ask('POST', `${RUNNERS}/jobs/${jobId}/results`, { status: 'running', error: 5 }),
        await ask('POST', `${RUNNERS}/jobs`, { agent_name: 5 }),
        await ask('PUT', `${path}/agents`, { echo: { timeout: [1] } }),
      ].map(({ status }) => status)
      const { capabilities, agents } = (await api.expect(200, 'getRunner', at(runner))).body
      return [...statuses, capabilities, agents[0]?.timeout, agents[0]?.description, (await readJob(api, jobId)).error]
    },
    sane: [400, 400, 400, 400, 400, ['jobs'], 0, undefined, undefined],
    today: [204, 200, 204, 422, 400, ['true'], 1, '5', '5'],
  },
  'unknown-encoding-ignored': {
    async play({ api, ask }) {
      const { id } = await pair(api)
      return (await ask('PATCH', `${RUNNERS}/${id}/checklist`, { a: 1 }, { 'content-encoding': 'br' })).status
    },
    sane: 415,
    today: 204,
  },
  'redirect-500': {
    async play({ ask }) {
      const trace = '01900000-0000-7000-8000-00000000dead'
      const url = (path: string) => `/v1/session/redirect/projects?trace_id=${trace}&path=${btoa(path)}`
      const answers = [await ask('GET', url('http://localhost/opik')), await ask('GET', url('http://localhost/api'))]
      return [...answers, await ask('GET', '/v1/session/redirect/projects')].map(({ status }) => status)
    },
    sane: [400, 404, 400],
    today: [500, 404, 400],
  },
  'mask-as-environment': {
    async play({ api }) {
      const values = [{ key: 'temperature', value: '0.7', type: 'float' as const }]
      const first = { project_name: 'Lab', blueprint: { type: 'blueprint' as const, values } }
      await api.expect(201, 'createAgentConfig', { body: first })
      const mask = { project_name: 'Lab', blueprint: { type: 'mask' as const, values } }
      const { createdId: blueprint_id } = await api.expect(201, 'updateAgentConfig', { body: mask })
      const { id: project_id } = (await api.expect(200, 'retrieveProject', { body: { name: 'Lab' } })).body
      const body = { project_id, envs: [{ env_name: 'prod', blueprint_id }] }
      const pointed = await api.status('createOrUpdateEnvs', { body })
      return [pointed, await api.status('getBlueprintByEnv', { path: { project_id, env_name: 'prod' } })]
    },
    sane: [404, 200],
    today: [204, 404],
  },
  'span-delete-501': {
    async play({ ask }) {
      const others = await Promise.all([ask('DELETE', '/v1/private/spans'), ask('PUT', '/v1/private/spans/x')])
      const { status } = await ask('DELETE', '/v1/private/spans/01900000-0000-7000-8000-00000000dead')
      return [status, ...others.map((each) => each.status)]
    },
    sane: [405, 405, 405],
    today: [501, 405, 405],
  },
}

/** Every story by the id of its accident. */
export const storyEntries = Object.entries(stories)
