/** The two kinds of races: for the jobs of an endpoint runner, for the commands of a connect runner. */
import { recordsOf, fieldOf, textOf, type ModelCall, type Modelled } from '../rules/call.js'
import { toCall } from '../steps/intent.js'
import { commandLanes, jobLanes, type LaneView } from './lane-plans.js'
import type { LaneKind, Race } from './race.js'

const call = (operation: Modelled, parts: Parameters<typeof toCall>[2]): ModelCall => toCall(operation, 'main', parts)

async function finishJobs(race: Race, { runnerId, known }: LaneView): Promise<void> {
  const path = { runnerId }
  const list = await race.look(call('listJobs', { path, query: { size: 100 } }))
  const jobs = recordsOf(fieldOf(list.body, 'content'))
  for (const job of jobs) if (job['status'] === 'pending') await race.look(call('nextJob', { path }))
  for (const jobId of known) {
    await race.look(call('getJob', { path: { jobId } }))
    await race.look(call('getJobLogs', { path: { jobId } }))
  }
  await race.look(call('heartbeat', { path }))
}

async function finishCommands(race: Race, { runnerId, known }: LaneView): Promise<void> {
  const read = async (): Promise<string[]> => {
    const statuses: string[] = []
    for (const commandId of known) {
      const { body } = await race.look(call('getBridgeCommand', { path: { runnerId, commandId } }))
      statuses.push(textOf(body, 'status'))
    }
    return statuses
  }
  if (!(await read()).includes('pending')) return
  await race.look(call('nextBridgeCommands', { path: { runnerId }, body: { max_commands: 20 } }))
  await read()
}

/** The kinds by the names of their checks. */
export const laneKinds = {
  'concurrent-jobs': {
    plans: jobLanes,
    poll: 'nextJob',
    feed: (view) =>
      call('createJob', {
        body: { agent_name: 'echo', project_id: view.projectId, inputs: `${view.label}.${view.made}` },
      }),
    finish: finishJobs,
  },
  'concurrent-commands': {
    plans: commandLanes,
    poll: 'nextBridgeCommands',
    feed: (view) =>
      call('createBridgeCommand', {
        path: { runnerId: view.runnerId },
        body: { type: 'ReadFile', args: { path: `${view.label}.${view.made}` } },
      }),
    finish: finishCommands,
  },
} as const satisfies Record<string, LaneKind>

/** Name of a kind of races. */
export type LaneKindName = keyof typeof laneKinds
