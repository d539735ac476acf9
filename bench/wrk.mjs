// The load: wrk on the other core, 64 connections, one kind of request.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Throws when wrk is missing, saying where it comes from. */
export async function requireWrk() {
  await run('wrk', ['-v']).catch((error) => {
    if (error.code === 'ENOENT')
      throw new Error('The load comes from wrk: install it (Debian: apt-get install wrk) and start again.')
  })
}

/**
 * Sends one request again and again.
 * @returns {Promise<{ perSecond: number, requests: number, refused: number, p99Ms: number }>}
 */
export async function load({ url, method, headers, body, seconds, folder, cpu = 1, connections = 64 }) {
  const script = join(folder, 'request.lua')
  const lines = [
    `wrk.method = ${quote(method)}`,
    ...Object.entries(headers).map(([name, value]) => `wrk.headers[${quote(name)}] = ${quote(value)}`),
  ]
  if (body !== undefined) lines.push(`wrk.body = ${quote(body)}`)
  writeFileSync(script, lines.join('\n'))
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', script, url]
  const { stdout } = await run('taskset', ['-c', String(cpu), 'wrk', ...args])
  const [, p99 = '0', unit = 'ms'] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout) ?? []
  return {
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1] ?? 0),
    requests: Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0),
    refused: Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0),
    p99Ms: Number(p99) * { us: 0.001, ms: 1, s: 1000 }[unit],
  }
}

const quote = (text) => JSON.stringify(text)
