// Mistakes in pairing apart from its cryptography: sessions, keys, what an activation makes.
import { defineMutant, type Mutant } from '../mutant.js'
import { answer, isSuccess, membersOf, refusal, textIn } from '../reply.js'
import { editReply, editRequestBody, editResource, refuseWhen } from '../spoils.js'

const runnerReads = ['getRunner', 'listRunners'] as const

export const pairingMutants: readonly Mutant[] = [
  defineMutant('pairing/old-session-reusable', 'A session can be activated again under another name.', {
    touches: ['activatePairingSession'],
    spoil: editReply((reply, { exchange, path }, { sessions }) => {
      const runnerId = sessions.get(path['sessionId'] ?? '')?.runnerId ?? ''
      const location = `${exchange.base ?? ''}/v1/private/local-runners/${runnerId}`
      return reply.status === 409 ? answer(201, undefined, { location }) : reply
    }),
  }),
  defineMutant('pairing/one-open-session-at-a-time', 'Opening a session closes those that the caller has open.', {
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
  defineMutant('pairing/session-named-as-runner', 'A session reserves its own id as the id of the runner.', {
    touches: ['createPairingSession'],
    spoil: editResource((session) => ({ ...session, runner_id: session['session_id'] })),
  }),
  defineMutant('pairing/padding-refused', 'A key with padding is no base64 (400).', {
    touches: ['createPairingSession'],
    spoil: refuseWhen(400, ({ body }) => textIn(body, 'activation_key').endsWith('=')),
  }),
  defineMutant('pairing/padding-demanded', 'A key without padding is refused (422).', {
    touches: ['createPairingSession'],
    spoil: refuseWhen(422, ({ body }) => textIn(body, 'activation_key').length === 43),
  }),
  defineMutant('pairing/types-swapped', 'Connect and endpoint are mixed up.', {
    touches: ['createPairingSession'],
    spoil: editRequestBody((body) => ({ ...body, type: body['type'] === 'connect' ? 'endpoint' : 'connect' })),
  }),
  defineMutant('pairing/name-cut', 'The name of a runner is cut to 64 characters.', {
    touches: runnerReads,
    spoil: editResource((runner) => ({ ...runner, name: textIn(runner, 'name').slice(0, 64) })),
  }),
  defineMutant('pairing/longest-name-refused', 'A name of 128 characters is too long (422).', {
    touches: ['activatePairingSession'],
    spoil: refuseWhen(422, ({ body }) => textIn(body, 'runner_name').length >= 128),
  }),
  defineMutant('pairing/connected-since-session', 'connected_at is the time of the session.', {
    touches: runnerReads,
    spoil: (stage) =>
      editResource((runner) => {
        const session = stage.runners.get(textIn(runner, 'id'))?.session
        const connected_at = session === undefined ? runner['connected_at'] : new Date(session.createdAt).toISOString()
        return { ...runner, connected_at }
      })(stage),
  }),
  defineMutant('pairing/project-lost', 'A runner shows the default project, whatever it was paired for.', {
    touches: ['getRunner'],
    spoil: editResource((runner) => ({ ...runner, project_id: '0190b8d6-c000-7002-95f4-0016f094287a' })),
  }),
  defineMutant('pairing/pairing-until-first-heartbeat', 'A runner is shown as pairing until its first heartbeat.', {
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
  defineMutant('pairing/daemon-must-connect', 'A runner is disconnected until its first heartbeat.', {
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
