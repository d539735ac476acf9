// Simulated runners and snapshots: they go on from where they stood, in the same mock and in another one, and the same
// script gives the same answers, byte by byte.
import { describe, expect, it } from 'vitest'
import type { GivenRunner, RunnerMock, Snapshot } from '../../src/index.js'
import { folder } from '../../src/mocks/adapters/node.js'
import { connectAgent } from '../../src/mocks/agents/index.js'
import { openMock as open } from '../faults/stages.js'

/** A client that keeps what it is answered. */
class Script {
  readonly answers: string[] = []
  private readonly mock: RunnerMock

  constructor(mock: RunnerMock) {
    this.mock = mock
  }

  async call(method: string, path: string, body?: unknown): Promise<string> {
    const json =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    const reply = await this.mock.handle({ method, url: `/v1/private${path}`, ...json })
    this.answers.push(`${reply.status} ${JSON.stringify(reply.headers)} ${reply.body}`)
    return reply.headers['location']?.split('/').at(-1) ?? reply.body
  }

  advance(seconds: number): Promise<void> {
    return this.mock.clock.advance({ seconds })
  }
}

/** Plays from a snapshot in the mock that it was taken of and in others, and wants the same answers everywhere. */
async function expectSame(
  mock: RunnerMock,
  play: (script: Script) => Promise<void>,
  others: readonly RunnerMock[] = [],
): Promise<string[]> {
  const snapshot = mock.snapshot()
  const first = new Script(mock)
  await play(first)
  const last = JSON.stringify(mock.snapshot())
  for (const other of [mock, mock, ...others]) {
    other.restore(JSON.parse(JSON.stringify(snapshot)) as Snapshot)
    expect(other.snapshot()).toEqual(snapshot)
    const again = new Script(other)
    await play(again)
    expect(again.answers).toEqual(first.answers)
    expect(JSON.stringify(other.snapshot())).toBe(last)
  }
  return first.answers
}

async function projectOf(mock: RunnerMock): Promise<string> {
  await mock.ready
  return mock.snapshot().world.runners[0]?.projectId ?? ''
}

describe('the demo', () => {
  const job = (project_id: string, agent_name: string, inputs: unknown) => ({ agent_name, project_id, inputs })

  it('goes on in the midst of its jobs', async () => {
    const mock = open({ scenario: 'demo' })
    const project = await projectOf(mock)
    const before = new Script(mock)
    const slow = await before.call('POST', '/local-runners/jobs', job(project, 'slow-report', { steps: 20 }))
    await before.advance(3.1)
    const doomed = await before.call('POST', '/local-runners/jobs', job(project, 'slow-report', { steps: 50 }))
    await before.advance(5)
    await before.call('POST', '/local-runners/jobs', job(project, 'research', { question: 'Why?' }))
    await before.advance(2)
    const answers = await expectSame(
      mock,
      async (script) => {
        const echo = await script.call('POST', '/local-runners/jobs', job(project, 'echo', { a: 1 }))
        await script.advance(0.7)
        await script.call('POST', `/local-runners/jobs/${doomed}/cancel`)
        for (let count = 0; count < 8; count++) {
          for (const id of [slow, doomed, echo]) {
            await script.call('GET', `/local-runners/jobs/${id}`)
            await script.call('GET', `/local-runners/jobs/${id}/logs`)
          }
          await script.advance(1.3)
        }
        await script.call('GET', `/local-runners?project_id=${project}`)
        await script.call('GET', `/traces?project_id=${project}`)
        await script.call('GET', `/spans?project_id=${project}&size=100`)
      },
      [open({ scenario: 'demo' })],
    )
    expect(answers.filter((answer) => answer.includes('"completed"')).length).toBeGreaterThan(3)
    const logs = answers.filter((answer) => answer.includes('step 20 of 20')).at(-1) ?? ''
    expect(logs.match(/step \d+ of 20/g)).toHaveLength(20)
    // No span is told twice.
    const spans = [...(answers.at(-1) ?? '').matchAll(/"name":"(plan|draft|check question)"/g)]
    expect(spans).toHaveLength(3)
  })

  it('is alive after a restore, at whatever moment of its loops the snapshot was taken', async () => {
    const mock = open({ scenario: 'demo' })
    const project = await projectOf(mock)
    for (const seconds of [0, 0.2, 4.9, 5, 5.5, 9.9, 10.2, 60, 61]) {
      await mock.clock.advance({ seconds })
      await expectSame(mock, async (script) => {
        const id = await script.call('POST', '/local-runners/jobs', job(project, 'echo', { seconds }))
        for (const step of [0, 0.3, 0.3, 30]) {
          await script.advance(step)
          await script.call('GET', `/local-runners/jobs/${id}`)
        }
        await script.call('GET', `/local-runners?project_id=${project}`)
      })
    }
  })
})

