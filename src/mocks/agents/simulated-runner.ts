// The life that every simulated runner has, whatever it executes: a heartbeat, one loop that polls for work, an end.
// It is a client like any other and holds no state of the server.
import { Stop, type Clock, type StopSignal, type Timer } from '../../kernel/clock.js'
import type { OperationId } from '../../kernel/operation.js'
import type { CallAnswer, DirectCall } from './call-api.js'
import type { PairedRunner } from './pair-runner.js'
import { createRetryingCall } from './retrying-call.js'
import type { PollTimes, SavedWork } from './saved-runners.js'
import { memberOf, textsOf } from '../../kernel/json-value.js'

export interface SimulationParts {
  call: DirectCall
  clock: Clock
  newId: () => string
  /** Virtual milliseconds that the server lets a poll wait. */
  longestPollMs: (operation: OperationId) => number
}

/** A runner that lives inside the mock. */
export interface SimulatedRunner {
  readonly runner: PairedRunner
  /** False once it was stopped, has died, or learned that it is gone. */
  readonly isAlive: boolean
  /** Ends it as a crash does: no heartbeat, no poll, no report any more, and no goodbye. Its heartbeat then lapses. */
  stop(): Promise<void>
  /**
   * Ends it as a user does: says goodbye (disconnectRunner), as daemons do before they stop what works, and stops it.
   * The runner is gone then, and what it still had to do has failed.
   */
  disconnect(): Promise<void>
}

export interface LiveRunner extends SimulatedRunner {
  save(): { rhythm: PollTimes; work: SavedWork }
}

export interface RunningSimulation {
  /** Repeats calls that fail for a while. */
  readonly call: DirectCall
  readonly stopped: StopSignal
  /** Ends the runner without a goodbye. */
  readonly die: () => void
  /** Whether a job or command has come for the first time: what is handed out twice is done once. */
  readonly isNew: (id: string) => boolean
}

export interface Work {
  /** Declared with each heartbeat; none leaves what is declared. */
  readonly capabilities: readonly string[]
  /**
   * Declared by another process, which started this one and sends heartbeats of its own: jobs that those announce as
   * cancelled are ignored. Default: there is no such process.
   */
  readonly supervisor?: readonly string[]
  /** Whether it falls silent again and again, for longer than a heartbeat lasts by default. */
  readonly flaps?: boolean
  /** Hears of jobs that a heartbeat announces as cancelled. */
  readonly cancel?: (jobId: string) => void
  /** How to ask for work; a runner without it takes none. */
  readonly polling?: {
    readonly operation: OperationId
    /** Asks once and begins what it gets. */
    readonly ask: (life: RunningSimulation, signal: StopSignal) => Promise<PollResult>
  }
  /** Goes on with what was under way in an earlier life. */
  readonly resume?: (life: RunningSimulation) => void
  readonly save: () => SavedWork
}

/** What a poll brought; `gone`: the runner is no more, `trouble`: no usable answer. */
export type PollResult = 'work' | 'nothing' | 'gone' | 'trouble'

/** Virtual milliseconds between two heartbeats, as the SDKs send them. */
const HEARTBEAT_MS = 5000
/** Virtual milliseconds by which a supervised process is behind its supervisor. */
const SUPERVISED_LAG_MS = 800
/** Virtual milliseconds between two polls that brought nothing. */
const IDLE_MS = 500
/** Longest pause between polls that meet trouble; it starts with the idle pause and doubles. */
const MAX_PAUSE_MS = 30_000

/** Ids of work that a runner remembers. */
const MAX_TAKEN = 1000

/** @param saved where it stood in an earlier life; it goes on from there */
export function startSimulation(
  runner: PairedRunner,
  parts: SimulationParts,
  work: Work,
  saved?: PollTimes,
): LiveRunner {
  const { clock } = parts
  const stopping = new Stop()
  const taken = new Set<string>()
  const life: RunningSimulation = {
    call: createRetryingCall(parts.call, clock, stopping),
    stopped: stopping,
    die: () => stopping.abort(),
    isNew(id) {
      const isNew = !taken.has(id)
      taken.add(id)
      const [oldest = ''] = taken
      if (taken.size > MAX_TAKEN) taken.delete(oldest)
      return isNew
    },
  }
  const rhythm: PollTimes = saved ?? createRhythm(clock.now(), work.supervisor !== undefined)
  work.resume?.(life)
  const loop: Loop = { runner, parts, work, life, rhythm }
  const loops = Promise.all([keepSupervising(loop), keepHeartbeat(loop), keepPolling(loop)])
  const stop = async (): Promise<void> => {
    life.die()
    await loops
  }
  return {
    runner,
    get isAlive() {
      return !stopping.aborted
    },
    stop,
    async disconnect() {
      await parts.call('disconnectRunner', { path: { runnerId: runner.id } })
      await stop()
    },
    save: () => ({ rhythm: { ...rhythm }, work: work.save() }),
  }
}

