/** Effects of calls on runners: how they come and go, what they say of themselves, their lists and their polls. */
import { listOf, memberOf, objectsAt, textAt } from '../../kernel/json-value.js'
import { canEmit, roleOf } from '../../lifecycle/roles.js'
import { renews } from '../../lifecycle/tracker/judge-runners.js'
import type { TimeRange } from '../../lifecycle/tracker/time-range.js'
import { keepingOf } from '../../lifecycle/tracker/work-states.js'
import { createWorld, findOwnRunner, type TrackedWorld } from '../../lifecycle/tracker/tracked-world.js'
import {
  activation,
  announcement,
  beat,
  handOutOf,
  judged,
  listed,
  lostHandOut,
  owning,
  runnerEnds,
  unlisted,
} from './effects.js'
import type { ObservedCall } from './observed-call.js'
import { EffectPlanner, isDefinitelyOwner, type PlannedCall } from './planned-call.js'
import { emptyQueue, idsOfHandOut, queued } from './queue-effects.js'
import { presenceOf, type RunnerEntry, type WorkEntry } from './resource-index.js'
import type { TrackedResource } from './tracked-resource.js'

const isActivation = ({ operation }: ObservedCall): boolean => canEmit(operation, 'pairingSession.activated')
const isEnding = ({ operation }: ObservedCall): boolean => canEmit(operation, 'runner.gone')

export class RunnerEffects extends EffectPlanner {
  planOpening(planned: PlannedCall): void {
    const { observed } = planned
    const { answer, call, workspace } = observed
    if (answer.status !== 201) return
    const [runnerId = '', sessionId = ''] = ['runner_id', 'session_id'].map((field) =>
      textAt(answer.body, field).toLowerCase(),
    )
    const { index } = this
    if (runnerId === '') return
    if (index.runners.get(runnerId)?.isBorn === true || index.sessions.has(sessionId)) {
      this.report(observed, 'ids/new', 'new ids of session and runner', runnerId)
      return
    }
    const entry = index.runner(runnerId, workspace)
    Object.assign(entry, { isBorn: true, sessionId, hasOtherJobs: false })
    index.sessions.set(sessionId, runnerId)
    const type = textAt(call.body, 'type') === 'connect' ? 'connect' : 'endpoint'
    index.assignSlot(entry, workspace, textAt(call.body, 'project_id'), type)
    entry.resource.become([createWorld(index.start(false))])
    this.add(planned, entry.resource, judged(observed), { isChange: true })
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
    const presence = presenceOf(entry, observed.now)
    // Whether, and when, an activation has succeeded that was not heard is unknown.
    if (isAborted || index.isOpenTo(entry, call.caller)) this.doubt(planned, entry.resource)
    else this.addActivation(planned, entry, entry.resource, isEffective)
    if (!isEffective) return
    entry.goneAt = undefined
    this.noteChange(entry, observed)
    const { projectId = '', type = 'endpoint' } = entry
    const earlier = [...this.underWay.values()].filter((each) => each !== planned && this.mayMeet(each.observed, entry))
    if (earlier.some((each) => isActivation(each.observed))) index.markSlotAmbiguous(entry)
    if (answer.status === 201) {
      const world = () => emptyQueue(index.start(true), { id: entry.id, owner: call.caller, projectId, type })
      for (const queue of Object.values(entry.queues)) queue.become([world()])
    } else {
      entry.isRevived = true
      this.doubtQueues(planned, entry)
      // What has become of the work of a runner that was gone is unknown: a purge is told by the runner alone.
      for (const { resource } of index.workOf(entry)) {
        if (presence === 'there') this.addActivation(planned, entry, resource, true)
        else this.doubt(planned, resource)
      }
    }
    this.planEvictions(planned, entry, answer.status === 201)
    // What began before may find it there, and take it away.
    for (const each of earlier) if (this.runnerOfSession(each.observed) !== entry) this.planEnd(each, entry, false)
    this.doubtCreations(planned, projectId)
    // Jobs that are being created may be the new runner's.
    if (this.isCreating(entry)) {
      entry.hasOtherJobs = true
      this.doubt(planned, entry.queues.job)
    }
  }

