// `serve`, or another command that listens, as a process that its users start, and requests to it.
import { fileURLToPath } from 'node:url'
import { startProgram, type Program } from './program.js'

/** The built command. */
export const COMMAND = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface Answer {
  status: number
  /** `Location`, and the id at its end. */
  location: string
  createdId: string
  text: string
  /** The text as JSON; undefined for none. */
  body: unknown
}

/** Asks the admin API by a path from `/__admin` on, and the API by what follows `/v1/private`. Texts are sent as they are. */
export type Ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>

export interface Served extends Program {
  /** Base of the API. */
  url: string
  /** Base of the admin API. */
  admin: string
  port: number
  ask: Ask
}

/** Asks a server at a base of the API. */
export function askOf(url: string): Ask {
  return async (method, path, body, headers = {}) => {
    const target = path.startsWith('/__admin') ? new URL(path, url).href : `${url}/v1/private${path}`
    const sent = typeof body === 'string' ? body : JSON.stringify(body)
    const media = body === undefined ? {} : { 'content-type': 'application/json' }
    const init = { method, headers: { ...media, ...headers }, ...(body !== undefined && { body: sent }) }
    const answer = await fetch(target, init)
    const text = await answer.text()
    const location = answer.headers.get('location') ?? ''
    const read: unknown = text === '' ? undefined : JSON.parse(text)
    return { status: answer.status, location, createdId: location.split('/').at(-1) ?? '', text, body: read }
  }
}

/**
 * Starts `serve` on a free port, and waits until it says that it listens.
 * @param cwd where, by default in the checkout
 */
export async function startServe(
  args: readonly string[] = [],
  env: Record<string, string> = {},
  cwd?: string,
): Promise<Served> {
  const program = startProgram(COMMAND, ['serve', '--port', '0', ...args], env, cwd)
  const [, url = ''] = await program.printed(/(?:listening on |"url":")([^\s"]+)/)
  const { origin, port } = new URL(url)
  return { ...program, url, admin: `${origin}/__admin`, port: Number(port), ask: askOf(url) }
}
