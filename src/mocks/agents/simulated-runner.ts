/**
 * The life that every simulated runner has, whatever it executes: a heartbeat, one loop that polls for work, an end.
 * It is a client like any other and holds no state of the server.
 */
import type { Clock } from '../../clock.js'
import type { Call } from './api.js'
import type { PairedRunner } from './pair.js'
import { createPatientCall } from './patient-call.js'

/** What a simulated runner is made of. */
export interface SimulationParts {
  call: Call
  clock: Clock
  newId: () => string
}

/** A runner that lives inside the mock. */
export interface SimulatedRunner {
  readonly runner: PairedRunner
  /** False once it was stopped, has died, or learned that it is gone. */
  readonly isAlive: boolean
  /** Ends it as a crash does: no heartbeat, no poll, no report any more, and no goodbye. Its heartbeat then lapses. */
  stop(): Promise<void>
  /** Ends it as a user does: stops it and says goodbye (disconnectRunner). The runner is gone then. */
  disconnect(): Promise<void>
}

/** A runner's loop, seen from inside. */
export interface Life {
  /** Repeats calls that fail for a while. */
  readonly call: Call
  /** Aborts when the runner ends. */
  readonly stopped: AbortSignal
  /** Ends the runner without a goodbye. */
  readonly die: () => void
}

/** What makes a runner of one kind different. */
export interface Work {
  /** Declared with each heartbeat; none leaves what is declared. */
  readonly capabilities: readonly string[]
  /** Hears of jobs that a heartbeat announces as cancelled. */
  readonly cancel?: (jobId: string) => void
  /** Called once, when the runner ends. */
  readonly end?: () => void
  /** Asks once for work and begins what it gets. */
  readonly poll: (life: Life) => Promise<PollResult>
}

/** What a poll brought; `gone`: the runner is no more, `trouble`: no usable answer. */
export type PollResult = 'work' | 'nothing' | 'gone' | 'trouble'

/** Virtual milliseconds between two heartbeats, as the SDKs send them. */
const HEARTBEAT_MS = 5000
/** Virtual milliseconds between two polls that brought nothing. */
const IDLE_MS = 500
/** Longest pause between polls that meet trouble; it starts with the idle pause and doubles. */
const LONGEST_PAUSE_MS = 30_000

/** Starts a runner that has been paired: its first heartbeat is sent before this returns. */
export function startSimulation(runner: PairedRunner, parts: SimulationParts, work: Work): SimulatedRunner {
  const { clock } = parts
  const stopping = new AbortController()
  stopping.signal.addEventListener('abort', () => work.end?.(), { once: true })
  const life: Life = {
    call: createPatientCall(parts.call, clock, stopping.signal),
    stopped: stopping.signal,
    die: () => stopping.abort(),
  }
  const loops = Promise.all([keepHeartbeat(runner, clock, work, life), keepPolling(clock, work, life)])
  const stop = async (): Promise<void> => {
    life.die()
    await loops
  }
  return {
    runner,
    get isAlive() {
      return !stopping.signal.aborted
    },
    stop,
    async disconnect() {
      await stop()
      await parts.call('disconnectRunner', { path: { runnerId: runner.id } })
    },
  }
}

async function keepHeartbeat({ id }: PairedRunner, clock: Clock, work: Work, life: Life): Promise<void> {
  const body = work.capabilities.length > 0 ? { capabilities: [...work.capabilities] } : {}
  while (!life.stopped.aborted) {
    const answer = await life.call('heartbeat', { path: { runnerId: id }, body })
    if (answer.status === 410) life.die()
    for (const jobId of cancelledIn(answer.body)) work.cancel?.(jobId)
    await clock.sleep(HEARTBEAT_MS, life.stopped)
  }
}

function cancelledIn(body: unknown): string[] {
  if (typeof body !== 'object' || body === null || !('cancelled_job_ids' in body)) return []
  const ids = body.cancelled_job_ids
  return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : []
}

async function keepPolling(clock: Clock, work: Work, life: Life): Promise<void> {
  let pause = IDLE_MS
  while (!life.stopped.aborted) {
    const result = await work.poll(life)
    if (result === 'gone') life.die()
    if (result !== 'trouble') pause = IDLE_MS
    if (result !== 'work') await clock.sleep(pause, life.stopped)
    if (result === 'trouble') pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
  }
}
