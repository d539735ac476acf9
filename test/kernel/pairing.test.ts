// What the published vectors (test/contracts/checks/all-checks.test.ts) do not tell of pairing: odd spellings, and the SDK's
// signatures.
import { createHmac, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { readJson } from '../../src/kernel/json-text.js'
import {
  canonicalJson,
  decodePairingFragment,
  deriveBridgeKey,
  encodePairingFragment,
  fromBase64,
  signActivation,
  signBridge,
  toBase64,
  verifyActivation,
  verifyBridge,
  writePairingLink,
} from '../../src/kernel/pairing.js'
import recorded from '../recorded/bridge-signatures.json' with { type: 'json' }

const SESSION = '019f5fa5-d430-7d25-8f73-4c49a1dd4d8f'
const PROJECT = '019f5fa5-d430-7d25-8f73-4c49a1dd4d90'
const KEY = Buffer.from(Array.from({ length: 32 }, (_, index) => 255 - index))

describe('activation', () => {
  it('is what WebCrypto makes of it', async () => {
    const sign = async (bytes: Uint8Array<ArrayBuffer>, key: Uint8Array<ArrayBuffer>): Promise<string> => {
      const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
      return Buffer.from(await crypto.subtle.sign('HMAC', imported, bytes)).toString('base64')
    }
    const name = await crypto.subtle.digest('SHA-256', Buffer.from('laptop'))
    const session = Buffer.from(SESSION.replaceAll('-', ''), 'hex')
    expect(await signActivation(KEY, SESSION, 'laptop')).toBe(
      await sign(Buffer.concat([session, Buffer.from(name)]), Buffer.from(KEY)),
    )
    const base = await crypto.subtle.importKey('raw', Buffer.from(KEY), 'HKDF', false, ['deriveBits'])
    const info = Buffer.from('opik-bridge-v1')
    const bits = await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: session, info }, base, 256)
    expect(await deriveBridgeKey(KEY, SESSION)).toEqual(new Uint8Array(bits))
  })

  it.each(['laptop', '', 'x'.repeat(300)])(
    'has a proof that needs no padding and no case of the id: %s',
    async (name) => {
      const hmac = await signActivation(KEY, SESSION, name)
      expect(await signActivation(KEY, SESSION.toUpperCase(), name)).toBe(hmac)
      expect(await verifyActivation(KEY, SESSION, name, hmac.replace(/=+$/, ''))).toBe(true)
    },
  )

  it('does not verify with anything else', async () => {
    const hmac = await signActivation(KEY, SESSION, 'laptop')
    expect(await verifyActivation(KEY, SESSION, 'Laptop', hmac)).toBe(false)
    expect(await verifyActivation(KEY, PROJECT, 'laptop', hmac)).toBe(false)
    expect(await verifyActivation(randomBytes(32), SESSION, 'laptop', hmac)).toBe(false)
    for (const wrong of ['', 'AAAA', '*'.repeat(44), hmac.slice(0, 40), `${hmac}AAAA`]) {
      expect(await verifyActivation(KEY, SESSION, 'laptop', wrong), wrong).toBe(false)
    }
  })
})

it('a session that is named by no UUID has no proof and no key', async () => {
  await expect(signActivation(KEY, 'session', 'laptop')).rejects.toThrow(TypeError)
  await expect(deriveBridgeKey(KEY, '')).rejects.toThrow(TypeError)
})

it('bridge signs label and canonical payload, without the signature itself', async () => {
  const bridgeKey = await deriveBridgeKey(KEY, SESSION)
  const signed = (text: string): string => createHmac('sha256', bridgeKey).update(text, 'utf8').digest('base64')
  const wanted = signed(String.raw`Exec{"a":{"y":[1,null],"z":"\u00fc"},"command":"ls"}`)
  const args = { command: 'ls', _hmac: 'ignored', a: { z: 'ü', y: [1, null] } }
  expect(await signBridge(bridgeKey, 'Exec', args)).toBe(wanted)
  expect(await verifyBridge(bridgeKey, 'Exec', args, wanted)).toBe(true)
  expect(await verifyBridge(bridgeKey, 'ReadFile', args, wanted)).toBe(false)
  expect(await verifyBridge(bridgeKey, 'Exec', { ...args, command: 'rm' }, wanted)).toBe(false)
  expect(await signBridge(bridgeKey, 'completed', null)).toBe(signed('completednull'))
  expect(await signBridge(bridgeKey, 'completed', ['_hmac'])).toBe(signed('completed["_hmac"]'))
})

describe('signatures of the published Python SDK', () => {
  const { bridge_key_base64: key, vectors } = recorded

  it.each(vectors)(
    'are made and recognised: $signed_text',
    async ({ label, args, args_text: text, signed_text, hmac }) => {
      const bridgeKey = Buffer.from(key, 'base64')
      const read = readJson(text ?? JSON.stringify(args))
      expect(label + canonicalJson(read)).toBe(signed_text)
      expect(await signBridge(bridgeKey, label, read)).toBe(hmac)
      expect(await verifyBridge(bridgeKey, label, read, hmac)).toBe(true)
      expect(await verifyBridge(bridgeKey, label, { ...args, more: 1 }, hmac)).toBe(false)
    },
  )
})

