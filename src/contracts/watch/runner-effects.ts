/** Effects of calls on runners: how they come and go, what they say of themselves, their lists and their polls. */
import { listOf, memberOf, textAt } from '../../kernel/json-value.js'
import { canEmit, roleOf, type WorkMachine } from '../../lifecycle/roles.js'
import { renews } from '../../lifecycle/tracker/judge-runners.js'
import { createWorld, type TrackedWorld } from '../../lifecycle/tracker/tracked-world.js'
import { activation, announcement, handOutOf, judged, lostHandOut, owning } from './effects.js'
import type { ObservedCall } from './observed-call.js'
import { EffectPlanner, projectOf, type PlannedCall } from './planned-call.js'
import { idsOfHandOut } from './queue-rules.js'
import type { RunnerEntry, WorkEntry } from './tracked-entries.js'

const isActivation = ({ operation }: ObservedCall): boolean => canEmit(operation, 'pairingSession.activated')
const isEnding = ({ operation }: ObservedCall): boolean => canEmit(operation, 'runner.gone')

export class RunnerEffects extends EffectPlanner {
  planOpening(planned: PlannedCall): void {
    const { observed } = planned
    const { answer, call, workspace } = observed
    const { index } = this
    if (answer.status !== 201) return
    const [runnerId = '', sessionId = ''] = ['runner_id', 'session_id'].map((field) =>
      textAt(answer.body, field).toLowerCase(),
    )
    if (runnerId === '') return
    if (index.runners.get(runnerId)?.isBorn === true || index.sessions.has(sessionId)) {
      this.report(observed, 'ids/new', 'new ids of session and runner', runnerId)
      return
    }
    const entry = index.runner(runnerId, workspace)
    Object.assign(entry, { isBorn: true, sessionId })
    Object.assign(entry.hasOthers, { job: false, bridgeCommand: false })
    index.sessions.set(sessionId, runnerId)
    const type = textAt(call.body, 'type') === 'connect' ? 'connect' : 'endpoint'
    index.assignSlot(entry, workspace, textAt(call.body, 'project_id'), type)
    entry.become([createWorld(index.start)])
    this.add(planned, entry, judged(observed))
  }

  planActivation(planned: PlannedCall): void {
    const { observed } = planned
    const { call, answer, isAborted } = observed
    const { index } = this
    const entry = this.runnerOfSession(observed)
    const isEffective = isAborted || answer.status === 201 || answer.status === 409
    if (isEffective) index.markActivity(observed)
    if (entry === undefined) {
      if (isEffective) this.planUnknownActivation(planned)
      return
    }
    // Whether, and when, an activation has succeeded that was not heard is unknown; what is learned by looks knows no session.
    const isKnown = entry.worlds.every(({ sessions }) => sessions.has(call.path['sessionId'] ?? ''))
    if (isAborted || !isKnown || index.isOpenTo(entry, call.caller)) this.doubt(planned, entry)
    else this.add(planned, entry, activation(observed, entry.id, isEffective))
    if (!isEffective) return
    entry.noteEnd(observed.until)
    const earlier = [...this.underWay.values()].filter((each) => each !== planned && this.mayMeet(each.observed, entry))
    if (earlier.some((each) => isActivation(each.observed))) index.markSlotAmbiguous(entry)
    if (answer.status !== 201) {
      entry.isRevived = true
      // What has become of its work is unknown.
      this.doubt(planned, ...index.workOf(entry))
    }
    this.planEvictions(planned, entry, answer.status === 201)
    // What began before may find it there, and take it away.
    for (const each of earlier) if (this.runnerOfSession(each.observed) !== entry) this.planEnd(each, entry, false)
    // Jobs that are being created may be the new runner's.
    const isForNew = (each: ObservedCall): boolean =>
      roleOf(each.operation).creates === 'job' && projectOf(each) === entry.projectId
    if ([...this.underWay.keys()].some(isForNew)) entry.hasOthers.job = true
  }

  /** Whether a call that is under way is about what activates a runner meanwhile: its slot, or its end. */
  private mayMeet(observed: ObservedCall, { id, projectId, type }: RunnerEntry): boolean {
    if (isEnding(observed)) return observed.call.path['runnerId'] === id
    if (!isActivation(observed)) return false
    const rival = this.runnerOfSession(observed)
    return rival === undefined || (rival.projectId === projectId && rival.type === type)
  }

  /** The runner that an activation is about; undefined for a session that was opened before the recording. */
  private runnerOfSession({ call }: ObservedCall): RunnerEntry | undefined {
    return this.index.runners.get(this.index.sessions.get(call.path['sessionId'] ?? '') ?? '')
  }

