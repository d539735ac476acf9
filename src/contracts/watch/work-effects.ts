/** Effects of calls on jobs and commands, from their creation on. */
import { isObject, memberOf, textAt } from '../../kernel/json-value.js'
import { canEmit, isReport, roleOf, rulesOf, type WorkMachine } from '../../lifecycle/roles.js'
import { waitParameterOf } from '../../lifecycle/timers.js'
import { factsOfMachine } from '../../lifecycle/tracker/work-states.js'
import { findOwnRunner, type TrackedWorld } from '../../lifecycle/tracker/tracked-world.js'
import { creation, firstHalf, judged, lostHandOut, reading } from './effects.js'
import type { ObservedCall } from './observed-call.js'
import { EffectPlanner, projectOf, type PlannedCall } from './planned-call.js'
import { queued } from './queue-effects.js'
import { presenceOf, type RunnerEntry, type WorkEntry } from './resource-index.js'

const MAX_MADE = 200
const MAX_CANCELS = 5
const MAX_READERS = 8
const MAX_LINES = 2000

export class WorkEffects extends EffectPlanner {
  /** A creation for the runner in a slot. */
  planInSlot(planned: PlannedCall): void {
    const { observed } = planned
    const { answer, call, isAborted, now } = observed
    const there = this.index.inProject(projectOf(observed)).filter((entry) => {
      const isOwn = entry.resource.isChanging || this.index.mayOwn(entry, call.caller)
      const isInSlot = entry.type === 'endpoint' && entry.workspace === observed.workspace
      return isInSlot && isOwn && presenceOf(entry, now) !== 'gone'
    })
    const [only, ...others] = there
    const isClear = only !== undefined && others.length === 0 && isFor(only, observed)
    const isAccepted = answer.status === 201 || isAborted
    for (const entry of there) {
      if (!isAccepted) continue
      this.feed(entry, observed, 'job')
      if (isClear && !isAborted) continue
      entry.hasOtherJobs = true
      this.doubt(planned, entry.queues.job)
    }
    if (isAborted) this.index.isComplete = false
    const made = answer.createdId === undefined ? undefined : this.index.workEntry('job', answer.createdId)
    if (made !== undefined && !isClear) made.created = now
    if (!isClear) planned.candidates = there.map((entry) => ({ entry, worlds: entry.resource.worlds }))
    else planned.runner = only
    if (!isClear || isAborted) return
    if (!this.planOnQueue(planned, only, 'job', answer.createdId) || answer.createdId === undefined) return
    only.made.push({ id: answer.createdId, moment: now })
    if (only.made.length <= MAX_MADE) return
    only.made.shift()
    only.hasOtherJobs = true
  }

  /** A creation on a runner that the path names. */
  planOnPath(planned: PlannedCall): void {
    const { observed } = planned
    const { answer, call, isAborted } = observed
    const entry = this.runnerFor(observed, call.path['runnerId'] ?? '')
    entry.rates.note(observed, entry.isBorn)
    // It was refused for what it brings, whatever is there.
    if (answer.status === 400) return
    if (answer.status === 201 || isAborted) this.feed(entry, observed, 'bridgeCommand')
    if (isAborted) {
      this.index.isComplete = false
      this.doubt(planned, entry.queues.bridgeCommand)
      return
    }
    const { idField } = factsOfMachine('bridgeCommand')
    this.planOnQueue(planned, entry, 'bridgeCommand', textAt(answer.body, idField).toLowerCase() || undefined)
  }

  private feed(entry: RunnerEntry, { until }: ObservedCall, machine: WorkMachine): void {
    entry.fedUntil = Math.max(entry.fedUntil, until)
    entry.fed[machine]++
  }

  /** @returns whether something was made */
  private planOnQueue(planned: PlannedCall, entry: RunnerEntry, machine: WorkMachine, id: string | undefined): boolean {
    const { observed } = planned
    const { status } = observed.answer
    if (status !== 429) this.add(planned, entry.resource, creation(observed, entry.id))
    const mayBeGone = () => presenceOf(entry, observed.now) !== 'there'
    const rates = machine === 'bridgeCommand' ? entry.rates : undefined
    if (status === 201 || status === 429)
      this.add(planned, entry.queues[machine], queued(observed, entry.id, rates), { isChange: true, mayBeGone })
    if (status !== 201 || id === undefined) return false
    this.bear(planned, entry, machine, id)
    return true
  }

  private bear(planned: PlannedCall, entry: RunnerEntry, machine: WorkMachine, id: string): void {
    const { observed } = planned
    const work = this.index.workEntry(machine, id)
    const what = machine === 'job' ? 'job' : 'command'
    if (work.created !== undefined) this.report(observed, 'ids/new', `a new id of the ${what}`, id)
    work.created = observed.now
    this.index.link(entry, work)
    const name = textAt(observed.call.body, 'agent_name')
    const agents = machine === 'job' ? this.agentsFor(entry, name) : entry.resource.isKnown ? [{}] : []
    if (agents.length === 0) return
    work.resource.become(agents.flatMap((each) => this.index.bornWorlds(entry, observed, each)))
    const mayBeGone = () => presenceOf(entry, observed.now) !== 'there'
    this.add(planned, work.resource, judged(observed), { isChange: true, mayBeGone })
    this.planHungUp(entry, work)
  }

