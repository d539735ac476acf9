// Checks of pairing: sessions, keys, what an activation makes; the proof that activates a session, what must be accepted, down to
// the letter, and what must not; and bridge signatures, which a server carries without judging them.
import { toBase64, deriveBridgeKey, fromBase64, signBridge, verifyBridge } from '../../../kernel/pairing.js'
import { hmacOf, sha256 as hash, uuidBytes, activate, openSession } from '../../check/runner-handle.js'
import { constants } from '../../../lifecycle/table.js'
import { checksOn } from './checks-on.js'
import { takes } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { expectEqual, expectStatus, expectThat } from '../../target/expectation.js'
import { secondsBetween, pickedUpCommand } from '../../check/check-steps.js'
import vectors from './pairing-vectors.json' with { type: 'json' }

const { session_ttl_seconds_min: shortest, session_ttl_seconds_max: longest } = constants

/** One character of two UTF-16 units. */
const ASTRAL = '\u{1F642}'

const keyOf = (bytes: number): string => toBase64(new Uint8Array(bytes).fill(7))

/** What a proof is made from. */
export interface ProofParts {
  readonly key: Uint8Array
  readonly sessionId: string
  /** The runner id that the session reserves. */
  readonly runnerId: string
  readonly name: string
}

/** The same with what is signed of it: the session's bytes, the hashed name, and the bytes of the right proof. */
const prepare = (parts: ProofParts) => {
  const [session, hashed] = [uuidBytes(parts.sessionId), hash(parts.name)]
  return { ...parts, session, hashed, right: hmacOf('sha256', parts.key, session, hashed) }
}

type Forge = (of: ReturnType<typeof prepare>) => string

const forgery = (forge: Forge) => (parts: ProofParts) => forge(prepare(parts))

/** The right proof: HMAC-SHA256 under the key over the session's bytes and the hashed name. */
export const makeProof = forgery(({ right }) => toBase64(right))

const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Bytes that differ in one bit, the last. */
function flipBit(bytes: Uint8Array): Uint8Array {
  return bytes.with(-1, (bytes.at(-1) ?? 0) ^ 1)
}

const sign = (key: Uint8Array, ...parts: readonly (Uint8Array | string)[]): string =>
  toBase64(hmacOf('sha256', key, ...parts))

/**
 * Proofs that are nearly right, each by a name that ids can use: a departure from the scheme in one way in which a client, or
 * an attacker, might, in words and as a function. A server must refuse them all.
 */
export const forgedActivations = (
  [
    ['other-key', 'a key that differs in one bit', (of) => sign(flipBit(of.key), of.session, of.hashed)],
    [
      'key-as-text',
      "the key's base64 text in place of its bytes",
      (of) => sign(Buffer.from(toBase64(of.key)), of.session, of.hashed),
    ],
    ['key-reversed', "the key's bytes in reverse", (of) => sign(of.key.toReversed(), of.session, of.hashed)],
    ['other-name', 'another runner name', (of) => sign(of.key, of.session, hash(`${of.name}2`))],
    [
      'name-in-capitals',
      'the runner name in other letter case',
      (of) => sign(of.key, of.session, hash(of.name.toUpperCase())),
    ],
    [
      'name-with-space',
      'the runner name with a space behind it',
      (of) => sign(of.key, of.session, hash(`${of.name} `)),
    ],
    ['empty-name', 'no runner name', (of) => sign(of.key, of.session, hash(''))],
    ['name-unhashed', 'the runner name itself in place of its hash', (of) => sign(of.key, of.session, of.name)],
    [
      'name-hash-as-hex',
      "the runner name's hash as hexadecimal text",
      (of) => sign(of.key, of.session, toHex(of.hashed)),
    ],
    [
      'name-in-utf16',
      'the runner name in UTF-16',
      (of) => sign(of.key, of.session, hash(Buffer.from(of.name, 'utf16le'))),
    ],
    ['other-session', 'another session id', (of) => sign(of.key, flipBit(of.session), of.hashed)],
    ['runner-id', "the runner's id in place of the session's", (of) => sign(of.key, uuidBytes(of.runnerId), of.hashed)],
    ['session-as-text', "the session id's text in place of its bytes", (of) => sign(of.key, of.sessionId, of.hashed)],
    [
      'session-little-endian',
      "the session id's first fields in little-endian order",
      (of) => sign(of.key, littleEndian(of.session), of.hashed),
    ],
    ['session-reversed', "the session id's bytes in reverse", (of) => sign(of.key, of.session.toReversed(), of.hashed)],
    ['without-session', 'the name alone', (of) => sign(of.key, of.hashed)],
    ['without-name', 'the session alone', (of) => sign(of.key, of.session)],
    ['swapped-parts', 'name and session in the wrong order', (of) => sign(of.key, of.hashed, of.session)],
    ['plain-hash', 'a hash without a key', (of) => toBase64(hash(Buffer.concat([of.session, of.hashed])))],
    [
      'sha-512',
      'the first half of an HMAC with SHA-512',
      (of) => toBase64(hmacOf('sha512', of.key, of.session, of.hashed).subarray(0, 32)),
    ],
    ['zeros', 'nothing but zeros', () => toBase64(new Uint8Array(32))],
    ['one-byte-less', 'one byte less', (of) => toBase64(of.right.subarray(0, 31))],
    ['one-byte-more', 'one byte more', (of) => toBase64(Buffer.concat([of.right, new Uint8Array(1)]))],
    ['undecodable', 'characters that are no base64', (of) => `${toBase64(of.right).slice(0, 41)}!*=`],
  ] satisfies readonly (readonly [name: string, title: string, forge: Forge])[]
).map(([name, title, forge]) => [name, title, forgery(forge)] as const)