  private planEvictions(planned: PlannedCall, entry: RunnerEntry, isFirst: boolean): void {
    const { call, now } = planned.observed
    for (const rival of this.inSlot(planned.observed, entry.projectId, entry.type ?? 'endpoint')) {
      const isSure = isFirst && rival.presence(now) === 'there' && rival.isSurelyOf(call.caller)
      if (rival !== entry) this.planEnd(planned, rival, isSure)
    }
  }

  /** A session that was opened before the recording: any runner of the caller may go, and others come back. */
  private planUnknownActivation(planned: PlannedCall): void {
    const { workspace, call } = planned.observed
    for (const entry of this.index.runners.values()) {
      if (entry.workspace !== workspace) continue
      if (!entry.isBorn) this.doubt(planned, entry, ...this.index.workOf(entry))
      else if (this.index.mayBeTaken(entry, call.caller)) this.planEnd(planned, entry, false)
    }
  }

  planDisconnect(planned: PlannedCall): void {
    const { observed } = planned
    const { caller, path } = observed.call
    const entry = this.index.runners.get(path['runnerId'] ?? '')
    this.index.markActivity(observed)
    if (entry === undefined || !this.index.mayBeTaken(entry, caller)) return
    // It is accepted from every caller, whatever it ends.
    const isOpen = this.index.isOpenTo(entry, caller) && !entry.isSurelyOf(caller)
    if (isOpen) this.doubt(planned, entry, ...this.index.workOf(entry))
    else this.add(planned, entry, judged(observed))
    this.planEndOfWork(planned, entry, !observed.isAborted)
  }

  planRunnerList(planned: PlannedCall): void {
    const { query } = planned.observed.call
    const there = this.index.inProject(String(query['project_id']))
    this.planList(
      planned,
      'runner',
      there.filter(({ isBorn }) => isBorn),
    )
  }

  planOnRunner(planned: PlannedCall): void {
    const { observed } = planned
    const { operation, call, answer, isAborted, now } = observed
    const { handsOut, lists, isRead } = roleOf(operation)
    const entry = this.runnerFor(observed, call.path['runnerId'] ?? '')
    if (handsOut !== undefined || lists !== undefined) {
      const isCalm = entry.isUnchangedSince(now.from) && entry.isCalmSince(now.from)
      const wasGone = isCalm && entry.presence(now) === 'gone'
      if (!isAborted) this.add(planned, entry, owning(observed, entry.id, wasGone))
      if (handsOut !== undefined) this.planPoll(planned, entry, handsOut)
      else this.planList(planned, 'job', this.index.workOf(entry, 'job'))
    } else if (renews(operation)) {
      // What it announces, the jobs judge.
      const told = answer.status === 200 ? { body: { cancelled_job_ids: [] } } : {}
      this.add(planned, entry, judged(observed, {}, told))
      if (answer.status === 200 || isAborted) this.planAnnouncements(planned, entry)
    } else if (!isRead || !isAborted) this.add(planned, entry, judged(observed))
  }

  private planAnnouncements(planned: PlannedCall, entry: RunnerEntry): void {
    const { observed } = planned
    const ids = listOf(memberOf(observed.answer.body, 'cancelled_job_ids')).map(String)
    if (new Set(ids).size < ids.length) this.report(observed, 'heartbeat/announces', 'each cancellation once', ids)
    const stray = ids.find((id) => !entry.work.job.has(id))
    const isOpen = entry.hasOthers.job || entry.isRevived
    if (stray !== undefined && entry.isBorn && !isOpen)
      this.report(observed, 'heartbeat/announces', 'cancellations of jobs of this runner', stray)
    for (const id of new Set([...entry.announcing, ...ids])) {
      const job = this.index.findWork('job', id)
      if (job === undefined || !entry.work.job.has(id)) continue
      if (hasNothingToAnnounce(job)) entry.announcing.delete(id)
      this.add(planned, job, announcement(observed, job))
    }
  }

  private planPoll(planned: PlannedCall, entry: RunnerEntry, machine: WorkMachine): void {
    const { observed } = planned
    if (observed.isAborted)
      for (const work of this.index.waitingOf(entry, machine)) this.add(planned, work, lostHandOut(observed, work))
    for (const id of new Set(idsOfHandOut(observed))) {
      const work = this.workFor(observed, machine, id)
      this.index.link(entry, work)
      this.add(planned, work, handOutOf(observed, id))
    }
  }
}

/** Whether a cancellation has been announced for good. */
function hasNothingToAnnounce(job: WorkEntry): boolean {
  const isTold = ({ runners }: TrackedWorld): boolean =>
    [...runners.values()].every(({ unannounced }) => unannounced.length === 0)
  return job.isIdle && job.isKnown && job.worlds.every(isTold)
}
