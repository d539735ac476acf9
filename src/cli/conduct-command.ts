/** The process that is graded: started with its environment, stopped by its id, together with what it has started. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { KitError } from '../kernel/errors.js'

/** Milliseconds from asking a process to end to making it. */
const PATIENCE_MS = 5000

/** A running command. */
export interface RunningCommand {
  /** Resolves when it has ended, whoever ended it. */
  readonly ended: Promise<void>
  /** Ends it, its standard input first open and then closed. Resolves when it has ended. */
  stop(): Promise<void>
}

/**
 * Starts a command. What it prints goes to our standard error, so that standard output is the report alone.
 * @throws KitError `conduct/command` when it cannot be started.
 */
export async function startCommand(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<RunningCommand> {
  const [file = '', ...args] = command
  const child = spawn(file, args, {
    env: { ...process.env, ...env },
    // An input that stays open: programs that live until it ends are to live.
    stdio: ['pipe', process.stderr, process.stderr],
    detached: process.platform !== 'win32',
  })
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
  child.stdin.on('error', () => undefined)
  return {
    ended,
    async stop() {
      signalTo(child, 'SIGTERM')
      const patience = new AbortController()
      const hasEnded = await Promise.race([
        ended.then(() => true),
        sleep(PATIENCE_MS, false, { signal: patience.signal }).catch(() => false),
      ])
      patience.abort()
      if (!hasEnded) signalTo(child, 'SIGKILL')
      await ended
    },
  }
}

/** To the whole group where there is one: `npm start` and its like only wait for the real program. */
function signalTo(child: ChildProcess, signal: NodeJS.Signals): void {
  const { pid, exitCode, signalCode } = child
  if (pid === undefined || exitCode !== null || signalCode !== null) return
  try {
    if (process.platform === 'win32') child.kill(signal)
    else process.kill(-pid, signal)
  } catch {
    // It has ended in the meantime.
  }
}
