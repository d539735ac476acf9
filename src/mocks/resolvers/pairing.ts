/** Resolvers of the pairing operations. */
import { fillPath, operations } from '../../operation.js'
import type { Resolvers } from '../engine/resolver.js'
import { refusedReply } from '../engine/resolver.js'
import { isRefusal } from '../refusal.js'

/** Seconds that a session can be activated when the request names none. */
const DEFAULT_TTL_SECONDS = 300

export const pairingResolvers: Pick<Resolvers, 'createPairingSession' | 'activatePairingSession'> = {
  createPairingSession({ body }, { world, caller }) {
    const session = world.sessions.create(caller, {
      projectId: body.project_id,
      activationKey: body.activation_key,
      type: body.type,
      ttlSeconds: body.ttl_seconds ?? DEFAULT_TTL_SECONDS,
    })
    if (isRefusal(session)) return refusedReply(session)
    return { status: 201, body: { session_id: session.id, runner_id: session.runnerId } }
  },

  async activatePairingSession({ path, body }, { world, caller, locate }) {
    const { sessions, judge } = world
    const activation = { runnerName: body.runner_name, hmac: body.hmac }
    const isProven = await sessions.prove(caller, path.sessionId, activation)
    const activated = sessions.activate(caller, path.sessionId, activation, isProven)
    const decided = judge.latest
    if (isRefusal(activated)) return { ...refusedReply(activated), decided }
    return {
      decided,
      status: 201,
      headers: { location: locate(fillPath(operations.getRunner, { runnerId: activated.runnerId })) },
    }
  },
}
