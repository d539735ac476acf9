/**
 * Proofs of an activation that are nearly right: each departs from the scheme in one way in which a client, or an
 * attacker, might. A server must refuse them all. The right proof is here too, computed step by step, to depart from.
 */
import { fromBase64, toBase64 } from '../../../kernel/pairing.js'

/** What a proof is made from. */
export interface ProofParts {
  readonly key: Uint8Array
  readonly sessionId: string
  /** The runner id that the session reserves. */
  readonly runnerId: string
  readonly name: string
}

/** A departure from the scheme, in words and as a function. */
export interface ForgedActivation {
  readonly title: string
  make: (parts: ProofParts) => Promise<string>
}

const UTF8 = new TextEncoder()

/** The right proof: HMAC-SHA256 under the key over the session's bytes and the hashed name. */
export async function makeProof({ key, sessionId, name }: ProofParts): Promise<string> {
  return hmac(key, uuidBytes(sessionId), await sha256(UTF8.encode(name)))
}

/** Every forgery by a name that ids can use. */
export const forgedActivations: Readonly<Record<string, ForgedActivation>> = {
  'other-key': {
    title: 'a key that differs in one bit',
    make: (parts) => makeProof({ ...parts, key: parts.key.map((byte, at) => (at === 31 ? byte ^ 1 : byte)) }),
  },
  'key-as-text': {
    title: "the key's base64 text in place of its bytes",
    make: async ({ key, sessionId, name }) =>
      hmac(UTF8.encode(toBase64(key)), uuidBytes(sessionId), await sha256(UTF8.encode(name))),
  },
  'key-reversed': {
    title: "the key's bytes in reverse",
    make: (parts) => makeProof({ ...parts, key: parts.key.toReversed() }),
  },
  'other-name': { title: 'another runner name', make: (parts) => makeProof({ ...parts, name: `${parts.name}2` }) },
  'name-in-capitals': {
    title: 'the runner name in other letter case',
    make: (parts) => makeProof({ ...parts, name: parts.name.toUpperCase() }),
  },
  'name-with-space': {
    title: 'the runner name with a space behind it',
    make: (parts) => makeProof({ ...parts, name: `${parts.name} ` }),
  },
  'empty-name': { title: 'no runner name', make: (parts) => makeProof({ ...parts, name: '' }) },
  'name-unhashed': {
    title: 'the runner name itself in place of its hash',
    make: async ({ key, sessionId, name }) => hmac(key, uuidBytes(sessionId), UTF8.encode(name)),
  },
  'name-hash-as-hex': {
    title: "the runner name's hash as hexadecimal text",
    make: async ({ key, sessionId, name }) =>
      hmac(key, uuidBytes(sessionId), UTF8.encode(toHex(await sha256(UTF8.encode(name))))),
  },
  'name-in-utf16': {
    title: 'the runner name in UTF-16',
    make: async ({ key, sessionId, name }) => hmac(key, uuidBytes(sessionId), await sha256(toUtf16(name))),
  },
  'other-session': {
    title: 'another session id',
    make: (parts) => makeProof({ ...parts, sessionId: parts.sessionId.replace(/.$/, flipDigit) }),
  },
  'runner-id': {
    title: "the runner's id in place of the session's",
    make: (parts) => makeProof({ ...parts, sessionId: parts.runnerId }),
  },
  'session-as-text': {
    title: "the session id's text in place of its bytes",
    make: async ({ key, sessionId, name }) => hmac(key, UTF8.encode(sessionId), await sha256(UTF8.encode(name))),
  },
  'session-little-endian': {
    title: "the session id's first fields in little-endian order",
    make: async ({ key, sessionId, name }) =>
      hmac(key, littleEndian(uuidBytes(sessionId)), await sha256(UTF8.encode(name))),
  },
  'session-reversed': {
    title: "the session id's bytes in reverse",
    make: async ({ key, sessionId, name }) =>
      hmac(key, uuidBytes(sessionId).toReversed(), await sha256(UTF8.encode(name))),
  },
  'without-session': {
    title: 'the name alone',
    make: async ({ key, name }) => hmac(key, await sha256(UTF8.encode(name))),
  },
  'without-name': { title: 'the session alone', make: ({ key, sessionId }) => hmac(key, uuidBytes(sessionId)) },
  'swapped-parts': {
    title: 'name and session in the wrong order',
    make: async ({ key, sessionId, name }) => hmac(key, await sha256(UTF8.encode(name)), uuidBytes(sessionId)),
  },
  'plain-hash': {
    title: 'a hash without a key',
    make: async ({ sessionId, name }) =>
      toBase64(await sha256(concat([uuidBytes(sessionId), await sha256(UTF8.encode(name))]))),
  },
  'sha-512': {
    title: 'the first half of an HMAC with SHA-512',
    make: async ({ key, sessionId, name }) =>
      hmacWith('SHA-512', key, uuidBytes(sessionId), await sha256(UTF8.encode(name))),
  },
  zeros: { title: 'nothing but zeros', make: async () => toBase64(new Uint8Array(32)) },
  'one-byte-less': {
    title: 'one byte less',
    make: async (parts) => toBase64(bytesOf(await makeProof(parts)).subarray(0, 31)),
  },
  'one-byte-more': {
    title: 'one byte more',
    make: async (parts) => toBase64(concat([bytesOf(await makeProof(parts)), new Uint8Array(1)])),
  },
  undecodable: {
    title: 'characters that are no base64',
    make: async (parts) => `${(await makeProof(parts)).slice(0, 41)}!*=`,
  },
}

function bytesOf(base64: string): Uint8Array {
  return fromBase64(base64) ?? new Uint8Array(32)
}

function flipDigit(digit: string): string {
  return digit === '0' ? '1' : '0'
}

function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Promise<string> {
  return hmacWith('SHA-256', key, ...parts)
}

async function hmacWith(hash: string, key: Uint8Array, ...parts: readonly Uint8Array[]): Promise<string> {
  const imported = await crypto.subtle.importKey('raw', concat([key]), { name: 'HMAC', hash }, false, ['sign'])
  const signature = await crypto.subtle.sign('HMAC', imported, concat(parts))
  return toBase64(new Uint8Array(signature).subarray(0, 32))
}

async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', concat([bytes])))
}

function uuidBytes(uuid: string): Uint8Array {
  const digits = uuid.replaceAll('-', '')
  return Uint8Array.from({ length: 16 }, (_, at) => Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16))
}

/** As some platforms write UUIDs: the first three fields with their bytes turned around. */
function littleEndian(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15], (at) => bytes[at] ?? 0)
}

function toUtf16(text: string): Uint8Array {
  return Uint8Array.from(
    { length: 2 * text.length },
    (_, at) => (text.charCodeAt(at >> 1) >> (at % 2 === 0 ? 0 : 8)) & 255,
  )
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}
