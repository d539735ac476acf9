// Mistakes in pairing apart from its cryptography: sessions, keys, what an activation makes.
import { fromBase64, toBase64 } from '../../../src/kernel/pairing.js'
import { defineMutant, type Mutant } from '../mutant.js'
import { answer, isSuccess, membersOf, refusal, textIn, withHeaders } from '../reply.js'
import { editReply, editRequestBody, editResource, insteadOf, refuseWhen } from '../spoils.js'

/** A key of 32 bytes made from whatever was sent. */
function fittingKey(sent: string): string {
  const bytes = fromBase64(sent) ?? new Uint8Array()
  return toBase64(Uint8Array.from({ length: 32 }, (_, at) => bytes[at] ?? 0))
}

const runnerReads = ['getRunner', 'listRunners'] as const

const sessionMutants = [
  defineMutant({
    id: 'pairing/old-session-reusable',
    mistake: 'A session can be activated again, under another name, by whoever knows its key.',
    touches: ['activatePairingSession'],
    spoil: editReply((reply, { exchange, path }, { sessions }) => {
      const runnerId = sessions.get(path['sessionId'] ?? '')?.runnerId ?? ''
      const location = `${exchange.base ?? ''}/v1/private/local-runners/${runnerId}`
      return reply.status === 409 ? answer(201, undefined, { location }) : reply
    }),
  }),
  defineMutant({
    id: 'pairing/session-free-after-disconnect',
    mistake: 'A session whose runner was disconnected can be activated again.',
    touches: ['activatePairingSession'],
    spoil: editReply((reply, { exchange, path }, stage) => {
      const runnerId = stage.sessions.get(path['sessionId'] ?? '')?.runnerId ?? ''
      const location = `${exchange.base ?? ''}/v1/private/local-runners/${runnerId}`
      const isFree = stage.stateOf('runner', runnerId) === 'none'
      return reply.status === 409 && isFree ? answer(201, undefined, { location }) : reply
    }),
  }),
  defineMutant({
    id: 'pairing/second-activation-unknown',
    mistake: 'An activated session is forgotten: a second activation is 404.',
    touches: ['activatePairingSession'],
    spoil: insteadOf(409, 404),
  }),
  defineMutant({
    id: 'pairing/one-open-session-at-a-time',
    mistake: 'Opening a session closes those that the caller has open.',
    touches: ['createPairingSession', 'activatePairingSession'],
    oneByOne: true,
    spoil: (stage) => {
      let latest = ''
      return async (call) => {
        const isOutdated =
          call.operation === 'activatePairingSession' &&
          call.path['sessionId'] !== latest &&
          stage.stateOf('pairingSession', call.path['sessionId'] ?? '') === 'open'
        const reply = isOutdated ? refusal(404) : await call.proceed()
        if (call.operation === 'createPairingSession' && isSuccess(reply))
          latest = [...stage.sessions.keys()].at(-1) ?? ''
        return reply
      }
    },
  }),
  defineMutant({
    id: 'pairing/runner-before-activation',
    mistake: 'The runner of a session can be read before its activation, as pairing.',
    touches: ['getRunner'],
    spoil: editReply((reply, { path }, stage) => {
      const id = path['runnerId'] ?? ''
      const session = [...stage.sessions.values()].find(({ runnerId }) => runnerId === id)
      if (reply.status !== 404 || session === undefined || stage.stateOf('runner', id) !== 'pairing') return reply
      const connected_at = new Date(session.createdAt).toISOString()
      const shown = { id, name: 'pairing', type: session.type, project_id: session.projectId, status: 'pairing' }
      return answer(200, { ...shown, connected_at, agents: [], capabilities: ['jobs'] })
    }),
  }),
  defineMutant({
    id: 'pairing/session-named-as-runner',
    mistake: 'A session reserves its own id as the id of the runner.',
    touches: ['createPairingSession'],
    spoil: editResource((session) => ({ ...session, runner_id: session['session_id'] })),
  }),
  defineMutant({
    id: 'pairing/location-of-activation-names-session',
    mistake: 'Location of an activation ends in the id of the session.',
    touches: ['activatePairingSession'],
    spoil: editReply((reply, { path }) =>
      withHeaders(reply, { location: reply.headers['location']?.replace(/[^/]+$/, path['sessionId'] ?? '') }),
    ),
  }),
  defineMutant({
    id: 'pairing/longest-life-refused',
    mistake: 'The longest time to live is not part of the range.',
    touches: ['createPairingSession'],
    spoil: refuseWhen(422, ({ members }) => members['ttl_seconds'] === 600),
  }),
  defineMutant({
    id: 'pairing/shortest-life-refused',
    mistake: 'The shortest time to live is not part of the range.',
    touches: ['createPairingSession'],
    spoil: refuseWhen(422, ({ members }) => members['ttl_seconds'] === 60),
  }),
]