/** As some platforms write UUIDs: the first three fields with their bytes turned around. */
function littleEndian(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15], (at) => bytes[at] ?? 0)
}

/** Ways to write a key. */
const KEYS = [
  ['padded', 'with', toBase64],
  ['unpadded', 'without', (key: Uint8Array) => toBase64(key).replace('=', '')],
] as const

interface SessionOptions {
  /** Default: in base64. */
  writeKey?: (key: Uint8Array) => string
  activationKey?: Uint8Array
  /** Default: one that is not taken. */
  nameOf?: (context: Context) => string
  /** Makes the proof `forged`. Default: the right one. */
  forge?: (parts: ProofParts) => string
  /** Whether that proof will do. Default: any. */
  isUsable?: (proof: string) => boolean
}

/** An open session, with a name for its runner, the right proof of that and another one. */
const opened =
  ({
    nameOf = (context) => context.name('runner'),
    forge = makeProof,
    isUsable,
    writeKey,
    ...options
  }: SessionOptions = {}) =>
  async (context: Context) => {
    const { sessionId, runnerId, activationKey: key } = await openSession(context, options, writeKey)
    context.defer(() => context.call('disconnectRunner', { path: { runnerId } }))
    for (;;) {
      const name = nameOf(context)
      const parts = { key, sessionId, runnerId, name }
      const hmac = makeProof(parts)
      if (isUsable?.(hmac) !== false) return { sessionId, runnerId, runner_name: name, hmac, forged: forge(parts) }
    }
  }

/** Two sessions of one key, with the proof of the first for the second. */
async function twoOpened(context: Context) {
  const activationKey = context.random.bytes(32)
  const { sessionId: first, runner_name, hmac } = await opened({ activationKey })(context)
  const second = await opened({ activationKey, nameOf: () => runner_name, forge: () => hmac })(context)
  return { ...second, first }
}

/** The forged proof is refused, no runner comes of it, and the session is as good as before. */
const REFUSED = ['activatePairingSession hmac=$forged: 403', 'getRunner: 404', 'activatePairingSession: 201'].join('\n')

/** Whether a proof has a letter in which the two alphabets of base64 differ. */
const differsByAlphabet = (proof: string): boolean => /[+/]/.test(proof)

function toUrlSafe(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_')
}

/** Ways to write a right proof, and whether it counts. */
const SPELLINGS: readonly (readonly [id: string, title: string, isTaken: boolean, write: (proof: string) => string])[] =
  [
    ['url-safe-alphabet', 'in the URL-safe alphabet', false, toUrlSafe],
    [
      'url-safe-unpadded',
      'in the URL-safe alphabet without padding',
      false,
      (hmac) => toUrlSafe(hmac).replace('=', ''),
    ],
    ['padded-proof', 'with its padding', true, (hmac) => hmac],
    ['unpadded-proof', 'without its padding', true, (hmac) => hmac.replace('=', '')],
  ]

