// Everything that can happen to a mock, in a seeded mix: all operations, time in both directions, resets, restores,
// settings, undelivered answers, runners that come and go, simulated ones among them.
import { createRandom, type Random } from '../../../src/kernel/id-source.js'
import { createCall, type Call } from '../../../src/mocks/agents/call-api.js'
import type { Reply } from '../../../src/mocks/base/exchange.js'
import type { GivenRunner } from '../../../src/mocks/given/given-runner.js'
import type { RunnerMock, Snapshot } from '../../../src/mocks/mock/runner-mock.js'
import type { AgentMap } from '../../../src/kernel/types.js'

const WORKSPACES = ['default', 'team', '42']
const AGENTS = ['echo', 'slow', 'other']

/** Acts upon a mock at random. */
export class BusyMock {
  /** How often each kind of act was played. */
  readonly acts = new Map<string, number>()
  private readonly mock: RunnerMock
  private readonly random: Random
  private readonly ids: { traces: string[]; spans: string[] } = { traces: [], spans: [] }
  private runners: GivenRunner[] = []
  private kept: Snapshot | undefined
  private count = 0

  constructor(mock: RunnerMock, seed: number) {
    this.mock = mock
    this.random = createRandom(seed)
  }

  /** Plays one act, to its end. */
  async act(): Promise<void> {
    const [name, play] = this.pick(ACTS)
    this.acts.set(name, (this.acts.get(name) ?? 0) + 1)
    await play(this)
  }

  readonly pair = async (): Promise<void> => {
    if (this.runners.length > 12) return this.leave()
    const type = this.chance() ? 'endpoint' : 'connect'
    const as = { workspace: this.pick(WORKSPACES), apiKey: this.pick(['ann', 'bob']) }
    const options = { as, type, name: `runner ${++this.count}` } as const
    this.runners.push(
      await this.mock.given.connectedRunner(type === 'endpoint' ? { ...options, agents: AGENTS } : options),
    )
  }

  readonly leave = async (): Promise<void> => {
    const runner = this.someRunner()
    if (runner === undefined) return
    const how = this.random.below(4)
    if (how === 0) await this.mock.given.lapse(runner).catch(() => undefined)
    else if (how === 1) await this.mock.given.evict(runner).catch(() => undefined)
    else await this.as(runner)('disconnectRunner', { path: { runnerId: runner.id } })
    if (how > 0) this.runners = this.runners.filter(({ id }) => id !== runner.id)
  }

  readonly beat = async (): Promise<void> => {
    const runner = this.someRunner()
    if (runner === undefined) return
    const capabilities = this.pick([[], ['jobs'], ['jobs', 'bridge'], ['NOT VALID']])
    await this.as(runner)('heartbeat', { path: { runnerId: runner.id }, body: { capabilities } })
  }

  readonly describe = async (): Promise<void> => {
    const runner = this.someRunner()
    if (runner === undefined) return
    const path = { runnerId: runner.id }
    if (this.chance()) {
      const body: AgentMap = {}
      for (const name of AGENTS.slice(this.random.below(3))) body[name] = { language: 'python', timeout: 5 }
      await this.as(runner)('registerAgents', { path, body })
    } else await this.as(runner)('patchChecklist', { path, body: { [`step ${this.random.below(3)}`]: this.count++ } })
  }

  readonly createJob = async (): Promise<void> => {
    const runner = this.someRunner()
    if (runner === undefined) return
    const body = { project_id: runner.projectId, agent_name: this.pick(AGENTS), inputs: { count: ++this.count } }
    await this.as(runner)('createJob', { body })
  }

  readonly takeJob = async (): Promise<void> => {
    const runner = this.someRunner()
    if (runner === undefined || this.pendingOf(runner) === 0) return
    const reply = await this.send('POST', `/v1/private/local-runners/${runner.id}/jobs/next`, runner)
    if (this.random.below(3) === 0) reply.delivery?.failed()
  }

  readonly moveJob = async (): Promise<void> => {
    const found = this.someJob()
    if (found === undefined) return
    const { call, path } = found
    const how = this.random.below(5)
    if (how === 0) return void (await call('cancelJob', { path }))
    const status = this.pick(['running', 'completed', 'failed', 'pending'] as const)
    const body = { status, ...(this.chance() ? { result: { count: ++this.count } } : {}) }
    await call('reportJobResult', { path, body })
  }

