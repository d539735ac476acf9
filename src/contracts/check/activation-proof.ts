/**
 * The proof that activates a session, as the kernel's `signActivation` makes it, by Node's own cryptography: a run makes
 * a thousand of them, and WebCrypto goes to another thread for each.
 */
import { createHash, createHmac } from 'node:crypto'

/** The `hmac` of an activatePairingSession request, in standard base64. */
export function proveActivation(activationKey: Uint8Array, sessionId: string, runnerName: string): string {
  const session = Buffer.from(sessionId.replaceAll('-', ''), 'hex')
  const name = createHash('sha256').update(runnerName).digest()
  return createHmac('sha256', activationKey).update(session).update(name).digest('base64')
}
