/** How runners, jobs and commands must look in an answer. */
import { isObject, memberOf, objectsAt, textAt, textsOf, type JsonObject } from '../../kernel/json-value.js'
import { sharedNames, carryUntyped } from '../../kernel/shared-fields.js'
import { show } from '../../kernel/printable.js'
import { requestFeeds } from '../../generated/carried.js'
import { ABSENT, describeExpected, matches, shownValue } from './expected-value.js'
import { expectSame, expectThat, Mismatch } from './mismatch.js'
import { statusesOf } from './runner-states.js'
import type { TimeRange } from './time-range.js'
import { factsOfMachine, isTime, statesNow } from './work-states.js'
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

const requestNames = {
  job: sharedNames(requestFeeds.createJob),
  bridgeCommand: sharedNames(requestFeeds.createBridgeCommand),
} as const

/** Refuses a job or command that was not made like this. */
export function expectRequest(work: TrackedWork, shown: JsonObject): void {
  const { createdField, timeoutField } = factsOfMachine(work.machine)
  const name = NAMES[work.machine]
  for (const field of requestNames[work.machine]) {
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
  const { idField, startedField, written } = factsOfMachine(work.machine)
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
  for (const field of factsOfMachine(machine).written) {
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
