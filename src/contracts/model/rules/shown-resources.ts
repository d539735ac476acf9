/** How the model expects runners, jobs and commands to look in an answer, and a page of a list, newest first. */
import { isDeepStrictEqual } from 'node:util'
import type { Agent } from '../../../kernel/types.js'
import { show } from '../../target/expectation.js'
import { isObject, memberOf, objectsAt, textAt } from '../../../kernel/json-value.js'
import { isUnfinished, mayBeTimedOut } from './command-states.js'
import { facesOf } from './job-states.js'
import { demand, demandEqual, demandSame, Mismatch } from './mismatch.js'
import {
  type Command,
  type Job,
  type JobFace,
  type Moment,
  type Runner,
  type World,
  describeStored,
  fits,
  seen,
} from './model-world.js'
import { statusesOf } from './time-bounds.js'

const ROUNDING_MS = 1

/** Whether a shown time is the one that was shown before, if any was. */
export function isSameTime(known: number | undefined, shown: string): boolean {
  return known === undefined || Math.abs(Date.parse(shown) - known) <= ROUNDING_MS
}

/** Refuses a command that is shown otherwise than it may be. */
export function demandCommand(command: Command, shown: unknown, now: Moment, stale: readonly string[] = []): void {
  const record = isObject(shown) ? shown : {}
  demandEqual(
    'id and runner of the command',
    [record['command_id'], record['runner_id']],
    [command.id, command.runnerId],
  )
  demandRequest(command, record)
  const status = textAt(record, 'status')
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
  command.pickedUpAt = demandSameTime('picked_up_at of the command', command.pickedUpAt, record['picked_up_at'])
}

/** Refuses another time than was shown before; returns what is known of it now. */
function demandSameTime(what: string, known: number | undefined, shown: unknown): number | undefined {
  if (typeof shown !== 'string') return known
  demand(isSameTime(known, shown), `${what} to stay as it was`, shown)
  return Date.parse(shown)
}

/** Refuses a command that was not submitted like this; for what is handed out too. */
export function demandRequest(command: Command, record: Readonly<Record<string, unknown>>): void {
  demandEqual(
    'type, args and timeout of the command',
    [record['type'], record['args'], record['timeout_seconds']],
    [command.type, command.args, command.timeoutMs / 1000],
  )
  const submittedAt = textAt(record, 'submitted_at')
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
  const record = isObject(shown) ? shown : {}
  demandEqual('id and runner of the job', [record['id'], record['runner_id']], [job.id, job.runnerId])
  for (const field of ASKED) {
    const isSame = Object.hasOwn(record, field) === Object.hasOwn(job.request, field)
    if (!isSame || !isDeepStrictEqual(record[field], job.request[field])) {
      throw new Mismatch(`${field} of the job to be ${show(job.request[field])}`, show(record[field]))
    }
  }
  demandEqual('timeout of the job', record['timeout'], job.timeoutMs / 1000)
  const createdAt = textAt(record, 'created_at')
  demand(isSameTime(job.createdAt, createdAt), 'created_at of the job to stay as it was', createdAt)
  job.createdAt = Date.parse(createdAt)
  job.startedAt = demandSameTime('started_at of the job', job.startedAt, record['started_at'])
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
  if (memberOf(record, 'trace_id') !== traceId) {
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
    ['id', 'name', 'type', 'project_id'].map((field) => memberOf(shown, field)),
    [id, name, type, projectId],
  )
  const status = textAt(shown, 'status')
  const statuses: readonly string[] = statusesOf(world, runner, now)
  demand(statuses.includes(status), `the runner to be ${statuses.join(' or ')}`, status)
  learnConnectedAt([runner], shown)
  const agents = status === 'connected' ? Object.values(runner.agents) : []
  demandEqual('agents of the runner', byName(objectsAt(shown, 'agents').map(toAgent)), byName(agents.map(toAgent)))
  const capabilities = memberOf(shown, 'capabilities')
  demandSame('capabilities', Array.isArray(capabilities) ? capabilities.map(String) : [], runner.capabilities)
  demandEqual('checklist', memberOf(shown, 'checklist'), runner.checklist)
}

/** Remembers when a runner was activated, and refuses another time than it was shown with before. */
export function learnConnectedAt(runners: readonly Runner[], shown: unknown): void {
  const runner = runners.find(({ id }) => id === memberOf(shown, 'id'))
  const text = textAt(shown, 'connected_at')
  if (runner === undefined) return
  const known = runner.connectedAt
  demand(isSameTime(known, text), 'connected_at of the runner to stay as it was', text)
  runner.connectedAt = Date.parse(text)
}

