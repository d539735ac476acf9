// The web page's half of pairing, written from the protocol with WebCrypto alone: what the package has of its own for
// this must agree with it.

export interface PairingLink {
  session: Uint8Array<ArrayBuffer>
  key: Uint8Array<ArrayBuffer>
  project: string
  name: string
  type: 'connect' | 'endpoint'
}

/** Session, key, project, length of the name, name, type; in base64url without padding. */
export function readLink(fragment: string): PairingLink {
  const text = atob(fragment.replace(/^#/, '').replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0))
  const nameEnd = 65 + (bytes[64] ?? 0)
  return {
    session: bytes.slice(0, 16),
    key: bytes.slice(16, 48),
    project: toUuid(bytes.slice(48, 64)),
    name: new TextDecoder().decode(bytes.slice(65, nameEnd)),
    type: bytes[nameEnd] === 0 ? 'connect' : 'endpoint',
  }
}

/** Proves that whoever activates knows the key: HMAC over session and hash of the name. */
export async function proof({ session, key }: PairingLink, name: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(name)))
  return sign(key, new Uint8Array([...session, ...hash]))
}

async function sign(key: Uint8Array<ArrayBuffer>, message: Uint8Array<ArrayBuffer>): Promise<string> {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.sign('HMAC', imported, message))))
}

export function toUuid(bytes: Uint8Array): string {
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
