// Clients that the grading is tried on: one that does everything right, driven by the mock's clock, and the switches that
// turn it into a bad one, a single bad habit each. They speak to `mock.handle` alone, as any client could.
import { setMaxListeners } from 'node:events'
import { operations } from '../../src/kernel/all-operations.js'
import { fillPath, type OperationId } from '../../src/kernel/operation.js'
import type { GivenRunner } from '../../src/mocks/given/given-runner.js'
import type { Stage } from './stage.js'
import { listOf, memberOf } from '../../src/kernel/json-value.js'

export interface Habits {
  /** Milliseconds between heartbeats. */
  beatEvery?: number
  /** Goes on with this after a heartbeat answered 410. */
  afterGone?: 'beats' | 'polls'
  /** Milliseconds to wait after a failed call, whatever the answer says. */
  retryAfter?: number
  /** Milliseconds between polls that brought nothing, the answer not waited for. */
  pollEvery?: number
  /** How often it reports the end of a job or command. */
  reports?: number
  /** Does again what is handed out again. */
  forgets?: boolean
  /** Reports a result once, whatever becomes of the report. */
  givesUp?: boolean
  /** Lets a cancelled job go on to success. */
  ignoresCancellation?: boolean
  /** Writes logs for a cancelled job, on and on. */
  keepsLogging?: boolean
  /** Writes the API key into the log. */
  tellsKey?: boolean
  /** Sends logs when the result is out. */
  logsLate?: boolean
  /** What it declares; undefined: what fits. */
  capabilities?: string[]
  /** Leaves without a word. */
  leavesSilently?: boolean
}

export interface Client {
  /** Ends it and waits for its end. */
  leave: () => Promise<void>
}

interface Answer {
  status: number
  retryAfterMs: number | undefined
  body: unknown
}

/** Milliseconds that a job takes: longer than the way of a cancellation. */
const JOB_MS = 8000

/** Starts a client as an already paired runner. */
export function startClient(stage: Stage, runner: GivenRunner, habits: Habits = {}): Client {
  return new TrialClient(stage, runner, habits).start()
}

class TrialClient {
  private readonly stopping = new AbortController()
  private readonly cancelled = new Set<string>()
  private readonly known = new Set<string>()
  private readonly loops: Promise<void>[] = []
  private readonly stage: Stage
  private readonly runner: GivenRunner
  private readonly habits: Habits
  private isGone = false

  constructor(stage: Stage, runner: GivenRunner, habits: Habits) {
    this.stage = stage
    this.runner = runner
    this.habits = habits
  }

  start(): Client {
    // Many calls may wait at once, for one reason to stop.
    setMaxListeners(0, this.stopping.signal)
    this.loops.push(this.beat(), this.poll())
    return {
      leave: async () => {
        this.stopping.abort()
        await Promise.all(this.loops)
        if (!this.isGone && this.habits.leavesSilently !== true) await this.call('disconnectRunner')
      },
    }
  }

  private async beat(): Promise<void> {
    const { beatEvery = 5000, afterGone } = this.habits
    const fitting = this.runner.type === 'connect' ? ['bridge'] : ['jobs']
    const capabilities = this.habits.capabilities ?? fitting
    for (;;) {
      const { status, body, retryAfterMs } = await this.call('heartbeat', { body: { capabilities } })
      if (status === 410) {
        this.isGone = true
        if (afterGone === undefined) this.stopping.abort()
        if (afterGone !== 'beats') return
      }
      for (const id of listOf(memberOf(body, 'cancelled_job_ids'))) this.cancelled.add(String(id))
      const pause = status >= 429 ? this.pauseAfter(retryAfterMs) : beatEvery
      if (!(await this.wait(pause))) return
    }
  }

  private async poll(): Promise<void> {
    const operation = this.runner.type === 'connect' ? 'nextBridgeCommands' : 'nextJob'
    const { pollEvery } = this.habits
    while (!this.stopping.signal.aborted) {
      const answering = this.call(operation, { signal: this.stopping.signal })
      if (pollEvery !== undefined) {
        if (!(await this.wait(pollEvery))) return
        continue
      }
      const { status, body, retryAfterMs } = await answering
      if (status === 404 && this.habits.afterGone !== 'polls') return
      const jobs = typeof body === 'object' && body !== null && 'agent_name' in body ? [body] : []
      const work = [...jobs, ...listOf(memberOf(body, 'commands'))]
      for (const item of work.filter((each) => this.isNew(each))) this.loops.push(this.execute(item))
      const pause = status >= 429 ? this.pauseAfter(retryAfterMs) : 500
      if (work.length === 0 && !(await this.wait(pause))) return
    }
  }

  private isNew(item: unknown): boolean {
    const id = String(memberOf(item, 'command_id') ?? memberOf(item, 'id'))
    const isNew = !this.known.has(id) || this.habits.forgets === true
    this.known.add(id)
    return isNew
  }

  private async execute(item: unknown): Promise<void> {
    const jobId = String(memberOf(item, 'id'))
    const commandId = memberOf(item, 'command_id')
    const { reports = 1, logsLate, ignoresCancellation, keepsLogging, tellsKey } = this.habits
    if (typeof commandId === 'string') {
      for (let count = 0; count < reports; count++) {
        await this.report('reportBridgeResult', { commandId, body: { status: 'completed', result: {} } })
      }
      return
    }
    await this.call('reportJobResult', { jobId, body: { status: 'running' } })
    await this.wait(JOB_MS)
    const text = tellsKey === true ? `calling with ${this.runner.headers['authorization'] ?? ''}` : 'done'
    const log = (): Promise<Answer> => this.call('appendJobLogs', { jobId, body: [{ stream: 'stdout', text }] })
    if (this.cancelled.has(jobId) && ignoresCancellation !== true) {
      while (keepsLogging === true && (await this.wait(2000))) await log()
      return
    }
    if (logsLate !== true) await log()
    for (let count = 0; count < reports; count++) {
      await this.report('reportJobResult', { jobId, body: { status: 'completed', result: {} } })
    }
    if (logsLate === true) await log()
  }

  /** Reports the end of work until somebody has taken it. */
  private async report(id: OperationId, parts: CallParts): Promise<void> {
    for (;;) {
      const { status, retryAfterMs } = await this.call(id, parts)
      if (status !== LOST && status < 429) return
      if (this.habits.givesUp === true || !(await this.wait(this.pauseAfter(retryAfterMs)))) return
    }
  }

  /** Waits as long as it is told, else a second. */
  private pauseAfter(toldMs: number | undefined): number {
    return this.habits.retryAfter ?? toldMs ?? 1000
  }

  /** False when the client is to stop. */
  private async wait(ms: number): Promise<boolean> {
    const { signal } = this.stopping
    if (signal.aborted) return false
    await this.stage.sleep(ms, signal)
    return !signal.aborted
  }

  private async call(id: OperationId, { jobId = '', commandId = '', body, signal }: CallParts = {}): Promise<Answer> {
    const operation = operations[id]
    const reply = await this.stage.mock.handle({
      method: operation.method,
      url: fillPath(operation, { runnerId: this.runner.id, jobId, commandId }),
      headers: { ...this.runner.headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
    })
    const retryAfter = reply.headers['retry-after']
    return {
      status: reply.connection === undefined ? reply.status : LOST,
      retryAfterMs: retryAfter === undefined ? undefined : Number(retryAfter) * 1000,
      body: reply.body === '' || reply.connection !== undefined ? undefined : JSON.parse(reply.body),
    }
  }
}

const LOST = 0

interface CallParts {
  jobId?: string
  commandId?: string
  body?: unknown
  signal?: AbortSignal
}
