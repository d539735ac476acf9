/** What each kind of call does to resources: how runners come and go, what they say, their lists and polls, and their work. */
import { listOf, memberOf, textAt } from '../../kernel/json-value.js'
import { canEmit, roleOf, type WorkMachine } from '../roles.js'
import { renews } from '../tracker/judge-runners.js'
import { createWorld, type TrackedWorld, findOwnRunner } from '../tracker/tracked-world.js'
import {
  activation,
  announcement,
  handOutOf,
  judged,
  lostHandOut,
  owning,
  CANCELLATION,
  creation,
  reading,
} from './effects.js'
import type { ObservedCall } from './observed-call.js'
import { projectOf, type PlannedCall } from './planned-call.js'
import { idsOfHandOut } from './queue-rules.js'
import { WorkEntry, type RunnerEntry } from './tracked-entries.js'
import { isRegistration } from './tracked-resource.js'
import { machineFacts } from '../tracker/tracked-states.js'

/** Plans the effects of a call. */
export function plan(planned: PlannedCall): void {
  const { operation } = planned.observed
  const { machine, creates, lists } = roleOf(operation)
  if (creates === 'pairingSession') planOpening(planned)
  else if (machine === 'pairingSession') planActivation(planned)
  else if (machine !== 'runner') planOnWork(planned, machine)
  else if (creates === 'job' || creates === 'bridgeCommand') planCreation(planned, creates)
  else if (canEmit(operation, 'runner.gone')) planDisconnect(planned)
  else if (lists === 'runner') planned.planList('runner')
  else planOnRunner(planned)
}

const isActivation = ({ operation }: ObservedCall): boolean => canEmit(operation, 'pairingSession.activated')
const isEnding = ({ operation }: ObservedCall): boolean => canEmit(operation, 'runner.gone')

function planOpening(planned: PlannedCall): void {
  const { observed } = planned
  const { answer, call, workspace } = observed
  const { index } = planned
  if (answer.status !== 201) return
  const [runnerId = '', sessionId = ''] = ['runner_id', 'session_id'].map((field) =>
    textAt(answer.body, field).toLowerCase(),
  )
  if (runnerId === '') return
  if (index.runners.get(runnerId)?.isBorn === true || index.sessions.has(sessionId)) {
    planned.report('ids/new', 'new ids of session and runner', runnerId)
    return
  }
  const entry = index.runner(runnerId, workspace)
  Object.assign(entry, { isBorn: true, sessionId })
  Object.assign(entry.hasOthers, { job: false, bridgeCommand: false })
  index.sessions.set(sessionId, runnerId)
  const type = textAt(call.body, 'type') === 'connect' ? 'connect' : 'endpoint'
  index.assignSlot(entry, workspace, textAt(call.body, 'project_id'), type)
  entry.become([createWorld(index.start)])
  planned.add(entry, judged(observed))
}

function planActivation(planned: PlannedCall): void {
  const { observed } = planned
  const { call, answer, isAborted } = observed
  const { index } = planned
  const entry = runnerOfSession(planned)
  const isEffective = isAborted || answer.status === 201 || answer.status === 409
  if (isEffective) index.activeUntil = Math.max(index.activeUntil, observed.until)
  if (entry === undefined) {
    if (isEffective) planUnknownActivation(planned)
    return
  }
  // Whether, and when, an activation has succeeded that was not heard is unknown; what is learned by looks knows no session.
  const isKnown = entry.worlds.every(({ sessions }) => sessions.has(call.path['sessionId'] ?? ''))
  if (isAborted || !isKnown || index.isOpenTo(entry, call.caller)) planned.doubt(entry)
  else planned.add(entry, activation(observed, entry.id, isEffective))
  if (!isEffective) return
  entry.noteEnd(observed.until)
  entry.goneBy = undefined
  doubtCreations(planned, ({ projectId }) => projectId === entry.projectId)
  const earlier = planned.others.filter((each) => mayMeet(each, entry))
  if (earlier.some((each) => isActivation(each.observed)))
    for (const each of index.inProject(entry.projectId)) if (each.type === entry.type) each.sharesSlot = true
  if (answer.status !== 201) {
    entry.isRevived = true
    // What has become of its work is unknown.
    planned.doubt(...index.workOf(entry))
  }
  planEvictions(planned, entry, answer.status === 201)
  // What began before may find it there, and take it away.
  for (const each of earlier) if (runnerOfSession(each) !== entry) each.planEnd(entry, false)
  // Jobs that are being created may be the new runner's.
  const isForNew = (each: ObservedCall): boolean =>
    roleOf(each.operation).creates === 'job' && projectOf(each) === entry.projectId
  if (planned.others.some(({ observed: each }) => isForNew(each))) entry.hasOthers.job = true
}

