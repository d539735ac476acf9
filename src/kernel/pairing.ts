// The cryptography of pairing and of the bridge: the activation HMAC, the bridge key, signatures of commands and results,
// and the fragment of a pairing link. Both sides of the protocol use it; it keeps no state, and asks nothing of the platform.
import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { parse as parseUuid, stringify as stringifyUuid } from 'uuid'
import { KitError } from './errors.js'
import { keepSpelling, spellingOf } from './json-text.js'

export const ACTIVATION_KEY_BYTES = 32

const UTF8 = new TextEncoder()
const BRIDGE_INFO = UTF8.encode('opik-bridge-v1')

/** Fewer arguments than a call takes on any platform. */
const MAX_ARGUMENTS = 8192

/** Standard base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += MAX_ARGUMENTS) {
    text += String.fromCharCode(...bytes.subarray(at, at + MAX_ARGUMENTS))
  }
  return btoa(text)
}

/** Bytes of standard base64, padded or not; undefined for any other alphabet or an impossible length. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined
  const unpadded = text.replace(/=+$/, '')
  if (unpadded.length % 4 === 1 || (text !== unpadded && text.length % 4 !== 0)) return undefined
  const characters = atob(unpadded)
  const bytes = new Uint8Array(characters.length)
  for (let at = 0; at < bytes.length; at++) bytes[at] = characters.charCodeAt(at)
  return bytes
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
  return toBase64(hmac(sha256, activationKey, activationMessage(sessionId, runnerName)))
}

/** Whether `hmac` (base64) proves knowledge of the activation key; compared in constant time. */
export async function verifyActivation(
  activationKey: Uint8Array,
  sessionId: string,
  runnerName: string,
  hmac: string,
): Promise<boolean> {
  return provesActivation(activationKey, sessionId, runnerName, hmac)
}

/** The same at once. */
export function provesActivation(
  activationKey: Uint8Array,
  sessionId: string,
  runnerName: string,
  proof: string,
): boolean {
  return isSignature(proof, activationKey, activationMessage(sessionId, runnerName))
}

function activationMessage(sessionId: string, runnerName: string): Uint8Array {
  return concat([parseUuid(sessionId), sha256(UTF8.encode(runnerName))])
}

/** The key that signs bridge traffic of a runner: HKDF-SHA256 of the activation key with the session's id as salt. */
export async function deriveBridgeKey(activationKey: Uint8Array, sessionId: string): Promise<Uint8Array> {
  return hkdf(sha256, activationKey, parseUuid(sessionId), BRIDGE_INFO, 32)
}

/**
 * Signature of a bridge command or of its result.
 *
 * @param label the command's type, or the result's status
 * @param payload the args or the result, `{}` for a failed command; a top-level `_hmac` in it is left out. Where its
 *   text matters (`1.0` is not `1` in Python), give what `readJson` has made of it.
 * @returns standard base64
 */
export async function signBridge(bridgeKey: Uint8Array, label: string, payload: unknown): Promise<string> {
  return toBase64(hmac(sha256, bridgeKey, bridgeMessage(label, payload)))
}

/** Whether `signature` fits a bridge command or result; compared in constant time. */
export async function verifyBridge(
  bridgeKey: Uint8Array,
  label: string,
  payload: unknown,
  signature: string,
): Promise<boolean> {
  return isSignature(signature, bridgeKey, bridgeMessage(label, payload))
}

function bridgeMessage(label: string, payload: unknown): Uint8Array {
  return UTF8.encode(label + canonicalJson(withoutSignature(payload)))
}

function withoutSignature(payload: unknown): unknown {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return payload
  const signed = Object.fromEntries(Object.entries(payload).filter(([key]) => key !== '_hmac'))
  keepSpelling(signed, payload)
  return signed
}

/**
 * JSON as both ends of the bridge sign it, which is what Python's `json.dumps` makes of it with sorted keys and without
 * spaces: ASCII alone, keys by code point, `1e-07`, `1e+16`. Of a value that `readJson` has read, `1.0` stays `1.0`.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'number') return pythonNumber(JSON.stringify(value))
  if (typeof value !== 'object' || value === null) return toAscii(JSON.stringify(value ?? null))
  const textOf = (key: string, member: unknown): string => {
    const spelling = spellingOf(value, key)
    return spelling === undefined ? canonicalJson(member) : pythonNumber(spelling)
  }
  if (Array.isArray(value)) return `[${value.map((item: unknown, place) => textOf(String(place), item)).join(',')}]`
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => compareCodePoints(a, b))
    .map(([key, member]) => `${toAscii(JSON.stringify(key))}:${textOf(key, member)}`)
  return `{${members.join(',')}}`
}

function toAscii(json: string): string {
  return json.replaceAll(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** UTF-16 puts astral characters before some that are below them. */