  /** What is learned of a resource by its looks tells nothing of the session. */
  private addActivation(planned: PlannedCall, { id }: RunnerEntry, resource: TrackedResource, isChange: boolean): void {
    const { observed } = planned
    const isKnown = resource.worlds.every(({ sessions }) => sessions.has(observed.call.path['sessionId'] ?? ''))
    if (isKnown) this.add(planned, resource, activation(observed, id), { isChange })
    else this.doubt(planned, resource)
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
    for (const rival of this.index.inProject(entry.projectId ?? '')) {
      if (rival === entry || rival.type !== entry.type || rival.workspace !== entry.workspace) continue
      const presence = presenceOf(rival, now)
      if (presence === 'gone' || !(rival.resource.isChanging || this.index.mayOwn(rival, call.caller))) continue
      this.planEnd(planned, rival, isFirst && presence === 'there' && isDefinitelyOwner(rival, call.caller))
    }
  }

  /** A session that was opened before the recording: any runner of the caller may go, and others come back. */
  private planUnknownActivation(planned: PlannedCall): void {
    const { observed } = planned
    for (const entry of this.index.runners.values()) {
      if (entry.workspace !== observed.workspace) continue
      if (!entry.isBorn) this.doubtRunner(planned, entry)
      else if (entry.resource.isChanging || this.index.mayOwn(entry, observed.call.caller))
        this.planEnd(planned, entry, false)
    }
  }

  planDisconnect(planned: PlannedCall): void {
    const { observed } = planned
    const entry = this.index.runners.get(observed.call.path['runnerId'] ?? '')
    const { caller } = observed.call
    this.index.markActivity(observed)
    if (entry === undefined || !(entry.resource.isChanging || this.index.mayOwn(entry, caller))) return
    // It is accepted from every caller, whatever it ends.
    if (this.index.isOpenTo(entry, caller) && !isDefinitelyOwner(entry, caller)) this.doubtRunner(planned, entry)
    else this.add(planned, entry.resource, judged(observed), { isChange: true })
    this.planEndOfWork(planned, entry, !observed.isAborted)
    this.doubtCreations(planned, entry.projectId ?? '')
  }

  private planEnd(planned: PlannedCall, entry: RunnerEntry, isSure: boolean): void {
    this.add(planned, entry.resource, runnerEnds(planned.observed, entry.id, isSure), { isChange: true })
    this.planEndOfWork(planned, entry, isSure)
  }

  planRunnerList(planned: PlannedCall): void {
    const { observed } = planned
    const { answer, call, isAborted } = observed
    if (isAborted || answer.status !== 200) return
    const shown = objectsAt(answer.body, 'content')
    for (const body of shown) {
      const entry = this.runnerFor(observed, textAt(body, 'id'))
      const path = { runnerId: entry.id }
      this.add(planned, entry.resource, listed(observed, { operation: 'getRunner', path }, body))
    }
    const isWhole = call.query['status'] === undefined && shown.length === memberOf(answer.body, 'total')
    if (!isWhole) return
    for (const entry of this.index.inProject(String(call.query['project_id']))) {
      if (shown.some((each) => each['id'] === entry.id) || !entry.isBorn) continue
      const isThere = (world: TrackedWorld): boolean =>
        findOwnRunner(world, call.caller, entry.id) !== undefined && presenceOf(entry, observed.now) !== 'open'
      this.add(planned, entry.resource, unlisted(observed, isThere, `runner ${entry.id}`))
    }
  }

  planOnRunner(planned: PlannedCall): void {
    const { observed } = planned
    const { operation, call, answer, isAborted, now } = observed
    const { handsOut, lists, isRead } = roleOf(operation)
    const entry = this.runnerFor(observed, call.path['runnerId'] ?? '')
    const { resource } = entry
    if (handsOut !== undefined || lists !== undefined) {
      const isCalm = resource.isUnchangedSince(now.from) && entry.changedUntil < now.from
      const wasGone = isCalm && presenceOf(entry, now) === 'gone'
      if (!isAborted) this.add(planned, resource, owning(observed, entry.id, wasGone))
      if (handsOut === undefined) this.planJobList(planned, entry)
      else this.planPoll(planned, entry, handsOut)
    } else if (renews(operation)) {
      this.add(planned, resource, beat(observed), { isChange: true })
      if (answer.status === 200 || isAborted) this.planAnnouncements(planned, entry)
    } else if (!isRead || !isAborted) this.add(planned, resource, judged(observed), { isChange: !isRead })
  }

