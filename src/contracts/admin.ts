/** Reads and moves a target's time, and reads its settings, through the admin API that our server has. */
import { KitError } from '../errors.js'
import type { TargetClock } from './target.js'
import { createTransport, type Transport } from './transport.js'

const ADMIN_TIMEOUT_MS = 10_000

/**
 * A clock on `POST <admin>/clock/advance` and `GET <admin>/clock`. It holds no connection for long.
 *
 * @param url of the admin API, such as `http://localhost:5173/__admin`
 * @throws KitError `admin/answer` from its methods, when the admin API does not answer as it should.
 */
export function adminClock(url: string): TargetClock {
  const transport = createTransport()
  return {
    advance: async (seconds) => readNow(await ask(transport, 'POST', `${base(url)}/clock/advance`, { seconds })),
    now: async () => readNow(await ask(transport, 'GET', `${base(url)}/clock`)),
  }
}

/** The settings that a target declares at `GET <admin>/settings`. */
export async function readAdminLimits(url: string): Promise<Record<string, unknown>> {
  const transport = createTransport()
  const settings = await ask(transport, 'GET', `${base(url)}/settings`)
  transport.close()
  return typeof settings === 'object' && settings !== null ? { ...settings } : {}
}

function base(url: string): string {
  return url.replace(/\/+$/, '')
}

async function ask(transport: Transport, method: string, url: string, body?: object): Promise<unknown> {
  const headers = { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
  const request = { method, url, headers, body: body === undefined ? undefined : JSON.stringify(body) }
  const outcome = await transport.send(request, ADMIN_TIMEOUT_MS).outcome
  if (outcome.kind === 'failure') throw badAnswer(method, url, outcome.message)
  if (outcome.status !== 200) throw badAnswer(method, url, `status ${outcome.status}`)
  try {
    const parsed: unknown = JSON.parse(outcome.text)
    return parsed
  } catch {
    throw badAnswer(method, url, 'an answer that is no JSON')
  }
}

function readNow(answer: unknown): number {
  const now: unknown = typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'now') : undefined
  const epoch = typeof now === 'string' ? Date.parse(now) : Number.NaN
  if (Number.isFinite(epoch)) return epoch
  throw new KitError('admin/answer', {
    failed: 'The admin API must answer the clock with {"now": <ISO-8601>}.',
    value: JSON.stringify(answer),
    fix: 'Check the URL given with --admin.',
  })
}

function badAnswer(method: string, url: string, got: string): KitError {
  return new KitError('admin/answer', {
    failed: `The admin API does not answer ${method} ${url}.`,
    value: got,
    fix: 'Give the URL of the admin API, for example http://localhost:5173/__admin, or leave --admin out.',
  })
}