function compareCodePoints(a: string, b: string): number {
  let place = 0
  while (place < a.length && a[place] === b[place]) place++
  return rankAt(a, place) - rankAt(b, place)
}

function rankAt(text: string, place: number): number {
  const unit = place < text.length ? text.charCodeAt(place) : -1
  return (unit & 0xf800) === 0xd800 ? unit + 0x10000 : unit
}

/** A number's text as Python writes it once it has read it: whole ones keep their digits, others become the shortest. */
function pythonNumber(text: string): string {
  if (/^-?\d+$/.test(text)) return text === '-0' ? '0' : text
  const value = Number(text)
  if (!Number.isFinite(value)) return text === 'null' ? text : `${value}`
  const [digits = '', power = '0'] = value.toExponential().split('e')
  const exponent = Number(power)
  const sign = Object.is(value, -0) ? '-' : ''
  if (exponent < -4 || exponent >= 16) {
    return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  const fixed = exponent < 0 ? value.toFixed(digits.replace(/^-?\d\.?/, '').length - exponent) : String(value)
  return fixed.includes('.') ? fixed : `${sign}${fixed}.0`
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
const MAX_NAME_BYTES = 255

/**
 * Encodes a fragment as unpadded base64url: session, key, project, length of the name, name, type.
 * @throws KitError `pairing/name` for a name of more than 255 bytes in UTF-8.
 */
export function encodePairingFragment(fragment: PairingFragment): string {
  const name = UTF8.encode(fragment.runnerName)
  if (name.length > MAX_NAME_BYTES) {
    throw new KitError('pairing/name', {
      failed: `A pairing link holds a name of at most ${MAX_NAME_BYTES} bytes in UTF-8.`,
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

/** A pairing link, as a daemon prints it. */
export interface PairingLink extends PairingFragment {
  /** Where the daemon finds the API, such as `http://127.0.0.1:5173/api`. */
  apiUrl: string
  /** Shown to people; what counts is the id. */
  projectName: string
  /** Absent where the daemon knows none. */
  workspace?: string | undefined
}

/** Writes a pairing link: on the origin of the API, whatever path the API has. Throws as `encodePairingFragment` does. */
export function writePairingLink({ apiUrl, projectName, workspace, ...fragment }: PairingLink): string {
  const home = apiUrl.replace(/\/+$/, '').replace(/\/api$/, '')
  const query = Object.entries({ url: `${home}/`, project: projectName, workspace })
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]))
    .join('&')
  return `${new URL(apiUrl).origin}${PAIRING_PATH}?${query}#${encodePairingFragment(fragment)}`
}

/** The path of the page that pairing links lead to. */
export const PAIRING_PATH = '/opik/pair/v1'

/** What a link says, as far as it does: links of older daemons lack some of it. */
export interface ReadPairingLink extends PairingFragment {
  /** Where the web app of the daemon's server stands; the API is `api` below it. */
  url?: string
  projectName?: string
  workspace?: string
}

/** Reads a pairing link; undefined for an invalid one, or one that has lost a part of its fragment. */
export function readPairingLink(text: string): ReadPairingLink | undefined {
  if (!URL.canParse(text)) return undefined
  const { hash, searchParams } = new URL(text)
  const fragment = decodePairingFragment(hash)
  if (fragment === undefined) return undefined
  const [url, projectName, workspace] = ['url', 'project', 'workspace'].map((name) => searchParams.get(name))
  return {
    ...fragment,
    ...(url && { url }),
    ...(projectName && { projectName }),
    ...(workspace && { workspace }),
  }
}

function isSignature(signature: string, key: Uint8Array, message: Uint8Array): boolean {
  const given = fromBase64(signature)
  const wanted = hmac(sha256, key, message)
  if (given?.length !== wanted.length) return false
  return given.reduce((difference, byte, at) => difference | (byte ^ (wanted[at] ?? 0)), 0) === 0
}

function concat(parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
