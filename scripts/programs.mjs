// Programs of the machine that tests, screenshots and measurements drive: where Chromium is and how it is started, nginx
// with the shipped configuration, Python programs from PyPI, and a free port for servers that cannot say which they got.
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { at } from './paths.mjs'

/** What a Chromium needs in a container, and what keeps it from calling home. */
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Options for playwright-core's `chromium.launch` and `launchServer`; each launch gets a new profile of its own. */
export const launchOptions = () => ({ executablePath: chromiumPath(), args: flags })

const chromiumPath = () => process.env.KIT_CHROMIUM ?? '/usr/bin/chromium'

/** One line that says what to install, or undefined when Chromium is there. */
export function missingChromium() {
  const path = chromiumPath()
  if (existsSync(path)) return undefined
  return `There is no Chromium at ${path}: run "apt-get install chromium", or set KIT_CHROMIUM to the path of one.`
}

/** A port of the loopback address that is free at the moment. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

const nginxPath = () => process.env.KIT_NGINX ?? '/usr/sbin/nginx'

/** One line that says what to install, or undefined when nginx is there. */
export function missingNginx() {
  const path = nginxPath()
  if (existsSync(path)) return undefined
  return `There is no nginx at ${path}: run "apt-get install nginx-light", or set KIT_NGINX to the path of one.`
}

/**
 * Starts nginx, in a folder and on a port of its own, in front of the mocks on these ports, as deploy/nginx.conf puts
 * it in front of 5181 and 5182.
 */
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

/** A program of the virtual environment in a folder, its Python among them. */
export function programOf(folder, name) {
  return process.platform === 'win32' ? join(folder, 'Scripts', `${name}.exe`) : join(folder, 'bin', name)
}

/**
 * Installs packages, such as `opik==2.0.2`, into a virtual environment in a folder unless they are there. Throws when
 * that fails.
 */
export function installPython(folder, packages) {
  const stamp = join(folder, 'installed')
  if (existsSync(stamp)) return
  console.log(`Installing ${packages.join(' and ')} ...`)
  rmSync(folder, { recursive: true, force: true })
  run(process.env.KIT_PYTHON ?? 'python3', ['-m', 'venv', folder])
  run(programOf(folder, 'pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages])
  writeFileSync(stamp, '')
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`)
}
