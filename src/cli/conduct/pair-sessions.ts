/**
 * Pairing under `serve` and `conduct`: reports each session that waits, with a link to click, or activates it instead of
 * the user.
 */
import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServeCommand } from '../../generated/kit-schema.js'
import { linkOf, nameForSession } from '../../mocks/given/activate-session.js'
import type { RunnerMock } from '../../mocks/mock/runner-mock.js'

export type SessionNote =
  | { event: 'pairing'; session: string; runner: string; type: string; expires_at: string; link: string }
  | { event: 'paired'; session: string; runner: string; type: string; name: string }

/** A daemon that activates its own session does so at once, without a click. */
const PATIENCE_MS = 250

/**
 * Heeds the sessions that wait now and those that are opened later. Returns what ends it.
 * @param apiUrl where the mock is served
 */
export function heedSessions(
  mock: RunnerMock,
  apiUrl: string,
  { pair, pairDelay, pairName }: Pick<ServeCommand, 'pair' | 'pairDelay' | 'pairName'>,
  tell: (note: SessionNote) => void,
): () => void {
  const over = new AbortController()
  // One for each session that waits.
  setMaxListeners(0, over.signal)
  const heed = async (id: string): Promise<void> => {
    await sleep(pair === 'auto' ? pairDelay * 1000 : PATIENCE_MS, undefined, { signal: over.signal })
    const session = mock.inspect(({ sessions }) => sessions.get(id))
    if (session === undefined || session.isActivated) return
    const name = pairName ?? nameForSession(id)
    const subject = { session: id, runner: session.runnerId, type: session.type }
    if (pair === 'auto') {
      const { isNew } = await mock.pairing.activate(id, { name })
      if (isNew) tell({ event: 'paired', ...subject, name })
    } else {
      const link = mock.inspect((world) => linkOf(session, world, apiUrl, name))
      tell({ event: 'pairing', ...subject, expires_at: new Date(session.expiresAt).toISOString(), link })
    }
  }
  // It may be over, or the world another one, by the time that its turn comes.
  const begin = (id: string): void => void heed(id).catch(() => undefined)
  const stop = mock.on('pairingSession.open', ({ resource }) => begin(resource.id))
  for (const { id } of mock.inspect(({ sessions }) => [...sessions.values()])) begin(id)
  return () => {
    stop()
    over.abort()
  }
}

/** A note in words; the link comes last, where a terminal lets one click it. */
export function describeSession(note: SessionNote): string {
  return note.event === 'pairing'
    ? `pair     ${note.type} runner ${note.runner}: ${note.link}`
    : `paired   ${note.type} runner ${note.runner} as ${note.name}`
}