/** An agent with its defaults filled in: a list without entries is as good as none. */
function toAgent(agent: Agent | Record<string, unknown>): Record<string, unknown> {
  return { timeout: 0, params: [], ...(isObject(agent) ? agent : {}) }
}

function byName(agents: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  return agents.toSorted((a, b) => (String(a['name']) < String(b['name']) ? -1 : 1))
}

/** A thing that the list holds. */
export interface PageEntry {
  id: string
  /** Whether it must be in the list, or may be. */
  isCertain: boolean
  /** The time that the list is sorted by, once it is known. */
  time: number | undefined
  /** When that was. */
  moment: Moment
}

/** A page and what is known about its list. */
export interface PageParts {
  what: string
  /** Newest first. */
  entries: readonly PageEntry[]
  query: Readonly<Record<string, unknown>>
  body: unknown
  /** Ids of things that are not the model's. */
  ignored?: ReadonlySet<string>
  /** Whether the list may hold things that are not the model's. */
  hasOthers?: boolean
  /** Times that are so close are as good as the same. */
  tieMs: number
  /** How many things beyond the list the total may count. */
  overcount?: number
}

const DEFAULT_SIZE = 25

/** Refuses a page that does not hold what it must, in an order that is none, or with a total that is wrong. */
export function judgePage(parts: PageParts): void {
  const { what, entries, query, body, ignored = new Set(), hasOthers = false, overcount = 0 } = parts
  const all = objectsAt(body, 'content').map((each) => textAt(each, 'id'))
  const ids = all.filter((id) => !ignored.has(id))
  const page = numberOf(query['page'], 0)
  const size = numberOf(query['size'], DEFAULT_SIZE)
  demand(all.length <= size, `at most ${size} ${what} on a page`, all.length)
  demand(new Set(ids).size === ids.length, `each of the ${what} once`, ids)
  const known = new Map(entries.map((entry, place) => [entry.id, place]))
  const stray = ids.find((id) => !known.has(id))
  if (stray !== undefined) throw new Mismatch(`the ${what} that the caller should see and no other`, stray)
  demandEqual('number of the page', memberOf(body, 'page'), page)
  judgeTotal(parts, hasOthers, overcount)
  const groups = groupsOf(entries, parts.tieMs)
  const shown = ids.map((id) => groups[known.get(id) ?? 0] ?? 0)
  const isInOrder = shown.every((group, at) => at === 0 || group >= (shown[at - 1] ?? 0))
  demand(isInOrder, `the ${what} newest first`, ids)
  if (hasOthers) return
  if (entries.every(({ isCertain }) => isCertain)) {
    const wanted = groups.slice(page * size, (page + 1) * size)
    if (JSON.stringify(wanted) === JSON.stringify(shown)) return
    const expected = entries.slice(page * size, (page + 1) * size).map(({ id }) => id)
    throw new Mismatch(
      `page ${page} of size ${size} to hold the ${what} ${JSON.stringify(expected)}`,
      JSON.stringify(ids),
    )
  }
  const missing = entries.find(({ id, isCertain }) => isCertain && !ids.includes(id))
  if (page === 0 && entries.length <= size && missing !== undefined)
    throw new Mismatch(`${missing.id} to be among the ${what}`, JSON.stringify(ids))
}

function judgeTotal({ entries, body, what }: PageParts, hasOthers: boolean, overcount: number): void {
  const total = memberOf(body, 'total')
  const least = entries.filter(({ isCertain }) => isCertain).length
  const most = hasOthers ? Infinity : entries.length + overcount
  const isRight = typeof total === 'number' && total >= least && total <= most
  demand(isRight, `a total of ${least === most ? least : `${least} to ${most}`} ${what}`, total)
}

function numberOf(value: unknown, fallback: number): number {
  return typeof value === 'number' ? value : fallback
}

/** Two moments so close that a server may date them alike. */
const SAME_TIME_MS = 5

/** A number for each entry; those that may come in either order have the same. */
function groupsOf(entries: readonly PageEntry[], tieMs: number): number[] {
  const groups: number[] = []
  for (const [at, entry] of entries.entries()) {
    const before = entries[at - 1]
    const group = groups[at - 1] ?? 0
    groups.push(before === undefined || isTie(before, entry, tieMs) ? group : group + 1)
  }
  return groups
}

function isTie(newer: PageEntry, older: PageEntry, tieMs: number): boolean {
  if (newer.time !== undefined && older.time !== undefined) return Math.abs(newer.time - older.time) <= tieMs
  return newer.moment.from - older.moment.to < SAME_TIME_MS
}