interface Loop {
  runner: PairedRunner
  parts: SimulationParts
  work: Work
  life: RunningSimulation
  rhythm: PollTimes
}

function createRhythm(now: number, isSupervised: boolean): PollTimes {
  const beginsAt = isSupervised ? now + SUPERVISED_LAG_MS : now
  const own = { beatAt: beginsAt, isPolling: false, pollAt: beginsAt, pause: IDLE_MS }
  return isSupervised ? { ...own, supervisorAt: now } : own
}

async function keepHeartbeat(loop: Loop): Promise<void> {
  const { work, rhythm } = loop
  const { clock } = loop.parts
  const next = (): number => (work.flaps === true ? beatOfFlapping(clock.now()) : clock.now() + HEARTBEAT_MS)
  await keepBeating(loop, {
    capabilities: work.capabilities,
    at: () => rhythm.beatAt,
    answered(answer) {
      const cancelled = textsOf(memberOf(answer, 'cancelled_job_ids'))
      if (cancelled.length > 0) clock.noteWake()
      for (const jobId of cancelled) work.cancel?.(jobId)
      rhythm.beatAt = next()
    },
  })
}

/** It beats in the first quarter of each minute. */
function beatOfFlapping(now: number): number {
  const [next, minute] = [now + HEARTBEAT_MS, 60_000]
  return next % minute < minute / 4 ? next : Math.ceil(next / minute) * minute
}

/** The supervising process does not look at what its heartbeats are answered. */
async function keepSupervising(loop: Loop): Promise<void> {
  const { work, rhythm } = loop
  const { clock } = loop.parts
  if (work.supervisor === undefined) return
  await keepBeating(loop, {
    capabilities: work.supervisor,
    at: () => rhythm.supervisorAt ?? 0,
    answered: () => (rhythm.supervisorAt = clock.now() + HEARTBEAT_MS),
  })
}

interface Beating {
  capabilities: readonly string[]
  at: () => number
  /** Hears the body of the answer, and sets the next beat. */
  answered: (body: unknown) => unknown
}

/**
 * Beats until the runner ends. A beat that is answered at once and changes nothing wakes no caller, so that a clock
 * that is moved by days need not give each of them a turn of the platform's loop.
 */
function keepBeating({ parts: { clock }, runner, life }: Loop, { capabilities, at, answered }: Beating): Promise<void> {
  // The same each time, so that it is written once.
  const input = {
    path: { runnerId: runner.id },
    body: capabilities.length > 0 ? { capabilities: [...capabilities] } : {},
  }
  return new Promise((resolve, reject) => {
    let timer: Timer | undefined
    const plan = (): void => {
      if (life.stopped.aborted) return
      if (at() > clock.now()) timer = clock.schedule(at(), beat, { span: true })
      else beat()
    }
    const take = ({ status, body }: CallAnswer): void => {
      if (status !== 200) clock.noteWake()
      if (status === 410) life.die()
      answered(body)
      plan()
    }
    const beat = (): void => {
      try {
        const answer = life.call('heartbeat', input)
        if (!(answer instanceof Promise)) return take(answer)
        clock.noteWake()
        answer.then(take).catch(reject)
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    }
    const end = (): void => {
      timer?.cancel()
      resolve()
    }
    life.stopped.addEventListener('abort', end)
    plan()
  })
}

async function keepPolling({ parts, work: { polling }, life, rhythm }: Loop): Promise<void> {
  const { clock } = parts
  if (polling === undefined) return
  while (!life.stopped.aborted) {
    const waitMs = rhythm.isPolling ? 0 : rhythm.pollAt - clock.now()
    if (waitMs > 0 && !(await clock.sleep(waitMs, life.stopped))) return
    const endsAt = rhythm.isPolling ? rhythm.pollAt + parts.longestPollMs(polling.operation) : Infinity
    if (!rhythm.isPolling) Object.assign(rhythm, { isPolling: true, pollAt: clock.now() })
    const result = await polling.ask(life, signalUntil(endsAt, clock, life.stopped))
    if (result === 'gone') life.die()
    if (result !== 'trouble') rhythm.pause = IDLE_MS
    Object.assign(rhythm, { isPolling: false, pollAt: clock.now() + (result === 'work' ? 0 : rhythm.pause) })
    if (result === 'trouble') rhythm.pause = Math.min(rhythm.pause * 2, MAX_PAUSE_MS)
  }
}

/** A poll that began in an earlier life ends when it would have ended there. */
function signalUntil(endsAt: number, clock: Clock, stopped: StopSignal): StopSignal {
  if (endsAt === Infinity) return stopped
  const end = new Stop()
  void clock.sleep(endsAt - clock.now(), stopped).then(() => end.abort())
  return end
}
