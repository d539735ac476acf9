/** What several things say together: creations that may be for several runners, projects, rates, lateness, and silent quirks. */
import { memberOf, objectOf, objectsAt, textAt } from '../../kernel/json-value.js'
import { spanMs, type TimerLimits } from '../../lifecycle/timers.js'
import { canEmit, roleOf, workMachines } from '../../lifecycle/roles.js'
import { machines } from '../../lifecycle/table.js'
import { isNothingToDo, judge } from '../../lifecycle/tracker/judge.js'
import { Mismatch } from '../../lifecycle/tracker/mismatch.js'
import { WAKE_MS } from './effects.js'
import type { ObservedCall } from './observed-call.js'
import type { PlannedCall } from './planned-call.js'
import { idsOfHandOut } from './queue-rules.js'
import type { ResourceIndex } from './resource-index.js'
import type { RunnerEntry } from './tracked-entries.js'
import type { Findings, Found } from './verdict.js'

export interface AggregateParts {
  readonly index: ResourceIndex
  readonly limits: TimerLimits
  readonly findings: Findings
  /** Whether everything that was ever there has been seen. */
  readonly startsEmpty: boolean
}

/** A call that has ended, with the runner in its path and all that is known. */
export interface EndedCall extends AggregateParts, Pick<PlannedCall, 'observed' | 'candidates'> {
  readonly entry: RunnerEntry | undefined
}

/** Judges an answer by everything that is known when its call has ended. */
export type AggregateRule = (ended: EndedCall) => Iterable<Found>

/** A project of the caller's workspace that is said to be unknown. */
function* judgeKnownProject({ observed, index }: EndedCall): Iterable<Found> {
  const { operation, answer, call, workspace, now } = observed
  const { machine, creates, lists } = roleOf(operation)
  const isAboutProject = lists === 'runner' || (machine === 'pairingSession' && creates !== undefined)
  const id = textAt(lists === 'runner' ? call.query : call.body, 'project_id').toLowerCase()
  if (answer.status === 404 && isAboutProject && index.hasProject(id, workspace, now.from))
    yield { rule: `model/${operation}`, expected: 'no 404, since the workspace has the project', actual: '404' }
}

/** A creation that may belong to no runner or to several, or to one that is coming or going. */
function* judgeCreation({ observed, candidates, startsEmpty, index }: EndedCall): Iterable<Found> {
  const { operation, call, answer, now } = observed
  const { status } = answer
  const wrong = { rule: `model/${operation}`, actual: String(status) }
  if (candidates === undefined || candidates.isClear || status === 429) return
  const { runners } = candidates
  if (runners.some(({ entry }) => index.isOpenTo(entry, call.caller))) return
  if (runners.length === 0 && startsEmpty && status !== 404)
    yield { ...wrong, expected: '404 (the caller has no endpoint runner)' }
  const worlds = runners.flatMap(({ entry, worlds: before }) => [...before, ...entry.worlds])
  const outcomes = worlds.map((world) => judge(world, call, answer, now))
  const [mismatch, ...others] = outcomes.filter((outcome) => outcome instanceof Mismatch)
  if (mismatch === undefined || others.length + 1 < outcomes.length) return
  const isCalm = runners.every(
    ({ entry }) => entry.isPlain && entry.isCalmSince(now.from) && entry.isUnchangedSince(now.from),
  )
  yield isCalm && startsEmpty && index.isComplete ? { ...wrong, expected: mismatch.expected } : 'races/half-made'
}

/** Of more submissions than these only the last are told. */
const MAX_REPORTED = 20

function* judgeRates({ observed, entry }: EndedCall): Iterable<Found> {
  const { creates, way } = roleOf(observed.operation)
  if (creates === undefined || way !== 'path' || observed.answer.status !== 201) return
  const tooMany = entry?.rates.exceededBy(observed)
  if (tooMany === undefined) return
  const { most, counted } = tooMany
  const others = counted.filter(({ id }) => id !== observed.id).slice(-MAX_REPORTED)
  yield {
    ...{ rule: 'rate/commands', expected: `${most} commands a minute at most`, actual: `${counted.length} within one` },
    before: others.map(({ id }) => ({ id, what: 'createBridgeCommand: 201' })),
  }
}