  readonly log = async (): Promise<void> => {
    const found = this.someJob()
    if (found === undefined) return
    const entries = Array.from({ length: 1 + this.random.below(4) }, () => `line ${++this.count}\n`)
    await found.call('appendJobLogs', {
      path: found.path,
      body: entries.map((text) => ({ stream: 'stdout' as const, text })),
    })
  }

  readonly createCommand = async (): Promise<void> => {
    const runner = this.someRunner()
    if (runner === undefined) return
    const path = { runnerId: runner.id }
    await this.as(runner)('heartbeat', { path, body: { capabilities: ['bridge'] } })
    const signed = { size: 1.5, _hmac: 'c2lnbmF0dXJl' }
    const args = { ...signed, path: `file ${++this.count}`, parts: [signed, { of: signed }] }
    await this.as(runner)('createBridgeCommand', {
      path,
      body: { type: this.pick(['ReadFile', 'Exec'] as const), args },
    })
  }

  readonly takeCommands = async (): Promise<void> => {
    const runner = this.someRunner()
    if (runner === undefined || this.commandsOf(runner).pending === 0) return
    const path = `/v1/private/local-runners/${runner.id}/bridge/commands/next`
    const reply = await this.send('POST', path, runner, '{"max_commands":2}')
    if (this.random.below(3) === 0) reply.delivery?.failed()
  }

  readonly endCommand = async (): Promise<void> => {
    const runner = this.someRunner()
    const [commandId] = runner === undefined ? [] : this.commandsOf(runner).ids
    if (runner === undefined || commandId === undefined) return
    const body = {
      status: 'completed',
      result: { content: ['x', { _hmac: 'c2lnbmF0dXJl' }], _hmac: 'c2lnbmF0dXJl' },
    } as const
    await this.as(runner)('reportBridgeResult', { path: { runnerId: runner.id, commandId }, body })
  }

  readonly changeProjects = async (): Promise<void> => {
    const call = this.as({ workspace: this.pick([...WORKSPACES, `place ${++this.count}`]) })
    if (this.chance()) await call('createProject', { body: { name: `project ${++this.count}` } })
    await call('findProjects')
    if (this.chance()) return
    const ids = this.mock.inspect((world) =>
      [...world.collections.projects.shelves.values()].flatMap(({ byKey }) => [...byKey.keys()]),
    )
    await call('deleteProjectById', { path: { id: this.pick(ids) } })
  }

  readonly ingest = async (): Promise<void> => {
    const call = this.as({ workspace: this.pick(WORKSPACES) })
    const project_name = this.pick(['Default Project', 'New', `Named ${this.count}`])
    const start_time = this.mock.clock.iso()
    if (this.chance()) {
      const id = this.chance() ? this.pick([this.newUuid(), ...this.ids.traces]) : this.newUuid()
      this.ids.traces.push(id)
      await call('createTraces', {
        body: {
          traces: [
            { id, project_name, start_time },
            { project_name, start_time },
          ],
        },
      })
      await call('updateTrace', { path: { id: this.pick(this.ids.traces) }, body: { project_name, tags: ['x'] } })
    } else {
      const id = this.newUuid()
      this.ids.spans.push(id)
      const trace_id = this.newUuid()
      await call('createSpans', { body: { spans: [{ id, trace_id, project_name, start_time }] } })
      await call('updateSpan', { path: { id: this.pick(this.ids.spans) }, body: { trace_id, end_time: start_time } })
    }
  }

  readonly moveTime = async (): Promise<void> => {
    const { clock, agents } = this.mock
    // Simulated runners would fill days with heartbeats.
    const how = agents.alive().length > 0 ? 1 + this.random.below(2) * 2 : this.random.below(12)
    if (how === 0) await clock.advance({ hours: 200 })
    else if (how === 1) await clock.set(clock.now() - 3000)
    else if (how === 2) await clock.advance({ hours: 25 })
    else await clock.advance({ seconds: this.random.below(20) })
  }

  readonly reap = async (): Promise<void> => void this.mock.reap()

