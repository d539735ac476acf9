/** What several things say together: creations that may be for several runners, projects, rates, lateness, and silent quirks. */
import { memberOf, objectOf, objectsAt, textAt } from '../../kernel/json-value.js'
import { spanMs, type TimerLimits } from '../../lifecycle/timers.js'
import { canEmit, roleOf, workMachines } from '../../lifecycle/roles.js'
import { machines } from '../../lifecycle/table.js'
import { isNothingToDo, judge } from '../../lifecycle/tracker/judge.js'
import { Mismatch } from '../../lifecycle/tracker/mismatch.js'
import { WAKE_MS } from './effects.js'
import { judgeJobList, judgeRunnerList } from './list-rules.js'
import type { ObservedCall } from './observed-call.js'
import type { PlannedCall } from './planned-call.js'
import { idsOfHandOut, judgeFullQueue, judgePoll } from './queue-rules.js'
import { isCalmSince, presenceOf, type ResourceIndex, type RunnerEntry } from './resource-index.js'
import { reportWrong, type Findings, type WrongAnswer } from './verdict.js'

export interface AggregateParts {
  readonly index: ResourceIndex
  readonly limits: TimerLimits
  readonly findings: Findings
  /** Whether everything that was ever there has been seen. */
  readonly startsEmpty: boolean
}

/** Judges an answer by everything that is known when its call ends. */
export function judgeTogether(planned: PlannedCall, parts: AggregateParts): void {
  const { observed, candidates, isClear } = planned
  const { index, findings } = parts
  const { creates, lists, way } = roleOf(observed.operation)
  const entry = index.runners.get(observed.call.path['runnerId'] ?? '')
  const tell = (wrong: WrongAnswer | undefined): void => {
    if (wrong !== undefined) reportWrong(findings, observed, wrong)
  }
  if (entry !== undefined) judgePoll(observed, entry, index, findings)
  tell(findStranger(observed, index))
  if (entry !== undefined) nameSilentQuirks(observed, entry, parts)
  tell(findKnownProject(observed, index))
  if (candidates !== undefined)
    judgeFullQueue(
      observed,
      candidates.map((each) => each.entry),
      parts,
    )
  if (candidates !== undefined && isClear !== true) tell(findWrongCreation(observed, candidates, parts))
  if (entry !== undefined && lists === 'job') judgeJobList(observed, entry, parts)
  if (lists === 'runner') judgeRunnerList(observed, parts)
  if (creates !== undefined && way === 'path' && observed.answer.status === 201) tell(findExcess(observed, entry))
  for (const wrong of findLateness(observed, index)) tell(wrong)
}

/** A project of the caller's workspace that is said to be unknown. */
function findKnownProject(observed: ObservedCall, index: ResourceIndex): WrongAnswer | undefined {
  const { operation, answer, call, workspace, now } = observed
  const { machine, creates, lists } = roleOf(operation)
  const isAboutProject = lists === 'runner' || (machine === 'pairingSession' && creates !== undefined)
  const id = textAt(lists === 'runner' ? call.query : call.body, 'project_id').toLowerCase()
  if (answer.status !== 404 || !isAboutProject || !index.hasProject(id, workspace, now.from)) return undefined
  return { rule: `model/${operation}`, expected: 'no 404, since the workspace has the project', actual: '404' }
}

/** A creation that may belong to no runner or to several, or to one that is coming or going. */
function findWrongCreation(
  { id, operation, call, answer, now }: ObservedCall,
  candidates: NonNullable<PlannedCall['candidates']>,
  { findings, startsEmpty, index }: AggregateParts,
): WrongAnswer | undefined {
  const { status } = answer
  const wrong = { rule: `model/${operation}`, actual: String(status) }
  if (status === 429 || candidates.some(({ entry }) => index.isOpenTo(entry, call.caller))) return undefined
  if (candidates.length === 0)
    return startsEmpty && status !== 404 ? { ...wrong, expected: '404 (the caller has no endpoint runner)' } : undefined
  const worlds = candidates.flatMap(({ entry, worlds: before }) => [...before, ...entry.resource.worlds])
  const outcomes = worlds.map((world) => judge(world, call, answer, now))
  const mismatches = outcomes.filter((outcome) => outcome instanceof Mismatch)
  const [mismatch] = mismatches
  if (mismatch === undefined || mismatches.length < outcomes.length) return undefined
  const isCalm = candidates.every(
    ({ entry }) => index.isPlain(entry) && isCalmSince(entry, now.from) && entry.resource.isUnchangedSince(now.from),
  )
  if (isCalm && startsEmpty && index.isComplete) return { ...wrong, expected: mismatch.expected }
  findings.quirk('races/half-made', [id])
  return undefined
}

