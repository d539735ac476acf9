// The published vectors, computed once more with node:crypto alone, and held against our own cryptography.
import { createHash, createHmac, hkdfSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { makeProof } from '../../../src/contracts/suites/core/pairing-checks.js'
import vectors from '../../../src/contracts/suites/core/pairing-vectors.json' with { type: 'json' }
import {
  decodePairingFragment,
  deriveBridgeKey,
  encodePairingFragment,
  fromBase64,
  signActivation,
  signBridge,
  toBase64,
  verifyActivation,
  verifyBridge,
} from '../../../src/kernel/pairing.js'

const bytes = (base64: string) => Buffer.from(base64, 'base64')
const uuidBytes = (uuid: string) => Buffer.from(uuid.replaceAll('-', ''), 'hex')

describe('the vectors of activations', () => {
  it.each(vectors.activation)('hold for $id', async (vector) => {
    const { activation_key, session_id, runner_name, message_hex, hmac } = vector
    const name = Buffer.from(runner_name, 'utf8')
    expect(name.toString('hex')).toBe(vector.runner_name_utf8_hex)
    const message = Buffer.concat([uuidBytes(session_id), createHash('sha256').update(name).digest()])
    expect(message.toString('hex')).toBe(message_hex)
    expect(createHmac('sha256', bytes(activation_key)).update(message).digest('base64')).toBe(hmac)
    const key = fromBase64(activation_key)!
    expect(await signActivation(key, session_id, runner_name)).toBe(hmac)
    expect(await verifyActivation(key, session_id, runner_name, hmac)).toBe(true)
    expect(makeProof({ key, sessionId: session_id, runnerId: '', name: runner_name })).toBe(hmac)
  })

  it('tell names apart that look alike', () => {
    const [latin, decomposed] = ['latin', 'decomposed'].map((id) => vectors.activation.find((each) => each.id === id)!)
    expect(latin!.runner_name.normalize('NFD')).toBe(decomposed!.runner_name)
    expect(latin!.hmac).not.toBe(decomposed!.hmac)
  })
})

describe('the vectors of bridge keys', () => {
  it.each(vectors.bridge_key)('hold for session $session_id', async ({ activation_key, session_id, bridge_key }) => {
    const derived = hkdfSync('sha256', bytes(activation_key), uuidBytes(session_id), 'opik-bridge-v1', 32)
    expect(Buffer.from(derived).toString('base64')).toBe(bridge_key)
    expect(toBase64(await deriveBridgeKey(bytes(activation_key), session_id))).toBe(bridge_key)
  })
})

describe('the vectors of bridge signatures', () => {
  it.each(vectors.bridge_signature)('hold for $message', async ({ bridge_key, label, payload, message, signature }) => {
    expect(createHmac('sha256', bytes(bridge_key)).update(message).digest('base64')).toBe(signature)
    expect(await signBridge(bytes(bridge_key), label, payload)).toBe(signature)
    const sent = { ...payload, _hmac: signature }
    expect(await verifyBridge(bytes(bridge_key), label, sent, signature)).toBe(true)
    expect(await verifyBridge(bytes(bridge_key), `${label}x`, sent, signature)).toBe(false)
  })
})

describe('the vectors of link fragments', () => {
  it.each(vectors.link_fragment)('hold for $runner_name', ({ fragment, ...parts }) => {
    const decoded = decodePairingFragment(`#${fragment}`)!
    expect(decoded).toEqual({
      sessionId: parts.session_id,
      activationKey: new Uint8Array(bytes(parts.activation_key)),
      projectId: parts.project_id,
      runnerName: parts.runner_name,
      type: parts.type,
    })
    expect(encodePairingFragment(decoded)).toBe(fragment)
  })
})
