/** How runners, jobs and commands must look in an answer, and pages of their lists, newest first. */
import { isObject, memberOf, objectsAt, textAt, textsOf, type JsonObject } from '../../kernel/json-value.js'
import { carryUntyped } from '../../kernel/shared-fields.js'
import { show } from '../../kernel/printable.js'
import {
  ABSENT,
  describeExpected,
  matches,
  shownValue,
  machineFacts,
  isTime,
  statesNow,
  statusesOf,
} from './tracked-states.js'
import { expectSame, expectThat, Mismatch } from './mismatch.js'
import type { TimeRange } from './time-range.js'
import type { TrackedRunner, TrackedWork, TrackedWorld, WorkState } from './tracked-world.js'

const ROUNDING_MS = 1

/** Refuses another time than was shown before; returns what is known of it now. */
function expectSameTime(what: string, known: number | undefined, text: string): number | undefined {
  if (text === '') return known
  const at = Date.parse(text)
  expectThat(known === undefined || Math.abs(at - known) <= ROUNDING_MS, `${what} to stay as it was`, text)
  return at
}

/** How a machine's resource is called in words. */
export const NAMES = { job: 'job', bridgeCommand: 'command' } as const

/** Refuses a job or command that was not made like this. */
export function expectRequest(work: TrackedWork, shown: JsonObject): void {
  const { createdField, timeoutField, request } = machineFacts[work.machine]
  const name = NAMES[work.machine]
  for (const field of request.names) {
    if (field === timeoutField) continue
    const isSame = Object.hasOwn(shown, field) === Object.hasOwn(work.request, field)
    if (!isSame) throw new Mismatch(`${field} of the ${name} to be ${show(work.request[field])}`, show(shown[field]))
    expectSame(`${field} of the ${name}`, shown[field], work.request[field])
  }
  expectSame(`timeout of the ${name}`, shown[timeoutField], work.timeoutMs / 1000)
  noteTimes(work, shown, [createdField])
}

function noteTimes(work: TrackedWork, shown: JsonObject, fields: readonly string[]): void {
  for (const field of fields) {
    const at = expectSameTime(`${field} of the ${NAMES[work.machine]}`, work.times[field], textAt(shown, field))
    if (at !== undefined && at !== work.times[field]) work.times = { ...work.times, [field]: at }
  }
}

/**
 * Refuses a job or command that is shown otherwise than it may be, and keeps the states that the answer leaves.
 * @param stale states that may be shown although they are over
 */
export function expectWork(
  world: TrackedWorld,
  work: TrackedWork,
  shown: unknown,
  now: TimeRange,
  stale: readonly string[] = [],
): void {
  const record = isObject(shown) ? shown : {}
  const { idField, startedField, written } = machineFacts[work.machine]
  const name = NAMES[work.machine]
  expectSame(`id and runner of the ${name}`, [record[idField], record['runner_id']], [work.id, work.runnerId])
  expectRequest(work, record)
  const possible = statesNow(world, work, now)
  const status = textAt(record, 'status')
  if (stale.includes(status) && !possible.some((state) => state.status === status)) return
  noteTimes(work, record, [startedField])
  const fitting = possible.filter((state) => flawOf(work, state, record) === undefined)
  if (fitting.length === 0) throw bestFlaw(work, possible, record)
  const told = written.filter((field) => !isTime(field))
  work.states = fitting.map((state) => ({
    ...state,
    fields: { ...state.fields, ...Object.fromEntries(told.map((field) => [field, shownValue(record, field)])) },
  }))
}

/** The flaw of the state whose status fits, if one does. */
function bestFlaw(work: TrackedWork, states: readonly WorkState[], record: JsonObject): Mismatch {
  const [state] = [...states.filter(({ status }) => status === record['status']), ...states]
  const statuses = [...new Set(states.map(({ status }) => status))].join(' or ')
  const what = `status of the ${NAMES[work.machine]} to be ${statuses}`
  if (state?.status !== record['status']) return new Mismatch(what, show(record['status']))
  return (state && flawOf(work, state, record)) ?? new Mismatch(what, show(record))
}

function flawOf({ machine }: TrackedWork, { status, fields }: WorkState, record: JsonObject): Mismatch | undefined {
  if (record['status'] !== status) return new Mismatch(`status ${status}`, show(record['status']))
  for (const field of machineFacts[machine].written) {
    const expected = fields[field] ?? ABSENT
    if (matches(expected, record, field)) continue
    const what = `${field} of the ${status} ${NAMES[machine]} to be ${describeExpected(expected)}`
    return new Mismatch(what, show(record[field]))
  }
  return undefined
}

