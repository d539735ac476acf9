/**
 * The life that every simulated runner has, whatever it executes: a heartbeat, one loop that polls for work, an
 * end.
 */
import { Stop, type Clock, type StopSignal, type Timer } from '../../kernel/clock.js'
import type { OperationId } from '../../kernel/operation.js'
import { type CallAnswer, type AgentCall, createRetryingCall } from './call-api.js'
import type { PairedRunner } from './paired-runner.js'
import { memberOf, textsOf } from '../../kernel/json-value.js'
import type { SavedCommands, SavedJobs, SavedSimulation } from '../../generated/kit-schema.js'

export interface SimulationParts {
  call: AgentCall
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
  readonly call: AgentCall
  readonly stopped: StopSignal
  /** Ends the runner without a goodbye. */
  readonly die: () => void
  /** Whether a job or command has come for the first time: what is handed out twice is done once. */
  readonly isNew: (id: string) => boolean
}

interface Work {
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
    readonly operation: 'nextJob' | 'nextBridgeCommands'
    /** Begins what the body of an answer brings; whether that is any work. */
    readonly take: (body: unknown, life: RunningSimulation) => boolean
  }
  /** Goes on with what was under way in an earlier life. */
  readonly resume?: (life: RunningSimulation) => void
  readonly save: () => SavedWork
}

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
  const supervising = work.supervisor && keepBeating(loop, work.supervisor, 'supervisorAt')
  const loops = Promise.all([supervising, keepBeating(loop, work.capabilities, 'beatAt'), keepPolling(loop)])
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

/** Sends the heartbeats of one process, from the moment on that its rhythm names. */
function keepBeating(loop: Loop, capabilities: readonly string[], time: 'beatAt' | 'supervisorAt'): Promise<void> {
  const { runner, parts, work, life, rhythm } = loop
  const { clock } = parts
  // The same each time, so that it is written once.
  const body = capabilities.length > 0 ? { capabilities: [...capabilities] } : {}
  const input = { path: { runnerId: runner.id }, body }
  const beat = (): ReturnType<Ask> => {
    const answer = life.call('heartbeat', input)
    if (answer instanceof Promise) clock.noteWake()
    return answer
  }
  const at = (): number => rhythm[time] ?? 0
  return repeat(loop, at, beat, (answer) => {
    const cancelled = textsOf(memberOf(answer.body, 'cancelled_job_ids'))
    if (cancelled.length > 0) clock.noteWake()
    for (const jobId of cancelled) work.cancel?.(jobId)
    rhythm[time] = work.flaps === true ? beatOfFlapping(clock.now()) : clock.now() + HEARTBEAT_MS
  })
}

/** It beats in the first quarter of each minute. */
function beatOfFlapping(now: number): number {
  const [next, minute] = [now + HEARTBEAT_MS, 60_000]
  return next % minute < minute / 4 ? next : Math.ceil(next / minute) * minute
}

async function keepPolling(loop: Loop): Promise<void> {
  const { runner, parts, work, life, rhythm } = loop
  const { clock } = parts
  const { polling } = work
  if (polling === undefined) return
  const { operation, take } = polling
  const path = { runnerId: runner.id }
  const body = operation === 'nextBridgeCommands' ? {} : undefined
  const ask = (): ReturnType<Ask> => {
    // One that began in an earlier life ends when it would have ended there.
    const endsAt = rhythm.isPolling ? rhythm.pollAt + parts.longestPollMs(operation) : Infinity
    if (!rhythm.isPolling) Object.assign(rhythm, { isPolling: true, pollAt: clock.now() })
    return life.call(operation, { path, body, signal: signalUntil(endsAt, clock, life.stopped) })
  }
  await repeat(
    loop,
    () => (rhythm.isPolling ? 0 : rhythm.pollAt),
    ask,
    ({ status, body: brought }) => {
      if (status === 404) life.die()
      const isTrouble = status !== 404 && (status !== 200 || life.stopped.aborted)
      const hasWork = status === 200 && !isTrouble && take(brought, life)
      if (hasWork) clock.noteWake()
      if (!isTrouble) rhythm.pause = IDLE_MS
      Object.assign(rhythm, { isPolling: false, pollAt: clock.now() + (hasWork ? 0 : rhythm.pause) })
      if (isTrouble) rhythm.pause = Math.min(rhythm.pause * 2, MAX_PAUSE_MS)
    },
  )
}

type Ask = () => CallAnswer | Promise<CallAnswer>

/**
 * Asks whenever it is time, until the runner ends. What is answered at once and changes nothing wakes no caller, so that a
 * clock that is moved by days need not give each call a turn of the platform's loop.
 * @param answered sets the next time
 */
function repeat(
  { parts: { clock }, life }: Loop,
  at: () => number,
  ask: Ask,
  answered: (answer: CallAnswer) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let timer: Timer | undefined
    const plan = (): void => {
      if (life.stopped.aborted) return resolve()
      if (at() > clock.now()) timer = clock.schedule(at(), act, { span: true })
      else act()
    }
    const take = (answer: CallAnswer): void => {
      if (answer.status >= 300) clock.noteWake()
      if (answer.status === 410) life.die()
      answered(answer)
      plan()
    }
    const act = (): void => {
      try {
        const answer = ask()
        if (!(answer instanceof Promise)) return take(answer)
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

function signalUntil(endsAt: number, clock: Clock, stopped: StopSignal): StopSignal {
  if (endsAt === Infinity) return stopped
  const end = new Stop()
  void clock.sleep(endsAt - clock.now(), stopped).then(() => end.abort())
  return end
}

/** As it is while its runner lives: it changes, and so do its lists. */
type Living<Saved> = {
  -readonly [Name in keyof Saved]: Saved[Name] extends readonly (infer Item)[] | undefined
    ? Living<Item>[] | Extract<Saved[Name], undefined>
    : Saved[Name]
}

export type SavedCaller = SavedSimulation['as']
export type SavedPairing = SavedSimulation['runner']
export type SavedWork = SavedSimulation['work']
export type PollTimes = Living<SavedSimulation['rhythm']>
type SavedJob = SavedJobs['jobs'][number]
export type SavedExecution = Living<SavedJob & { readonly spans: NonNullable<SavedJob['spans']> }>
export type SavedCommandRun = Living<SavedCommands['commands'][number]>
export type CommandOutcome = NonNullable<SavedCommandRun['outcome']>

/** A paired runner; every runner of `mock.given` is one. */
export type StartableRunner = PairedRunner

/** Something that can keep a whole runner busy. */
export interface RunnerAgent {
  /** Starts the runner, from where it stood when it was saved. It ends through what is returned. */
  readonly startOn: (runner: PairedRunner, parts: SimulationParts, saved?: SavedSimulation) => LiveRunner
}
