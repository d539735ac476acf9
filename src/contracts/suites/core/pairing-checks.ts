// Checks of pairing apart from its cryptography: sessions, keys, what an activation makes.
import { constants } from '../../../lifecycle/table.js'
import { toBase64 } from '../../../kernel/pairing.js'
import { checksOn } from './checks-on.js'
import { takes } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { expectEqual, expectStatus, expectThat } from '../../target/expectation.js'
import { activate, createdId, openSession, type OpenSession } from '../../check/runner-handle.js'
import { secondsBetween } from '../../check/check-steps.js'

const { session_ttl_seconds_min: shortest, session_ttl_seconds_max: longest } = constants

/** One character of two UTF-16 units. */
const ASTRAL = '\u{1F642}'

const keyOf = (bytes: number): string => toBase64(new Uint8Array(bytes).fill(7))

/** A session is activated: it makes the runner that it has reserved. */
async function expectActivated(context: Context, session: OpenSession): Promise<void> {
  const answer = await activate(context, session, context.name('runner'))
  expectStatus(answer, 201)
  expectEqual('the id in Location', createdId(answer), session.runnerId, answer)
}

const readRunner = (context: Context, { runnerId }: OpenSession) =>
  context.expectCall(200, 'getRunner', { path: { runnerId } })

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
  it('pairing/name-in-units [should]: A runner name is measured in UTF-16 units: 64 characters of two units may be, 65 are too long (422).', async (context) => {
    const session = await openSession(context)
    expectStatus(await activate(context, session, ASTRAL.repeat(65)), 422)
    expectStatus(await activate(context, session, ASTRAL.repeat(64)), 201)
  })
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
    await expectActivated(context, session)
    const times = [(await earlier.read()).connected_at, (await readRunner(context, session)).connected_at] as const
    expectThat(secondsBetween(...times) >= 3, 'an activation 4 s later to show 4 s in connected_at', times)
  })
  at('getRunner')
  it`pairing/new-runner-defaults: A new runner has no agents, the capability jobs alone and no checklist.
    createPairingSession, activatePairingSession, getRunner`
  at('createPairingSession pairingSession')
  for (const how of ['padded', 'unpadded']) {
    it(`pairing/${how}-key: An activation key may be written ${how === 'padded' ? 'with' : 'without'} its padding.`, async (context) => {
      const write = (key: Uint8Array) => (how === 'padded' ? toBase64(key) : toBase64(key).replace('=', ''))
      await expectActivated(context, await openSession(context, {}, write))
    })
  }
  for (const bytes of [31, 33]) {
    it`pairing/key-of-${bytes}-bytes [none]: An activation key of ${bytes} bytes is 400.
      createPairingSession activation_key="${keyOf(bytes)}": 400`
  }
})
