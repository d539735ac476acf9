/** How the model expects runners, jobs and commands to look in an answer. */
import { isDeepStrictEqual } from 'node:util'
import type { Agent } from '../../../kernel/types.js'
import { show } from '../../target/expectation.js'
import { fieldOf, isRecord, recordsOf, textOf } from './call.js'
import { isUnfinished, mayBeTimedOut } from './command-states.js'
import { facesOf } from './job-states.js'
import { demand, demandEqual, demandSame, Mismatch } from './mismatch.js'
import type { Command, Job, JobFace, Moment, Runner, World } from './model-world.js'
import { describeStored, fits, seen } from './stored-value.js'
import { statusesOf } from './time-bounds.js'

const ROUNDING_MS = 1

/** Whether a shown time is the one that was shown before, if any was. */
export function isSameTime(known: number | undefined, shown: string): boolean {
  return known === undefined || Math.abs(Date.parse(shown) - known) <= ROUNDING_MS
}

/** Refuses a command that is shown otherwise than it may be. */
export function demandCommand(command: Command, shown: unknown, now: Moment, stale: readonly string[] = []): void {
  const record = isRecord(shown) ? shown : {}
  demandEqual(
    'id and runner of the command',
    [record['command_id'], record['runner_id']],
    [command.id, command.runnerId],
  )
  demandRequest(command, record)
  const status = textOf(record, 'status')
  if (status === 'timed_out' && mayBeTimedOut(command, now)) {
    command.status = 'timed_out'
    command.ended = { from: command.pickedUp?.from ?? now.from, to: now.to }
  }
  // The end of a wait may tell what was so at its beginning.
  if (status !== command.status && stale.includes(status)) return
  demandEqual('status of the command', status, command.status)
  for (const field of ['result', 'error'] as const) demandStored(command, record, field)
  demandStored({ ...command, duration_ms: command.duration }, record, 'duration_ms')
  demandTold(record, 'picked_up_at', command.pickedUp !== undefined, status)
  demandTold(record, 'completed_at', !isUnfinished(command), status)
}

/** Refuses a command that was not submitted like this; for what is handed out too. */
export function demandRequest(command: Command, record: Readonly<Record<string, unknown>>): void {
  demandEqual(
    'type, args and timeout of the command',
    [record['type'], record['args'], record['timeout_seconds']],
    [command.type, command.args, command.timeoutMs / 1000],
  )
  const submittedAt = textOf(record, 'submitted_at')
  demand(isSameTime(command.submittedAt, submittedAt), 'submitted_at of the command to stay as it was', submittedAt)
  command.submittedAt = Date.parse(submittedAt)
}

function demandStored<Field extends string>(
  stored: Readonly<Record<Field, Command['result']>>,
  record: Readonly<Record<string, unknown>>,
  field: Field,
): void {
  if (fits(stored[field], record, field)) return
  throw new Mismatch(`${field} of the command to be ${describeStored(stored[field])}`, show(record[field]))
}

function demandTold(record: Readonly<Record<string, unknown>>, field: string, isTold: boolean, status: string): void {
  const wanted = `${field} of the ${status} command ${isTold ? 'to be told' : 'to be left out'}`
  demand(Object.hasOwn(record, field) === isTold, wanted, record[field])
}

/** Fields that a job has as they were asked for, or not at all. */
const ASKED = ['agent_name', 'project_id', 'inputs', 'mask_id', 'prompt_masks', 'blueprint_name', 'metadata']

/** Refuses a job that is shown otherwise than it may be. */
export function demandJob(job: Job, shown: unknown, now: Moment): void {
  const record = isRecord(shown) ? shown : {}
  demandEqual('id and runner of the job', [record['id'], record['runner_id']], [job.id, job.runnerId])
  for (const field of ASKED) {
    const isSame = Object.hasOwn(record, field) === Object.hasOwn(job.request, field)
    if (!isSame || !isDeepStrictEqual(record[field], job.request[field])) {
      throw new Mismatch(`${field} of the job to be ${show(job.request[field])}`, show(record[field]))
    }
  }
  demandEqual('timeout of the job', record['timeout'], job.timeoutMs / 1000)
  const createdAt = textOf(record, 'created_at')
  demand(isSameTime(job.createdAt, createdAt), 'created_at of the job to stay as it was', createdAt)
  job.createdAt = Date.parse(createdAt)
  const faces = facesOf(job, now)
  const fitting = faces.filter((face) => flawOf(face, record) === undefined)
  if (fitting.length === 0) throw bestFlaw(faces, record)
  job.faces = fitting.map((face) => ({ ...face, result: seen(record, 'result'), error: seen(record, 'error') }))
}

