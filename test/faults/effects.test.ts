// What each effect of a fault does to a client, and what it leaves behind, on every transport.
import { afterAll, describe, expect, it } from 'vitest'
import { closeMsw, stageOver } from '../mocks/harness.js'
import { heldUp } from './stages.js'

const JOBS = '/v1/private/local-runners/jobs'

const { open: openInProcess } = stageOver('fetch')

describe.each(['fetch', 'msw', 'http'] as const)('a fault over %s', (transport) => {
  const { open } = stageOver(transport)
  afterAll(closeMsw)

  async function withRunner() {
    const stage = await open()
    const runner = await stage.mock.given.connectedRunner({ agents: ['echo'] })
    const path = `/v1/private/local-runners/${runner.id}`
    const createJob = () =>
      stage.send('POST', JOBS, { body: { agent_name: 'echo', project_id: runner.projectId, inputs: { n: 1 } } })
    const pendingJobs = async (): Promise<number> => {
      const page = await stage.send('GET', `${path}/jobs`)
      const { content } = (await page.json()) as { content: { status: string }[] }
      return content.filter(({ status }) => status === 'pending').length
    }
    return { ...stage, runner, path, createJob, pendingJobs }
  }

  it('with a status answers either shape and nothing happens', async () => {
    const { mock, createJob, pendingJobs } = await withRunner()
    mock.faults.inject({ operation: 'createJob', status: 429, retry_after: 7, once: true })
    mock.faults.inject({ operation: 'createJob', status: 503, shape: 'errors', message: 'down', once: true })
    const coded = await createJob()
    const listed = await createJob()
    expect([coded.status, coded.headers.get('retry-after')]).toEqual([429, '7'])
    expect(await coded.json()).toMatchObject({ code: 429 })
    expect([listed.status, await listed.json()]).toEqual([503, { errors: ['down'] }])
    expect(await pendingJobs()).toBe(0)
    expect((await createJob()).status).toBe(201)
  })

  it('with drop before breaks the connection and nothing happens', async () => {
    const { mock, createJob, pendingJobs } = await withRunner()
    mock.faults.inject({ operation: 'createJob', drop: 'before', once: true })
    await expect(createJob()).rejects.toBeInstanceOf(TypeError)
    expect(await pendingJobs()).toBe(0)
  })

  it('with drop after loses the answer, not the effect', async () => {
    const { mock, createJob, pendingJobs } = await withRunner()
    mock.faults.inject({ operation: 'createJob', drop: 'after', once: true })
    await expect(createJob()).rejects.toBeInstanceOf(TypeError)
    expect(await pendingJobs()).toBe(1)
  })

  it('with drop after on a poll leaves the job running with nobody', async () => {
    const { mock, send, path, createJob, pendingJobs } = await withRunner()
    await createJob()
    mock.faults.inject({ operation: 'nextJob', drop: 'after', once: true })
    await expect(send('POST', `${path}/jobs/next`)).rejects.toBeInstanceOf(TypeError)
    expect(await pendingJobs()).toBe(0)
    const page = (await (await send('GET', `${path}/jobs`)).json()) as { content: { status: string }[] }
    expect(page.content.map(({ status }) => status)).toEqual(['running'])
  })

  it('with drop after on a heartbeat renews the runner, and the cancellation is never heard of', async () => {
    const { mock, send, runner, path } = await withRunner()
    const job = await mock.given.job({ runner, status: 'running' })
    await send('POST', `${JOBS}/${job.id}/cancel`)
    mock.faults.inject({ operation: 'heartbeat', drop: 'after', once: true })
    await mock.clock.advance({ seconds: 10 })
    await expect(send('POST', `${path}/heartbeats`, { body: {} })).rejects.toBeInstanceOf(TypeError)
    await mock.clock.advance({ seconds: 10 })
    expect(await (await send('GET', path)).json()).toMatchObject({ status: 'connected' })
    const beat = await send('POST', `${path}/heartbeats`, { body: {} })
    expect(await beat.json()).toEqual({ cancelled_job_ids: [] })
  })

  it('with a truncated body fails while the body is read', async () => {
    const { mock, send, path } = await withRunner()
    mock.faults.inject({ operation: 'getRunner', body: 'truncated', once: true })
    const broken = (async (): Promise<unknown> => (await send('GET', path)).json())()
    await expect(broken).rejects.toBeInstanceOf(TypeError)
    expect((await send('GET', path)).status).toBe(200)
  })

  it('with an invalid body answers JSON of another form', async () => {
    const { mock, send, path } = await withRunner()
    mock.faults.inject({ operation: 'getRunner', body: 'invalid', once: true })
    const spoilt = (await (await send('GET', path)).json()) as { id: unknown; agents: unknown }
    expect(typeof spoilt.id).not.toBe('string')
    expect(Array.isArray(spoilt.agents)).toBe(false)
  })

  it('with a fixed delay answers when its time has passed', async () => {
    const { mock, createJob, pendingJobs } = await withRunner()
    mock.faults.inject({ operation: 'createJob', delay: { ms: 2000 }, once: true })
    let isAnswered = false
    const answer = createJob().finally(() => (isAnswered = true))
    await heldUp(mock)
    await mock.clock.advance({ milliseconds: 1999 })
    expect([isAnswered, await pendingJobs()]).toEqual([false, 0])
    await mock.clock.advance({ milliseconds: 1 })
    expect((await answer).status).toBe(201)
  })

  it('with a hang before does nothing until it is cleared, then goes on', async () => {
    const { mock, createJob, pendingJobs } = await withRunner()
    const { id } = mock.faults.inject({ operation: 'createJob', hang: true, once: true })
    const answer = createJob()
    await heldUp(mock)
    await mock.clock.advance({ hours: 1 })
    expect(await pendingJobs()).toBe(0)
    expect(mock.faults.clear(id)).toBe(1)
    // The hour has let the heartbeat lapse, which only a request that is judged now can notice.
    expect((await answer).status).toBe(409)
  })

  it('with a hang after has its effect, and ends when the caller hangs up', async () => {
    const { mock, send, path, createJob, pendingJobs } = await withRunner()
    await createJob()
    mock.faults.inject({ operation: 'nextJob', hang: 'after', once: true })
    const caller = new AbortController()
    const answer = send('POST', `${path}/jobs/next`, { signal: caller.signal })
    await heldUp(mock)
    expect(await pendingJobs()).toBe(0)
    caller.abort(new Error('enough'))
    await expect(answer).rejects.toThrow()
    while (mock.faults.list().length > 0) await new Promise((resolve) => setImmediate(resolve))
    expect(await pendingJobs()).toBe(0)
  })

  it('with hold keeps back all answers about a runner, and gives them at one moment', async () => {
    const { mock, send, path, createJob } = await withRunner()
    const other = await mock.given.connectedRunner({ type: 'connect' })
    mock.faults.inject({ hold: { ms: 5000 }, once: true })
    const answered: string[] = []
    const ask = async (method: string, rest: string): Promise<void> => {
      const { status } = await send(method, path + rest)
      answered.push(`${method} ${status} at ${mock.clock.iso().slice(17, 19)}`)
    }
    await createJob()
    const asked = [ask('POST', '/jobs/next')]
    await heldUp(mock)
    await mock.clock.advance({ seconds: 3 })
    asked.push(ask('GET', ''))
    await heldUp(mock, 2)
    expect((await send('GET', `/v1/private/local-runners/${other.id}`)).status).toBe(200)
    expect(answered).toEqual([])
    await mock.clock.advance({ seconds: 2 })
    await Promise.all(asked)
    expect(answered.toSorted()).toEqual(['GET 200 at 35', 'POST 200 at 35'])
    await ask('GET', '')
    expect(mock.faults.list()).toEqual([])
  })

  it('with hold has its effect, and loses the answer of a caller who hangs up', async () => {
    const { mock, send, path, createJob, pendingJobs } = await withRunner()
    await createJob()
    const { id } = mock.faults.inject({ operation: 'nextJob', hold: { from: 1000, to: 2000 } })
    const caller = new AbortController()
    const answer = send('POST', `${path}/jobs/next`, { signal: caller.signal })
    await heldUp(mock)
    caller.abort(new Error('enough'))
    await expect(answer).rejects.toThrow()
    expect(await pendingJobs()).toBe(0)
    await createJob()
    const next = send('POST', `${path}/jobs/next`)
    await heldUp(mock)
    expect(mock.faults.clear(id)).toBe(1)
    expect(await (await next).json()).toMatchObject({ status: 'running' })
  })

  it('with duplicate hands a job to the next poll once more', async () => {
    const { mock, send, path, createJob } = await withRunner()
    const poll = async () => (await (await send('POST', `${path}/jobs/next`)).json()) as { id: string } | null
    await createJob()
    await createJob()
    mock.faults.inject({ operation: 'nextJob', duplicate: true, once: true })
    const [first, again, second] = [await poll(), await poll(), await poll()]
    expect(again).toEqual(first)
    expect(second?.id).not.toBe(first?.id)
    expect(mock.faults.list()).toEqual([])
  })

  it('with evict takes the slot: the runner hears 410 and is gone', async () => {
    const { mock, send, path, createJob } = await withRunner()
    const events: string[] = []
    mock.on('runner.gone', ({ trigger }) => events.push(trigger))
    mock.faults.inject({ operation: 'heartbeat', evict: true, once: true })
    expect((await send('POST', `${path}/heartbeats`, { body: {} })).status).toBe(410)
    expect((await send('GET', path)).status).toBe(404)
    expect((await createJob()).status).toBe(404)
    expect(events).toEqual(['slot.taken'])
  })
})

