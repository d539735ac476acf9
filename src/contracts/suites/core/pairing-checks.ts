// Checks of pairing apart from its cryptography: sessions, keys, what an activation makes.
import { constants } from '../../../lifecycle/table.js'
import { toBase64 } from '../../../kernel/pairing.js'
import type { Answer } from '../../target/answer.js'
import { checksOn, takes } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { expectAnyStatus, expectEqual, expectStatus, expectThat, expectFields } from '../../target/expectation.js'
import { activate, createdId, openSession, type OpenSession } from '../../check/runner-handle.js'

const { session_ttl_seconds_min: shortest, session_ttl_seconds_max: longest } = constants

/** One character of two UTF-16 units. */
const ASTRAL = '\u{1F642}'

/** Opens a session with this text as its key. */
async function openWithKey(context: Context, key: string, projectId?: string): Promise<Answer<'createPairingSession'>> {
  const project_id = projectId ?? (await context.project()).id
  return context.call('createPairingSession', { body: { project_id, activation_key: key, type: 'endpoint' } })
}

/** A session opened with a key is usable: its proof activates it. */
async function expectUsable(context: Context, answer: Answer<'createPairingSession'>, key: Uint8Array): Promise<void> {
  expectStatus(answer, 201)
  const { session_id: sessionId, runner_id: runnerId } = answer.body
  const session: OpenSession = { sessionId, runnerId, activationKey: key, project: await context.project() }
  expectStatus(await activate(context, session, context.name('runner')), 201)
}

