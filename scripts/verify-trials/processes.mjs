// The processes of a trial: a server to verify, and `verify` itself as users run it, with the processor time of both.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { at } from '../paths.mjs'

const command = at('dist', 'cli', 'main.js')
const meter = pathToFileURL(at('scripts', 'verify-trials', 'cpu-meter.mjs')).href

function start(args, folder) {
  const cpuFile = join(folder, `cpu-${args[0]}`)
  const child = spawn(process.execPath, ['--import', meter, command, ...args], {
    cwd: at(),
    env: { PATH: process.env.PATH, NO_COLOR: '1', CPU_FILE: cpuFile },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  return { child, ended, cpuSeconds: () => Number(readFileSync(cpuFile, 'utf8')) }
}

/** Starts `serve` on a free port. */
export async function startServer(args = []) {
  const folder = mkdtempSync(join(tmpdir(), 'verify-trial-'))
  const { child, ended, cpuSeconds } = start(['serve', '--port', '0', '--json', ...args], folder)
  const line = await new Promise((resolve, reject) => {
    child.stdout.once('data', (chunk) => resolve(String(chunk)))
    child.once('close', () => reject(new Error('The server did not start.')))
  })
  const { url, admin } = JSON.parse(line)
  return {
    url,
    admin,
    /** Ends it; resolves with the processor seconds that it has used. */
    async stop() {
      child.kill('SIGTERM')
      await ended
      const used = cpuSeconds()
      rmSync(folder, { recursive: true })
      return used
    },
  }
}

/** Runs `verify` to its end; `screen` is what a terminal shows. */
export async function runVerify(args) {
  const folder = mkdtempSync(join(tmpdir(), 'verify-trial-'))
  const started = performance.now()
  const reporters = ['--reporter', 'pretty,json', '--out', folder]
  const { child, ended, cpuSeconds } = start(['verify', ...args, ...reporters], folder)
  const screen = await text(child.stdout)
  const code = await ended
  const seconds = (performance.now() - started) / 1000
  const used = cpuSeconds()
  const file = join(folder, 'report.json')
  const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
  rmSync(folder, { recursive: true })
  return { code, seconds, cpuSeconds: used, screen, report }
}
