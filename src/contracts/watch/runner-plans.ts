/** Plans of calls on runners: how they come and go, what they say of themselves, their lists and their polls. */
import { memberOf, objectsAt, textAt } from '../../kernel/json-value.js'
import { keepingOf } from '../model/rules/job-states.js'
import { createWorld, ownRunner, type Moment, type World } from '../model/rules/model-world.js'
import { isSurelyOf, Plans, type Running } from './plans.js'
import * as as from './projections.js'
import type { HeardCall } from './heard-call.js'
import { emptyQueue, handedOut, queued } from './queue.js'
import { presenceOf, type RunnerEntry, type WorkEntry } from './registry.js'

import type { Thing } from './thing.js'

/** Plans what is done with runners. */
export class RunnerPlans extends Plans {
  planSession(running: Running): void {
    const { heard } = running
    const { answer, call, workspace } = heard
    if (answer.status !== 201) return
    const [runnerId, sessionId] = ['runner_id', 'session_id'].map((field) => textAt(answer.body, field).toLowerCase())
    const { registry } = this
    if (runnerId === undefined || sessionId === undefined || runnerId === '') return
    if (registry.runners.get(runnerId)?.isBorn === true || registry.sessions.has(sessionId)) {
      this.say(heard, 'ids/new', 'new ids of session and runner', runnerId)
      return
    }
    const entry = registry.runner(runnerId, workspace)
    Object.assign(entry, { isBorn: true, sessionId, hasOtherJobs: false })
    registry.sessions.set(sessionId, runnerId)
    const type = textAt(call.body, 'type') === 'connect' ? 'connect' : 'endpoint'
    registry.place(entry, workspace, textAt(call.body, 'project_id'), type)
    entry.thing.become([createWorld(registry.start(false))])
    this.add(running, entry.thing, as.judged(heard), { isChange: true })
  }

  planActivation(running: Running): void {
    const { heard } = running
    const { call, answer, isAborted } = heard
    const { registry } = this
    const entry = this.runnerOfSession(heard)
    const isEffective = isAborted || answer.status === 201 || answer.status === 409
    if (isEffective) registry.stir(heard)
    if (entry === undefined) {
      if (isEffective) this.planUnknownActivation(running)
      return
    }
    const presence = presenceOf(entry, heard.now)
    // Nobody knows whether, and when, one has succeeded that was not heard.
    if (isAborted || registry.isOpenTo(entry, call.identity)) this.doubt(running, entry.thing)
    else this.addActivation(running, entry, entry.thing, isEffective)
    if (!isEffective) return
    this.noteChange(entry, heard)
    const { projectId = '', type = 'endpoint' } = entry
    const earlier = [...this.underWay.values()].filter((each) => each !== running && this.mayMeet(each.heard, entry))
    if (earlier.some((each) => each.heard.operation === heard.operation)) registry.mix(entry)
    if (answer.status === 201) {
      const world = () => emptyQueue(registry.start(true), { id: entry.id, owner: call.identity, projectId, type })
      entry.jobQueue.become([world()])
      entry.commandQueue.become([world()])
    } else {
      entry.isRevived = true
      this.doubt(running, entry.jobQueue, entry.commandQueue)
      // What has become of the work of one that was gone nobody knows: a purge is told by the runner alone.
      for (const { thing } of this.workOf(entry)) {
        if (presence === 'there') this.addActivation(running, entry, thing, true)
        else this.doubt(running, thing)
      }
    }
    this.planEvictions(running, entry, answer.status === 201)
    // What began before may find it there, and take it away.
    for (const each of earlier) if (this.runnerOfSession(each.heard) !== entry) this.planEnd(each, entry, false)
    this.doubtCreations(running, projectId)
    // Jobs that are being created may be the new runner's.
    if (this.isCreating(entry)) {
      entry.hasOtherJobs = true
      this.doubt(running, entry.jobQueue)
    }
  }

  /** What is learned of a thing by its looks tells nothing of the session. */
  private addActivation(running: Running, { id }: RunnerEntry, thing: Thing, isChange: boolean): void {
    const { heard } = running
    const isKnown = thing.worlds.every(({ sessions }) => sessions.has(heard.call.path['sessionId'] ?? ''))
    if (isKnown) this.add(running, thing, as.activation(heard, id), { isChange })
    else this.doubt(running, thing)
  }

  /** Whether a call that is under way is about what activates a runner meanwhile: its slot, or its end. */
  private mayMeet(heard: HeardCall, { id, projectId, type }: RunnerEntry): boolean {
    if (heard.operation === 'disconnectRunner') return heard.call.path['runnerId'] === id
    if (heard.operation !== 'activatePairingSession') return false
    const rival = this.runnerOfSession(heard)
    return rival === undefined || (rival.projectId === projectId && rival.type === type)
  }

