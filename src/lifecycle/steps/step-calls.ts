/** Who makes the calls of a sequence, and the reads that close one. */
import type { ApiCall } from '../../kernel/recording/api-call.js'
import type { RunnerOperationId } from '../../kernel/operation.js'
import type { TrackedRunner, TrackedWorld } from '../tracker/tracked-world.js'

/** Who may call, where, and what there is to name. */
export interface Participants {
  /** The main identity first. */
  identities: readonly [string, ...string[]]
  projectsOf: (caller: string) => readonly string[]
  unknownId: string
}

/** A call with the parts that are usual. */
export function toCall(
  operation: RunnerOperationId,
  caller: string,
  parts: Partial<Pick<ApiCall, 'path' | 'query' | 'body' | 'secret'>> = {},
): ApiCall {
  return { operation, caller, path: {}, query: {}, body: undefined, ...parts }
}

export const WHOLE_LIST = { size: 100 }

/** Reads of everything that there is, in an order that depends on the world alone. */
export function closingReads(world: TrackedWorld, participants: Participants): readonly ApiCall[] {
  const runners = [...world.runners.values()].filter(({ isGone }) => !isGone)
  return [...runners.flatMap((runner) => readsOf(world, participants, runner)), ...listsOf(participants, runners)]
}

/** These reads; of commands in a row in the same state, as in a full queue, the first and the last three tell what all would. */
export function tellingOf({ work }: TrackedWorld, reads: readonly ApiCall[]): readonly ApiCall[] {
  const statusesOf = (id = '') => work.get(id)?.states.map(({ status }) => status)
  const known = reads.map(({ path: { commandId } }, at) => statusesOf(commandId)?.join() ?? at)
  return reads.filter((_, at) => known[at - 3] !== known[at] || known[at + 3] !== known[at])
}

function readsOf(world: TrackedWorld, { identities }: Participants, runner: TrackedRunner): ApiCall[] {
  const { id: runnerId, owner, type, job, bridgeCommand } = runner
  const path = { runnerId }
  const logged = job.ids.filter((id) => (world.work.get(id)?.logs.length ?? 0) > 0)
  const commands = (caller: string, ids: readonly string[]): ApiCall[] =>
    ids.map((commandId) => toCall('getBridgeCommand', caller, { path: { runnerId, commandId } }))
  const foreign = identities.filter((each) => each !== owner).slice(0, 1)
  return [
    ...[owner, ...foreign].map((caller) => toCall('getRunner', caller, { path })),
    ...foreign.flatMap((caller) => [
      ...job.ids.slice(-1).map((jobId) => toCall('getJob', caller, { path: { jobId } })),
      ...commands(caller, bridgeCommand.ids.slice(-1)),
    ]),
    ...(job.ids.length === 0 ? [] : [toCall('listJobs', owner, { path, query: WHOLE_LIST })]),
    ...logged.map((jobId) => toCall('getJobLogs', owner, { path: { jobId } })),
    ...commands(owner, bridgeCommand.ids),
    ...(type === 'endpoint' ? [toCall('heartbeat', owner, { path })] : []),
  ]
}

/** Each list in which a runner stands. */
function listsOf({ identities, projectsOf }: Participants, runners: readonly TrackedRunner[]): ApiCall[] {
  return identities.flatMap((caller) =>
    projectsOf(caller)
      .filter((project) => runners.some(({ projectId, owner }) => projectId === project && owner === caller))
      .map((project_id) => toCall('listRunners', caller, { query: { project_id } })),
  )
}