/** A server that is slow at everything wakes its polls within that, in milliseconds. */
const MAX_LATE_MS = 2 * WAKE_MS

/** A wait must end when there is something for it, and when its time is over. */
function* judgeLateness({ observed, index }: EndedCall): Iterable<Found> {
  const { answer, now, waitMs, operation } = observed
  const { handsOut } = roleOf(operation)
  if (answer.status !== 200 || waitMs === undefined) return
  const after = (ms: number): string => `after ${Math.round(ms)} ms`
  if (answer.waitedMs > waitMs + MAX_LATE_MS) {
    const expected = `an answer within ${waitMs / 1000} s`
    yield { rule: 'poll/held', severity: 'should', expected, actual: after(answer.waitedMs) }
  }
  for (const id of idsOfHandOut(observed)) {
    const created = handsOut && index.findWork(handsOut, id)?.created
    const lateMs = created === undefined ? 0 : now.to - Math.max(now.from, created.to)
    if (lateMs > MAX_LATE_MS)
      yield { rule: 'poll/late', expected: `${id} to wake the poll that waits for it`, actual: after(lateMs) }
  }
}

/** What was never made cannot be there, where everything has been seen. */
function* judgeStrangers({ observed, entry, index }: EndedCall): Iterable<Found> {
  const { answer, call, operation } = observed
  const { handsOut } = roleOf(operation)
  if (!index.isComplete || answer.status >= 400 || canEmit(operation, 'runner.gone')) return
  const named = workMachines.flatMap((machine) => {
    const ids = [call.path[machines[machine].parameter] ?? [], handsOut === machine ? idsOfHandOut(observed) : []]
    return ids.flat().filter((id) => index.findWork(machine, id)?.created === undefined)
  })
  const { runnerId } = call.path
  const [id] = runnerId !== undefined && entry?.sessionId === undefined ? [runnerId] : named
  if (id !== undefined) yield { rule: 'ids/unknown', expected: 'nothing, since it was never made', actual: id }
}

/** Names quirks that no answer contradicts, by what the rules leave open. */
function* nameSilentQuirks({ observed, entry, index, limits }: EndedCall): Iterable<Found> {
  const { answer, operation, now } = observed
  const { handsOut, lists, isRead, machine } = roleOf(operation)
  if (answer.status !== 200 || entry === undefined) return
  // It has waited on after its runner was gone.
  const hasOutlived = entry.endedUntil > now.from && entry.endedUntil + WAKE_MS < now.to
  if (handsOut !== undefined && isNothingToDo(answer.body) && hasOutlived && entry.presence(now) === 'gone')
    yield 'gone-runner-poll-waits'
  if (lists === 'job' && isOvercounted(observed)) yield 'total-counts-expired'
  const isCommandRead = isRead && machine === 'bridgeCommand' && entry.type === 'endpoint'
  if (isCommandRead && isUnreaped(observed, index, limits)) yield 'endpoint-commands-unreaped'
}

/** A page that is not full is the last one, and tells how many there are. */
function isOvercounted({ call: { query }, answer: { body } }: ObservedCall): boolean {
  const [page, size, total] = [Number(query['page']), Number(query['size']), Number(memberOf(body, 'total'))]
  const shown = objectsAt(body, 'content').length
  const isLast = shown < size && (page === 0 || shown > 0)
  return query['project_id'] === undefined && isLast && total > page * size + shown
}

/** A command that is picked up long after the reaper should have ended it. */
function isUnreaped({ call, answer: { body }, now }: ObservedCall, index: ResourceIndex, limits: TimerLimits): boolean {
  const id = call.path['commandId'] ?? ''
  if (memberOf(body, 'status') !== 'picked_up') return false
  const worlds = index.findWork('bridgeCommand', id)?.worlds ?? []
  const started = worlds.flatMap(({ work }) => work.get(id)?.started ?? [])
  // One run of the reaper, and a moment, leave nothing that is due.
  const graceMs = spanMs('command_timeout', limits, objectOf(body)) + 1000 * limits.reaper_interval_seconds + WAKE_MS
  return started.length > 0 && started.every(({ to }) => now.from - to > graceMs)
}

export const aggregateRules: readonly AggregateRule[] = [
  judgeStrangers,
  nameSilentQuirks,
  judgeKnownProject,
  judgeCreation,
  judgeRates,
  judgeLateness,
]
