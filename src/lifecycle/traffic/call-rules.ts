/**
 * Judges calls by what came before: plans the effects of each when it begins, and judges them when it ends, with what several
 * things say together: creations that may be for several runners, projects, rates, lateness, lists, and silent quirks.
 */
import { memberOf, objectOf, objectsAt, textAt } from '../../kernel/json-value.js'
import { spanMs } from '../timers.js'
import { canEmit, roleOf, workMachines } from '../roles.js'
import { machines } from '../table.js'
import { isNothingToDo } from '../tracker/judge.js'
import { Mismatch } from '../tracker/mismatch.js'
import { WAKE_MS } from './effects.js'
import { toStory, type ObservedCall } from './observed-call.js'
import type { PlannedCall } from './planned-call.js'
import { idsOfHandOut, judgePoll, judgeFullQueue } from './queue-rules.js'
import type { ResourceIndex } from './resource-index.js'
import { WorkEntry, type RecordingFacts, type RunnerEntry } from './tracked-entries.js'
import { reportAll, type AnswerFinding } from './findings.js'
import { entryOfRunner } from '../tracker/judge-runners.js'
import { expectPage, type PageEntry, type TrackedPageParts } from '../tracker/shown.js'
import { findOwnRunner } from '../tracker/tracked-world.js'
import { plan } from './call-plans.js'
import { learnFrom } from './state-discovery.js'

/** Calls that began before the recording are over by then, beyond the time for which polls are held. */
const MARGIN_MS = 2000

function settlingMs({ limits, startsEmpty }: RecordingFacts): number {
  const { next_job_poll_timeout_seconds: jobs, bridge_poll_timeout_seconds: commands } = limits
  return startsEmpty ? -Infinity : 1000 * Math.max(jobs, commands) + MARGIN_MS
}

/**
 * @param isOdd whether it is unknown what the server made of the request
 * @param isHopeless whether the answer tells nothing of the state
 */
export function beginCall(planned: PlannedCall, isOdd: boolean, isHopeless: boolean): void {
  const { observed, index } = planned
  index.workspaces[observed.call.caller] = observed.workspace
  index.learnsFrom ??= observed.now.from + settlingMs(index.facts)
  if (observed.isAborted || isOdd || !isHopeless) plan(planned)
  if (!isOdd) return
  for (const { of, added } of planned.effects.splice(0)) {
    of.end(added, true)
    of.forget()
    planned.doubtful.push(of)
  }
}

/** @returns whether the answer was judged by what is known */
export function endCall(planned: PlannedCall): boolean {
  const { observed, index } = planned
  let isJudged = false
  for (const { of, added, mayBeGone } of planned.effects) if (of.end(added, mayBeGone()) === 'judged') isJudged = true
  for (const entry of planned.doubtful) entry.forget()
  for (const rule of observed.isAborted ? [] : aggregateRules) reportAll(index.facts.findings, observed, rule(planned))
  if (observed.answer.status === 200 && observed.now.from >= (index.learnsFrom ?? 0)) learnFrom(observed, index)
  for (const { of } of planned.effects) if (of instanceof WorkEntry) index.dropUnknown(of)
  return isJudged
}

/** A project of the caller's workspace that is said to be unknown. */
function* judgeKnownProject({ observed, index }: PlannedCall): Iterable<AnswerFinding> {
  const { operation, answer, call, workspace, now } = observed
  const { machine, creates, lists } = roleOf(operation)
  const isAboutProject = lists === 'runner' || (machine === 'pairingSession' && creates !== undefined)
  const id = textAt(lists === 'runner' ? call.query : call.body, 'project_id').toLowerCase()
  if (answer.status === 404 && isAboutProject && index.hasProject(id, workspace, now.from))
    yield { rule: `model/${operation}`, expected: 'no 404, since the workspace has the project', actual: '404' }
}

