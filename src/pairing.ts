/**
 * The cryptography of pairing and of the bridge, with WebCrypto alone: the activation HMAC, the bridge key, signatures
 * of commands and results, and the fragment of a pairing link. Both sides of the protocol use it; it keeps no state.
 */
import { KitError } from './errors.js'
import { parse as parseUuid, stringify as stringifyUuid } from 'uuid'

/** Bytes in an activation key. */
export const ACTIVATION_KEY_BYTES = 32

const UTF8 = new TextEncoder()
const BRIDGE_INFO = UTF8.encode('opik-bridge-v1')

type Bytes = Uint8Array & { readonly buffer: ArrayBuffer }

/** Standard base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}

/** Bytes of standard base64, padded or not; undefined for any other alphabet or an impossible length. */
export function fromBase64(text: string): Bytes | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined
  const unpadded = text.replace(/=+$/, '')
  if (unpadded.length % 4 === 1 || (text !== unpadded && text.length % 4 !== 0)) return undefined
  return Uint8Array.from(atob(unpadded), (char) => char.charCodeAt(0))
}

/**
 * The `hmac` of an activatePairingSession request: HMAC-SHA256 under the activation key, over the session's UUID bytes
 * followed by the SHA-256 of the runner's name.
 *
 * @param activationKey the 32 bytes given to createPairingSession
 * @returns standard base64, 44 characters
 */
export async function signActivation(
  activationKey: Uint8Array,
  sessionId: string,
  runnerName: string,
): Promise<string> {
  return signBytes(activationKey, await activationMessage(sessionId, runnerName))
}

/** Whether `hmac` (base64) proves knowledge of the activation key; compared in constant time by WebCrypto. */
export async function verifyActivation(
  activationKey: Uint8Array,
  sessionId: string,
  runnerName: string,
  hmac: string,
): Promise<boolean> {
  return verifyBytes(activationKey, hmac, await activationMessage(sessionId, runnerName))
}

async function activationMessage(sessionId: string, runnerName: string): Promise<Bytes> {
  const nameHash = await subtle().digest('SHA-256', UTF8.encode(runnerName))
  return concat([parseUuid(sessionId), new Uint8Array(nameHash)])
}

/** The key that signs bridge traffic of a runner: HKDF-SHA256 of the activation key with the session's id as salt. */
export async function deriveBridgeKey(activationKey: Uint8Array, sessionId: string): Promise<Uint8Array> {
  const base = await subtle().importKey('raw', concat([activationKey]), 'HKDF', false, ['deriveBits'])
  const salt = concat([parseUuid(sessionId)])
  const bits = await subtle().deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info: BRIDGE_INFO }, base, 256)
  return new Uint8Array(bits)
}

/**
 * Signature of a bridge command or of its result.
 *
 * @param label the command's type, or the result's status
 * @param payload the args or the result; a top-level `_hmac` in it is left out
 * @returns standard base64
 */
export async function signBridge(bridgeKey: Uint8Array, label: string, payload: unknown): Promise<string> {
  return signBytes(bridgeKey, bridgeMessage(label, payload))
}

/** Whether `signature` fits a bridge command or result; compared in constant time. */
export async function verifyBridge(
  bridgeKey: Uint8Array,
  label: string,
  payload: unknown,
  signature: string,
): Promise<boolean> {
  return verifyBytes(bridgeKey, signature, bridgeMessage(label, payload))
}

function bridgeMessage(label: string, payload: unknown): Bytes {
  const isObject = typeof payload === 'object' && payload !== null && !Array.isArray(payload)
  const signed = isObject ? Object.fromEntries(Object.entries(payload).filter(([key]) => key !== '_hmac')) : payload
  return UTF8.encode(label + canonicalJson(signed))
}

/** JSON with the keys of every object sorted and no spaces. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`)
  return `{${members.join(',')}}`
}

/** What a pairing link's fragment carries. */
export interface PairingFragment {
  sessionId: string
  activationKey: Uint8Array
  projectId: string
  runnerName: string
  type: 'connect' | 'endpoint'
}

/** Most bytes of a name: its length is told in one byte. */
const LONGEST_NAME_BYTES = 255

/**
 * Encodes a fragment as unpadded base64url: session, key, project, length of the name, name, type.
 * @throws KitError `pairing/name` for a name of more than 255 bytes in UTF-8.
 */
export function encodePairingFragment(fragment: PairingFragment): string {
  const name = UTF8.encode(fragment.runnerName)
  if (name.length > LONGEST_NAME_BYTES) {
    throw new KitError('pairing/name', {
      failed: `A pairing link holds a name of at most ${LONGEST_NAME_BYTES} bytes in UTF-8.`,
      value: `${name.length} bytes`,
      fix: 'Choose a shorter name.',
    })
  }
  const bytes = concat([
    parseUuid(fragment.sessionId),
    fragment.activationKey,
    parseUuid(fragment.projectId),
    [name.length],
    name,
    [fragment.type === 'connect' ? 0 : 1],
  ])
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** Decodes a fragment (with or without its `#`); undefined when it is malformed. */
export function decodePairingFragment(text: string): PairingFragment | undefined {
  const bytes = fromBase64(text.replace(/^#/, '').replaceAll('-', '+').replaceAll('_', '/'))
  const nameLength = bytes?.[64]
  const typeByte = nameLength === undefined ? undefined : bytes?.[65 + nameLength]
  if (bytes === undefined || nameLength === undefined || (typeByte !== 0 && typeByte !== 1)) return undefined
  if (bytes.length !== 66 + nameLength) return undefined
  return {
    sessionId: stringifyUuid(bytes.subarray(0, 16)),
    activationKey: bytes.slice(16, 48),
    projectId: stringifyUuid(bytes.subarray(48, 64)),
    runnerName: new TextDecoder().decode(bytes.subarray(65, 65 + nameLength)),
    type: typeByte === 0 ? 'connect' : 'endpoint',
  }
}

async function signBytes(key: Uint8Array, message: Bytes): Promise<string> {
  return toBase64(new Uint8Array(await subtle().sign('HMAC', await hmacKey(key, 'sign'), message)))
}

async function verifyBytes(key: Uint8Array, signature: string, message: Bytes): Promise<boolean> {
  const bytes = fromBase64(signature)
  return bytes !== undefined && subtle().verify('HMAC', await hmacKey(key, 'verify'), bytes, message)
}

function hmacKey(key: Uint8Array, usage: 'sign' | 'verify'): Promise<CryptoKey> {
  return subtle().importKey('raw', concat([key]), { name: 'HMAC', hash: 'SHA-256' }, false, [usage])
}

/** @throws KitError `crypto/missing` in jsdom, and in pages that are neither https nor localhost. */
function subtle(): SubtleCrypto {
  const scope: { crypto?: { subtle?: SubtleCrypto } } = globalThis
  if (scope.crypto?.subtle !== undefined) return scope.crypto.subtle
  throw new KitError('crypto/missing', {
    failed: 'Pairing needs WebCrypto, and there is no crypto.subtle here.',
    fix: 'Use https or localhost; in jsdom set globalThis.crypto to webcrypto of node:crypto.',
  })
}

function concat(parts: readonly (Uint8Array | readonly number[])[]): Bytes {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
