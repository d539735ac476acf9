// Debian's nginx with the shipped configuration, in a folder and on ports of its own.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const NGINX = process.env['KIT_NGINX'] ?? '/usr/sbin/nginx'

/** A running nginx. */
export interface Proxy {
  /** Where it listens: `http://127.0.0.1:PORT`. */
  readonly origin: string
  stop(): Promise<void>
}

/** Starts nginx in front of the mocks on these ports, as deploy/nginx.conf puts it in front of 5181 and 5182. */
export async function startNginx(ports: readonly [number, number]): Promise<Proxy> {
  const folder = await mkdtemp(join(tmpdir(), 'opik-runner-kit-nginx-'))
  const port = await freePort()
  const shipped = await readFile(new URL('../../deploy/nginx.conf', import.meta.url), 'utf8')
  const own = shipped
    .replace('/run/opik-runner-kit-nginx.pid', join(folder, 'nginx.pid'))
    .replace('127.0.0.1:5180', `127.0.0.1:${port}`)
    .replace('127.0.0.1:5181', `127.0.0.1:${ports[0]}`)
    .replace('127.0.0.1:5182', `127.0.0.1:${ports[1]}`)
  await writeFile(join(folder, 'nginx.conf'), own)
  const child = spawn(NGINX, ['-p', folder, '-c', 'nginx.conf', '-g', 'daemon off;'], { stdio: 'inherit' })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const origin = `http://127.0.0.1:${port}`
  while (child.exitCode === null && !(await isListening(origin))) await new Promise((resolve) => setImmediate(resolve))
  return {
    origin,
    async stop() {
      child.kill('SIGQUIT')
      await gone
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function isListening(origin: string): Promise<boolean> {
  return fetch(`${origin}/__admin`).then(
    () => true,
    () => false,
  )
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