/** Whether a call that is under way is about what activates a runner meanwhile: its slot, or its end. */
function mayMeet(planned: PlannedCall, { id, projectId, type }: RunnerEntry): boolean {
  const { observed } = planned
  if (isEnding(observed)) return observed.call.path['runnerId'] === id
  if (!isActivation(observed)) return false
  const rival = runnerOfSession(planned)
  return rival === undefined || (rival.projectId === projectId && rival.type === type)
}

/** The runner that an activation is about; undefined for a session that was opened before the recording. */
function runnerOfSession({ observed: { call }, index }: PlannedCall): RunnerEntry | undefined {
  return index.runners.get(index.sessions.get(call.path['sessionId'] ?? '') ?? '')
}

function planEvictions(planned: PlannedCall, entry: RunnerEntry, isFirst: boolean): void {
  const { call, now } = planned.observed
  for (const rival of planned.inSlot(entry.projectId, entry.type ?? 'endpoint')) {
    const isSure = isFirst && rival.presence(now) === 'there' && rival.isSurelyOf(call.caller)
    if (rival !== entry) planned.planEnd(rival, isSure)
  }
}

/** A session that was opened before the recording: any runner of the caller may go, and others come back. */
function planUnknownActivation(planned: PlannedCall): void {
  const { workspace, call } = planned.observed
  for (const entry of planned.index.runners.values()) {
    if (entry.workspace !== workspace) continue
    if (!entry.isBorn) planned.doubt(entry, ...planned.index.workOf(entry))
    else if (planned.index.mayBeTaken(entry, call.caller)) planned.planEnd(entry, false)
  }
}

function planDisconnect(planned: PlannedCall): void {
  const { observed, index } = planned
  const { caller, path } = observed.call
  const entry = index.runners.get(path['runnerId'] ?? '')
  index.activeUntil = Math.max(index.activeUntil, observed.until)
  if (entry === undefined || !index.mayBeTaken(entry, caller)) return
  // It is accepted from every caller, whatever it ends.
  const isOpen = index.isOpenTo(entry, caller) && !entry.isSurelyOf(caller)
  if (isOpen) planned.doubt(entry, ...index.workOf(entry))
  else planned.add(entry, judged(observed))
  planned.planEndOfWork(entry, !observed.isAborted)
}

function planOnRunner(planned: PlannedCall): void {
  const { observed } = planned
  const { operation, call, answer, isAborted, now } = observed
  const { handsOut, lists, isRead } = roleOf(operation)
  const entry = planned.runnerFor(call.path['runnerId'] ?? '')
  if (isRegistration(operation)) doubtCreations(planned, (each) => each === entry)
  if (handsOut !== undefined || lists !== undefined) {
    const isCalm = entry.isUnchangedSince(now.from) && entry.isCalmSince(now.from)
    const wasGone = isCalm && entry.presence(now) === 'gone'
    if (!isAborted) planned.add(entry, owning(observed, entry.id, wasGone))
    if (handsOut !== undefined) planPoll(planned, entry, handsOut)
    else planned.planList('job')
  } else if (renews(operation)) {
    // What it announces, the jobs judge.
    const told = answer.status === 200 ? { body: { cancelled_job_ids: [] } } : {}
    planned.add(entry, judged(observed, {}, told))
    if (answer.status === 200 || isAborted) planAnnouncements(planned, entry)
  } else if (!isRead || !isAborted) planned.add(entry, judged(observed))
}

/** What is being created may meet the runner as it was or as it becomes: whether it is there, and with which agents. */
function doubtCreations({ others }: PlannedCall, isMeant: (runner: RunnerEntry) => boolean): void {
  for (const each of others) {
    const isFor = each.candidates?.runners.some(isMeant) === true
    if (isFor) each.doubt(...each.effects.flatMap(({ of }) => (of instanceof WorkEntry ? [of] : [])))
  }
}

function planAnnouncements(planned: PlannedCall, entry: RunnerEntry): void {
  const { observed } = planned
  const ids = listOf(memberOf(observed.answer.body, 'cancelled_job_ids')).map(String)
  if (new Set(ids).size < ids.length) planned.report('heartbeat/announces', 'each cancellation once', ids)
  const stray = ids.find((id) => !entry.work.job.has(id))
  const isOpen = entry.hasOthers.job || entry.isRevived
  if (stray !== undefined && entry.isBorn && !isOpen)
    planned.report('heartbeat/announces', 'cancellations of jobs of this runner', stray)
  for (const id of new Set([...entry.announcing, ...ids])) {
    if (!entry.work.job.has(id)) continue
    const job = planned.workFor('job', id)
    if (hasNothingToAnnounce(job)) entry.announcing.delete(id)
    planned.add(job, announcement(observed, job))
  }
}

