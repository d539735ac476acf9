// Mistakes in judging the proof that activates a session, and in carrying the signatures of the bridge.
import { fromBase64, signActivation, toBase64, verifyActivation } from '../../../src/kernel/pairing.js'
import type { Reply } from '../../../src/mocks/base/exchange.js'
import type { Call } from '../call.js'
import { defineMutant, type Mutant, type Spoil } from '../mutant.js'
import { answer, isObject, itemsOf, membersOf, refusal, textIn, withBody, without, jsonIn } from '../reply.js'
import { editReply, editRequestBody, editResource, insteadOf, refuseWhen } from '../spoils.js'
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
  return defineMutant({
    id: `pairing-crypto/${what}`,
    mistake,
    touches,
    spoil: misjudges(({ name }) => change(name) !== name),
  })
}

/** The first bytes of a proof; none when it is no base64. */
function bytesOf(proof: string): Uint8Array {
  const known = proof.slice(0, Math.max(proof.search(/[^A-Za-z0-9+/]/), 0) || undefined)
  return fromBase64(known.slice(0, known.length - (known.length % 4 === 1 ? 1 : 0))) ?? new Uint8Array()
}

function withoutSignature(value: unknown): unknown {
  return isObject(value) ? without(value, '_hmac') : value
}

const nameMutants = [
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
]

const keyMutants = [
  defineMutant({
    id: 'pairing-crypto/zero-key-refused',
    mistake: 'A key of zeros counts as none: its proofs are refused.',
    touches,
    spoil: misjudges(({ key }) => key.every((byte) => byte === 0)),
  }),
  defineMutant({
    id: 'pairing-crypto/key-read-as-url-safe',
    mistake: 'Keys are read in the URL-safe alphabet; those with + or / come out wrong.',
    touches,
    spoil: misjudges(({ session }) => /[+/]/.test(session.key)),
  }),
]