describe('scripted agents', () => {
  it('throw the same dice, also for jobs in work', async () => {
    const mock = open()
    mock.agents.register('dice', {
      latency_ms: { min: 1000, max: 9000 },
      failure_rate: 0.5,
      logs: [{ text: 'start' }, { after_ms: 800, text: 'half' }, { after_ms: 4000, text: '{{job.id}}' }],
      result: { n: '{{inputs.n}}' },
    })
    const runner = await mock.given.connectedRunner()
    await mock.agents.start(runner, { agents: ['dice'] })
    const script = new Script(mock)
    const create = (by: Script, n: number) =>
      by.call('POST', '/local-runners/jobs', { agent_name: 'dice', project_id: runner.projectId, inputs: { n } })
    const ids: string[] = []
    for (let n = 0; n < 8; n++) {
      ids.push(await create(script, n))
      await script.advance(0.9)
    }
    const play = async (by: Script): Promise<void> => {
      const all = [...ids, await create(by, 8), await create(by, 9)]
      for (let count = 0; count < 10; count++) {
        await by.advance(1)
        for (const id of all) await by.call('GET', `/local-runners/jobs/${id}`)
      }
      for (const id of all) await by.call('GET', `/local-runners/jobs/${id}/logs`)
    }
    const answers = await expectSame(mock, play, [open(), open({ seed: 99 })])
    const last = answers.slice(-20, -10)
    expect(last.filter((answer) => answer.includes('"failed"')).length).toBeGreaterThan(0)
    expect(last.filter((answer) => answer.includes('"completed"')).length).toBeGreaterThan(0)
  })

  it('keep what they have counted, and what they never report', async () => {
    const mock = open()
    mock.agents.register('mortal', { dies_after_jobs: 2, latency_ms: 100 })
    mock.agents.register('silent', { never_answers: true })
    mock.agents.register('stubborn', { latency_ms: 8000, ignores_cancellation: true })
    const runner = await mock.given.connectedRunner()
    await mock.agents.start(runner, { agents: ['mortal', 'silent', 'stubborn'] })
    const create = (by: Script, agent_name: string) =>
      by.call('POST', '/local-runners/jobs', { agent_name, project_id: runner.projectId })
    const script = new Script(mock)
    const ids = [await create(script, 'mortal'), await create(script, 'silent'), await create(script, 'stubborn')]
    await script.advance(1)
    await script.call('POST', `/local-runners/jobs/${ids[2] ?? ''}/cancel`)
    await script.advance(5)
    await expectSame(
      mock,
      async (by) => {
        const all = [...ids, await create(by, 'mortal')]
        for (const seconds of [0.2, 3, 30, 1900]) {
          await by.advance(seconds)
          for (const id of all) await by.call('GET', `/local-runners/jobs/${id}`)
          await by.call('GET', `/local-runners/${runner.id}`)
        }
      },
      [open()],
    )
  })

  it('that are functions go on where they are registered, and fail where they are not', async () => {
    const mock = open()
    mock.agents.register('slow', async ({ sleep, log }) => {
      log('begun')
      const [first, second] = await Promise.all([sleep(1000), sleep(5000)])
      log('waited')
      return { first, second, third: await sleep(1000) }
    })
    const runner = await mock.given.connectedRunner()
    await mock.agents.start(runner, { agents: ['slow'] })
    const script = new Script(mock)
    const id = await script.call('POST', '/local-runners/jobs', { agent_name: 'slow', project_id: runner.projectId })
    await script.advance(3)
    const snapshot = mock.snapshot()
    await expectSame(mock, async (by) => {
      await by.advance(4)
      await by.call('GET', `/local-runners/jobs/${id}`)
      await by.call('GET', `/local-runners/jobs/${id}/logs`)
    })
    const stranger = open()
    stranger.restore(snapshot)
    await stranger.clock.advance({ seconds: 10 })
    const reply = await stranger.handle({ method: 'GET', url: `/v1/private/local-runners/jobs/${id}` })
    expect(JSON.parse(reply.body)).toMatchObject({ status: 'failed' })
  })
})