/** Refuses a runner that is shown otherwise than it is. */
export function expectRunner(world: TrackedWorld, runner: TrackedRunner, shown: unknown, now: TimeRange): void {
  const { id, name, type, projectId } = runner
  expectSame(
    'id, name, type and project of the runner',
    ['id', 'name', 'type', 'project_id'].map((field) => memberOf(shown, field)),
    [id, name, type, projectId],
  )
  const status = textAt(shown, 'status')
  const statuses: readonly string[] = statusesOf(world, runner, now)
  expectThat(statuses.includes(status), `the runner to be ${statuses.join(' or ')}`, status)
  noteConnectedAt(runner, shown)
  const agents = status === 'connected' ? Object.values(runner.agents) : []
  expectSame('agents of the runner', byName(objectsAt(shown, 'agents').map(toAgent)), byName(agents.map(toAgent)))
  expectSame('capabilities', textsOf(memberOf(shown, 'capabilities')).toSorted(), runner.capabilities.toSorted())
  expectSame('checklist', memberOf(shown, 'checklist'), runner.checklist)
}

/** Remembers when a runner was activated, and refuses another time than it was shown with before. */
export function noteConnectedAt(runner: TrackedRunner, shown: unknown): void {
  runner.connectedAt = expectSameTime('connected_at of the runner', runner.connectedAt, textAt(shown, 'connected_at'))
}

/** An agent as it is shown: a list without entries is as good as none. */
function toAgent(agent: object): JsonObject {
  return { params: [], ...carryUntyped('Agent', { ...agent }) }
}

function byName(agents: readonly JsonObject[]): JsonObject[] {
  return agents.toSorted((a, b) => (String(a['name']) < String(b['name']) ? -1 : 1))
}

/** A thing that the list may hold. */
export interface PageEntry {
  readonly id: string
  /** Whether it must be in the list, or may be. */
  readonly isCertain: boolean
  /** When it was made. Of two that were made at once either may come first. */
  readonly moment: TimeRange
}

/** A page and what is known about its list. */
export interface TrackedPageParts {
  readonly what: string
  readonly entries: readonly PageEntry[]
  /** With defaults filled in. */
  readonly query: Readonly<Record<string, unknown>>
  readonly body: unknown
  /** Whether the list may hold things that are not known. */
  readonly hasOthers?: boolean
  /** Ids of those. Default: any may be one. */
  readonly others?: ReadonlySet<string>
  /** How many things beyond the list the total may count. */
  readonly overcount?: number
}

/** Refuses a page that does not hold what it must, in a wrong order, or with a wrong total. */
export function expectPage(parts: TrackedPageParts): void {
  const { what, entries, query, body, others, hasOthers = false, overcount = 0 } = parts
  const ids = objectsAt(body, 'content').map((each) => textAt(each, 'id'))
  const [page, size] = [Number(query['page']), Number(query['size'])]
  expectThat(ids.length <= size, `at most ${size} ${what} on a page`, ids.length)
  expectThat(new Set(ids).size === ids.length, `each of the ${what} once`, ids)
  const known = new Map(entries.map((entry) => [entry.id, entry]))
  const stray = ids.find((id) => !known.has(id) && !(others?.has(id) ?? hasOthers))
  if (stray !== undefined) throw new Mismatch(`the ${what} that the caller should see and no other`, stray)
  expectSame('number of the page', memberOf(body, 'page'), page)
  const certain = entries.filter(({ isCertain }) => isCertain)
  expectTotal(parts, certain.length, hasOthers ? Infinity : entries.length + overcount)
  const least = Math.min(size, certain.length - page * size)
  expectThat(ids.length >= least, `${least} of the ${what} on page ${page} of size ${size} at least`, ids)
  const shown = ids.map((id) => known.get(id))
  expectOrder(what, shown, ids)
  for (const [at, entry] of shown.entries()) {
    if (entry === undefined) continue
    const place = page * size + at
    const newer = count(certain, (other) => isNewer(other, entry))
    const older = count(entries, (other) => isNewer(entry, other))
    const isPlaced = newer <= place && (hasOthers || place < entries.length - older)
    expectThat(isPlaced, `page ${page} of size ${size} to hold what stands there in the list of ${what}`, ids)
  }
  const missing = certain.find(({ id }) => !ids.includes(id))
  if (!hasOthers && page === 0 && entries.length <= size && missing !== undefined)
    throw new Mismatch(`${missing.id} to be among the ${what}`, JSON.stringify(ids))
}

function expectOrder(what: string, shown: readonly (PageEntry | undefined)[], ids: readonly string[]): void {
  let newest = Infinity
  for (const entry of shown) {
    if (entry === undefined) continue
    expectThat(entry.moment.from <= newest + SAME_TIME_MS, `the ${what} newest first`, ids)
    newest = Math.min(newest, entry.moment.to)
  }
}

function expectTotal({ body, what }: TrackedPageParts, least: number, most: number): void {
  const total = memberOf(body, 'total')
  const isRight = typeof total === 'number' && total >= least && total <= most
  expectThat(isRight, `a total of ${least === most ? least : `${least} to ${most}`} ${what}`, total)
}

/** Two moments so close that a server may take them for one. */
const SAME_TIME_MS = 5

function isNewer(one: PageEntry, other: PageEntry): boolean {
  return one.moment.from - other.moment.to >= SAME_TIME_MS
}

function count(entries: readonly PageEntry[], holds: (entry: PageEntry) => boolean): number {
  let number = 0
  for (const entry of entries) if (holds(entry)) number++
  return number
}