/** A creation for a caller who has no runner. */
function* judgeCreation({ observed, candidates, index }: PlannedCall): Iterable<AnswerFinding> {
  const { operation, answer, now } = observed
  const { status } = answer
  // What is wrong with an error of the server is told by itself.
  if (candidates?.runners.length !== 0 || status === 404 || status === 429 || status >= 500) return
  if (index.facts.startsEmpty && index.activeUntil < now.from)
    yield { rule: `model/${operation}`, expected: '404 (the caller has no endpoint runner)', actual: String(status) }
}

/** Of more submissions than these only the last are told. */
const MAX_REPORTED = 20

function* judgeRates({ observed, entry }: PlannedCall): Iterable<AnswerFinding> {
  const { creates, way } = roleOf(observed.operation)
  if (creates === undefined || way !== 'path' || observed.answer.status !== 201) return
  const tooMany = entry?.rates.exceededBy(observed)
  if (tooMany === undefined) return
  const { most, counted } = tooMany
  const others = counted.filter(({ id }) => id !== observed.id).slice(-MAX_REPORTED)
  yield {
    ...{ rule: 'rate/commands', expected: `${most} commands a minute at most`, actual: `${counted.length} within one` },
    story: [...others.map(({ id }) => ({ id, what: 'createBridgeCommand: 201' })), toStory(observed)],
  }
}

/** A server that is slow at everything wakes its polls within that, in milliseconds. */
const MAX_LATE_MS = 2 * WAKE_MS