describe('connect agents', () => {
  async function serveFiles(mock: RunnerMock): Promise<GivenRunner> {
    const agent = connectAgent({
      files: { 'a.txt': 'one\n', 'logo.png': Uint8Array.of(0, 1, 2, 255) },
      commands: { 'npm test': { stdout: 'ok\n', after_ms: 5000 } },
      latencyMs: 300,
    })
    const runner = await mock.given.connectedRunner({ type: 'connect' })
    await mock.agents.start(runner, agent)
    return runner
  }

  it('keep their files and what they are executing', async () => {
    const mock = open()
    const runner = await serveFiles(mock)
    const commands = `/local-runners/${runner.id}/bridge/commands`
    const submit = (by: Script, type: string, args: object) => by.call('POST', commands, { type, args })
    const before = new Script(mock)
    await submit(before, 'WriteFile', { path: 'b.txt', content: 'two\n' })
    await before.advance(1)
    const idOf = (answer: string): string => answer
    const test = idOf(await submit(before, 'Exec', { command: 'npm test' }))
    await before.advance(2)
    await expectSame(
      mock,
      async (by) => {
        const edits = [{ old_string: 'two', new_string: 'three' }]
        const ids = [test, await submit(by, 'EditFile', { path: 'b.txt', edits })]
        ids.push(await submit(by, 'ReadFile', { path: 'logo.png' }), await submit(by, 'ListFiles', {}))
        ids.push(await submit(by, 'Exec', { command: 'echo hi', background: true }))
        for (const seconds of [0.2, 0.1, 2.6, 0.5]) {
          await by.advance(seconds)
          for (const id of ids) await by.call('GET', `${commands}/${id}`)
        }
      },
      [open()],
    )
  })

  it('over a real folder go on in the mock that knows it, and stay away from others', async () => {
    const mock = open()
    const runner = await mock.given.connectedRunner({ type: 'connect' })
    await mock.agents.start(runner, connectAgent({ files: folder('openapi') }))
    const snapshot = mock.snapshot()
    const status = async (of: RunnerMock): Promise<string> => {
      of.restore(snapshot)
      await of.clock.advance({ seconds: 20 })
      const { body } = await of.handle({ method: 'GET', url: `/v1/private/local-runners/${runner.id}` })
      return (JSON.parse(body) as { status: string }).status
    }
    expect(await status(mock)).toBe('connected')
    expect(await status(open())).toBe('disconnected')
  })
})

it('a runner that only beats stays connected, takes nothing, and does so after a restore', async () => {
  const mock = open()
  const runner = await mock.given.connectedRunner({ agents: ['echo'] })
  await mock.agents.start(runner, { takesWork: false })
  const job = await mock.given.job({ runner })
  await mock.clock.advance({ minutes: 5 })
  await expectSame(
    mock,
    async (by) => {
      await by.advance(100)
      await by.call('GET', `/local-runners/${runner.id}`)
      expect(await by.call('GET', `/local-runners/jobs/${job.id}`)).toContain('"pending"')
    },
    [open()],
  )
})

it('agents.alive gives a hand to runners of the scenario, and to those that a restore has brought back', async () => {
  const mock = open({ scenario: 'demo' })
  expect(mock.agents.alive()).toEqual([])
  await mock.ready
  const snapshot = mock.snapshot()
  await mock.agents.alive()[0]?.stop()
  expect(mock.agents.alive()).toEqual([])
  mock.restore(snapshot)
  await mock.ready
  expect(mock.agents.alive().map(({ runner }) => runner.name)).toEqual(['demo-laptop'])
  await mock.agents.alive()[0]?.disconnect()
  expect(mock.snapshot().world.runners).toEqual([])
})

describe('a world that is replaced', () => {
  it('twice at once has one demo runner, and what came before reaches nothing', async () => {
    const mock = open({ scenario: 'demo' })
    const snapshot = mock.snapshot()
    await Promise.all([mock.reset(), mock.reset(), mock.reset()])
    expect(mock.snapshot().crew?.runners).toHaveLength(1)
    const done = mock.reset()
    mock.restore(snapshot)
    await done
    await mock.clock.advance({ minutes: 1 })
    expect(mock.snapshot().world.runners).toEqual([])
    expect(mock.snapshot().crew?.runners ?? []).toEqual([])
  })

  it('makes requests and moves of the clock wait until its runners live', async () => {
    const mock = open({ scenario: 'demo' })
    await mock.ready
    await mock.clock.advance({ seconds: 3 })
    const snapshot = mock.snapshot()
    mock.restore(snapshot)
    const moved = mock.clock.advance({ minutes: 2 })
    const { id = '' } = snapshot.world.runners[0] ?? {}
    await moved
    const { body } = await mock.handle({ method: 'GET', url: `/v1/private/local-runners/${id}` })
    expect(JSON.parse(body)).toMatchObject({ status: 'connected' })
  })
})
