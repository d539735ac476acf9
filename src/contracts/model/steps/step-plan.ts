/** How a step is planned: the calls about jobs and bridge commands, with what is in them, and the times it speaks of. */
import {
  NEVER_WAS,
  anybody,
  chooseAmong,
  formOf,
  ownerOrOther,
  toCall,
  type Participants,
  type Intent,
  type Planner,
  type Kind,
} from './step.js'
import type { ModelCall, Modelled } from '../rules/call.js'
import { chooseRunner, onRunner, pairing, runnerPlans } from './plan-runners.js'
import { isUnfinished } from '../rules/command-states.js'
import type { Command, Job, Runner, World } from '../rules/model-world.js'
import type { Limits } from '../../target/target.js'

const ID = '0190babc-62a0-71d2-832a-0feffa46760'

type Forms = readonly [Record<string, unknown>, ...Record<string, unknown>[]]

const JOBS: Forms = [
  {},
  { inputs: { text: 'hi', none: null } },
  { agent_name: 'slow' },
  { inputs: null },
  { prompt_masks: { [`${ID}1`]: `${ID}2` }, blueprint_name: '  blue print ' },
  { agent_name: 'nobody' },
  { mask_id: `${ID}3`, prompt_masks: {}, metadata: { dataset_id: `${ID}4`, dataset_item_id: `${ID}5` } },
  { inputs: [1, 'two', [null]] },
]

const planCreateJob: Planner = (world, participants, intent) => {
  const runner = chooseRunner(world, participants, intent, ({ type }) => type === 'endpoint')
  const owner = runner?.owner ?? anybody(participants, intent.who)
  const project_id = world.runners.get(runner?.id ?? '')?.projectId ?? participants.unknownId
  const body = { agent_name: 'echo', project_id, ...formOf(JOBS, intent.form) }
  return runner === undefined ? undefined : toCall('createJob', ownerOrOther(participants, owner, intent.who), { body })
}

function hasRunnerIn({ runners }: World): (work: Job | Command) => boolean {
  return ({ runnerId }) => runners.get(runnerId)?.isGone === false
}

function chooseJob(
  world: World,
  participants: Participants,
  { which }: Intent,
  prefers: (job: Job) => boolean,
): { id: string; owner: Runner['owner'] } | undefined {
  if (which === NEVER_WAS) return { id: participants.unknownId, owner: participants.identities[0] }
  const job = chooseAmong([...world.jobs.values()], which, hasRunnerIn(world), prefers)
  const owner = world.runners.get(job?.runnerId ?? '')?.owner
  return job === undefined || owner === undefined ? undefined : { id: job.id, owner }
}

function onJob(
  operation: Modelled,
  forms: Forms,
  part: 'body' | 'query' = 'query',
  prefers: (job: Job) => boolean = () => true,
): Planner {
  return (world, participants, intent) => {
    const job = chooseJob(world, participants, intent, prefers)
    if (job === undefined) return undefined
    const path = { jobId: job.id }
    const form = formOf(forms, intent.form)
    const identity = ownerOrOther(participants, job.owner, intent.who)
    return toCall(operation, identity, part === 'body' ? { path, body: form } : { path, query: toQuery(form) })
  }
}

function toQuery(form: Record<string, unknown>): ModelCall['query'] {
  const query: Record<string, number> = {}
  for (const [name, value] of Object.entries(form)) if (typeof value === 'number') query[name] = value
  return query
}

const isRunning = ({ faces }: Job): boolean => faces.some(({ status }) => status === 'running')

const REPORTS: Forms = [
  { status: 'completed', result: 'done' },
  { status: 'failed', error: 'It broke.' },
  { status: 'running', trace_id: `${ID}6` },
  { status: 'completed', result: { answer: 42, none: null } },
  { status: 'running', result: { progress: 0.5 } },
  { status: 'completed' },
  { status: 'completed', result: null, trace_id: `${ID}7` },
  { status: 'cancelled' },
  { status: 'failed', error: 'It broke.', result: [1], trace_id: `${ID}8` },
  { status: 'pending', result: 'never' },
]

