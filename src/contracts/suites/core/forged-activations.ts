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

type Bytes = Uint8Array | Promise<Uint8Array>

/** The right proof: HMAC-SHA256 under the key over the session's bytes and the hashed name. */
export function makeProof({ key, sessionId, name }: ProofParts): Promise<string> {
  return sign(key, uuidBytes(sessionId), hash(utf8(name)))
}

/** Signs a hashed name after the bytes of a session that is written otherwise. */
const withSession =
  (write: (sessionId: string) => Uint8Array): ForgedActivation['make'] =>
  ({ key, sessionId, name }) =>
    sign(key, write(sessionId), hash(utf8(name)))

/** Signs what stands for the hashed name. */
const withName =
  (write: (name: string) => Bytes): ForgedActivation['make'] =>
  ({ key, sessionId, name }) =>
    sign(key, uuidBytes(sessionId), write(name))

const of =
  (change: (parts: ProofParts) => Partial<ProofParts>): ForgedActivation['make'] =>
  (parts) =>
    makeProof({ ...parts, ...change(parts) })

const rows: readonly (readonly [name: string, title: string, make: ForgedActivation['make']])[] = [
  ['other-key', 'a key that differs in one bit', of(({ key }) => ({ key: key.with(31, (key[31] ?? 0) ^ 1) }))],
  ['key-as-text', "the key's base64 text in place of its bytes", of(({ key }) => ({ key: utf8(toBase64(key)) }))],
  ['key-reversed', "the key's bytes in reverse", of(({ key }) => ({ key: key.toReversed() }))],
  ['other-name', 'another runner name', of(({ name }) => ({ name: `${name}2` }))],
  ['name-in-capitals', 'the runner name in other letter case', of(({ name }) => ({ name: name.toUpperCase() }))],
  ['name-with-space', 'the runner name with a space behind it', of(({ name }) => ({ name: `${name} ` }))],
  ['empty-name', 'no runner name', of(() => ({ name: '' }))],
  ['name-unhashed', 'the runner name itself in place of its hash', withName(utf8)],
  ['name-hash-as-hex', "the runner name's hash as hexadecimal text", withName(async (name) => utf8(await hex(name)))],
  ['name-in-utf16', 'the runner name in UTF-16', withName((name) => hash(toUtf16(name)))],
  ['other-session', 'another session id', withSession((id) => uuidBytes(id.replace(/.$/, flipDigit)))],
  ['runner-id', "the runner's id in place of the session's", of(({ runnerId }) => ({ sessionId: runnerId }))],
  ['session-as-text', "the session id's text in place of its bytes", withSession(utf8)],
  [
    'session-little-endian',
    "the session id's first fields in little-endian order",
    withSession((id) => littleEndian(uuidBytes(id))),
  ],
  ['session-reversed', "the session id's bytes in reverse", withSession((id) => uuidBytes(id).toReversed())],
  ['without-session', 'the name alone', ({ key, name }) => sign(key, hash(utf8(name)))],
  ['without-name', 'the session alone', ({ key, sessionId }) => sign(key, uuidBytes(sessionId))],
  [
    'swapped-parts',
    'name and session in the wrong order',
    ({ key, sessionId, name }) => sign(key, hash(utf8(name)), uuidBytes(sessionId)),
  ],
  [
    'plain-hash',
    'a hash without a key',
    async ({ sessionId, name }) => toBase64(await hash(await join([uuidBytes(sessionId), hash(utf8(name))]))),
  ],
  [
    'sha-512',
    'the first half of an HMAC with SHA-512',
    ({ key, sessionId, name }) => signBy('SHA-512', key, uuidBytes(sessionId), hash(utf8(name))),
  ],
  ['zeros', 'nothing but zeros', async () => toBase64(new Uint8Array(32))],
  ['one-byte-less', 'one byte less', async (parts) => toBase64(bytesOf(await makeProof(parts)).subarray(0, 31))],
  [
    'one-byte-more',
    'one byte more',
    async (parts) => toBase64(await join([bytesOf(await makeProof(parts)), new Uint8Array(1)])),
  ],
  ['undecodable', 'characters that are no base64', async (parts) => `${(await makeProof(parts)).slice(0, 41)}!*=`],
]

/** Every forgery by a name that ids can use. */
export const forgedActivations: Readonly<Record<string, ForgedActivation>> = Object.fromEntries(
  rows.map(([name, title, make]) => [name, { title, make }]),
)

function sign(key: Uint8Array, ...parts: readonly Bytes[]): Promise<string> {
  return signBy('SHA-256', key, ...parts)
}

async function signBy(algorithm: string, key: Uint8Array, ...parts: readonly Bytes[]): Promise<string> {
  const use = { name: 'HMAC', hash: algorithm }
  const imported = await crypto.subtle.importKey('raw', await join([key]), use, false, ['sign'])
  return toBase64(new Uint8Array(await crypto.subtle.sign('HMAC', imported, await join(parts))).subarray(0, 32))
}

async function hash(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', await join([bytes])))
}

async function hex(name: string): Promise<string> {
  return Array.from(await hash(utf8(name)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

async function join(parts: readonly Bytes[]): Promise<Uint8Array<ArrayBuffer>> {
  const bytes: number[] = []
  for (const part of parts) bytes.push(...(await part))
  return Uint8Array.from(bytes)
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function toUtf16(text: string): Uint8Array {
  const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at))
  return Uint8Array.from(units.flatMap((unit) => [unit & 255, unit >> 8]))
}

function bytesOf(base64: string): Uint8Array {
  return fromBase64(base64) ?? new Uint8Array(32)
}

function flipDigit(digit: string): string {
  return digit === '0' ? '1' : '0'
}

function uuidBytes(uuid: string): Uint8Array {
  const digits = uuid.replaceAll('-', '')
  return Uint8Array.from({ length: 16 }, (_, at) => Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16))
}

/** As some platforms write UUIDs: the first three fields with their bytes turned around. */
function littleEndian(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15], (at) => bytes[at] ?? 0)
}
