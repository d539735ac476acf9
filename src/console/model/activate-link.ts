/** What the pairing page asks of the public API, and how it understands the answer. */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { parse as parseUuid } from 'uuid'
import { operations } from '../../kernel/all-operations.js'
import { fillPath } from '../../kernel/operation.js'
import { signActivation, toBase64, type ReadPairingLink } from '../../kernel/pairing.js'

export type LinkedApi = ReturnType<typeof findApi>

/** The API that a link means. `url`: where it says that the server stands; `apiPath`: of this page's API, '' for none. */
export function findApi(url: string | undefined, origin: string, apiPath: string) {
  /** `elsewhere`: the server, when it is another than this page's. */
  const own = { base: origin + apiPath, elsewhere: undefined }
  if (url === undefined || !/^https?:\/\//i.test(url) || !URL.canParse(url)) return own
  const named = new URL(url)
  if (placeOf(named) === placeOf(new URL(origin))) return own
  return { base: `${url.replace(/\/+$/, '')}/api`, elsewhere: named.host }
}

/** Protocol, host and port, with one name for this machine. */
function placeOf({ protocol, hostname, port }: URL): string {
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
  return `${protocol}//${isLoopback ? 'localhost' : hostname}:${port}`
}

/** What the statuses of an activation mean; 409 is a success, too: another click was quicker. */
const outcomes = { 201: 'paired', 409: 'was-paired', 403: 'tampered', 404: 'expired', 401: 'key-wanted' } as const

export type PairingOutcome = (typeof outcomes)[keyof typeof outcomes] | 'refused' | 'no-answer'

/** @param apiKey '' for none */
export async function activateLink(link: ReadPairingLink, base: string, apiKey: string): Promise<PairingOutcome> {
  const { sessionId, runnerName, workspace } = link
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (workspace !== undefined) headers['comet-workspace'] = workspace
  if (apiKey !== '') headers['authorization'] = apiKey
  const body = JSON.stringify({ runner_name: runnerName, hmac: await proofOf(link) })
  try {
    const path = fillPath(operations.activatePairingSession, { sessionId })
    const { status } = await fetch(base + path, { method: 'POST', headers, body })
    const known: Readonly<Record<number, PairingOutcome>> = outcomes
    return known[status] ?? 'refused'
  } catch {
    return 'no-answer'
  }
}

/** A page of another machine that is not on https has no WebCrypto, and computes the proof itself. */
async function proofOf({ sessionId, activationKey, runnerName }: ReadPairingLink): Promise<string> {
  if (isSecureContext) return signActivation(activationKey, sessionId, runnerName)
  const nameHash = sha256(new TextEncoder().encode(runnerName))
  return toBase64(hmac(sha256, activationKey, Uint8Array.from([...parseUuid(sessionId), ...nameHash])))
}