const planAppendJobLogs: Planner = (world, participants, intent) => {
  const job = chooseJob(world, participants, intent, isRunning)
  if (job === undefined) return undefined
  const first = world.jobs.get(job.id)?.logs.length ?? 0
  const count = 1 + (intent.form % 3)
  // Numbered, so that no two entries are alike.
  const body = Array.from({ length: count }, (_, at) => ({
    stream: at === 1 ? 'stderr' : 'stdout',
    text: `line ${first + at}`,
  }))
  return toCall('appendJobLogs', ownerOrOther(participants, job.owner, intent.who), { path: { jobId: job.id }, body })
}

const PAGES: readonly [Record<string, number | 'own' | 'other'>, ...Record<string, number | 'own' | 'other'>[]] = [
  {},
  { page: 0, size: 2 },
  { page: 1, size: 2 },
  { size: 1 },
  { project_id: 'own' },
  { project_id: 'other' },
  { page: 2, size: 1, project_id: 'own' },
  { page: 9 },
]

const planListJobs: Planner = (world, participants, intent) => {
  const runner = chooseRunner(world, participants, intent, ({ type }) => type === 'endpoint')
  if (runner === undefined) return undefined
  const { project_id, ...page } = formOf(PAGES, intent.form)
  const own = world.runners.get(runner.id)?.projectId ?? participants.unknownId
  const project = project_id === undefined ? {} : { project_id: project_id === 'own' ? own : participants.unknownId }
  return toCall('listJobs', ownerOrOther(participants, runner.owner, intent.who), {
    path: { runnerId: runner.id },
    query: { ...toQuery(page), ...project },
  })
}

const COMMANDS: Forms = [
  { type: 'ReadFile', args: { path: 'a.txt' } },
  { type: 'Exec', args: { command: 'ls', background: false }, timeout_seconds: 5 },
  { type: 'WriteFile', args: { path: 'a.txt', content: 'ä\n' }, timeout_seconds: 500 },
  { type: 'ListFiles', args: { path: '.', pattern: null }, timeout_seconds: 0 },
  { type: 'SearchFiles', args: [], timeout_seconds: -3 },
  { type: 'EditFile', args: { path: 'a.txt', edits: [{ old_string: 'a', new_string: 'b' }] }, timeout_seconds: 120 },
]

const BATCHES: readonly [unknown, ...unknown[]] = [
  {},
  { max_commands: 1 },
  undefined,
  { max_commands: 2 },
  { max_commands: 0 },
  { max_commands: 50 },
  { max_commands: -1 },
]

function onCommand(
  operation: Modelled,
  prefers: (command: Command) => boolean,
  toParts: (form: number) => Partial<Pick<ModelCall, 'query' | 'body'>>,
): Planner {
  return (world, participants, { who, which, form }) => {
    const command = chooseAmong([...world.commands.values()], which, hasRunnerIn(world), prefers)
    const owner = world.runners.get(command?.runnerId ?? '')?.owner
    if (command === undefined || owner === undefined) return undefined
    const commandId = which === NEVER_WAS ? participants.unknownId : command.id
    // A command is found on its own runner alone.
    const others = [...world.runners.keys()].filter((id) => id !== command.runnerId)
    const runnerId = form === WRONG_RUNNER ? (others.at(-1) ?? command.runnerId) : command.runnerId
    return toCall(operation, ownerOrOther(participants, owner, who), {
      path: { runnerId, commandId },
      ...toParts(form),
    })
  }
}

const WRONG_RUNNER = 23

const READS: readonly [ModelCall['query'], ...ModelCall['query'][]] = [
  {},
  { wait: true, timeout: 120 },
  { wait: false },
  { wait: true, timeout: 500 },
]

const COMMAND_REPORTS: Forms = [
  { status: 'completed', result: { content: 'hi', none: null }, duration_ms: 12 },
  { status: 'failed', error: { code: 'file_not_found', message: 'No such file.' } },
  { status: 'completed', result: 'text' },
  { status: 'completed' },
  { status: 'failed', error: 'text', result: [1], duration_ms: 0 },
  { status: 'timed_out', result: 1 },
  { status: 'completed', result: null },
  { status: 'picked_up', result: 1 },
]