  readonly openSession = async (): Promise<void> => {
    await this.mock.given.session({ status: this.pick(['open', 'activated', 'expired']) })
  }

  readonly changeSettings = async (): Promise<void> => {
    this.mock.changeSettings({ completed_job_ttl_seconds: 10 + this.random.below(1_000_000) })
  }

  readonly replaceWorld = async (): Promise<void> => {
    if (this.chance()) return
    if (this.kept === undefined || this.chance()) {
      this.kept = this.mock.snapshot()
      if (this.chance()) return
      await this.mock.reset({ scenario: this.pick(['demo', 'empty']) })
      this.runners = []
    } else {
      this.mock.restore(this.kept)
      await this.mock.ready
      const there = new Set(this.kept.world.runners.map(({ id }) => id))
      this.runners = this.runners.filter(({ id }) => there.has(id))
    }
  }

  private send(method: string, url: string, { as }: GivenRunner, body?: string): Reply | Promise<Reply> {
    const headers = { 'comet-workspace': as.workspace, authorization: as.apiKey, 'content-type': 'application/json' }
    return this.mock.handle({ method, url, headers, body })
  }

  private as(who: GivenRunner | { workspace: string }): Call {
    return createCall((exchange) => this.mock.handle(exchange), 'as' in who ? who.as : who)
  }

  private someRunner(): GivenRunner | undefined {
    return this.runners[this.random.below(this.runners.length)]
  }

  private someJob(): { call: Call; path: { jobId: string } } | undefined {
    const runner = this.someRunner()
    const jobs = this.mock.inspect((world) => [...world.jobs.values()].filter((job) => job.runner.id === runner?.id))
    const job = jobs[this.random.below(jobs.length)]
    return runner && job && { call: this.as(runner), path: { jobId: job.wire.id } }
  }

  private pendingOf({ id }: GivenRunner): number {
    return this.mock.inspect((world) => world.runners.get(id)?.jobs.pending.size ?? 0)
  }

  private commandsOf({ id }: GivenRunner): { pending: number; ids: string[] } {
    const bridge = this.mock.inspect((world) => world.runners.get(id)?.bridge)
    return { pending: bridge?.pending.size ?? 0, ids: [...(bridge?.pickedUp ?? [])].map(({ wire }) => wire.command_id) }
  }

  private newUuid(): string {
    const digits = Array.from({ length: 32 }, () => this.random.below(16).toString(16)).join('')
    return digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-7$3-8$4-$5')
  }

  private chance(): boolean {
    return this.random.below(2) === 0
  }

  private pick<Item>(items: readonly Item[]): Item {
    const item = items[this.random.below(items.length)]
    if (item === undefined) throw new Error('There is nothing to pick from.')
    return item
  }
}

type Act = readonly [name: string, play: (busy: BusyMock) => Promise<void>]

/** The more often an act stands here, the more often it is played. */
const ACTS: readonly Act[] = [
  ...times(3, ['pair', (busy) => busy.pair()]),
  ['leave', (busy) => busy.leave()],
  ...times(2, ['beat', (busy) => busy.beat()]),
  ['describe', (busy) => busy.describe()],
  ...times(8, ['createJob', (busy) => busy.createJob()]),
  ...times(5, ['takeJob', (busy) => busy.takeJob()]),
  ...times(5, ['moveJob', (busy) => busy.moveJob()]),
  ...times(4, ['log', (busy) => busy.log()]),
  ...times(4, ['createCommand', (busy) => busy.createCommand()]),
  ...times(3, ['takeCommands', (busy) => busy.takeCommands()]),
  ...times(2, ['endCommand', (busy) => busy.endCommand()]),
  ...times(2, ['changeProjects', (busy) => busy.changeProjects()]),
  ...times(3, ['ingest', (busy) => busy.ingest()]),
  ...times(3, ['moveTime', (busy) => busy.moveTime()]),
  ['reap', (busy) => busy.reap()],
  ['openSession', (busy) => busy.openSession()],
  ['changeSettings', (busy) => busy.changeSettings()],
  ['replaceWorld', (busy) => busy.replaceWorld()],
]

function times(count: number, act: Act): Act[] {
  return Array.from({ length: count }, () => act)
}