export const pairingChecks = checksOn('activatePairingSession pairingSession', (it, at) => {
  it('pairing/session-ids [createPairingSession]: A new session names itself and the runner that it may become.', async (context) => {
    const answer = await openWithKey(context, toBase64(context.random.bytes(32)))
    expectStatus(answer, 201)
    const { session_id, runner_id } = answer.body
    expectThat(session_id !== runner_id, 'two different ids', session_id, answer)
  })
  it('pairing/activation-location: The activation answers the id that the session has reserved, in Location.', async (context) => {
    const session = await openSession(context)
    const answer = await activate(context, session, context.name('runner'))
    expectStatus(answer, 201)
    expectEqual('the id in Location', createdId(answer), session.runnerId, answer)
  })
  it('pairing/activated-connect-runner: A session of type connect makes a connect runner.', async (context) => {
    const runner = await context.pair({ type: 'connect' })
    expectFields('the runner', await runner.read(), { type: 'connect', status: 'connected' })
  })
  it('pairing/key-not-base64 [createPairingSession none]: An activation key of the right length that is no base64 is 400.', async (context) => {
    const key = toBase64(context.random.bytes(32)).slice(0, 41)
    for (const tail of ['!*=', '\u00e9\u00e9=', '-_=']) expectStatus(await openWithKey(context, `${key}${tail}`), 400)
  })
  it('pairing/key-before-project [createPairingSession none]: An unusable activation key is refused (400) before an unknown project is (404).', async (context) => {
    const key = toBase64(context.random.bytes(31))
    expectStatus(await openWithKey(context, key, context.random.uuid()), 400)
  })
  it(`pairing/shortest-and-longest-ttl [createPairingSession]: A session may live for ${shortest} and for ${longest} seconds.`, async (context) => {
    for (const ttlSeconds of [shortest, longest]) {
      const session = await openSession(context, { ttlSeconds })
      expectStatus(await activate(context, session, context.name('runner')), 201)
    }
  })
  it('pairing/longest-name: A runner name may have 128 characters, and comes back whole.', async (context) => {
    const name = context.name('runner').padEnd(128, '-')
    const runner = await context.pair({ name })
    expectEqual('name of the runner', (await runner.read()).name, name)
  })
  it('pairing/name-in-units [should]: A runner name is measured in UTF-16 units: 64 characters of two units may be, 65 are too long (422).', async (context) => {
    const session = await openSession(context)
    expectStatus(await activate(context, session, ASTRAL.repeat(65)), 422)
    expectStatus(await activate(context, session, ASTRAL.repeat(64)), 201)
  })
  it('pairing/several-open-sessions: Several sessions can be open at once; each is activated on its own.', async (context) => {
    const project = await context.newProject()
    const sessions = [await openSession(context), await openSession(context, { project })]
    expectEqual('how many runner ids there are', new Set(sessions.map(({ runnerId }) => runnerId)).size, 2)
    for (const session of sessions.toReversed()) {
      const answer = await activate(context, session, context.name('runner'))
      expectStatus(answer, 201)
      expectEqual('the id in Location', createdId(answer), session.runnerId, answer)
    }
  })
  it('pairing/second-activation [activated]: A second correct activation under another name is 409 and changes nothing.', async (context) => {
    const session = await openSession(context)
    expectStatus(await activate(context, session, context.name('runner')), 201)
    const path = { runnerId: session.runnerId }
    const { name } = await context.expectCall(200, 'getRunner', { path })
    const again = await activate(context, session, context.name('runner'))
    expectAnyStatus(again, [409])
    const { name: now } = await context.expectCall(200, 'getRunner', { path })
    const expected = 'the runner to keep its name'
    if (now !== name) context.quirk('activation-revives', { expected, actual: now, proof: again })
  })
  it('pairing/session-not-reusable [activated]: A session whose runner was disconnected cannot be activated again (409), and stays gone.', async (context) => {
    const session = await openSession(context)
    expectStatus(await activate(context, session, context.name('runner')), 201)
    await context.expectCall(204, 'disconnectRunner', { path: { runnerId: session.runnerId } })
    const again = await activate(context, session, context.name('runner'))
    expectAnyStatus(again, [409])
    const read = await context.call('getRunner', { path: { runnerId: session.runnerId } })
    const expected = 'the runner to stay gone'
    if (read.status === 200) context.quirk('activation-revives', { expected, actual: read.body, proof: again })
    else expectStatus(read, 404)
  })
  at('getRunner runner pairingSession.created none -> pairing')
  it('pairing/no-runner-before-activation: The runner of a session cannot be read or listed before the activation.', async (context) => {
    const { runnerId, project } = await openSession(context)
    expectStatus(await context.call('getRunner', { path: { runnerId } }), 404)
    const list = await context.call('listRunners', { query: { project_id: project.id, status: 'connected' } })
    expectStatus(list, 200)
    const isListed = list.body.content.some(({ id }) => id === runnerId)
    expectThat(!isListed, 'the runner not to be listed as connected', list.body, list)
  })
  at('activatePairingSession runner pairingSession.activated pairing -> connected')
  it('pairing/activated-runner: An activated endpoint runner is connected, with the name, the type and the project of its pairing.', async (context) => {
    const runner = await context.pair({ type: 'endpoint' })
    const { name, project, type } = runner
    expectFields('the runner', await runner.read(), { name, type, project_id: project.id, status: 'connected' })
  })
  at('getRunner runner', takes(4))
  it('pairing/connected-at: connected_at is the time of the activation, not of the session.', async (context) => {
    const session = await openSession(context)
    const earlier = await context.pair({ project: await context.newProject() })
    await context.time.pass(4)
    expectStatus(await activate(context, session, context.name('runner')), 201)
    const read = await context.call('getRunner', { path: { runnerId: session.runnerId } })
    expectStatus(read, 200)
    const { connected_at } = await earlier.read()
    const seconds = (Date.parse(read.body.connected_at) - Date.parse(connected_at)) / 1000
    expectThat(seconds >= 3, 'an activation 4 s later to show 4 s in connected_at', `${seconds} s`, read)
  })
  at('getRunner')
  it('pairing/new-runner-defaults: A new runner has no agents, the capability jobs alone and no checklist.', async (context) => {
    const runner = await context.pair()
    expectFields('the runner', await runner.read(), { agents: [], capabilities: ['jobs'], checklist: undefined })
  })
  at('createPairingSession pairingSession')
  for (const how of ['padded', 'unpadded']) {
    it(`pairing/${how}-key: An activation key may be written ${how === 'padded' ? 'with' : 'without'} its padding.`, async (context) => {
      const key = context.random.bytes(32)
      const text = toBase64(key)
      await expectUsable(context, await openWithKey(context, how === 'padded' ? text : text.replace('=', '')), key)
    })
  }
  for (const bytes of [31, 33]) {
    it(`pairing/key-of-${bytes}-bytes [none]: An activation key of ${bytes} bytes is 400.`, async (context) => {
      expectStatus(await openWithKey(context, toBase64(context.random.bytes(bytes))), 400)
    })
  }
})
