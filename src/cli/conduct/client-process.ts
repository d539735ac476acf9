/**
 * The process that is graded, with all that it starts: a process group of its own, so that a signal reaches the whole of
 * it, and nothing of it outlives the grading.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { KitError } from '../../kernel/errors.js'

/** Milliseconds from asking processes to end to making them: the SDKs give their children 5 s, and say goodbye first. */
const PATIENCE_MS = 10_000
/** Milliseconds in which processes that are made to end are gone; what is left then is dead and only not collected. */
const KILL_MS = 2000

/** A running command. */
export interface ClientProcess {
  /** Id of its process group. */
  readonly group: number | undefined
  /** Resolves when the command itself has ended, whoever ended it. */
  readonly ended: Promise<void>
  /** Lets all of it stand still. Resolves when it goes on: after `ms`, or when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** Asks all of it to end, and makes what does not. Resolves when nothing is left. */
  stop(): Promise<void>
  /** Makes all of it end, now. */
  kill(): void
}

/** How to start a command. */
export interface ClientProcessOptions {
  /** Added to the environment of this process. */
  env: Readonly<Record<string, string>>
  /** Where it runs. Default: where this process does. */
  cwd?: string | undefined
  /** Hears what it prints. Default: our standard error. */
  onOutput?: (text: string) => void
}

/**
 * Starts a command. Unless somebody hears it, what it prints goes to our standard error, so that standard output is the
 * report alone.
 * @throws KitError `conduct/command` when it cannot be started.
 */
export async function startClient(
  command: readonly string[],
  { env, cwd, onOutput }: ClientProcessOptions,
): Promise<ClientProcess> {
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
  const ended = once(child, 'exit').then(() => undefined)
  ended.catch(() => undefined)
  await once(child, 'spawn').catch((error: unknown) => {
    throw new KitError(
      'conduct/command',
      { failed: 'The command cannot be started.', value: command.join(' '), fix: 'Check its name and path.' },
      { cause: error },
    )
  })
  // It may close its input whenever it likes.
  child.stdin?.on('error', () => undefined)
  const kill = (): void => {
    signalTo(child, 'SIGKILL')
  }
  // Should this process end by itself, by a mistake of its own even, nothing is left behind.
  process.on('exit', kill)
  return {
    group: hasGroups ? child.pid : undefined,
    ended,
    kill,
    async sleep(ms, signal) {
      signalTo(child, 'SIGSTOP')
      await sleep(ms, undefined, { signal }).catch(() => undefined)
      signalTo(child, 'SIGCONT')
    },
    async stop() {
      signalTo(child, 'SIGTERM')
      if (!(await isGone(child, PATIENCE_MS))) kill()
      await isGone(child, KILL_MS)
      process.off('exit', kill)
    },
  }
}

const hasGroups = process.platform !== 'win32'

/** To the whole group where there is one; 0 asks whether somebody is there. Returns whether there was. */
function signalTo(child: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (child.pid === undefined) return false
  if (!hasGroups) return child.exitCode === null && (signal === 0 || child.kill(signal))
  try {
    return process.kill(-child.pid, signal)
  } catch {
    return false
  }
}

async function isGone(child: ChildProcess, ms: number): Promise<boolean> {
  for (let waited = 0; signalTo(child, 0); waited += STEP_MS) {
    if (waited >= ms) return false
    await sleep(STEP_MS)
  }
  return true
}

const STEP_MS = 25
