// One measured server: started on a core of its own, asked until it answers, and stopped by its pid.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'

const MAX_START_MS = 30_000

/**
 * Starts a server and waits for its first answer of any kind.
 * @returns {Promise<{ pid: number, firstAnswerMs: number, memory(): number, cpuSeconds(): number, stop(): Promise<void> }>}
 */
export async function startServer({ node, args, port, cpu = 0, env = {} }) {
  const started = performance.now()
  const child = spawn('taskset', ['-c', String(cpu), node, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let trouble = ''
  child.stderr.on('data', (chunk) => (trouble = `${trouble}${chunk}`.slice(-2000)))
  const gone = new Promise((resolve) => child.once('exit', resolve))
  while (!(await answers(port))) {
    if (child.exitCode !== null || performance.now() - started > MAX_START_MS) {
      child.kill('SIGKILL')
      throw new Error(`The server does not answer: ${args.join(' ')}\n${trouble}`)
    }
    await delay(1)
  }
  return {
    pid: child.pid,
    firstAnswerMs: performance.now() - started,
    memory: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) * 1024,
    cpuSeconds: () => cpuSeconds(child.pid),
    async stop() {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 3000)
      await gone
      clearTimeout(timer)
    },
  }
}

/** Whether anything, a 404 included, comes back. */
function answers(port) {
  return new Promise((resolve) => {
    const call = request({ port, host: '127.0.0.1', path: '/is-alive/ping', agent: false }, (response) => {
      response.resume().on('end', () => resolve(true))
    })
    call.on('error', () => resolve(false)).end()
  })
}

/** User and system time that a process has used. */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