const keyMutants = [
  defineMutant({
    id: 'pairing/short-keys-taken',
    mistake: 'Keys of fewer than 32 bytes are taken.',
    touches: ['createPairingSession'],
    spoil: editRequestBody((body) => {
      const bytes = fromBase64(textIn(body, 'activation_key'))
      return bytes !== undefined && bytes.length < 32
        ? { ...body, activation_key: fittingKey(textIn(body, 'activation_key')) }
        : body
    }),
  }),
  defineMutant({
    id: 'pairing/long-keys-cut',
    mistake: 'Of keys with more than 32 bytes the first 32 are taken.',
    touches: ['createPairingSession'],
    spoil: editRequestBody((body) => {
      const bytes = fromBase64(textIn(body, 'activation_key'))
      return bytes !== undefined && bytes.length > 32
        ? { ...body, activation_key: fittingKey(textIn(body, 'activation_key')) }
        : body
    }),
  }),
  defineMutant({
    id: 'pairing/odd-letters-in-keys-skipped',
    mistake: 'Letters that are no base64 are skipped when a key is read.',
    touches: ['createPairingSession'],
    spoil: editRequestBody((body) =>
      fromBase64(textIn(body, 'activation_key')) === undefined ? { ...body, activation_key: fittingKey('') } : body,
    ),
  }),
  defineMutant({
    id: 'pairing/padding-refused',
    mistake: 'A key with padding is no base64 (400).',
    touches: ['createPairingSession'],
    spoil: refuseWhen(400, ({ body }) => textIn(body, 'activation_key').endsWith('=')),
  }),
  defineMutant({
    id: 'pairing/padding-demanded',
    mistake: 'A key without padding is refused (422).',
    touches: ['createPairingSession'],
    spoil: refuseWhen(422, ({ body }) => textIn(body, 'activation_key').length === 43),
  }),
  defineMutant({
    id: 'pairing/project-before-key',
    mistake: 'An unknown project is noticed (404) before an unusable key.',
    touches: ['createPairingSession'],
    spoil: () => async (call) => {
      const reply = await call.proceed()
      if (reply.status !== 400) return reply
      const { status } = await call.ask('getProjectById', { path: { id: textIn(call.body, 'project_id') } })
      return status === 404 ? refusal(404) : reply
    },
  }),
  defineMutant({
    id: 'pairing/unusable-key-as-invalid',
    mistake: 'A key of the wrong length in bytes is 422 instead of 400.',
    touches: ['createPairingSession'],
    spoil: insteadOf(400, 422),
  }),
]