  /** The agent of a new job, with each timeout that it may have. */
  private agentsFor(entry: RunnerEntry, name: string): Record<string, { name: string; timeout: number }>[] {
    const timeouts = new Set([
      ...entry.resource.worlds.flatMap(({ runners }) => timeoutIn(runners.get(entry.id)?.agents, name)),
      ...entry.resource.calls.flatMap(({ operation, call }) =>
        rulesOf('runner').some(({ on, set }) => on === operation && set?.includes('agents') === true)
          ? timeoutIn(call.body, name)
          : [],
      ),
    ])
    return [...timeouts].map((timeout) => ({ [name]: { name, timeout } }))
  }

  /** A poll may still go on whose caller has hung up. */
  private planHungUp(entry: RunnerEntry, work: WorkEntry): void {
    for (const planned of this.underWay.values()) {
      const { observed } = planned
      const isPoll = roleOf(observed.operation).handsOut === work.machine
      if (!observed.isAborted || !isPoll || observed.call.path['runnerId'] !== entry.id) continue
      this.add(planned, work.resource, lostHandOut(observed, work.machine, work.id), { isChange: true })
    }
  }

  planOnWork(planned: PlannedCall, machine: WorkMachine): void {
    const { observed } = planned
    const { operation, call, answer, isAborted, now } = observed
    const work = this.workFor(observed, machine, call.path[machine === 'job' ? 'jobId' : 'commandId'] ?? '')
    const mayBeGone = this.takenAway(observed, work)
    if (roleOf(operation).isRead) {
      this.planRead(planned, work, mayBeGone)
      return
    }
    this.add(planned, work.resource, judged(observed), { isChange: true, mayBeGone })
    if (!rulesOf(machine).some(({ on, to }) => on === operation && to !== null)) {
      this.boundLogs(work)
      return
    }
    const isDone = answer.status === 204 || isAborted
    if (isReport(operation) && machine === 'job' && answer.status === 204)
      this.add(planned, work.resource, firstHalf(observed), { isChange: true })
    if (canEmit(operation, 'job.cancellation_announced') && isDone) {
      work.cancels = [...work.cancels, { from: now.from, to: observed.until }].slice(-MAX_CANCELS)
      for (const id of work.runners) this.index.runners.get(id)?.announcing.add(work.id)
    }
    if (isDone) this.planOnQueues(planned, work)
  }

  private planRead(planned: PlannedCall, work: WorkEntry, mayBeGone: () => boolean): void {
    const { observed } = planned
    const { operation, call, now, isAborted, answer } = observed
    const parameter = waitParameterOf(operation)
    if (parameter !== undefined && call.query[parameter] === true)
      work.readers = [...work.readers, now].slice(-MAX_READERS)
    const hasRival = () => work.readers.some((each) => each !== now && each.from < now.to && now.from < each.to)
    const isOfLogs = Array.isArray(answer.body)
    if (isAborted || (isOfLogs && !work.knowsLogs)) return
    this.add(planned, work.resource, reading(observed, call.path['runnerId'] ?? '', hasRival), { mayBeGone })
  }

  /** What is cancelled or reported leaves the queue, or is in its way. */
  private planOnQueues(planned: PlannedCall, work: WorkEntry): void {
    const { observed } = planned
    const { isAborted, now, call } = observed
    for (const id of work.machine === 'job' ? work.runners : [call.path['runnerId'] ?? '']) {
      const entry = this.index.runners.get(id)
      if (entry === undefined) continue
      const queue = entry.queues[work.machine]
      const mayBeGone = () => presenceOf(entry, now) !== 'there'
      if (isAborted) this.doubt(planned, queue)
      else this.add(planned, queue, queued(observed, id), { isChange: true, mayBeGone })
    }
  }

  /** A log that grows without end is not kept. */
  private boundLogs(work: WorkEntry): void {
    const isLong = work.resource.worlds.some((world) => (world.work.get(work.id)?.logs.length ?? 0) > MAX_LINES)
    if (isLong) work.knowsLogs = false
    if (work.knowsLogs) return
    for (const world of work.resource.worlds) {
      const known = world.work.get(work.id)
      if (known !== undefined) known.logs = []
    }
  }
}

/** Whether a runner is there, and may be the caller's by what is known of it. */
function isFor(entry: RunnerEntry, { call, now }: ObservedCall): boolean {
  const isOwn = (world: TrackedWorld): boolean => findOwnRunner(world, call.caller, entry.id) !== undefined
  return presenceOf(entry, now) === 'there' && entry.resource.worlds.some(isOwn)
}

function timeoutIn(agents: unknown, name: string): number[] {
  if (!isObject(agents) || !Object.hasOwn(agents, name)) return []
  const timeout = memberOf(agents[name], 'timeout')
  return [typeof timeout === 'number' ? timeout : 0]
}