  private planAnnouncements(planned: PlannedCall, entry: RunnerEntry): void {
    const { observed } = planned
    const ids = listOf(memberOf(observed.answer.body, 'cancelled_job_ids')).map(String)
    if (new Set(ids).size < ids.length) this.report(observed, 'heartbeat/announces', 'each cancellation once', ids)
    const stray = ids.find((id) => !entry.work.job.has(id))
    const isOpen = entry.hasOtherJobs || entry.isRevived || this.isCreating(entry)
    if (stray !== undefined && entry.isBorn && !isOpen)
      this.report(observed, 'heartbeat/announces', 'cancellations of jobs of this runner', stray)
    for (const id of new Set([...entry.announcing, ...ids])) {
      const job = this.index.findWork('job', id)
      if (job === undefined || !entry.work.job.has(id)) continue
      if (hasNothingToAnnounce(job)) entry.announcing.delete(id)
      const isDuring = () => job.cancels.some(({ from, to }) => from <= observed.now.to && observed.now.from <= to)
      const mayBeGone = () => presenceOf(entry, observed.now) === 'gone'
      this.add(planned, job.resource, announcement(observed, id, isDuring), { isChange: true, mayBeGone })
    }
  }

  private planJobList(planned: PlannedCall, entry: RunnerEntry): void {
    const { observed } = planned
    const { answer, call, isAborted } = observed
    if (isAborted || answer.status !== 200) return
    const shown = objectsAt(answer.body, 'content')
    for (const body of shown) {
      const job = this.workFor(observed, 'job', textAt(body, 'id'))
      const path = { jobId: job.id }
      const mayBeGone = this.takenAway(observed, job)
      this.add(planned, job.resource, listed(observed, { operation: 'getJob', path }, body), { mayBeGone })
    }
    const isWhole = call.query['project_id'] === undefined && shown.length === memberOf(answer.body, 'total')
    if (!isWhole) return
    for (const id of entry.work.job) {
      const job = this.index.findWork('job', id)
      if (job === undefined || shown.some((each) => each['id'] === id)) continue
      const mayBeGone = () => presenceOf(entry, observed.now) !== 'there'
      const isThere = (world: TrackedWorld) => isRetained(world, id, observed.now)
      this.add(planned, job.resource, unlisted(observed, isThere, `job ${id}`), { mayBeGone })
    }
  }

  private planPoll(planned: PlannedCall, entry: RunnerEntry, machine: WorkEntry['machine']): void {
    const { observed } = planned
    const { operation, isAborted, answer } = observed
    const queue = entry.queues[machine]
    if (isAborted) {
      for (const id of entry.work[machine]) {
        const work = this.index.findWork(machine, id)
        if (work !== undefined && mayWait(work))
          this.add(planned, work.resource, lostHandOut(observed, machine, id), { isChange: true })
      }
    }
    if (!isAborted && answer.status !== 200) return
    const ids = idsOfHandOut(observed)
    for (const id of new Set(ids)) {
      const work = this.workFor(observed, machine, id)
      this.index.link(entry, work)
      const mayBeGone = this.takenAway(observed, work)
      this.add(planned, work.resource, handOutOf(observed, id), { isChange: true, mayBeGone })
    }
    // Batches that overlap need not be picked up in one go.
    const overlaps = queue.calls.some((each) => each.operation === operation)
    if (machine === 'bridgeCommand' && ids.length > 0 && overlaps) this.doubt(planned, queue)
    const mayBeGone = () => presenceOf(entry, observed.now) !== 'there'
    this.add(planned, queue, queued(observed, entry.id), { isChange: ids.length > 0 || isAborted, mayBeGone })
  }
}

function isRetained(world: TrackedWorld, id: string, now: TimeRange): boolean {
  const job = world.work.get(id)
  const isGone = job === undefined || world.runners.get(job.runnerId)?.isGone !== false
  return !isGone && keepingOf(world, job, now) === 'kept'
}

/** Whether a cancellation has been announced for good. */
function hasNothingToAnnounce({ resource }: WorkEntry): boolean {
  const isTold = ({ runners }: TrackedWorld): boolean =>
    [...runners.values()].every(({ unannounced }) => unannounced.length === 0)
  return resource.isIdle && resource.isKnown && resource.worlds.every(isTold)
}

/** Whether a poll could still be given it. */
function mayWait({ id, resource }: WorkEntry): boolean {
  const isWaiting = ({ runners, work }: TrackedWorld): boolean =>
    [...runners.values()].some(({ job }) => job.queue.includes(id)) ||
    work.get(id)?.states.some(({ status }) => status === 'pending') === true
  return !resource.isIdle || resource.worlds.some(isWaiting)
}
