/** The process that is graded, in a process group of its own that ends with the grading; and when it had to wait for a processor. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { KitError } from '../../kernel/errors.js'
import { pauseFor } from '../../kernel/real-time.js'
import { awake } from '../../conduct/conduct-rule.js'
import type { Sleep } from '../../conduct/conduct-trace.js'

/** Milliseconds from asking processes to end to making them: the SDKs give their children 5 s, and say goodbye first. */
const PATIENCE_MS = 10_000
/** Milliseconds in which killed processes are gone; any that are left then are dead and only not collected. */
const KILL_MS = 2000

export type ClientProcess = Awaited<ReturnType<typeof startClient>>

export interface ClientProcessOptions {
  /** Added to the environment of this process. */
  env: Readonly<Record<string, string>>
  /** Where it runs. Default: where this process does. */
  cwd?: string | undefined
  /** Hears what it prints. Default: our standard error. */
  onOutput?: (text: string) => void
}

/**
 * Starts a command. What it prints goes to our standard error, so that standard output is the report alone.
 * @throws KitError `conduct/command` when it cannot be started.
 */
export async function startClient(command: readonly string[], { env, cwd, onOutput }: ClientProcessOptions) {
  const [file = '', ...args] = command
  const output = onOutput === undefined ? process.stderr : 'pipe'
  const child = spawn(file, args, {
    cwd,
    env: { ...process.env, ...env },
    // An input that stays open: programs that live until it ends are to live.
    stdio: ['pipe', output, output],
    detached: hasGroups,
  })
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => onOutput?.(text))
  }
  const ended = once(child, 'exit').then(() => child.exitCode ?? undefined)
  ended.catch(() => undefined)
  await once(child, 'spawn').catch((error: unknown) => {
    const value = withoutKeys(command).join(' ')
    const words = { failed: 'The command cannot be started.', value, fix: 'Check its name and path.' }
    throw new KitError('conduct/command', words, { cause: error })
  })
  // It may close its input whenever it likes.
  child.stdin?.on('error', () => undefined)
  const kill = (): void => {
    signalTo(child, 'SIGKILL')
  }
  // Whether a second signal ends this process, or a mistake of its own: nothing is left behind.
  process.prependListener('exit', kill)
  return {
    group: hasGroups ? child.pid : undefined,
    /** Resolves when the command itself has ended, with its exit code; undefined for a command that a signal has ended. */
    ended,
    kill,
    /** Stops its processes. Resolves when they go on: after `ms`, or when the signal aborts. */
    async sleep(ms: number, signal: AbortSignal): Promise<void> {
      signalTo(child, 'SIGSTOP')
      await pauseFor(ms, signal)
      signalTo(child, 'SIGCONT')
    },
    /** Asks its processes to end, and kills those that do not. Resolves when none is left. */
    async stop(): Promise<void> {
      signalTo(child, 'SIGTERM')
      if (!(await isGone(child, PATIENCE_MS))) kill()
      await isGone(child, KILL_MS)
      process.off('exit', kill)
    },
  }
}

/** A command line to be shown: without what follows an option that is about a key. */
export function withoutKeys(command: readonly string[]): string[] {
  return command.map((word, place) =>
    SECRET_OPTION.test(command[place - 1] ?? '') ? '***' : word.replace(SECRET_VALUE, '$1***'),
  )
}

const SECRET_OPTION = /^--?[\w-]*(key|token|secret|password)$/i
const SECRET_VALUE = /^(--?[\w-]*(?:key|token|secret|password)=).*$/i

const hasGroups = process.platform !== 'win32'

/** Signals the whole group where there is one; 0 asks whether a process is there. Returns whether there was one. */
function signalTo(child: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  const { pid } = child
  if (pid === undefined) return false
  if (!hasGroups) return child.exitCode === null && (signal === 0 || child.kill(signal))
  return attempt(() => process.kill(-pid, signal), false)
}

async function isGone(child: ChildProcess, ms: number): Promise<boolean> {
  for (let waited = 0; signalTo(child, 0); waited += STEP_MS) {
    if (waited >= ms) return false
    await pauseFor(STEP_MS)
  }
  return true
}

const STEP_MS = 25

const LOOK_MS = 500
/** Shorter waits are nothing out of the ordinary. */
const MIN_MS = 50

export type ProcessorWaits = ReturnType<typeof watchWaits>

/** A client that keeps a machine busy all by itself comes to an end, too. */
const MAX_TIMES = 4

/**
 * When a busy machine has let a client wait, until this is stopped: its processes wanted to run and were given no
 * processor, or everything came late, this process too. Rules that count seconds hold none of that against the client.
 * @param group id of the process group whose waits count beside our own; undefined for none
 */
export function watchWaits(now: () => number, group: number | undefined) {
  const seen: Sleep[] = []
  const over = new AbortController()
  const look = async (): Promise<void> => {
    const waitedBefore = new Map<string, number>()
    for (let from = now(); !over.signal.aborted; from = now()) {
      await pauseFor(LOOK_MS, over.signal)
      const to = now()
      const late = to - from - LOOK_MS
      const waited = group === undefined ? 0 : waitedSince(waitedBefore, group)
      const ms = Math.min(Math.max(late, waited), to - from)
      if (ms >= MIN_MS) seen.push({ from: to - ms, to })
    }
  }
  void look()
  const awakeSince = (from: number): number => awake(from, now(), seen)
  return {
    /** In the order of their times; each at the end of the half second in which it was seen. */
    seen,
    /** Milliseconds since a moment without those waits. */
    awakeSince,
    /** Waits until so many of them have passed, four times as long at most; shorter when the signal aborts. */
    async letPass(ms: number, signal: AbortSignal): Promise<void> {
      const from = now()
      while (!signal.aborted && now() - from < ms * MAX_TIMES) {
        const left = ms - awakeSince(from)
        if (left <= 0) return
        await pauseFor(left, signal)
      }
    },
    stop: () => over.abort(),
  }
}

/**
 * Milliseconds for which the threads of a group have waited since they were last asked. Linux alone tells: elsewhere, and
 * of a thread that has ended meanwhile, nothing is known.
 */
function waitedSince(before: Map<string, number>, group: number): number {
  let sum = 0
  for (const thread of threadsOf(group)) {
    const waited = Number(read(`${thread}/schedstat`).split(' ')[1] ?? 0) / 1e6
    sum += waited - (before.get(thread) ?? 0)
    before.set(thread, waited)
  }
  return sum
}

function threadsOf(group: number): string[] {
  const processes = list('/proc').filter((name) => /^\d+$/.test(name))
  return processes
    .filter((pid) => groupIn(read(`/proc/${pid}/stat`)) === group)
    .flatMap((pid) => list(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}`))
}

/** The name of a program stands in brackets and may hold anything; state, parent and group follow. */
function groupIn(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(')') + 1).split(' ')[3])
}

/** Processes come and go: a folder that is gone by now is empty. */
function list(folder: string): string[] {
  return attempt(() => readdirSync(folder), [])
}

function read(name: string): string {
  return attempt(() => readFileSync(name, 'latin1'), '')
}

function attempt<Value>(act: () => Value, otherwise: Value): Value {
  try {
    return act()
  } catch {
    return otherwise
  }
}
