// Many clients at once that do anything a client may do, vanish now and then, and write down what they were told.
import type { GivenRunner } from '../../src/mocks/given/given-runner.js'
import type { Random } from '../../src/kernel/id-source.js'
import { memberOf, textOf } from '../../src/kernel/json-value.js'

/** What the clients of one load were told, all together. */
export class Notes {
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

export interface ClientParts {
  name: string
  url: string
  runners: { endpoint: GivenRunner[]; connect: GivenRunner[] }
  random: Random
  notes: Notes
}

/** One client; `act` does one random thing. */
export class Client {
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
