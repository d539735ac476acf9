// Node programs run as child processes: their output as text, their end as a promise, their stop by pid.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { eventually } from './eventually.js'

export interface Program {
  /** The process id. */
  pid: number
  /** Everything written so far, both streams in the order of arrival. */
  output: () => string
  /** What of it was written to standard error. */
  errors: () => string
  /** Waits until the output matches; answers the match. When it never does, the process is stopped, and the wait fails. */
  printed: (pattern: RegExp) => Promise<RegExpExecArray>
  /** True until the process has ended. */
  isRunning: () => boolean
  /** Writes to standard input. */
  type: (text: string) => void
  /** Closes standard input and waits for the process to end by itself; answers its exit code, null when a signal ended it. */
  closeInput: () => Promise<number | null>
  /** Sends SIGTERM, or another signal, and SIGKILL when that does not help; answers the exit code once it has ended. */
  stop: (signal?: NodeJS.Signals) => Promise<number | null>
}

const root = fileURLToPath(new URL('../../', import.meta.url))

/**
 * Starts `node <script> ...args`, with `env` added to the little that a Node process needs.
 * @param cwd where, by default the checkout, to which `script` is then relative
 */
export function startProgram(script: string, args: string[], env: Record<string, string> = {}, cwd = root): Program {
  const child = spawn(process.execPath, [script, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], NO_COLOR: '1', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const exited = once(child, 'close')
  let text = ''
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk))
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  const isRunning = () => child.exitCode === null && child.signalCode === null
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    if (isRunning()) child.kill(signal)
    const killer = setTimeout(() => child.kill('SIGKILL'), 60_000)
    await exited
    clearTimeout(killer)
    return child.exitCode
  }
  return {
    // A process that could not be started has none; 0 is nobody's.
    pid: child.pid ?? 0,
    output: () => text,
    errors: () => errors,
    isRunning,
    async printed(pattern) {
      const matched = eventually(
        `${script} printing ${String(pattern)}`,
        () => {
          const match = pattern.exec(text)
          if (match === null && !isRunning()) throw new Error(`${script} ended early:\n${text}`)
          return match ?? undefined
        },
        { details: () => text },
      )
      return matched.catch(async (error: unknown) => {
        await stop()
        throw error
      })
    },
    type: (input) => void child.stdin.write(input),
    async closeInput() {
      child.stdin.end()
      await exited
      return child.exitCode
    },
    stop,
  }
}
