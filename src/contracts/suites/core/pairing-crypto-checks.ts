// Checks of the proof that activates a session: what must be accepted, down to the letter, and what must not; and of
// bridge signatures, which a server carries without judging them.
import { deriveBridgeKey, signBridge, toBase64, verifyBridge } from '../../../kernel/pairing.js'
import vectors from './pairing-vectors.json' with { type: 'json' }
import type { Answer } from '../../target/answer.js'
import { checksOn } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { expectEqual, expectStatus, expectThat, expectFields } from '../../target/expectation.js'
import { pickedUpCommand } from '../../check/check-steps.js'
import { openSession, type OpenSession } from '../../check/runner-handle.js'
import { forgedActivations, makeProof, type ProofParts } from './forged-activations.js'

function partsOf({ activationKey: key, sessionId, runnerId }: OpenSession, name: string): ProofParts {
  return { key, sessionId, runnerId, name }
}

/** Sends a proof, whatever it is worth. */
async function prove(
  context: Context,
  { sessionId, runnerId }: Pick<OpenSession, 'sessionId' | 'runnerId'>,
  name: string,
  hmac: string,
): Promise<Answer<'activatePairingSession'>> {
  context.defer(() => context.call('disconnectRunner', { path: { runnerId } }))
  return context.call('activatePairingSession', { path: { sessionId }, body: { runner_name: name, hmac } })
}

/** The proof is refused, no runner comes of it, and the session is as good as before. */
async function expectRefused(context: Context, session: OpenSession, name: string, hmac: string): Promise<void> {
  const answer = await prove(context, session, name, hmac)
  expectStatus(answer, 403)
  const read = await context.call('getRunner', { path: { runnerId: session.runnerId } })
  expectThat(read.status === 404, 'no runner to come of a refused proof', `${read.status}`, [answer, read])
  expectStatus(await prove(context, session, name, await makeProof(partsOf(session, name))), 201)
}

