/** What is looked at when a sequence is over: everything that its runners, jobs and commands show, and to whom. */
import type { ModelCall } from '../rules/call.js'
import { toCall, type Participants } from './intent.js'
import type { Runner, World } from '../rules/model-world.js'

const EVERYTHING = 100

/** The reads, in an order that depends on the world alone. */
export function closingReads(world: World, cast: Participants): readonly ModelCall[] {
  const runners = [...world.runners.values()].filter(({ isGone }) => !isGone)
  return [...runners.flatMap((runner) => readsOf(world, cast, runner)), ...listsOf(cast, runners)]
}

function readsOf(world: World, cast: Participants, { id: runnerId, owner, type, jobs, commands }: Runner): ModelCall[] {
  const path = { runnerId }
  const [foreign] = cast.identities.filter((each) => each !== owner)
  const jobId = jobs.at(-1)
  const commandId = commands.at(-1)
  const logged = jobs.filter((id) => (world.jobs.get(id)?.logs.length ?? 0) > 0)
  return [
    toCall('getRunner', owner, { path }),
    ...(foreign === undefined ? [] : [toCall('getRunner', foreign, { path })]),
    ...(foreign === undefined || jobId === undefined ? [] : [toCall('getJob', foreign, { path: { jobId } })]),
    ...(foreign === undefined || commandId === undefined
      ? []
      : [toCall('getBridgeCommand', foreign, { path: { runnerId, commandId } })]),
    ...(jobs.length === 0 ? [] : [toCall('listJobs', owner, { path, query: { size: EVERYTHING } })]),
    ...logged.map((id) => toCall('getJobLogs', owner, { path: { jobId: id } })),
    ...commands.map((id) => toCall('getBridgeCommand', owner, { path: { runnerId, commandId: id } })),
    ...(type === 'endpoint' ? [toCall('heartbeat', owner, { path })] : []),
  ]
}

/** Each list in which a runner stands. */
function listsOf(cast: Participants, runners: readonly Runner[]): ModelCall[] {
  return cast.identities.flatMap((identity) =>
    cast
      .projectsOf(identity)
      .filter((project) => runners.some(({ projectId, owner }) => projectId === project && owner === identity))
      .map((project_id) => toCall('listRunners', identity, { query: { project_id } })),
  )
}
