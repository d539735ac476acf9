// Two hundred clients at once, with and without faults: afterwards each job was handed out once and in its turn, nothing
// that was acknowledged is lost, and no answer was one that the spec does not have.
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createRandom, type Random } from '../../src/kernel/id-source.js'
import { checkReply, serve } from '../../src/mocks/adapters/node.js'
import { presetNames } from '../../src/mocks/engine/faults/faults.js'
import { createRunnerMock, type RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import type { GivenRunner } from '../../src/mocks/given/given-runner.js'
import { memberOf, textOf } from '../../src/kernel/json-value.js'
import { length, seed } from './extent.js'

const CLIENTS = 200
const SECONDS = length({ short: 6, long: 60 })
const SECONDS_UNDER_FAULTS = length({ short: 3, long: 60 })

const settings = {
  next_job_poll_timeout_seconds: 0.3,
  bridge_poll_timeout_seconds: 0.3,
  heartbeat_ttl_seconds: 3600,
  bridge_max_commands_per_minute: 1_000_000,
}

async function load(mock: RunnerMock, seconds: number): Promise<{ notes: Notes; bugs: unknown[] }> {
  const bugs: unknown[] = []
  const server = await serve(mock, { port: 0, onBug: (error) => bugs.push(error) })
  onTestFinished(() => server.close())
  const runners: ClientParts['runners'] = { endpoint: [], connect: [] }
  for (const name of ['one', 'two', 'three']) {
    const project = await mock.given.project({ name })
    runners.endpoint.push(await mock.given.connectedRunner({ agents: ['echo'], projectId: project.id }))
    runners.connect.push(await mock.given.connectedRunner({ type: 'connect', projectId: project.id }))
  }
  const notes = new Notes()
  const until = performance.now() + seconds * 1000
  const work = Array.from({ length: CLIENTS }, async (_, number) => {
    const random = createRandom(seed + number)
    const client = new Client({ name: `client ${number}`, url: server.url, runners, random, notes })
    while (performance.now() < until) await client.act()
  })
  await Promise.all(work)
  await delay(0)
  return { notes, bugs }
}

const tooOften = (counts: ReadonlyMap<string, number>): string[] =>
  [...counts].filter(([, times]) => times > 1).map(([id]) => id)

/** Lines that were acknowledged and are not there, or are there twice. */
function lostLines(mock: RunnerMock, { logged }: Notes): string[] {
  const { jobs } = mock.snapshot().world
  return jobs.flatMap(({ wire, logs }) => {
    const texts = logs.map(({ text }) => text)
    const lost = (logged.get(wire.id) ?? []).filter((line) => !texts.includes(line))
    return [...lost, ...texts.filter((line, place) => texts.indexOf(line) !== place)]
  })
}

describe('two hundred clients', () => {
  it('find every rule kept', async () => {
    const mock = createRunnerMock({ seed, settings, checkReply })
    const outOfTurn = watchQueues(mock)
    const { notes, bugs } = await load(mock, SECONDS)
    expect(bugs).toEqual([])
    expect(outOfTurn).toEqual([])
    expect(notes.received.size).toBeGreaterThan(20)
    expect(tooOften(notes.received)).toEqual([])
    expect(tooOften(notes.announced)).toEqual([])
    expect(tooOften(notes.accepted)).toEqual([])
    expect(lostLines(mock, notes)).toEqual([])
    expect([...notes.statuses.keys()].filter((status) => status >= 500)).toEqual([])
  })

  it.each(presetNames)('find every rule kept under the faults of %s', async (preset) => {
    const mock = createRunnerMock({ seed, settings, checkReply, faults: { preset } })
    const outOfTurn = watchQueues(mock)
    const { notes, bugs } = await load(mock, SECONDS_UNDER_FAULTS)
    expect(bugs).toEqual([])
    expect(outOfTurn).toEqual([])
    expect(tooOften(notes.accepted)).toEqual([])
    expect(lostLines(mock, notes)).toEqual([])
  })
})

/** What the clients of one load were told, all together. */
class Notes {
  /** Lines of log by job, as acknowledged. */
  readonly logged = new Map<string, string[]>()
  /** How often the cancellation of a job was announced. */
  readonly announced = new Map<string, number>()
  /** How many results of a command were accepted. */
  readonly accepted = new Map<string, number>()
  /** How often a job was handed out, in answers that arrived. */
  readonly received = new Map<string, number>()
  readonly statuses = new Map<number, number>()
  readonly jobs: string[] = []
  readonly commands: { id: string; runner: GivenRunner }[] = []
  /** Calls that ended without an answer: hung up, dropped or cut. */
  unanswered = 0
}

const count = <Key>(counts: Map<Key, number>, key: Key): void => void counts.set(key, (counts.get(key) ?? 0) + 1)

interface ClientParts {
  name: string
  url: string
  runners: { endpoint: GivenRunner[]; connect: GivenRunner[] }
  random: Random
  notes: Notes
}

/** One client; `act` does one random thing. */
class Client {
  private lines = 0
  private readonly parts: ClientParts

  constructor(parts: ClientParts) {
    this.parts = parts
  }

  async act(): Promise<unknown> {
    const { runners, notes, random } = this.parts
    const [endpoint, connect] = [this.pick(runners.endpoint), this.pick(runners.connect)]
    const [job, command] = [this.pickLate(notes.jobs), this.pickLate(notes.commands)]
    const poll = `/${connect.id}/bridge/commands/next`
    const acts: readonly (() => unknown)[] = [
      () => this.createJob(endpoint),
      () => this.createJob(endpoint),
      () => this.takeJob(endpoint),
      () => this.takeJob(endpoint),
      () => job && this.log(job),
      () => job && this.report(job),
      () => job && this.call(endpoint, 'POST', `/jobs/${job}/cancel`),
      () => job && this.call(endpoint, 'GET', `/jobs/${job}`),
      () => this.beat(endpoint),
      () => this.submit(connect),
      () => this.call(connect, 'POST', poll, { max_commands: 3 }, this.perhapsHangUp()),
      () => command && this.finish(command),
    ]
    return acts[random.below(acts.length)]?.()
  }

  private async createJob(runner: GivenRunner): Promise<void> {
    const body = { project_id: runner.projectId, agent_name: 'echo', inputs: { from: this.parts.name } }
    const answer = await this.call(runner, 'POST', '/jobs', body)
    const id = answer?.location.split('/').pop()
    if (answer?.status === 201 && id !== undefined) this.parts.notes.jobs.push(id)
  }

  private async takeJob(runner: GivenRunner): Promise<void> {
    const answer = await this.call(runner, 'POST', `/${runner.id}/jobs/next`, undefined, this.perhapsHangUp())
    const id = textOf(memberOf(answer?.body, 'id'))
    if (answer?.status === 200 && id !== undefined) count(this.parts.notes.received, id)
  }

  private async log(job: string): Promise<void> {
    const text = `${this.parts.name} ${this.lines++}`
    const answer = await this.call(undefined, 'POST', `/jobs/${job}/logs`, [{ stream: 'stdout', text }])
    if (answer?.status === 204) this.parts.notes.logged.set(job, [...(this.parts.notes.logged.get(job) ?? []), text])
  }

  private async report(job: string): Promise<void> {
    const status = this.pick(['running', 'completed', 'failed'])
    await this.call(undefined, 'POST', `/jobs/${job}/results`, {
      status,
      ...(status === 'completed' && { result: {} }),
    })
  }

  private async beat(runner: GivenRunner): Promise<void> {
    const answer = await this.call(runner, 'POST', `/${runner.id}/heartbeats`, {})
    const ids = memberOf(answer?.body, 'cancelled_job_ids')
    if (Array.isArray(ids)) for (const id of ids) count(this.parts.notes.announced, String(id))
  }

  private async submit(runner: GivenRunner): Promise<void> {
    const body = { type: 'ReadFile', args: { path: 'a' }, timeout_seconds: 60 }
    const answer = await this.call(runner, 'POST', `/${runner.id}/bridge/commands`, body)
    const id = textOf(memberOf(answer?.body, 'command_id'))
    if (answer?.status === 201 && id !== undefined) this.parts.notes.commands.push({ id, runner })
  }

  private async finish({ id, runner }: { id: string; runner: GivenRunner }): Promise<void> {
    const body = { status: 'completed', result: {} }
    const answer = await this.call(runner, 'POST', `/${runner.id}/bridge/commands/${id}/results`, body)
    if (answer?.status === 204) count(this.parts.notes.accepted, id)
  }

  /** A client may be gone before, while or after its answer is written. */
  private perhapsHangUp(): AbortSignal | undefined {
    return this.parts.random.below(4) === 0 ? AbortSignal.timeout(this.parts.random.below(30)) : undefined
  }

  private pick<Item>(items: readonly Item[]): Item {
    const item = items[this.parts.random.below(items.length)]
    if (item === undefined) throw new Error('There is nothing to choose from.')
    return item
  }

  /** One of the newest, where clients meet. */
  private pickLate<Item>(items: readonly Item[]): Item | undefined {
    return items[items.length - 1 - this.parts.random.below(Math.min(items.length, 30) || 1)]
  }

  private async call(
    runner: GivenRunner | undefined,
    method: string,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<{ status: number; location: string; body: unknown } | undefined> {
    try {
      const answer = await fetch(`${this.parts.url}/v1/private/local-runners${path}`, {
        method,
        headers: { ...runner?.headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        // Some faults never answer.
        signal: signal ?? AbortSignal.timeout(2000),
      })
      const text = await answer.text()
      count(this.parts.notes.statuses, answer.status)
      return { status: answer.status, location: answer.headers.get('location') ?? '', body: parse(text) }
    } catch {
      this.parts.notes.unanswered += 1
      return undefined
    }
  }
}

/** What a fault has mutilated is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Jobs that were handed out of turn. The mock should be fresh: what exists already has no known place. */
function watchQueues(mock: RunnerMock): string[] {
  const troubles: string[] = []
  /** Pending jobs of each runner, in order of creation. */
  const queues = new Map<string, string[]>()
  mock.on('*', (event) => {
    if (!('machine' in event) || event.machine !== 'job') return
    const { trigger, from, to, resource } = event
    const { id, runner_id = '' } = resource
    const queue = queues.get(runner_id) ?? []
    queues.set(runner_id, queue)
    if (trigger === 'nextJob' && queue[0] !== id) troubles.push(`${id} was taken, but ${queue[0]} is first in line`)
    if (from === 'pending') queue.splice(queue.indexOf(id), 1)
    if (to === 'pending') {
      queue.push(id)
      // Ids of version 7 sort by time of creation, which is where a job returns to.
      queue.sort()
    }
  })
  return troubles
}