  /** The runner that an activation is about; undefined for that of a session that was opened before anybody listened. */
  private runnerOfSession({ call }: HeardCall): RunnerEntry | undefined {
    return this.registry.runners.get(this.registry.sessions.get(call.path['sessionId'] ?? '') ?? '')
  }

  /** Others in the slot go. */
  private planEvictions(running: Running, entry: RunnerEntry, isFirst: boolean): void {
    const { call, now } = running.heard
    for (const rival of this.registry.inProject(entry.projectId ?? '')) {
      if (rival === entry || rival.type !== entry.type || rival.workspace !== entry.workspace) continue
      const presence = presenceOf(rival, now)
      if (presence === 'gone' || !(rival.thing.isChanging || this.registry.mayOwn(rival, call.identity))) continue
      this.planEnd(running, rival, isFirst && presence === 'there' && isSurelyOf(rival, call.identity))
    }
  }

  /** A session that was opened before anybody listened: any runner of the caller may go, and others come back. */
  private planUnknownActivation(running: Running): void {
    const { heard } = running
    for (const entry of this.registry.runners.values()) {
      if (entry.workspace !== heard.workspace) continue
      if (!entry.isBorn) this.doubtRunner(running, entry)
      else if (entry.thing.isChanging || this.registry.mayOwn(entry, heard.call.identity))
        this.planEnd(running, entry, false)
    }
  }

  planDisconnect(running: Running): void {
    const { heard } = running
    const entry = this.registry.runners.get(heard.call.path['runnerId'] ?? '')
    const { identity } = heard.call
    this.registry.stir(heard)
    if (entry === undefined || !(entry.thing.isChanging || this.registry.mayOwn(entry, identity))) return
    // It is accepted of everybody, whatever it ends.
    if (this.registry.isOpenTo(entry, identity) && !isSurelyOf(entry, identity)) this.doubtRunner(running, entry)
    else this.add(running, entry.thing, as.judged(heard), { isChange: true })
    this.planEndOfWork(running, entry, !heard.isAborted)
    this.doubtCreations(running, entry.projectId ?? '')
  }

  /** What takes a runner away, if it does. */
  private planEnd(running: Running, entry: RunnerEntry, isSure: boolean): void {
    this.add(running, entry.thing, as.runnerEnds(running.heard, entry.id, isSure), { isChange: true })
    this.planEndOfWork(running, entry, isSure)
  }

  planRunnerList(running: Running): void {
    const { heard } = running
    const { answer, call, isAborted } = heard
    if (isAborted || answer.status !== 200) return
    const shown = objectsAt(answer.body, 'content')
    for (const body of shown) {
      const entry = this.runnerFor(heard, textAt(body, 'id'))
      const path = { runnerId: entry.id }
      this.add(running, entry.thing, as.listed(heard, { operation: 'getRunner', path }, body))
    }
    const isWhole = call.query['status'] === undefined && shown.length === memberOf(answer.body, 'total')
    if (!isWhole) return
    for (const entry of this.registry.inProject(String(call.query['project_id']))) {
      if (shown.some((each) => each['id'] === entry.id) || !entry.isBorn) continue
      const isThere = (world: World): boolean =>
        ownRunner(world, call.identity, entry.id) !== undefined && presenceOf(entry, heard.now) !== 'open'
      this.add(running, entry.thing, as.unlisted(heard, isThere, `runner ${entry.id}`))
    }
  }

  planOnRunner(running: Running): void {
    const { heard } = running
    const { operation, call, answer, isAborted } = heard
    const entry = this.runnerFor(heard, call.path['runnerId'] ?? '')
    const { thing } = entry
    if (operation === 'heartbeat') {
      this.add(running, thing, as.beat(heard), { isChange: true })
      if (answer.status === 200 || isAborted) this.planAnnouncements(running, entry)
    } else if (operation === 'getRunner') {
      if (!isAborted) this.add(running, thing, as.judged(heard))
    } else if (operation === 'registerAgents' || operation === 'patchChecklist') {
      this.add(running, thing, as.judged(heard), { isChange: true })
    } else {
      const { from } = heard.now
      const isCalm = thing.isUnchangedSince(from) && entry.changedUntil < from
      const wasGone = isCalm && presenceOf(entry, heard.now) === 'gone'
      if (!isAborted) this.add(running, thing, as.owning(heard, entry.id, wasGone))
      if (operation === 'listJobs') this.planJobList(running, entry)
      else this.planPoll(running, entry)
    }
  }

