// Mistakes in pairing: sessions, keys, what an activation makes, its proof, and the signatures of the bridge.
import { fromBase64, signActivation, verifyActivation } from '../../../src/kernel/pairing.js'
import type { Call } from '../call.js'
import { mutantsOf, type Mutant, type Spoil } from '../mutant.js'
import { isSuccess, membersIn, membersOf, refusal, textIn } from '../reply.js'
import { editResource, refuseWhen } from '../spoils.js'
import type { KnownSession, Stage } from '../stage.js'

const allowsOneSession: Spoil = (stage) => {
  let latest = ''
  return async (call) => {
    const { sessionId = '' } = call.path
    if (call.operation === 'activatePairingSession')
      return sessionId !== latest && stage.stateOf('pairingSession', sessionId) === 'open'
        ? refusal(404)
        : call.proceed()
    const reply = await call.proceed()
    if (isSuccess(reply)) latest = textIn(membersIn(reply), 'session_id')
    return reply
  }
}

export const pairingMutants: readonly Mutant[] = mutantsOf((it) => {
  it('pairing/one-open-session-at-a-time [createPairingSession activatePairingSession one-by-one]: Opening a session closes those that the caller has open.', () =>
    allowsOneSession)
  it('pairing/padding-demanded [createPairingSession]: A key without padding is refused (422).', () =>
    refuseWhen(422, ({ body }) => textIn(body, 'activation_key').length === 43))
  it('pairing/name-cut [getRunner listRunners]: The name of a runner is cut to 64 characters.', () =>
    editResource((runner) => ({ ...runner, name: textIn(runner, 'name').slice(0, 64) })))
  it('pairing/longest-name-refused [activatePairingSession]: A name of 128 characters is too long (422).', () =>
    refuseWhen(422, ({ body }) => textIn(body, 'runner_name').length >= 128))
})

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
  const session = stage.sessionOf(call)
  const key = session && fromBase64(session.key)
  if (session === undefined || key === undefined) return undefined
  return { session, key, name: textIn(call.body, 'runner_name'), hmac: textIn(call.body, 'hmac') }
}

/** Names are made into others before they are hashed, so that the usual proof of a name does not fit. */
const otherNames: readonly [what: string, mistake: string, change: (name: string) => string][] = [
  ['trimmed', 'Runs of spaces in a name count as one before it is hashed.', (name) => name.replaceAll(/\s+/g, ' ')],
  ['composed', 'A name is composed (NFC) before it is hashed.', (name) => name.normalize('NFC')],
  ['decomposed', 'A name is decomposed (NFD) before it is hashed.', (name) => name.normalize('NFD')],
  ['in-latin', 'A name is hashed as Latin-1, with question marks.', (name) => name.replaceAll(/[^ -\u00ff]/g, '?')],
  [
    'escaped',
    'A name is hashed as it stands in JSON, with its quotes escaped.',
    (name) => JSON.stringify(name).slice(1, -1),
  ],
  ['cut-at-100', 'A name is cut to 100 characters before it is hashed.', (name) => name.slice(0, 100)],
]

export const pairingCryptoMutants: readonly Mutant[] = mutantsOf((it) => {
  for (const [what, mistake, change] of otherNames)
    it(`pairing-crypto/name-${what} [activatePairingSession]: ${mistake}`, () =>
      refuseWhen(403, (call, stage) => {
        const claim = claimOf(call, stage)
        return claim !== undefined && change(claim.name) !== claim.name
      }))
  it('pairing-crypto/signature-judged [createBridgeCommand]: The server refuses commands with wrong signatures.', () =>
    refuseWhen(400, ({ members }) => {
      const args = membersOf(members['args'])
      return '_hmac' in args && !('edits' in args)
    }))
})