/** The flaw of the face whose status fits, if one does. */
function bestFlaw(faces: readonly JobFace[], record: Readonly<Record<string, unknown>>): Mismatch {
  const [face] = [...faces.filter(({ status }) => status === record['status']), ...faces]
  const statuses = [...new Set(faces.map(({ status }) => status))].join(' or ')
  const flaw = face === undefined ? undefined : flawOf(face, record)
  if (flaw?.expected.startsWith('status') === true)
    return new Mismatch(`status of the job to be ${statuses}`, flaw.actual)
  return flaw ?? new Mismatch('a job that can be', show(record))
}

function flawOf(face: JobFace, record: Readonly<Record<string, unknown>>): Mismatch | undefined {
  const { status, result, error, traceId, hasStarted, ended, endedBefore } = face
  if (record['status'] !== status) return new Mismatch(`status ${status}`, show(record['status']))
  for (const [field, stored] of Object.entries({ result, error })) {
    if (!fits(stored, record, field)) {
      return new Mismatch(`${field} of the ${status} job to be ${describeStored(stored)}`, show(record[field]))
    }
  }
  if (fieldOf(record, 'trace_id') !== traceId) {
    return new Mismatch(`trace_id of the job to be ${traceId ?? 'left out'}`, show(record['trace_id']))
  }
  for (const [field, isThere] of Object.entries({ started_at: hasStarted, completed_at: ended !== undefined })) {
    if (field === 'completed_at' && !isThere && endedBefore !== undefined) continue
    if (Object.hasOwn(record, field) !== isThere) {
      return new Mismatch(
        `${field} of the ${status} job ${isThere ? 'to be told' : 'to be left out'}`,
        show(record[field]),
      )
    }
  }
  return undefined
}

/** Refuses a runner that is shown otherwise than it is. */
export function demandRunner(world: World, runner: Runner, shown: unknown, now: Moment): void {
  const { id, name, type, projectId } = runner
  demandEqual(
    'id, name, type and project of the runner',
    ['id', 'name', 'type', 'project_id'].map((field) => fieldOf(shown, field)),
    [id, name, type, projectId],
  )
  const status = textOf(shown, 'status')
  const statuses: readonly string[] = statusesOf(world, runner, now)
  demand(statuses.includes(status), `the runner to be ${statuses.join(' or ')}`, status)
  learnConnectedAt([runner], shown)
  const agents = status === 'connected' ? Object.values(runner.agents) : []
  demandEqual(
    'agents of the runner',
    byName(recordsOf(fieldOf(shown, 'agents')).map(toAgent)),
    byName(agents.map(toAgent)),
  )
  const capabilities = fieldOf(shown, 'capabilities')
  demandSame('capabilities', Array.isArray(capabilities) ? capabilities.map(String) : [], runner.capabilities)
  demandEqual('checklist', fieldOf(shown, 'checklist'), runner.checklist)
}

/** Remembers when a runner was activated, and refuses another time than it was shown with before. */
export function learnConnectedAt(runners: readonly Runner[], shown: unknown): void {
  const runner = runners.find(({ id }) => id === fieldOf(shown, 'id'))
  const text = textOf(shown, 'connected_at')
  if (runner === undefined) return
  const known = runner.connectedAt
  demand(isSameTime(known, text), 'connected_at of the runner to stay as it was', text)
  runner.connectedAt = Date.parse(text)
}

/** An agent with its defaults filled in: a list without entries is as good as none. */
function toAgent(agent: Agent | Record<string, unknown>): Record<string, unknown> {
  return { timeout: 0, params: [], ...(isRecord(agent) ? agent : {}) }
}

function byName(agents: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  return agents.toSorted((a, b) => (String(a['name']) < String(b['name']) ? -1 : 1))
}
