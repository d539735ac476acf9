// Checks of the proof that activates a session: what must be accepted, down to the letter, and what must not; and of
// bridge signatures, which a server carries without judging them.
import { deriveBridgeKey, fromBase64, signBridge, toBase64, verifyBridge } from '../../../kernel/pairing.js'
import vectors from './pairing-vectors.json' with { type: 'json' }
import type { Answer } from '../../target/answer.js'
import { checksOn } from './checks-on.js'
import type { Context } from '../../check/context.js'
import { expectEqual, expectFields, expectStatus, expectThat } from '../../target/expectation.js'
import { pickedUpCommand } from '../../check/check-steps.js'
import { openSession, type OpenSession } from '../../check/runner-handle.js'
import { forgedActivations, makeProof, type ProofParts } from './forged-activations.js'

function partsOf({ activationKey: key, sessionId, runnerId }: OpenSession, name: string): ProofParts {
  return { key, sessionId, runnerId, name }
}

/** Sends a proof; by default the right one. */
async function prove(
  context: Context,
  session: OpenSession,
  name: string,
  hmac = makeProof(partsOf(session, name)),
): Promise<Answer<'activatePairingSession'>> {
  const { sessionId, runnerId } = session
  context.defer(() => context.call('disconnectRunner', { path: { runnerId } }))
  return context.call('activatePairingSession', { path: { sessionId }, body: { runner_name: name, hmac } })
}

/** The proof is refused, no runner comes of it, and the session is as good as before. */
async function expectRefused(context: Context, session: OpenSession, name: string, hmac: string): Promise<void> {
  const answer = await prove(context, session, name, hmac)
  expectStatus(answer, 403)
  const read = await context.call('getRunner', { path: { runnerId: session.runnerId } })
  expectThat(read.status === 404, 'no runner to come of a refused proof', `${read.status}`, [answer, read])
  expectStatus(await prove(context, session, name), 201)
}

/** A name whose proof has a letter in which the two alphabets of base64 differ. */
function nameWithTelltaleProof(context: Context, session: OpenSession): { name: string; hmac: string } {
  for (;;) {
    const name = context.name('runner')
    const hmac = makeProof(partsOf(session, name))
    if (/[+/]/.test(hmac)) return { name, hmac }
  }
}

function toUrlSafe(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_')
}

/** Ways to write a right proof, and whether it counts. */
const SPELLINGS: Readonly<Record<string, { title: string; isTaken: boolean; write: (proof: string) => string }>> = {
  'url-safe-alphabet': { title: 'in the URL-safe alphabet', isTaken: false, write: toUrlSafe },
  'url-safe-unpadded': {
    title: 'in the URL-safe alphabet without padding',
    isTaken: false,
    write: (proof) => toUrlSafe(proof).replace('=', ''),
  },
  'padded-proof': { title: 'with its padding', isTaken: true, write: (proof) => proof },
  'unpadded-proof': { title: 'without its padding', isTaken: true, write: (proof) => proof.replace('=', '') },
}

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

export const pairingCryptoChecks = checksOn('activatePairingSession pairingSession', (it, at) => {
  for (const { id, activation_key, runner_name: name } of vectors.activation) {
    it(`pairing-crypto/vector-${id}: A runner named as in the published vector "${id}" is activated with that vector's key, and keeps its name.`, async (context) => {
      const session = await openSession(context, { activationKey: fromBase64(activation_key) ?? new Uint8Array() })
      expectStatus(await prove(context, session, name), 201)
      const runner = await context.expectCall(200, 'getRunner', { path: { runnerId: session.runnerId } })
      expectEqual('name of the runner', runner.name, name)
    })
  }

  for (const [id, { title, isTaken, write }] of Object.entries(SPELLINGS)) {
    const what = isTaken ? 'activates the session' : 'is 403 and leaves the session usable'
    it(`pairing-crypto/${id}${isTaken ? ' [open -> activated]' : ''}: A right proof ${title} ${what}.`, async (context) => {
      const session = await openSession(context)
      const { name, hmac } = nameWithTelltaleProof(context, session)
      if (isTaken) expectStatus(await prove(context, session, name, write(hmac)), 201)
      else await expectRefused(context, session, name, write(hmac))
    })
  }
  it('pairing-crypto/other-form-of-name: Names that look alike and differ in their code points are different names to a proof.', async (context) => {
    const session = await openSession(context)
    const composed = `${context.name('runner')}-é`
    await expectRefused(context, session, composed, makeProof(partsOf(session, composed.normalize('NFD'))))
  })

  at('activatePairingSession pairingSession open')
  for (const [name, { title, make }] of Object.entries(forgedActivations)) {
    it(`pairing-crypto/forged-${name}: A proof made with ${title} is 403 and leaves the session usable.`, async (context) => {
      const session = await openSession(context)
      const runnerName = context.name('runner')
      await expectRefused(context, session, runnerName, make(partsOf(session, runnerName)))
    })
  }

  at('activatePairingSession pairingSession')
  it`pairing-crypto/replay [activated]: The very request that activated a session is 409 when it is sent again.
    createPairingSession, activatePairingSession x3`
  it('pairing-crypto/replay-on-other-session: A proof that activated one session is 403 on another with the same key.', async (context) => {
    const activationKey = context.random.bytes(32)
    const first = await openSession(context, { activationKey })
    const second = await openSession(context, { activationKey })
    const name = context.name('runner')
    const hmac = makeProof(partsOf(first, name))
    expectStatus(await prove(context, first, name, hmac), 201)
    await expectRefused(context, second, name, hmac)
  })
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
  it('pairing-crypto/bridge-signature-not-judged [createBridgeCommand]: A command with a wrong signature is accepted and handed out: the runner judges it, not the server.', async (context, runner) => {
    const args = { path: 'README.md', _hmac: toBase64(context.random.bytes(32)) }
    const command_id = await runner.submit({ type: 'ReadFile', args })
    const [item] = await runner.nextCommands()
    expectFields('the command handed out', item, { command_id, args })
  })
  it('pairing-crypto/result-signature-carried [reportBridgeResult]: The signature of a result and the result that it covers reach the reader unharmed.', async (context) => {
    const { runner, commandId } = await pickedUpCommand(context)
    const key = await deriveBridgeKey(runner.activationKey, runner.sessionId)
    const _hmac = await signBridge(key, 'completed', SIGNED_ARGS)
    await runner.reportCommand(commandId, { status: 'completed', result: { ...SIGNED_ARGS, _hmac } })
    await expectIntact(key, 'completed', (await runner.readCommand(commandId)).result, _hmac)
  })
})
