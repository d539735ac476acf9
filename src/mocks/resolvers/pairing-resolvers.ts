/** Pairing sessions: how they are found, and what their operations bring about. */
import type { CallOf, Resource, RunnerResolvers } from '../engine/resolver.js'

export const pairingSession: Resource<'pairingSession'> = {
  find: { path: ({ world, caller, path }) => world.sessions.find(caller, path.sessionId) },
  stateOf: (session, { sessions }) => sessions.stateOf(session),
  details: {},
}

/** Comes before the decision: meanwhile time may pass, and another activation may win. */
export function prove({ world, caller, path, body }: CallOf<'activatePairingSession'>): Promise<boolean> {
  return world.sessions.prove(world.sessions.find(caller, path.sessionId), body)
}

export const pairingResolvers = {
  createPairingSession({ body }, { world, caller, decision }) {
    const session = world.sessions.create(caller, decision, body)
    return { body: { session_id: session.id, runner_id: session.runnerId } }
  },

  activatePairingSession({ body }, { world, caller, subject, decision }) {
    world.sessions.activate(subject, decision, caller, body)
    return { created: subject.runnerId }
  },
} satisfies Partial<RunnerResolvers>