describe('canonicalJson', () => {
  it.each([
    [{ b: 1, a: { d: [{ z: 1, y: 2 }], c: null } }, '{"a":{"c":null,"d":[{"y":2,"z":1}]},"b":1}'],
    [{ a: undefined, b: 'x"\n' }, '{"b":"x\\"\\n"}'],
    [{ ab: 1, a: 2, '': 3, '\u{1F600}': 4, '\uFB00': 5 }, String.raw`{"":3,"a":2,"ab":1,"\ufb00":5,"\ud83d\ude00":4}`],
    [[3, 1, 2], '[3,1,2]'],
    [Number.NaN, 'null'],
    ['text', '"text"'],
    [null, 'null'],
    [
      [1e-7, 1e16 + 2, 1e21, 0.0001, 0.00001, 1.5, -2.25e-5, 123456789.5],
      '[1e-07,10000000000000002,1e+21,0.0001,1e-05,1.5,-2.25e-05,123456789.5]',
    ],
  ])('sorts keys and leaves no space %#', (value, text) => {
    expect(canonicalJson(value)).toBe(text)
  })

  it.each([
    ['[100000.0,1E5,0.10,-5.0,-0.0,-0,1e15,1e16]', '[100000.0,100000.0,0.1,-5.0,-0.0,0,1000000000000000.0,1e+16]'],
    ['[1.50e-5,0.00010,1e400,-1e400,0.30000000000000004]', '[1.5e-05,0.0001,Infinity,-Infinity,0.30000000000000004]'],
  ])('writes the numbers of %s as Python does once it has read them', (text, wanted) => {
    expect(canonicalJson(readJson(text))).toBe(wanted)
  })
})

describe('base64', () => {
  it('agrees with Buffer, padded or not, for every length', () => {
    for (let length = 0; length < 70; length++) {
      const bytes = randomBytes(length)
      const text = bytes.toString('base64')
      expect(toBase64(bytes)).toBe(text)
      expect(Buffer.from(fromBase64(text) ?? [])).toEqual(bytes)
      expect(Buffer.from(fromBase64(text.replace(/=+$/, '')) ?? [])).toEqual(bytes)
    }
  })

  it.each(['A', 'AA=', 'AAA==', '====', 'A===', 'AA-_', 'AA AA', 'AA\n', 'é', 'AA=A', 'AA==AAAA'])(
    'refuses %j',
    (text) => {
      expect(fromBase64(text)).toBeUndefined()
    },
  )
})

describe('the fragment of a pairing link', () => {
  const fragment = { sessionId: SESSION, activationKey: new Uint8Array(KEY), projectId: PROJECT, runnerName: 'Grüße' }

  it.each([
    ['http://127.0.0.1:5173/api', 'http://127.0.0.1:5173/'],
    ['http://127.0.0.1:5173/api//', 'http://127.0.0.1:5173/'],
    ['https://opik.example/opik/api/', 'https://opik.example/opik/'],
    ['https://opik.example/apis', 'https://opik.example/apis/'],
    ['https://opik.example', 'https://opik.example/'],
  ])('stands in a link that names the home of %s', (apiUrl, home) => {
    const link = new URL(writePairingLink({ ...fragment, type: 'connect', apiUrl, projectName: 'a & b' }))
    expect(link.origin + link.pathname).toBe(`${new URL(apiUrl).origin}/opik/pair/v1`)
    expect([...link.searchParams]).toEqual([
      ['url', home],
      ['project', 'a & b'],
    ])
    expect(decodePairingFragment(link.hash)).toEqual({ ...fragment, type: 'connect' })
  })

  it.each(['connect', 'endpoint'] as const)('takes names of up to 255 bytes (%s)', (type) => {
    const longest = { ...fragment, runnerName: `x${'ü'.repeat(127)}`, type }
    expect(decodePairingFragment(encodePairingFragment(longest))).toEqual(longest)
    expect(() => encodePairingFragment({ ...longest, runnerName: 'ü'.repeat(128) })).toThrow(
      expect.objectContaining({ code: 'pairing/name' }),
    )
  })

  it('is not read when it is malformed', () => {
    const text = encodePairingFragment({ ...fragment, type: 'connect' })
    const bytes = Buffer.from(text, 'base64url')
    const wrongType = Buffer.from(bytes)
    wrongType[bytes.length - 1] = 2
    const cut = [text.slice(0, -2), `${text}AA`, `${text.slice(0, 8)}#${text.slice(8)}`]
    for (const wrong of ['', '#', 'x', ...cut, wrongType.toString('base64url'), '!'.repeat(90)])
      expect(decodePairingFragment(wrong), wrong).toBeUndefined()
  })
})