  private planAnnouncements(running: Running, entry: RunnerEntry): void {
    const { heard } = running
    const told = memberOf(heard.answer.body, 'cancelled_job_ids')
    const ids = Array.isArray(told) ? told.map(String) : []
    if (new Set(ids).size < ids.length) this.say(heard, 'heartbeat/announces', 'each cancellation once', ids)
    const stray = ids.find((id) => !entry.jobs.has(id))
    const isOpen = entry.hasOtherJobs || entry.isRevived || this.isCreating(entry)
    if (stray !== undefined && entry.isBorn && !isOpen)
      this.say(heard, 'heartbeat/announces', 'cancellations of jobs of this runner', stray)
    for (const id of new Set([...entry.announcing, ...ids])) {
      const job = this.registry.jobs.get(id)
      if (job === undefined || !entry.jobs.has(id)) continue
      if (hasNothingToAnnounce(job)) entry.announcing.delete(id)
      const isDuring = () => job.cancels.some(({ from, to }) => from <= heard.now.to && heard.now.from <= to)
      const isGoneByNow = () => presenceOf(entry, heard.now) === 'gone'
      this.add(running, job.thing, as.announcement(heard, id, isDuring), { isChange: true, isGoneByNow })
    }
  }

  private planJobList(running: Running, entry: RunnerEntry): void {
    const { heard } = running
    const { answer, call, isAborted } = heard
    if (isAborted || answer.status !== 200) return
    const shown = objectsAt(answer.body, 'content')
    for (const body of shown) {
      const job = this.jobFor(heard, textAt(body, 'id'))
      const path = { jobId: job.id }
      const isGoneByNow = this.takenAway(heard, job)
      this.add(running, job.thing, as.listed(heard, { operation: 'getJob', path }, body), { isGoneByNow })
    }
    const isWhole = call.query['project_id'] === undefined && shown.length === memberOf(answer.body, 'total')
    if (!isWhole) return
    for (const id of entry.jobs) {
      const job = this.registry.jobs.get(id)
      if (job === undefined || shown.some((each) => each['id'] === id)) continue
      const isGoneByNow = () => presenceOf(entry, heard.now) !== 'there'
      const isThere = (world: World) => isKept(world, id, heard.now)
      this.add(running, job.thing, as.unlisted(heard, isThere, `job ${id}`), { isGoneByNow })
    }
  }

  private planPoll(running: Running, entry: RunnerEntry): void {
    const { heard } = running
    const { operation, isAborted, answer } = heard
    const isOfJobs = operation === 'nextJob'
    const queue = isOfJobs ? entry.jobQueue : entry.commandQueue
    const map = isOfJobs ? this.registry.jobs : this.registry.commands
    if (isAborted) {
      for (const id of isOfJobs ? entry.jobs : entry.commands) {
        const work = map.get(id)
        if (work !== undefined && mayWait(work))
          this.add(running, work.thing, as.lostHandOut(heard, id), { isChange: true })
      }
    }
    if (!isAborted && answer.status !== 200) return
    const ids = handedOut(heard)
    for (const id of new Set(ids)) {
      const work = isOfJobs ? this.jobFor(heard, id) : this.registry.work(map, id)
      this.registry.link(entry, work, isOfJobs)
      const happening = isOfJobs ? as.judged(heard) : as.handOutOf(heard, id)
      this.add(running, work.thing, happening, { isChange: true, isGoneByNow: this.takenAway(heard, work) })
    }
    // Batches that overlap need not be picked up in one go.
    if (!isOfJobs && ids.length > 0 && queue.calls.some((each) => each.operation === operation))
      this.doubt(running, queue)
    const isGoneByNow = () => presenceOf(entry, heard.now) !== 'there'
    this.add(running, queue, queued(heard, entry.id), { isChange: ids.length > 0 || isAborted, isGoneByNow })
  }
}

function isKept(world: World, id: string, now: Moment): boolean {
  const job = world.jobs.get(id)
  const isGone = job === undefined || world.runners.get(job.runnerId)?.isGone !== false
  return !isGone && keepingOf(world, job, now) === 'kept'
}

/** Whether a cancellation has been announced for good. */
function hasNothingToAnnounce({ thing }: WorkEntry): boolean {
  const isTold = ({ runners }: World): boolean =>
    [...runners.values()].every(({ unannounced }) => unannounced.length === 0)
  return thing.isIdle && thing.isKnown && thing.worlds.every(isTold)
}

/** Whether a poll could still be given it. */
function mayWait({ id, thing }: WorkEntry): boolean {
  const isWaiting = ({ runners, commands }: World): boolean =>
    [...runners.values()].some(({ queue }) => queue.includes(id)) || commands.get(id)?.status === 'pending'
  return !thing.isIdle || thing.worlds.some(isWaiting)
}
