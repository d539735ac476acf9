// nginx with the shipped configuration, in a folder and on ports of its own: for tests and measurements.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './free-port.mjs'
import { at } from './paths.mjs'

const nginxPath = () => process.env.KIT_NGINX ?? '/usr/sbin/nginx'

/** One line that says what to install, or undefined when nginx is there. */
export function missingNginx() {
  const path = nginxPath()
  if (existsSync(path)) return undefined
  return `There is no nginx at ${path}: run "apt-get install nginx-light", or set KIT_NGINX to the path of one.`
}

/** Starts nginx in front of the mocks on these ports, as deploy/nginx.conf puts it in front of 5181 and 5182. */
export async function startNginx(ports) {
  const folder = await mkdtemp(join(tmpdir(), 'opik-runner-kit-nginx-'))
  const port = await freePort()
  const shipped = await readFile(at('deploy', 'nginx.conf'), 'utf8')
  const mocks = ports.map((each) => `        server 127.0.0.1:${each} max_fails=0;\n`).join('')
  const own = shipped
    .replace('/run/opik-runner-kit-nginx.pid', join(folder, 'nginx.pid'))
    .replace('127.0.0.1:5180', `127.0.0.1:${port}`)
    .replace(/(^ *server 127\.0\.0\.1:518[12] max_fails=0;\n){2}/m, mocks)
  await writeFile(join(folder, 'nginx.conf'), own)
  const child = spawn(nginxPath(), ['-p', folder, '-c', 'nginx.conf', '-g', 'daemon off;'], { stdio: 'inherit' })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  const origin = `http://127.0.0.1:${port}`
  while (child.exitCode === null && !(await isListening(origin))) await delay(5)
  return {
    origin,
    async stop() {
      child.kill('SIGQUIT')
      await gone
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const isListening = (origin) =>
  fetch(`${origin}/__admin`).then(
    () => true,
    () => false,
  )