/** Planners of jobs and commands by their operation. */
const workPlans = {
  createJob: planCreateJob,
  getJob: onJob('getJob', [{}]),
  cancelJob: onJob('cancelJob', [{}], 'query', isRunning),
  getJobLogs: onJob(
    'getJobLogs',
    [{}, { offset: 1 }, { offset: 2 }, { offset: 0 }, { offset: 100 }],
    'query',
    ({ logs }) => logs.length > 0,
  ),
  appendJobLogs: planAppendJobLogs,
  reportJobResult: onJob('reportJobResult', REPORTS, 'body', isRunning),
  listJobs: planListJobs,
  nextJob: onRunner('nextJob', [undefined], 'endpoint'),
  createBridgeCommand: onRunner('createBridgeCommand', COMMANDS, 'connect'),
  nextBridgeCommands: onRunner('nextBridgeCommands', BATCHES, 'connect'),
  getBridgeCommand: onCommand('getBridgeCommand', isUnfinished, (form) => ({ query: formOf(READS, form) })),
  reportBridgeResult: onCommand('reportBridgeResult', isUnfinished, (form) => ({
    body: formOf(COMMAND_REPORTS, form),
  })),
} as const satisfies Partial<Record<Modelled, Planner>>

/** A margin on top of a deadline. */
const BEYOND = 2

/** The plainest first; what takes long comes once, what is quick several times. */
const DURATIONS: readonly [(limits: Limits) => number, ...((limits: Limits) => number)[]] = [
  (limits) => 0.4 * limits.heartbeat_ttl_seconds,
  (limits) => limits.heartbeat_ttl_seconds + BEYOND,
  (limits) => limits.next_job_poll_timeout_seconds + BEYOND,
  (limits) => 0.4 * limits.heartbeat_ttl_seconds,
  (limits) => limits.bridge_poll_timeout_seconds + BEYOND,
  (limits) => limits.heartbeat_ttl_seconds + BEYOND,
  // The agent with a timeout of a minute, and commands with the usual one.
  (limits) => 60 + limits.reaper_interval_seconds + BEYOND,
  (limits) => 0.4 * limits.heartbeat_ttl_seconds,
  // A session's time to live, a reader's longest wait.
  () => 300 + BEYOND,
  (limits) => limits.job_timeout_seconds + limits.reaper_interval_seconds + BEYOND,
  (limits) => limits.bridge_completed_command_ttl_seconds + BEYOND,
  // Nobody beats while time passes: what lives longer than a dead runner goes with it.
  (limits) => Math.min(limits.completed_job_ttl_seconds, purgeSeconds(limits)) + BEYOND,
  (limits) => purgeSeconds(limits) + BEYOND,
]

/** After so much silence a runner has been purged. */
function purgeSeconds(limits: Limits): number {
  return limits.heartbeat_ttl_seconds + limits.dead_runner_purge_seconds + limits.reaper_interval_seconds
}

/** Seconds that a step lets pass. */
export function durationOf(limits: Limits, form: number): number {
  return formOf(DURATIONS, form)(limits)
}

/** Seconds for a sequence in which time cannot be moved: enough for each deadline that a target can have near, once. */
export function shortSequence(limits: Limits): number {
  const { reaper_interval_seconds: round, heartbeat_ttl_seconds, job_timeout_seconds } = limits
  const deadlines = [
    ...[heartbeat_ttl_seconds, limits.next_job_poll_timeout_seconds, limits.bridge_poll_timeout_seconds],
    ...[job_timeout_seconds + round, limits.bridge_completed_command_ttl_seconds, limits.completed_job_ttl_seconds],
  ]
  return deadlines.reduce((sum, seconds) => sum + seconds + BEYOND, 0)
}

const single: Readonly<Record<Exclude<Kind, 'pair' | 'pass'>, Planner>> = { ...runnerPlans, ...workPlans }

/** The planners of a step: one call, or the calls of a whole pairing; none for time that passes. */
export function plannersOf({ kind }: Intent): readonly Planner[] {
  if (kind === 'pass') return []
  return kind === 'pair' ? pairing : [single[kind]]
}