describe('duplicate', () => {
  it('hands bridge commands out again, to their own runner only', async () => {
    const { mock, send } = await openInProcess()
    const runner = await mock.given.connectedRunner({ type: 'connect' })
    const other = await mock.given.connectedRunner({ type: 'connect', as: { apiKey: 'someone-else' } })
    const poll = async ({ id, headers }: typeof runner) => {
      const answer = await send('POST', `/v1/private/local-runners/${id}/bridge/commands/next`, { headers, body: {} })
      return ((await answer.json()) as { commands: { command_id: string }[] }).commands
    }
    await mock.given.command({ runner, status: 'pending' })
    mock.changeSettings({ bridge_poll_timeout_seconds: 0 })
    mock.faults.inject({ operation: 'nextBridgeCommands', duplicate: true, times: 1 })
    expect(await poll(other)).toEqual([])
    const first = await poll(runner)
    expect(first).toHaveLength(1)
    expect(await poll(other)).toEqual([])
    // A stranger who asks for this runner's commands is refused like ever.
    expect(
      (await send('POST', `/v1/private/local-runners/${runner.id}/bridge/commands/next`, { headers: other.headers }))
        .status,
    ).toBe(404)
    expect(await poll(runner)).toEqual(first)
    expect(await poll(runner)).toEqual([])
  })

  it('does not count polls that bring nothing', async () => {
    const { mock, send } = await openInProcess({ settings: { next_job_poll_timeout_seconds: 0 } })
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    mock.faults.inject({ operation: 'nextJob', duplicate: true, once: true })
    await send('POST', `/v1/private/local-runners/${runner.id}/jobs/next`)
    expect(mock.faults.list()).toMatchObject([{ applied: 0, remaining: 1 }])
  })
})