/** Of more submissions than these only the last are told. */
const MAX_REPORTED = 20

function findExcess(observed: ObservedCall, entry: RunnerEntry | undefined): WrongAnswer | undefined {
  const tooMany = entry?.rates.exceededBy(observed)
  if (tooMany === undefined) return undefined
  const { most, counted } = tooMany
  const others = counted.filter(({ id }) => id !== observed.id).slice(-MAX_REPORTED)
  return {
    ...{ rule: 'rate/commands', expected: `${most} commands a minute at most`, actual: `${counted.length} within one` },
    before: others.map(({ id }) => ({ id, what: 'createBridgeCommand: 201' })),
  }
}

/** A server that is slow at everything wakes its polls within that, in milliseconds. */
const MAX_LATE_MS = 2 * WAKE_MS

/** A wait must end when there is something for it, and when its time is over. */
function findLateness(observed: ObservedCall, index: ResourceIndex): WrongAnswer[] {
  const { answer, now, waitMs, operation } = observed
  const { handsOut } = roleOf(operation)
  if (answer.status !== 200 || waitMs === undefined) return []
  const found: WrongAnswer[] = idsOfHandOut(observed).flatMap((id) => {
    const created = handsOut && index.findWork(handsOut, id)?.created
    const lateMs = created === undefined ? 0 : Math.round(now.to - Math.max(now.from, created.to))
    if (lateMs <= MAX_LATE_MS) return []
    return { rule: 'poll/late', expected: `${id} to wake the poll that waits for it`, actual: `after ${lateMs} ms` }
  })
  if (answer.waitedMs <= waitMs + MAX_LATE_MS) return found
  const expected = `an answer within ${waitMs / 1000} s`
  return [{ rule: 'poll/held', severity: 'should', expected, actual: `after ${answer.waitedMs / 1000} s` }, ...found]
}

/** What was never made cannot be there, where everything has been seen. */
function findStranger(observed: ObservedCall, index: ResourceIndex): WrongAnswer | undefined {
  const { answer, call, operation } = observed
  const { handsOut } = roleOf(operation)
  if (!index.isComplete || answer.status >= 400 || canEmit(operation, 'runner.gone')) return undefined
  const { runnerId } = call.path
  const isStrange = runnerId !== undefined && index.runners.get(runnerId)?.sessionId === undefined
  const strange = workMachines.flatMap((machine) => {
    const ids = [
      call.path[machines[machine].parameter] ?? [],
      handsOut === machine ? idsOfHandOut(observed) : [],
    ].flat()
    return ids.filter((id) => index.findWork(machine, id)?.created === undefined)
  })
  const [id] = isStrange ? [runnerId] : strange
  return id === undefined
    ? undefined
    : { rule: 'ids/unknown', expected: 'nothing, since it was never made', actual: id }
}

/** Names quirks that no answer contradicts, by what the rules leave open. */
function nameSilentQuirks(
  observed: ObservedCall,
  entry: RunnerEntry,
  { index, limits, findings }: AggregateParts,
): void {
  const { answer, operation, id, now } = observed
  const { handsOut, lists, isRead, machine } = roleOf(operation)
  if (answer.status !== 200) return
  // It has waited on after its runner was gone.
  const hasOutlived = entry.changedUntil > now.from && entry.changedUntil + WAKE_MS < now.to
  if (handsOut !== undefined && isNothingToDo(answer.body) && hasOutlived && presenceOf(entry, now) === 'gone')
    findings.quirk('gone-runner-poll-waits', [id])
  if (lists === 'job' && isOvercounted(observed)) findings.quirk('total-counts-expired', [id])
  const isCommandRead = isRead && machine === 'bridgeCommand' && entry.type === 'endpoint'
  if (isCommandRead && isUnreaped(observed, index, limits)) findings.quirk('endpoint-commands-unreaped', [id])
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
  const worlds = index.findWork('bridgeCommand', id)?.resource.worlds ?? []
  const started = worlds.flatMap(({ work }) => work.get(id)?.started ?? [])
  // One run of the reaper, and a moment, leave nothing that is due.
  const graceMs = spanMs('command_timeout', limits, objectOf(body)) + 1000 * limits.reaper_interval_seconds + WAKE_MS
  return started.length > 0 && started.every(({ to }) => now.from - to > graceMs)
}