/** A name whose proof has a letter in which the two alphabets of base64 differ. */
async function nameWithTelltaleProof(context: Context, session: OpenSession): Promise<{ name: string; hmac: string }> {
  for (;;) {
    const name = context.name('runner')
    const hmac = await makeProof(partsOf(session, name))
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

export const pairingCryptoChecks = checksOn('activatePairingSession pairingSession', (it, at) => {
  for (const { id, activation_key, runner_name: name } of vectors.activation) {
    it(`pairing-crypto/vector-${id}: A runner named as in the published vector "${id}" is activated with that vector's key, and keeps its name.`, async (context) => {
      const project = await context.project()
      const body = { project_id: project.id, activation_key, type: 'endpoint' as const }
      const session = await context.expectCall(201, 'createPairingSession', { body })
      const key = Uint8Array.from(atob(activation_key), (char) => char.charCodeAt(0))
      const ids = { sessionId: session.session_id, runnerId: session.runner_id }
      const answer = await prove(context, ids, name, await makeProof({ key, ...ids, name }))
      expectStatus(answer, 201)
      const runner = await context.expectCall(200, 'getRunner', { path: { runnerId: ids.runnerId } })
      expectEqual('name of the runner', runner.name, name, answer)
    })
  }

  at('activatePairingSession pairingSession')
  for (const [id, { title, isTaken, write }] of Object.entries(SPELLINGS)) {
    const what = isTaken ? 'activates the session' : 'is 403 and leaves the session usable'
    it(`pairing-crypto/${id}${isTaken ? ' [open -> activated]' : ''}: A right proof ${title} ${what}.`, async (context) => {
      const session = await openSession(context)
      const { name, hmac } = await nameWithTelltaleProof(context, session)
      if (isTaken) expectStatus(await prove(context, session, name, write(hmac)), 201)
      else await expectRefused(context, session, name, write(hmac))
    })
  }
  at('activatePairingSession pairingSession')
  it('pairing-crypto/other-form-of-name: Names that look alike and differ in their code points are different names to a proof.', async (context) => {
    const session = await openSession(context)
    const composed = `${context.name('runner')}-é`
    const decomposed = composed.normalize('NFD')
    await expectRefused(context, session, composed, await makeProof(partsOf(session, decomposed)))
  })

  at('activatePairingSession pairingSession open')
  for (const [name, { title, make }] of Object.entries(forgedActivations)) {
    it(`pairing-crypto/forged-${name}: A proof made with ${title} is 403 and leaves the session usable.`, async (context) => {
      const session = await openSession(context)
      const runnerName = context.name('runner')
      await expectRefused(context, session, runnerName, await make(partsOf(session, runnerName)))
    })
  }

  at('activatePairingSession pairingSession')
  it('pairing-crypto/replay [activated]: The very request that activated a session is 409 when it is sent again.', async (context) => {
    const session = await openSession(context)
    const name = context.name('runner')
    const hmac = await makeProof(partsOf(session, name))
    expectStatus(await prove(context, session, name, hmac), 201)
    expectStatus(await prove(context, session, name, hmac), 409)
    expectStatus(await prove(context, session, name, hmac), 409)
  })
  it('pairing-crypto/replay-on-other-session: A proof that activated one session is 403 on another with the same key.', async (context) => {
    const project = await context.project()
    const key = context.random.bytes(32)
    const open = async (): Promise<OpenSession> => {
      const body = { project_id: project.id, activation_key: toBase64(key), type: 'endpoint' as const }
      const made = await context.expectCall(201, 'createPairingSession', { body })
      return { sessionId: made.session_id, runnerId: made.runner_id, activationKey: key, project }
    }
    const [first, second] = [await open(), await open()]
    const name = context.name('runner')
    const hmac = await makeProof(partsOf(first, name))
    expectStatus(await prove(context, first, name, hmac), 201)
    await expectRefused(context, second, name, hmac)
  })
  it('pairing-crypto/wrong-proof-after-activation [activated]: A wrong proof stays 403 once the session is activated.', async (context) => {
    const runner = await context.pair()
    const parts = {
      key: context.random.bytes(32),
      sessionId: runner.sessionId,
      runnerId: runner.id,
      name: runner.name,
    }
    const answer = await prove(
      context,
      { sessionId: runner.sessionId, runnerId: runner.id },
      runner.name,
      await makeProof(parts),
    )
    expectStatus(answer, 403)
  })

  at('nextBridgeCommands')
  it('pairing-crypto/bridge-signature-carried: The signature of a command and the args that it covers reach the runner unharmed.', async (context) => {
    const runner = await context.pair({ type: 'connect' })
    const key = await deriveBridgeKey(runner.activationKey, runner.sessionId)
    const _hmac = await signBridge(key, 'EditFile', SIGNED_ARGS)
    await runner.submit({ type: 'EditFile', args: { ...SIGNED_ARGS, _hmac } })
    const answer = await context.call('nextBridgeCommands', { path: { runnerId: runner.id }, body: {} })
    expectStatus(answer, 200)
    const [item] = answer.body.commands
    expectEqual('args of the command', item?.args, { ...SIGNED_ARGS, _hmac }, answer)
    const isIntact = await verifyBridge(key, item.type, item.args, _hmac)
    expectThat(isIntact, 'the signature to fit what the runner received', item, answer)
  })
  it('pairing-crypto/bridge-signature-not-judged [createBridgeCommand]: A command with a wrong signature is accepted and handed out: the runner judges it, not the server.', async (context) => {
    const runner = await context.pair({ type: 'connect' })
    const args = { path: 'README.md', _hmac: toBase64(context.random.bytes(32)) }
    const id = await runner.submit({ type: 'ReadFile', args })
    const [item] = await runner.nextCommands()
    expectFields('the command handed out', item, { command_id: id, args })
  })
  it('pairing-crypto/result-signature-carried [reportBridgeResult]: The signature of a result and the result that it covers reach the reader unharmed.', async (context) => {
    const { runner, commandId: id } = await pickedUpCommand(context)
    const key = await deriveBridgeKey(runner.activationKey, runner.sessionId)
    const _hmac = await signBridge(key, 'completed', SIGNED_ARGS)
    await runner.reportCommand(id, { status: 'completed', result: { ...SIGNED_ARGS, _hmac } })
    const command = await runner.readCommand(id)
    expectEqual('result of the command', command.result, { ...SIGNED_ARGS, _hmac })
    const isIntact = await verifyBridge(key, 'completed', command.result, _hmac)
    expectThat(isIntact, 'the signature to fit the result', command)
  })
})
