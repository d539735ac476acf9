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

/** Sends one request again and again; see `loadScript` for what comes back. */
export function load({ url, method, headers, body, seconds, folder, cpu = 1 }) {
  const lines = [
    `wrk.method = ${quote(method)}`,
    ...Object.entries(headers).map(([name, value]) => `wrk.headers[${quote(name)}] = ${quote(value)}`),
    ...(body === undefined ? [] : [`wrk.body = ${quote(body)}`]),
  ]
  return loadScript({ url, script: lines.join('\n'), seconds, folder, cpu })
}

/**
 * Sends what a Lua script of wrk says.
 * @returns {Promise<{ perSecond: number, requests: number, refused: number }>}
 */
export async function loadScript({ url, script, seconds, folder, cpu }) {
  const file = join(folder, 'request.lua')
  writeFileSync(file, script)
  const args = ['wrk', '-t1', '-c64', `-d${seconds}s`, '-s', file, url]
  const { stdout } = await (cpu === undefined
    ? run(args[0], args.slice(1))
    : run('taskset', ['-c', String(cpu), ...args]))
  return {
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1] ?? 0),
    requests: Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0),
    refused: Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0),
  }
}

const quote = (text) => JSON.stringify(text)