const proofMutants = [
  defineMutant({
    id: 'pairing-crypto/any-proof-taken',
    mistake: 'Any proof of the right length activates a session.',
    touches,
    spoil: takesAlso(({ hmac }) => hmac.length === 43 || hmac.length === 44),
  }),
  defineMutant({
    id: 'pairing-crypto/beginning-compared',
    mistake: 'Proofs are compared as far as both go: one with a byte less fits, too.',
    touches,
    spoil: takesAlso(async ({ key, session, name, hmac }) => {
      const right = fromBase64(await signActivation(key, session.id, name)) ?? new Uint8Array()
      const given = fromBase64(hmac) ?? new Uint8Array()
      return given.length >= 31 && given.every((byte, at) => at >= 32 || byte === right[at])
    }),
  }),
  defineMutant({
    id: 'pairing-crypto/odd-letters-skipped',
    mistake: 'Letters that are no base64 are skipped when a proof is read.',
    touches,
    spoil: takesAlso(async ({ key, session, name, hmac }) => {
      const right = fromBase64(await signActivation(key, session.id, name)) ?? new Uint8Array()
      const given = bytesOf(hmac)
      return given.length >= 30 && given.length < 31 && given.every((byte, at) => byte === right[at])
    }),
  }),
  defineMutant({
    id: 'pairing-crypto/url-safe-taken',
    mistake: 'A proof in the URL-safe alphabet is taken.',
    touches,
    spoil: takesAlso(({ key, session, name, hmac }) =>
      verifyActivation(key, session.id, name, hmac.replaceAll('-', '+').replaceAll('_', '/')),
    ),
  }),
  defineMutant({
    id: 'pairing-crypto/padding-demanded',
    mistake: 'A proof without padding is refused.',
    touches,
    spoil: refuseWhen(403, ({ body }) => textIn(body, 'hmac').length === 43),
  }),
  defineMutant({
    id: 'pairing-crypto/padding-refused',
    mistake: 'A proof with padding is refused, where it has signs beyond letters and digits.',
    touches,
    spoil: refuseWhen(403, ({ body }) => /[+/].*=$/.test(textIn(body, 'hmac'))),
  }),
  defineMutant({
    id: 'pairing-crypto/names-compared-loosely',
    mistake: 'Names that look alike are one name to the proof.',
    touches,
    spoil: takesAlso(({ key, session, name, hmac }) => verifyActivation(key, session.id, name.normalize('NFD'), hmac)),
  }),
  defineMutant({
    id: 'pairing-crypto/session-not-in-message',
    mistake: 'A proof that was made for another session with the same key is taken.',
    touches,
    spoil: (stage) => async (call) => {
      const others = [...stage.sessions.values()].filter(
        ({ id, key }) => id !== call.path['sessionId'] && key === claimOf(call, stage)?.session.key,
      )
      return takesAlso(async ({ key, name, hmac }) => {
        const fits = await Promise.all(others.map(({ id }) => verifyActivation(key, id, name, hmac)))
        return fits.includes(true)
      })(stage)(call)
    },
  }),
  defineMutant({
    id: 'pairing-crypto/wrong-proof-ends-session',
    mistake: 'A wrong proof ends the session.',
    touches,
    spoil: () => {
      const ended = new Set<string>()
      return async (call) => {
        const id = call.path['sessionId'] ?? ''
        if (ended.has(id)) return refusal(404)
        const reply = await call.proceed()
        if (reply.status === 403) ended.add(id)
        return reply
      }
    },
  }),
  defineMutant({
    id: 'pairing-crypto/wrong-proof-makes-runner',
    mistake: 'The runner of a wrong proof can be read for a moment.',
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
  defineMutant({
    id: 'pairing-crypto/wrong-proof-as-unauthorized',
    mistake: 'A wrong proof is 401 instead of 403.',
    touches,
    spoil: insteadOf(403, 401),
  }),
  defineMutant({
    id: 'pairing-crypto/wrong-proof-after-activation-conflicts',
    mistake: 'Once a session is activated, a wrong proof is 409 as a right one is.',
    touches,
    spoil: editReply((reply, call, stage) =>
      reply.status === 403 && stage.stateOf('pairingSession', call.path['sessionId'] ?? '') === 'activated'
        ? refusal(409)
        : reply,
    ),
  }),
  defineMutant({
    id: 'pairing-crypto/replay-repeats-answer',
    mistake: 'The same activation sent again is answered as the first time.',
    touches,
    spoil: () => {
      const answered = new Map<string, Reply>()
      return async (call) => {
        const known = answered.get(call.exchange.url + call.text)
        if (known !== undefined) return { ...known }
        const reply = await call.proceed()
        if (reply.status === 201) answered.set(call.exchange.url + call.text, reply)
        return reply
      }
    },
  }),
]

const bridgeMutants = [
  defineMutant({
    id: 'pairing-crypto/command-signature-stripped',
    mistake: 'The signature of a command is taken for a field of its own and not handed on.',
    touches: ['nextBridgeCommands'],
    spoil: editResource((command) => ({ ...command, args: withoutSignature(command['args']) })),
  }),
  defineMutant({
    id: 'pairing-crypto/command-args-without-nulls',
    mistake: 'Nulls in lists of signed args are dropped on the way.',
    touches: ['createBridgeCommand'],
    spoil: editRequestBody((body) => {
      const args = membersOf(body['args'])
      const deep = membersOf(args['deep'])
      return Array.isArray(deep['b'])
        ? { ...body, args: { ...args, deep: { ...deep, b: itemsOf(deep['b']).filter((each) => each !== null) } } }
        : body
    }),
  }),
  defineMutant({
    id: 'pairing-crypto/fractions-rounded',
    mistake: 'Fractions in results are rounded, so that signatures no longer fit.',
    touches: ['getBridgeCommand'],
    spoil: editReply((reply) =>
      reply.body === ''
        ? reply
        : withBody(reply, JSON.parse(JSON.stringify(jsonIn(reply)).replaceAll(/:0\.5\b/g, ':1'))),
    ),
  }),
  defineMutant({
    id: 'pairing-crypto/result-signature-stripped',
    mistake: 'The signature of a result is not shown.',
    touches: ['getBridgeCommand'],
    spoil: editResource((command) =>
      'result' in command ? { ...command, result: withoutSignature(command['result']) } : command,
    ),
  }),
  defineMutant({
    id: 'pairing-crypto/signature-judged',
    mistake: 'The server judges the signatures of commands itself and refuses wrong ones.',
    touches: ['createBridgeCommand'],
    spoil: refuseWhen(400, ({ members }) => {
      const args = membersOf(members['args'])
      return '_hmac' in args && !('edits' in args)
    }),
  }),
  defineMutant({
    id: 'pairing-crypto/signature-made-anew',
    mistake: 'The server signs commands itself, over the args as it stores them.',
    touches: ['nextBridgeCommands'],
    spoil: editResource((command) => ({
      ...command,
      args: isObject(command['args']) ? { ...command['args'], _hmac: toBase64(new Uint8Array(32)) } : command['args'],
    })),
  }),
]

export const pairingCryptoMutants: readonly Mutant[] = [
  ...nameMutants,
  ...keyMutants,
  ...proofMutants,
  ...bridgeMutants,
]
