/**
 * Proofs of an activation that are nearly right: each departs from the scheme in one way in which a client, or an
 * attacker, might. A server must refuse them all.
 */
import { toBase64 } from '../../../kernel/pairing.js'
import { hmacOf, sha256 as hash, uuidBytes } from '../../check/runner-handle.js'

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
  make: (parts: ProofParts) => string
}

type Make = ForgedActivation['make']

/** The right proof: HMAC-SHA256 under the key over the session's bytes and the hashed name. */
export function makeProof({ key, sessionId, name }: ProofParts): string {
  return sign(key, uuidBytes(sessionId), hash(name))
}

/** Signs a hashed name after the bytes of a session that is written otherwise. */
const withSession =
  (write: (sessionId: string) => Uint8Array | string): Make =>
  ({ key, sessionId, name }) =>
    sign(key, write(sessionId), hash(name))

/** Signs what stands for the hashed name. */
const withName =
  (write: (name: string) => Uint8Array | string): Make =>
  ({ key, sessionId, name }) =>
    sign(key, uuidBytes(sessionId), write(name))

const of =
  (change: (parts: ProofParts) => Partial<ProofParts>): Make =>
  (parts) =>
    makeProof({ ...parts, ...change(parts) })

const proofBytes = (parts: ProofParts): Buffer => Buffer.from(makeProof(parts), 'base64')

const rows: readonly (readonly [name: string, title: string, make: Make])[] = [
  ['other-key', 'a key that differs in one bit', of(({ key }) => ({ key: key.with(31, (key[31] ?? 0) ^ 1) }))],
  [
    'key-as-text',
    "the key's base64 text in place of its bytes",
    of(({ key }) => ({ key: Buffer.from(toBase64(key)) })),
  ],
  ['key-reversed', "the key's bytes in reverse", of(({ key }) => ({ key: key.toReversed() }))],
  ['other-name', 'another runner name', of(({ name }) => ({ name: `${name}2` }))],
  ['name-in-capitals', 'the runner name in other letter case', of(({ name }) => ({ name: name.toUpperCase() }))],
  ['name-with-space', 'the runner name with a space behind it', of(({ name }) => ({ name: `${name} ` }))],
  ['empty-name', 'no runner name', of(() => ({ name: '' }))],
  ['name-unhashed', 'the runner name itself in place of its hash', withName((name) => name)],
  [
    'name-hash-as-hex',
    "the runner name's hash as hexadecimal text",
    withName((name) => Buffer.from(hash(name)).toString('hex')),
  ],
  ['name-in-utf16', 'the runner name in UTF-16', withName((name) => hash(Buffer.from(name, 'utf16le')))],
  ['other-session', 'another session id', withSession((id) => uuidBytes(id.replace(/.$/, flipDigit)))],
  ['runner-id', "the runner's id in place of the session's", of(({ runnerId }) => ({ sessionId: runnerId }))],
  ['session-as-text', "the session id's text in place of its bytes", withSession((id) => id)],
  [
    'session-little-endian',
    "the session id's first fields in little-endian order",
    withSession((id) => littleEndian(uuidBytes(id))),
  ],
  ['session-reversed', "the session id's bytes in reverse", withSession((id) => uuidBytes(id).toReversed())],
  ['without-session', 'the name alone', ({ key, name }) => sign(key, hash(name))],
  ['without-name', 'the session alone', ({ key, sessionId }) => sign(key, uuidBytes(sessionId))],
  [
    'swapped-parts',
    'name and session in the wrong order',
    ({ key, sessionId, name }) => sign(key, hash(name), uuidBytes(sessionId)),
  ],
  [
    'plain-hash',
    'a hash without a key',
    ({ sessionId, name }) => toBase64(hash(Buffer.concat([uuidBytes(sessionId), hash(name)]))),
  ],
  [
    'sha-512',
    'the first half of an HMAC with SHA-512',
    ({ key, sessionId, name }) => toBase64(hmacOf('sha512', key, uuidBytes(sessionId), hash(name)).subarray(0, 32)),
  ],
  ['zeros', 'nothing but zeros', () => toBase64(new Uint8Array(32))],
  ['one-byte-less', 'one byte less', (parts) => toBase64(proofBytes(parts).subarray(0, 31))],
  ['one-byte-more', 'one byte more', (parts) => toBase64(Buffer.concat([proofBytes(parts), new Uint8Array(1)]))],
  ['undecodable', 'characters that are no base64', (parts) => `${makeProof(parts).slice(0, 41)}!*=`],
]

/** Every forgery by a name that ids can use. */
export const forgedActivations: Readonly<Record<string, ForgedActivation>> = Object.fromEntries(
  rows.map(([name, title, make]) => [name, { title, make }]),
)

const sign = (key: Uint8Array, ...parts: readonly (Uint8Array | string)[]): string =>
  toBase64(hmacOf('sha256', key, ...parts))

const flipDigit = (digit: string): string => (digit === '0' ? '1' : '0')

/** As some platforms write UUIDs: the first three fields with their bytes turned around. */
function littleEndian(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15], (at) => bytes[at] ?? 0)
}