/** A wait must end when there is something for it, and when its time is over. */
function* judgeLateness({ observed, index }: PlannedCall): Iterable<AnswerFinding> {
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
function* judgeStrangers({ observed, entry, index }: PlannedCall): Iterable<AnswerFinding> {
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
function* nameSilentQuirks({ observed, entry, index }: PlannedCall): Iterable<AnswerFinding> {
  const { answer, operation, now } = observed
  const { handsOut, lists, isRead, machine } = roleOf(operation)
  if (answer.status !== 200 || entry === undefined) return
  // It has waited on after its runner was gone.
  const { goneBy = -Infinity } = entry
  if (handsOut !== undefined && isNothingToDo(answer.body) && goneBy > now.from && goneBy + WAKE_MS < now.to)
    yield 'gone-runner-poll-waits'
  if (lists === 'job' && isOvercounted(observed)) yield 'total-counts-expired'
  const isCommandRead = isRead && machine === 'bridgeCommand' && entry.type === 'endpoint'
  if (isCommandRead && isUnreaped(observed, index)) yield 'endpoint-commands-unreaped'
}

/** A page that is not full is the last one, and tells how many there are. */
function isOvercounted({ call: { query }, answer: { body } }: ObservedCall): boolean {
  const [page, size, total] = [Number(query['page']), Number(query['size']), Number(memberOf(body, 'total'))]
  const shown = objectsAt(body, 'content').length
  const isLast = shown < size && (page === 0 || shown > 0)
  return query['project_id'] === undefined && isLast && total > page * size + shown
}

/** A command that is picked up long after the reaper should have ended it. */
function isUnreaped({ call, answer: { body }, now }: ObservedCall, index: ResourceIndex): boolean {
  const { limits } = index.facts
  const id = call.path['commandId'] ?? ''
  if (memberOf(body, 'status') !== 'picked_up') return false
  const worlds = index.findWork('bridgeCommand', id)?.worlds ?? []
  const started = worlds.flatMap(({ work }) => work.get(id)?.started ?? [])
  // One run of the reaper, and a moment, leave nothing that is due.
  const graceMs = spanMs('command_timeout', limits, objectOf(body)) + 1000 * limits.reaper_interval_seconds + WAKE_MS
  return started.length > 0 && started.every(({ to }) => now.from - to > graceMs)
}

function* judgeList(
  { call: { query }, answer: { body } }: ObservedCall,
  parts: Omit<TrackedPageParts, 'query' | 'body'>,
): Iterable<AnswerFinding> {
  // Which page was asked for is unknown where the query is wrong.
  if (query['page'] === undefined) return
  try {
    expectPage({ ...parts, query, body })
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error
    yield { rule: `page/${parts.what}`, expected: error.expected, actual: error.actual }
  }
}

function* judgeJobList({ observed, entry, index }: PlannedCall): Iterable<AnswerFinding> {
  const { operation, answer, call, now } = observed
  if (roleOf(operation).lists !== 'job' || entry === undefined || answer.status !== 200 || entry.isRevived) return
  if (entry.presence(now) !== 'there' || !entry.isCalmSince(now.from)) return
  const ttlMs = 1000 * index.facts.limits.completed_job_ttl_seconds
  const { project_id: projectId = entry.projectId } = call.query
  const ids = projectId === entry.projectId ? [...entry.work.job] : []
  const made = ids.flatMap((id) => {
    const { created: moment } = index.findWork('job', id) ?? {}
    if (moment === undefined || moment.from > now.to) return []
    const isYoung = now.to - moment.from < ttlMs
    return { id, moment, isYoung, isCertain: isYoung && moment.to < now.from }
  })
  const overcount = made.filter(({ isYoung }) => !isYoung).length
  yield* judgeList(observed, { what: 'jobs', entries: made, hasOthers: entry.hasOthers.job, overcount })
}

function* judgeRunnerList({ observed, index }: PlannedCall): Iterable<AnswerFinding> {
  const { operation, answer, call, now } = observed
  if (roleOf(operation).lists !== 'runner' || answer.status !== 200) return
  const there = index.inProject(String(call.query['project_id']))
  const isCalm = there.every((entry) => entry.isCalmSince(now.from) && entry.isPlain)
  // Of each user, project and type there is one connected runner at most.
  const connected = objectsAt(answer.body, 'content').filter((each) => each['status'] === 'connected')
  for (const type of ['endpoint', 'connect']) {
    const ids = connected.filter((each) => each['type'] === type).map((each) => textAt(each, 'id'))
    if (ids.length < 2) continue
    // A runner that came back by quirk is in no slot; of two that came at once both may be there.
    const entries = there.filter(({ id }) => ids.includes(id))
    for (const entry of entries) entry.sharesSlot = true
    const isSure = entries.length === ids.length && entries.every(({ worlds }) => worlds.length === 1)
    const wrong = { rule: 'runner/slot', expected: `one runner of type ${type} at most`, actual: ids.join(', ') }
    yield isCalm && isSure ? wrong : 'races/slots'
  }
  if (!isCalm) return
  const own = there.filter((entry) => index.mayOwn(entry, call.caller) && entry.presence(now) !== 'gone')
  const entries = own.flatMap((entry) => toEntry(entry, observed))
  yield* judgeList(observed, { what: 'runners', entries, hasOthers: !index.facts.startsEmpty })
}

function toEntry(entry: RunnerEntry, { call, now }: ObservedCall): PageEntry[] {
  const { worlds } = entry
  const wanted = call.query['status']
  // What happens meanwhile, such as a heartbeat, may decide whether it is asked for.
  const isSteady = wanted === undefined || entry.isUnchangedSince(now.from)
  const status = wanted === undefined || !isSteady ? undefined : String(wanted).toLowerCase()
  const shown = worlds.flatMap((world) => {
    const runner = findOwnRunner(world, call.caller, entry.id)
    return runner === undefined ? [] : entryOfRunner(world, runner, now, status)
  })
  if (shown.length === 0) return []
  const isCertain = isSteady && shown.length === worlds.length && shown.every((each) => each.isCertain)
  const moments = shown.map(({ moment }) => moment)
  const moment = { from: Math.min(...moments.map(({ from }) => from)), to: Math.max(...moments.map(({ to }) => to)) }
  return [{ id: entry.id, isCertain: isCertain && entry.presence(now) === 'there', moment }]
}

/** In their order: an answer is blamed once. */
const aggregateRules: readonly ((ended: PlannedCall) => Iterable<AnswerFinding>)[] = [
  judgePoll,
  judgeFullQueue,
  judgeStrangers,
  nameSilentQuirks,
  judgeKnownProject,
  judgeCreation,
  judgeRates,
  judgeLateness,
  judgeJobList,
  judgeRunnerList,
]