function planPoll(planned: PlannedCall, entry: RunnerEntry, machine: WorkMachine): void {
  const { observed } = planned
  if (observed.isAborted)
    for (const work of planned.index.waitingOf(entry, machine)) planned.add(work, lostHandOut(observed, work))
  for (const id of new Set(idsOfHandOut(observed))) {
    const work = planned.workFor(machine, id)
    planned.index.link(entry, work)
    planned.add(work, handOutOf(observed, id))
  }
}

/** Whether a cancellation has been announced for good. */
function hasNothingToAnnounce(job: WorkEntry): boolean {
  const isTold = ({ runners }: TrackedWorld): boolean =>
    [...runners.values()].every(({ unannounced }) => unannounced.length === 0)
  return job.isIdle && job.isKnown && job.worlds.every(isTold)
}

const MAX_LINES = 2000

/** A creation, on a runner that the path names or on the one in a slot. */
function planCreation(planned: PlannedCall, machine: WorkMachine): void {
  const { observed, index } = planned
  const { operation, answer, call, isAborted } = observed
  const isBySlot = roleOf(operation).way === 'slot'
  const there = isBySlot
    ? planned.inSlot(projectOf(observed), 'endpoint')
    : [planned.runnerFor(call.path['runnerId'] ?? '')]
  const [only] = there
  const isIn = ({ id, worlds, isSettled }: RunnerEntry): boolean =>
    isSettled && worlds.some((world) => findOwnRunner(world, call.caller, id) !== undefined)
  const isClear = !isBySlot || (there.length === 1 && there.every(isIn))
  planned.candidates = { isClear, runners: there }
  if (machine === 'bridgeCommand') only?.rates.note(observed, only.isBorn)
  if (isAborted) index.isComplete = false
  for (const entry of there) if (isAborted || (answer.status === 201 && !isClear)) entry.hasOthers[machine] = true
  const work = workMadeBy(planned, machine)
  if (only === undefined || !isClear || isAborted) return
  // A command may be refused for what it brings, whatever is there.
  if (answer.status !== 429 && (isBySlot || answer.status !== 400)) planned.add(only, creation(observed))
  if (work !== undefined) planMade(planned, only, work)
}

function workMadeBy(planned: PlannedCall, machine: WorkMachine): WorkEntry | undefined {
  const { answer, now } = planned.observed
  const told = machine === 'job' ? answer.createdId : textAt(answer.body, machineFacts[machine].idField)
  if (answer.status !== 201 || told === undefined || told === '') return undefined
  const work = planned.index.workEntry(machine, told.toLowerCase())
  if (work.created !== undefined) planned.report('ids/new', 'a new id', work.id)
  work.created = now
  return work
}

function planMade(planned: PlannedCall, entry: RunnerEntry, work: WorkEntry): void {
  const { observed, index } = planned
  index.link(entry, work)
  if (entry.presence(observed.now) !== 'there') return
  work.become(index.bornWorlds(entry, observed))
  planned.add(work, judged(observed), true)
  // A poll may still go on whose caller has hung up.
  for (const each of planned.others) {
    const { operation, isAborted, call } = each.observed
    if (isAborted && roleOf(operation).handsOut === work.machine && call.path['runnerId'] === entry.id)
      each.add(work, lostHandOut(each.observed, work))
  }
}

function planOnWork(planned: PlannedCall, machine: WorkMachine): void {
  const { observed } = planned
  const { operation, call, answer, isAborted } = observed
  const work = planned.workFor(machine, call.path[machine === 'job' ? 'jobId' : 'commandId'] ?? '')
  const { runners, knowsLogs } = work
  if (roleOf(operation).isRead) {
    const isOfLogs = Array.isArray(answer.body)
    if (!isAborted && (!isOfLogs || knowsLogs)) planned.add(work, reading(observed, work))
    return
  }
  planned.add(work, judged(observed))
  if (canEmit(operation, CANCELLATION) && (answer.status === 204 || isAborted))
    for (const id of runners) planned.index.runners.get(id)?.announcing.add(work.id)
  // A log that grows without end is not kept.
  const isLong = work.worlds.some((world) => (world.work.get(work.id)?.logs.length ?? 0) > MAX_LINES)
  if (isLong) work.forget()
}
