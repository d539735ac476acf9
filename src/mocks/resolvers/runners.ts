/** Resolvers of the operations on runners themselves. */
import { refusedReply, type Resolvers } from '../engine/resolver.js'
import { isRefusal } from '../refusal.js'

type RunnerOperation =
  | 'listRunners'
  | 'getRunner'
  | 'disconnectRunner'
  | 'heartbeat'
  | 'registerAgents'
  | 'patchChecklist'

export const runnerResolvers: Pick<Resolvers, RunnerOperation> = {
  listRunners({ query }, { world, caller }) {
    const { project_id: projectId, status, page, size } = query
    return { status: 200, body: world.runners.page(caller, { projectId, status, page, size }) }
  },

  getRunner({ path }, { world, caller }) {
    const runner = world.runners.read(caller, path.runnerId)
    return isRefusal(runner) ? refusedReply(runner) : { status: 200, body: runner }
  },

  disconnectRunner({ path }, { world, caller }) {
    world.runners.disconnect(caller, path.runnerId)
    return { status: 204 }
  },

  heartbeat({ path, body }, { world, caller }) {
    const cancelled = world.runners.heartbeat(caller, path.runnerId, body?.capabilities ?? [])
    return isRefusal(cancelled) ? refusedReply(cancelled) : { status: 200, body: { cancelled_job_ids: cancelled } }
  },

  registerAgents({ path, body }, { world, caller }) {
    const refusal = world.runners.registerAgents(caller, path.runnerId, body)
    return refusal === undefined ? { status: 204 } : refusedReply(refusal)
  },

  patchChecklist({ path, body }, { world, caller }) {
    const refusal = world.runners.patchChecklist(caller, path.runnerId, body)
    return refusal === undefined ? { status: 204 } : refusedReply(refusal)
  },
}
