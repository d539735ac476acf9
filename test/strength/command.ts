// `opik-runner-kit serve` as a process, as its users start it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const COMMAND = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** A running `serve`. */
export interface Served {
  /** Base of the API. */
  readonly url: string
  /** Base of the admin API. */
  readonly admin: string
  readonly port: number
  readonly pid: number
  /** Everything that it has written to standard error. */
  trouble(): string
  /** Sends a signal and waits for the end; the exit code, null when the signal ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** Starts it on a free port, with these options besides, and waits for the line that says it is ready. */
export async function startServe(...options: string[]): Promise<Served> {
  const args = [COMMAND, 'serve', '--port', '0', '--scenario', 'empty', '--json', ...options]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let trouble = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (trouble += text))
  const gone = once(child, 'exit')
  const ended = gone.then(() => Promise.reject(new Error(`serve has ended: ${trouble}`)))
  const ready = new Promise<string>((resolve) => createInterface(child.stdout).once('line', resolve))
  const line = await Promise.race([ready, ended])
  ended.catch(() => undefined)
  const { url, admin } = readReady(line)
  return {
    url,
    admin,
    port: Number(new URL(url).port),
    pid: child.pid ?? 0,
    trouble: () => trouble,
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      await gone
      return child.exitCode
    },
  }
}

function readReady(line: string): { url: string; admin: string } {
  const ready: unknown = JSON.parse(line)
  if (typeof ready === 'object' && ready !== null && 'url' in ready && 'admin' in ready) {
    return { url: String(ready.url), admin: String(ready.admin) }
  }
  throw new Error(`serve said this instead of being ready: ${line}`)
}
