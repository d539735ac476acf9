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

/** One client; `act` does one random thing. */
export class Client {
  private lines = 0
  private readonly name: string
  private readonly url: string
  private readonly runners: { endpoint: readonly GivenRunner[]; connect: readonly GivenRunner[] }
  private readonly random: Random
  private readonly notes: Notes

  constructor(parts: {
    name: string
    url: string
    runners: { endpoint: readonly GivenRunner[]; connect: readonly GivenRunner[] }
    random: Random
    notes: Notes
  }) {
    this.name = parts.name
    this.url = parts.url
    this.runners = parts.runners
    this.random = parts.random
    this.notes = parts.notes
  }

  async act(): Promise<void> {
    const endpoint = this.pick(this.runners.endpoint)
    const connect = this.pick(this.runners.connect)
    const job = this.pickLate(this.notes.jobs)
    const command = this.pickLate(this.notes.commands)
    switch (this.random.below(12)) {
      case 0:
      case 1:
        return this.createJob(endpoint)
      case 2:
      case 3:
        return this.takeJob(endpoint)
      case 4:
        return job === undefined ? undefined : this.log(job)
      case 5:
        return job === undefined ? undefined : this.report(job)
      case 6:
        return job === undefined ? undefined : void (await this.call(endpoint, 'POST', `/jobs/${job}/cancel`))
      case 7:
        return this.beat(endpoint)
      case 8:
        return this.submit(connect)
      case 9:
        return void (await this.call(
          connect,
          'POST',
          `/${connect.id}/bridge/commands/next`,
          { max_commands: 3 },
          this.perhapsHangUp(),
        ))
      case 10:
        return command === undefined ? undefined : this.finish(command)
      default:
        return job === undefined ? undefined : void (await this.call(endpoint, 'GET', `/jobs/${job}`))
    }
  }

  private async createJob(runner: GivenRunner): Promise<void> {
    const body = { project_id: runner.projectId, agent_name: 'echo', inputs: { from: this.name } }
    const answer = await this.call(runner, 'POST', '/jobs', body)
    const id = answer?.location.split('/').pop()
    if (answer?.status === 201 && id !== undefined) this.notes.jobs.push(id)
  }

  private async takeJob(runner: GivenRunner): Promise<void> {
    const answer = await this.call(runner, 'POST', `/${runner.id}/jobs/next`, undefined, this.perhapsHangUp())
    const id = textOf(memberOf(answer?.body, 'id'))
    if (answer?.status === 200 && id !== undefined) count(this.notes.received, id)
  }

  private async log(job: string): Promise<void> {
    const text = `${this.name} ${this.lines++}`
    const answer = await this.call(undefined, 'POST', `/jobs/${job}/logs`, [{ stream: 'stdout', text }])
    if (answer?.status === 204) this.notes.logged.set(job, [...(this.notes.logged.get(job) ?? []), text])
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
    if (Array.isArray(ids)) for (const id of ids) count(this.notes.announced, String(id))
  }

  private async submit(runner: GivenRunner): Promise<void> {
    const body = { type: 'ReadFile', args: { path: 'a' }, timeout_seconds: 60 }
    const answer = await this.call(runner, 'POST', `/${runner.id}/bridge/commands`, body)
    const id = textOf(memberOf(answer?.body, 'command_id'))
    if (answer?.status === 201 && id !== undefined) this.notes.commands.push({ id, runner })
  }

  private async finish({ id, runner }: { id: string; runner: GivenRunner }): Promise<void> {
    const body = { status: 'completed', result: {} }
    const answer = await this.call(runner, 'POST', `/${runner.id}/bridge/commands/${id}/results`, body)
    if (answer?.status === 204) count(this.notes.accepted, id)
  }

  /** A client may be gone before, while or after its answer is written. */
  private perhapsHangUp(): AbortSignal | undefined {
    return this.random.below(4) === 0 ? AbortSignal.timeout(this.random.below(30)) : undefined
  }

  private pick<Item>(items: readonly Item[]): Item {
    const item = items[this.random.below(items.length)]
    if (item === undefined) throw new Error('There is nothing to choose from.')
    return item
  }

  /** One of the newest, where clients meet. */
  private pickLate<Item>(items: readonly Item[]): Item | undefined {
    return items[items.length - 1 - this.random.below(Math.min(items.length, 30) || 1)]
  }

  private async call(
    runner: GivenRunner | undefined,
    method: string,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<{ status: number; location: string; body: unknown } | undefined> {
    try {
      const answer = await fetch(`${this.url}/v1/private/local-runners${path}`, {
        method,
        headers: { ...runner?.headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        // Some faults never answer.
        signal: signal ?? AbortSignal.timeout(2000),
      })
      const text = await answer.text()
      count(this.notes.statuses, answer.status)
      return { status: answer.status, location: answer.headers.get('location') ?? '', body: parse(text) }
    } catch {
      this.notes.unanswered += 1
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