const SIGNED_ARGS = {
  path: 'büro/README.md',
  edits: [{ old_string: 'a', new_string: '"ä"\n' }],
  deep: { b: [1, null], a: 0.5 },
}

/** Expects the signed JSON as it was sent, with a signature that fits. */
async function expectIntact(key: Uint8Array, label: string, shown: unknown, _hmac: string): Promise<void> {
  expectEqual('what was signed', shown, { ...SIGNED_ARGS, _hmac })
  expectThat(await verifyBridge(key, label, shown, _hmac), 'the signature to fit', shown)
}

export const pairingChecks = checksOn('activatePairingSession pairingSession', (it, at) => {
  it`pairing/session-ids [createPairingSession]: A new session names itself and the runner that it may become.
    createPairingSession`
  it`pairing/activation-location: The activation answers the id that the session has reserved, in Location.
    createPairingSession, activatePairingSession`
  it`pairing/activated-connect-runner: A session of type connect makes a connect runner.
    pair-connect, getRunner`
  it`pairing/key-not-base64 [createPairingSession none]: An activation key of the right length that is no base64 is 400.
    createPairingSession activation_key="${keyOf(32).slice(0, 41)}!*=": 400
    createPairingSession activation_key="${keyOf(32).slice(0, 41)}éé=": 400
    createPairingSession activation_key="${keyOf(32).slice(0, 41)}-_=": 400`
  it`pairing/key-before-project [createPairingSession none]: An unusable activation key is refused (400) before an unknown project is (404).
    createPairingSession activation_key="${keyOf(31)}" project_id=?: 400`
  it`pairing/shortest-and-longest-ttl [createPairingSession]: A session may live for ${shortest} and for ${longest} seconds.
    createPairingSession ${{ ttl_seconds: shortest }}, activatePairingSession,
    2: createPairingSession ${{ ttl_seconds: longest }}, 2: activatePairingSession`
  it`pairing/longest-name: A runner name may have 128 characters, and comes back whole.
    createPairingSession,
    activatePairingSession ${(context) => ({ runner_name: context.name('runner').padEnd(128, '-') })}, getRunner`
  it`pairing/name-in-units [should]: A runner name is measured in UTF-16 units: 64 characters of two units may be, 65 are too long (422).
    ${opened({ nameOf: () => ASTRAL.repeat(64) })}
    activatePairingSession runner_name="${ASTRAL.repeat(65)}": 422
    activatePairingSession: 201`
  it`pairing/several-open-sessions: Several sessions can be open at once; each is activated on its own.
    createPairingSession, elsewhere 2: createPairingSession, 2: activatePairingSession, activatePairingSession,
    getRunner, 2: getRunner`
  it`pairing/second-activation [activated]: A second correct activation under another name is 409 and changes nothing.
    createPairingSession, activatePairingSession, activatePairingSession ${{ runner_name: 'another' }}, getRunner`
  it`pairing/session-not-reusable [activated]: A session whose runner was disconnected cannot be activated again (409), and stays gone.
    createPairingSession, activatePairingSession, disconnectRunner,
    activatePairingSession ${{ runner_name: 'another' }}, getRunner`
  at('getRunner runner pairingSession.created none -> pairing')
  it`pairing/no-runner-before-activation: The runner of a session cannot be read or listed before the activation.
    createPairingSession, getRunner, listRunners`
  at('activatePairingSession runner pairingSession.activated pairing -> connected')
  it`pairing/activated-runner: An activated endpoint runner is connected, with the name, the type and the project of its pairing.
    pair, getRunner`
  at('getRunner runner', takes(4))
  it('pairing/connected-at: connected_at is the time of the activation, not of the session.', async (context) => {
    const session = await openSession(context)
    const earlier = await context.pair({ project: await context.newProject() })
    await context.time.pass(4)
    expectStatus(await activate(context, session, context.name('runner')), 201)
    const { connected_at } = await context.expectCall(200, 'getRunner', { path: { runnerId: session.runnerId } })
    const times = [(await earlier.read()).connected_at, connected_at] as const
    expectThat(secondsBetween(...times) >= 3, 'an activation 4 s later to show 4 s in connected_at', times)
  })
  at('getRunner')
  it`pairing/new-runner-defaults: A new runner has no agents, the capability jobs alone and no checklist.
    createPairingSession, activatePairingSession, getRunner`
  at('createPairingSession pairingSession')
  for (const [how, word, writeKey] of KEYS) {
    it`pairing/${how}-key: An activation key may be written ${word} its padding.
      ${opened({ writeKey })}
      activatePairingSession: 201
      getRunner: 200 id=$runnerId`
  }
  for (const bytes of [31, 33]) {
    it`pairing/key-of-${bytes}-bytes [none]: An activation key of ${bytes} bytes is 400.
      createPairingSession activation_key="${keyOf(bytes)}": 400`
  }

  at('activatePairingSession pairingSession')
  for (const { id, activation_key, runner_name: name } of vectors.activation) {
    it`pairing-crypto/vector-${id}: A runner named as in the published vector "${id}" is activated with that vector's key, and keeps its name.
      ${opened({ activationKey: fromBase64(activation_key) ?? new Uint8Array(), nameOf: () => name })}
      activatePairingSession: 201
      getRunner: 200 name=$runner_name`
  }

  for (const [id, title, isTaken, write] of SPELLINGS) {
    const what = isTaken ? 'activates the session' : 'is 403 and leaves the session usable'
    it`pairing-crypto/${id}${isTaken ? ' [open -> activated]' : ''}: A right proof ${title} ${what}.
      ${opened({ forge: (parts) => write(makeProof(parts)), isUsable: differsByAlphabet })}
      ${isTaken ? 'activatePairingSession hmac=$forged: 201' : REFUSED}`
  }
  it`pairing-crypto/other-form-of-name: Names that look alike and differ in their code points are different names to a proof.
    ${opened({ nameOf: (context) => `${context.name('runner')}-é`, forge: forgery((of) => sign(of.key, of.session, hash(of.name.normalize('NFD')))) })}
    ${REFUSED}`

  at('activatePairingSession pairingSession open')
  for (const [name, title, forge] of forgedActivations) {
    it`pairing-crypto/forged-${name}: A proof made with ${title} is 403 and leaves the session usable.
      ${opened({ forge })}
      ${REFUSED}`
  }

  at('activatePairingSession pairingSession')
  it`pairing-crypto/replay [activated]: The very request that activated a session is 409 when it is sent again.
    createPairingSession, activatePairingSession x3`
  it`pairing-crypto/replay-on-other-session: A proof that activated one session is 403 on another with the same key.
    ${twoOpened}
    activatePairingSession sessionId=$first hmac=$forged: 201
    ${REFUSED}`
  it`pairing-crypto/wrong-proof-after-activation [activated]: A wrong proof stays 403 once the session is activated.
    pair, activatePairingSession proof=invalid`

  at('nextBridgeCommands')
  it('pairing-crypto/bridge-signature-carried: The signature of a command and the args that it covers reach the runner unharmed.', async (_, runner) => {
    const key = await deriveBridgeKey(runner.activationKey, runner.sessionId)
    const _hmac = await signBridge(key, 'EditFile', SIGNED_ARGS)
    await runner.submit({ type: 'EditFile', args: { ...SIGNED_ARGS, _hmac } })
    const [item] = await runner.nextCommands()
    await expectIntact(key, item?.type ?? '', item?.args, _hmac)
  })
  it`pairing-crypto/bridge-signature-not-judged [createBridgeCommand]: A command with a wrong signature is accepted and handed out: the runner judges it, not the server.
    pair-connect, createBridgeCommand ${{ args: { path: 'README.md', _hmac: keyOf(32) } }}, nextBridgeCommands`
  it('pairing-crypto/result-signature-carried [reportBridgeResult]: The signature of a result and the result that it covers reach the reader unharmed.', async (context) => {
    const { runner, commandId } = await pickedUpCommand(context)
    const key = await deriveBridgeKey(runner.activationKey, runner.sessionId)
    const _hmac = await signBridge(key, 'completed', SIGNED_ARGS)
    await runner.reportCommand(commandId, { status: 'completed', result: { ...SIGNED_ARGS, _hmac } })
    await expectIntact(key, 'completed', (await runner.readCommand(commandId)).result, _hmac)
  })
})
