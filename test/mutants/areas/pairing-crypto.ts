// Mistakes in judging the proof that activates a session, and in carrying the signatures of the bridge.
import { fromBase64, signActivation, verifyActivation } from '../../../src/kernel/pairing.js'
import type { Call } from '../call.js'
import { defineMutant, type Mutant, type Spoil } from '../mutant.js'
import { answer, membersOf, textIn } from '../reply.js'
import { refuseWhen } from '../spoils.js'
import type { KnownSession, Stage } from '../stage.js'

const touches = ['activatePairingSession'] as const

/** What a server knows when it judges a proof. */
export interface Claim {
  readonly session: KnownSession
  readonly key: Uint8Array
  readonly name: string
  readonly hmac: string
}

/** Lets a proof pass that the mock refuses, where `isTaken`: the request goes on with the right proof. */
export function takesAlso(isTaken: (claim: Claim) => boolean | Promise<boolean>): Spoil {
  return (stage) => async (call) => {
    const claim = claimOf(call, stage)
    if (claim === undefined) return call.proceed()
    const { key, name, hmac, session } = claim
    const isRight = await verifyActivation(key, session.id, name, hmac)
    if (isRight || !(await isTaken(claim))) return call.proceed()
    return call.proceed({ body: { ...call.members, hmac: await signActivation(key, session.id, name) } })
  }
}

function claimOf(call: Call, stage: Stage): Claim | undefined {
  const session = stage.sessions.get(call.path['sessionId'] ?? '')
  const key = session === undefined ? undefined : fromBase64(session.key)
  if (session === undefined || key === undefined) return undefined
  return { session, key, name: textIn(call.body, 'runner_name'), hmac: textIn(call.body, 'hmac') }
}

/** Refuses right proofs of names and keys that the server gets wrong. */
function misjudges(isWrong: (claim: Claim) => boolean): Spoil {
  return refuseWhen(403, (call, stage) => {
    const claim = claimOf(call, stage)
    return claim !== undefined && isWrong(claim)
  })
}

/** The name is made into another one before it is hashed, so that the usual proof of the name does not fit. */
function hashesOtherName(what: string, mistake: string, change: (name: string) => string): Mutant {
  return defineMutant(`pairing-crypto/${what}`, mistake, {
    touches,
    spoil: misjudges(({ name }) => change(name) !== name),
  })
}

export const pairingCryptoMutants: readonly Mutant[] = [
  hashesOtherName('name-trimmed', 'Runs of spaces in a name count as one before it is hashed.', (name) =>
    name.replaceAll(/\s+/g, ' '),
  ),
  hashesOtherName('name-composed', 'A name is composed (NFC) before it is hashed.', (name) => name.normalize('NFC')),
  hashesOtherName('name-decomposed', 'A name is decomposed (NFD) before it is hashed.', (name) =>
    name.normalize('NFD'),
  ),
  hashesOtherName('name-in-latin', 'A name is hashed as Latin-1, with question marks for what that lacks.', (name) =>
    name.replaceAll(/[^ -\u00ff]/g, '?'),
  ),
  hashesOtherName('name-without-emoji', 'Letters beyond 16 bits are hashed as two.', (name) =>
    name.replaceAll(/[\u{10000}-\u{10ffff}]/gu, '?'),
  ),
  hashesOtherName('name-escaped', 'A name is hashed as it stands in JSON, with its quotes escaped.', (name) =>
    JSON.stringify(name).slice(1, -1),
  ),
  hashesOtherName('name-cut-at-100', 'A name is cut to 100 characters before it is hashed.', (name) =>
    name.slice(0, 100),
  ),
  hashesOtherName('name-unhashed', 'The message holds the name itself instead of its hash.', (name) => `${name}.`),
  defineMutant('pairing-crypto/wrong-proof-makes-runner', 'The runner of a wrong proof can be read for a moment.', {
    touches: ['activatePairingSession', 'getRunner'],
    spoil: (stage) => {
      const tried = new Map<string, string>()
      return async (call) => {
        const reply = await call.proceed()
        const session = stage.sessions.get(call.path['sessionId'] ?? '')
        if (session !== undefined && reply.status === 403) tried.set(session.runnerId, session.type)
        const id = call.path['runnerId'] ?? ''
        const type = tried.get(id)
        if (call.operation !== 'getRunner' || reply.status !== 404 || type === undefined) return reply
        const shown = { id, name: 'x', type, status: 'disconnected', agents: [], capabilities: ['jobs'] }
        return answer(200, { ...shown, project_id: id, connected_at: '2026-01-01T00:00:00Z' })
      }
    },
  }),
  defineMutant('pairing-crypto/signature-judged', 'The server refuses commands with wrong signatures.', {
    touches: ['createBridgeCommand'],
    spoil: refuseWhen(400, ({ members }) => {
      const args = membersOf(members['args'])
      return '_hmac' in args && !('edits' in args)
    }),
  }),
]
