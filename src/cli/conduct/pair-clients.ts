/** The pairing page's part while a client is graded: sessions that nobody activates are activated. */
import type { SessionSecret } from '../../mocks/agents/pair-runner.js'
import type { RunnerMock } from '../../mocks/mock/runner-mock.js'
import { pause } from './insist.js'

/** Milliseconds in which a client that pairs by itself has done so. */
const PATIENCE_MS = 1000

/** The sessions that clients open. */
export interface PairingHelp {
  /** The secret of the session that a runner comes from; undefined for a runner that no client has paired. */
  secretOf(runnerId: string): SessionSecret | undefined
  stop(): void
}

/** Activates every session that is opened from now on and not activated within a second. */
export function pairClients(mock: RunnerMock): PairingHelp {
  const stopping = new AbortController()
  const secrets = new Map<string, SessionSecret>()
  const stopListening = mock.on('pairingSession.open', ({ resource: { id } }) => {
    const session = mock.inspect(({ sessions }) => sessions.save().find((each) => each.id === id))
    if (session === undefined) return
    const activationKey = Uint8Array.from(atob(session.activationKey), (char) => char.charCodeAt(0))
    const secret = { sessionId: session.id, activationKey }
    secrets.set(session.runnerId, secret)
    void activateLate(mock, session.id, `conduct-${session.type}`, stopping.signal)
  })
  return {
    secretOf: (runnerId) => secrets.get(runnerId),
    stop() {
      stopListening()
      stopping.abort()
    },
  }
}

/** A session that its client has activated meanwhile, or that has expired, stays as it is. */
async function activateLate(mock: RunnerMock, id: string, name: string, signal: AbortSignal): Promise<void> {
  await pause(PATIENCE_MS, signal)
  if (!signal.aborted) await mock.pairing.activate(id, { name }).catch(() => undefined)
}
