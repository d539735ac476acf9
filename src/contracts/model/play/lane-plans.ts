/** What the steps of lanes mean: calls on one queue, of things that were there before the lanes began or are their own. */
import type { ModelCall, Modelled } from '../rules/call.js'
import { formOf, pick, toCall, type Intent, type Kind } from '../steps/step.js'

/** What a lane may name. */
export interface LaneView {
  runnerId: string
  projectId: string
  /** Jobs or commands that it has heard of. */
  known: string[]
  /** Those among them that were handed out. */
  taken: string[]
  /** Unlike any other lane's. */
  label: string
  /** How many calls it has made. */
  made: number
}

/** Decides what a step means to a lane; undefined when there is nothing that it could mean. */
export type LanePlanner = (view: LaneView, intent: Intent) => ModelCall | undefined

function call(operation: Modelled, parts: Parameters<typeof toCall>[2]): ModelCall {
  return toCall(operation, 'main', parts)
}

/** What only this call writes, so that a value can be told from any other. */
function mark({ label, made }: LaneView): string {
  return `${label}.${made}`
}

function onJob(
  operation: Modelled,
  choose: (view: LaneView) => string[],
  toBody?: (view: LaneView, form: number) => unknown,
): LanePlanner {
  return (view, { which, form }) => {
    const jobId = pick(choose(view), which)
    return jobId === undefined ? undefined : call(operation, { path: { jobId }, body: toBody?.(view, form) })
  }
}

const known = (view: LaneView): string[] => view.known
const taken = (view: LaneView): string[] => view.taken

function report(view: LaneView, form: number): unknown {
  const result = mark(view)
  return formOf(
    [
      { status: 'completed', result },
      { status: 'failed', error: result },
      { status: 'running', result },
    ],
    form,
  )
}

const onRunner =
  (operation: Modelled, toBody: (view: LaneView, form: number) => unknown = () => undefined): LanePlanner =>
  (view, { form }) =>
    call(operation, { path: { runnerId: view.runnerId }, body: toBody(view, form) })

const onCommand =
  (operation: Modelled, toBody: (view: LaneView, form: number) => unknown = () => undefined): LanePlanner =>
  (view, { which, form }) => {
    const commandId = pick(view.known, which)
    const path = { runnerId: view.runnerId, commandId: commandId ?? '' }
    return commandId === undefined ? undefined : call(operation, { path, body: toBody(view, form) })
  }

/** Plans of the lanes of jobs. A report names jobs that were handed out: of others the rules leave too much open. */
export const jobLanes: Partial<Record<Kind, LanePlanner>> = {
  createJob: (view) =>
    call('createJob', { body: { agent_name: 'echo', project_id: view.projectId, inputs: mark(view) } }),
  nextJob: onRunner('nextJob'),
  getJob: onJob('getJob', known),
  cancelJob: onJob('cancelJob', known),
  reportJobResult: onJob('reportJobResult', taken, report),
  // One entry at a time: batches that overlap may be shuffled.
  appendJobLogs: onJob('appendJobLogs', known, (view) => [{ stream: 'stdout', text: mark(view) }]),
  getJobLogs: onJob('getJobLogs', known),
  listJobs: (view) => call('listJobs', { path: { runnerId: view.runnerId }, query: { size: 100 } }),
  heartbeat: onRunner('heartbeat'),
}

/** Plans of the lanes of commands. */
export const commandLanes: Partial<Record<Kind, LanePlanner>> = {
  createBridgeCommand: onRunner('createBridgeCommand', (view) => ({ type: 'ReadFile', args: { path: mark(view) } })),
  nextBridgeCommands: onRunner('nextBridgeCommands', (_, form) => ({ max_commands: 1 + (form % 3) })),
  getBridgeCommand: onCommand('getBridgeCommand'),
  reportBridgeResult: onCommand('reportBridgeResult', (view, form) => {
    const result = mark(view)
    return form % 2 === 0 ? { status: 'completed', result } : { status: 'failed', error: result }
  }),
}
