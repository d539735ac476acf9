// A proxy between a server and its callers, as servers and proxies build the way: framing, compression, letter case of header
// names, connections that end after each answer. What is said stays the same.
import { Agent, createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { Dice } from './dice.js'

/** What a proxy may do to answers. */
export interface Habits {
  /** In chunks of a few bytes, without a length. */
  chunks?: boolean
  /** Compressed, whether asked for or not. */
  gzip?: boolean
  /** The connection ends after each answer. */
  close?: boolean
  /** As HTTP/1.0 answers: no length, the end of the connection ends the body. */
  oldProtocol?: boolean
  /** Header names in capitals, or as in Title-Case. */
  headerCase?: 'upper' | 'title'
  /** Each answer takes up to so many milliseconds longer. */
  delayMs?: number
}

/** A way to a server. */
export interface HabitProxy {
  origin: string
  close(): Promise<void>
}

/** An answer that has arrived from the server. */
interface Cargo {
  status: number
  headers: [string, string][]
  body: Buffer
}

/** Opens a proxy to `origin`; the dice say which habits each answer meets. */
export async function openProxy(origin: string, habits: Habits, dice: Dice): Promise<HabitProxy> {
  const agent = new Agent({ keepAlive: true })
  const server = createServer((incoming, outgoing) => {
    carry(origin, agent, incoming, outgoing)
      .then((cargo) => deliver(cargo, habits, dice, outgoing))
      .catch(() => outgoing.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
        agent.destroy()
      }),
  }
}

/** A caller that hangs up does so all the way. */
function carry(origin: string, agent: Agent, incoming: IncomingMessage, outgoing: ServerResponse): Promise<Cargo> {
  const { method, url = '/', headers } = incoming
  return new Promise((resolve, reject) => {
    const onward = send(`${origin}${url}`, { method, headers, agent })
    outgoing.on('close', () => onward.destroy())
    onward.on('error', reject)
    onward.on('response', (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', reject)
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: ownHeaders(answer), body: Buffer.concat(chunks) }),
      )
    })
    incoming.pipe(onward)
  })
}

/** Those that speak of the connection are each proxy's own. */
const OF_CONNECTION = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'date'])

function ownHeaders({ headers }: IncomingMessage): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    OF_CONNECTION.has(name) || value === undefined ? [] : [[name, String(value)]],
  )
}

async function deliver(
  { status, headers, body }: Cargo,
  habits: Habits,
  dice: Dice,
  outgoing: ServerResponse,
): Promise<void> {
  const has = (habit: keyof Habits): boolean => habits[habit] !== undefined && dice.plays()
  if (has('delayMs')) await delay(dice.number() * (habits.delayMs ?? 0))
  const isZipped = body.length > 0 && has('gzip')
  const named = isZipped ? [...headers, ['content-encoding', 'gzip'] as const] : headers
  const bytes = isZipped ? gzipSync(body) : body
  const cased = named.map(([name, value]): [string, string] => [
    has('headerCase') ? recased(name, habits) : name,
    value,
  ])
  if (has('oldProtocol')) {
    deliverOld(status, cased, bytes, outgoing)
    return
  }
  if (has('close')) cased.push(['Connection', 'close'])
  if (bytes.length === 0 || !has('chunks')) {
    const length = status === 204 ? [] : [['Content-Length', String(bytes.length)]]
    outgoing.writeHead(status, [...cased, ...length].flat()).end(bytes)
    return
  }
  outgoing.writeHead(status, cased.flat())
  const part = Math.ceil(bytes.length / 5)
  for (let at = 0; at < bytes.length; at += part) outgoing.write(bytes.subarray(at, at + part))
  outgoing.end()
}

function deliverOld(status: number, headers: [string, string][], body: Buffer, { socket }: ServerResponse): void {
  const lines = [`HTTP/1.0 ${status} Said`, ...headers.map(([name, value]) => `${name}: ${value}`), '', '']
  socket?.write(Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), body]))
  socket?.end()
}

function recased(name: string, { headerCase }: Habits): string {
  if (headerCase === 'upper') return name.toUpperCase()
  return name.replaceAll(/(^|-)([a-z])/g, (_, dash: string, letter: string) => `${dash}${letter.toUpperCase()}`)
}