const runnerMutants = [
  defineMutant({
    id: 'pairing/type-ignored',
    mistake: 'Every session makes an endpoint runner.',
    touches: runnerReads,
    spoil: editResource((runner) => ({ ...runner, type: 'endpoint' })),
  }),
  defineMutant({
    id: 'pairing/types-swapped',
    mistake: 'Connect and endpoint are mixed up.',
    touches: ['createPairingSession'],
    spoil: editRequestBody((body) => ({ ...body, type: body['type'] === 'connect' ? 'endpoint' : 'connect' })),
  }),
  defineMutant({
    id: 'pairing/name-cut',
    mistake: 'The name of a runner is cut to 64 characters.',
    touches: runnerReads,
    spoil: editResource((runner) => ({ ...runner, name: textIn(runner, 'name').slice(0, 64) })),
  }),
  defineMutant({
    id: 'pairing/longest-name-refused',
    mistake: 'A name of 128 characters is too long (422).',
    touches: ['activatePairingSession'],
    spoil: refuseWhen(422, ({ body }) => textIn(body, 'runner_name').length >= 128),
  }),
  defineMutant({
    id: 'pairing/connected-since-session',
    mistake: 'connected_at is the time of the session.',
    touches: runnerReads,
    spoil: (stage) =>
      editResource((runner) => {
        const session = stage.runners.get(textIn(runner, 'id'))?.session
        const connected_at = session === undefined ? runner['connected_at'] : new Date(session.createdAt).toISOString()
        return { ...runner, connected_at }
      })(stage),
  }),
  defineMutant({
    id: 'pairing/no-default-capability',
    mistake: 'A new runner has no capabilities.',
    touches: ['getRunner', 'heartbeat'],
    spoil: (stage) => {
      const declared = new Set<string>()
      const hide = editResource((runner) =>
        declared.has(textIn(runner, 'id')) ? runner : { ...runner, capabilities: [] },
      )(stage)
      return (call) => {
        if (call.operation === 'heartbeat' && 'capabilities' in call.members) declared.add(call.path['runnerId'] ?? '')
        return hide(call)
      }
    },
  }),
  defineMutant({
    id: 'pairing/both-default-capabilities',
    mistake: 'A new runner has the capability bridge, too.',
    touches: ['activatePairingSession'],
    spoil: () => async (call) => {
      const reply = await call.proceed()
      const runnerId = reply.headers['location']?.split('/').at(-1) ?? ''
      if (isSuccess(reply))
        await call.ask('heartbeat', { path: { runnerId }, body: { capabilities: ['jobs', 'bridge'] } })
      return reply
    },
  }),
  defineMutant({
    id: 'pairing/project-lost',
    mistake: 'A runner shows the default project, whatever it was paired for.',
    touches: ['getRunner'],
    spoil: editResource((runner) => ({ ...runner, project_id: '0190b8d6-c000-7002-95f4-0016f094287a' })),
  }),
  defineMutant({
    id: 'pairing/default-agent',
    mistake: 'A new runner has an agent of the name of the runner.',
    touches: ['getRunner'],
    spoil: editResource((runner) =>
      Array.isArray(runner['agents']) && runner['agents'].length === 0 && runner['status'] === 'connected'
        ? { ...runner, agents: [{ name: runner['name'], timeout: 0 }] }
        : runner,
    ),
  }),
  defineMutant({
    id: 'pairing/pairing-until-first-heartbeat',
    mistake: 'A runner is shown as pairing until its first heartbeat.',
    touches: ['getRunner', 'heartbeat'],
    spoil: () => {
      const beaten = new Set<string>()
      return async (call) => {
        const id = call.path['runnerId'] ?? ''
        if (call.operation === 'heartbeat') beaten.add(id)
        const reply = await call.proceed()
        if (call.operation !== 'getRunner' || !isSuccess(reply) || beaten.has(id)) return reply
        return { ...reply, body: JSON.stringify({ ...membersOf(JSON.parse(reply.body)), status: 'pairing' }) }
      }
    },
  }),
  defineMutant({
    id: 'pairing/daemon-must-connect',
    mistake: 'A runner is disconnected until its first heartbeat.',
    touches: ['getRunner', 'heartbeat'],
    spoil: () => {
      const beaten = new Set<string>()
      return async (call) => {
        const id = call.path['runnerId'] ?? ''
        if (call.operation === 'heartbeat') beaten.add(id)
        const reply = await call.proceed()
        if (call.operation !== 'getRunner' || !isSuccess(reply) || beaten.has(id)) return reply
        const runner = membersOf(JSON.parse(reply.body))
        return { ...reply, body: JSON.stringify({ ...runner, status: 'disconnected', agents: [] }) }
      }
    },
  }),
]

export const pairingMutants: readonly Mutant[] = [...sessionMutants, ...keyMutants, ...runnerMutants]
