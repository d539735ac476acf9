/** A call under way with its effects, and what all plans of effects have in common. */
import { textAt } from '../../kernel/json-value.js'
import { findRole } from '../../lifecycle/roles.js'
import type { Effect } from '../../lifecycle/tracker/linearizability.js'
import { findOwnRunner, type TrackedWorld } from '../../lifecycle/tracker/tracked-world.js'
import { runnerEnds, workEnds } from './effects.js'
import type { ObservedCall } from './observed-call.js'
import { presenceOf, type ResourceIndex, type RunnerEntry, type WorkEntry } from './resource-index.js'
import type { CallEffect, TrackedResource } from './tracked-resource.js'
import { reportWrong, type Findings } from './verdict.js'

export interface PlannedEffect {
  resource: TrackedResource
  added: CallEffect
  /** Whether something else may have taken the resource away. */
  mayBeGone?: () => boolean
}

export interface PlannedCall {
  observed: ObservedCall
  effects: PlannedEffect[]
  /** Resources of which nothing is known when it has ended. */
  doubtful: TrackedResource[]
  /** The one runner that a creation is for, which its path does not name. */
  runner?: RunnerEntry
  /** Runners that a creation may be for, as they were when it began. */
  candidates?: { entry: RunnerEntry; worlds: readonly TrackedWorld[] }[]
}

export type UnderWay = Map<ObservedCall, PlannedCall>

export class EffectPlanner {
  protected readonly underWay: UnderWay
  protected readonly index: ResourceIndex
  protected readonly findings: Findings

  constructor(underWay: UnderWay, index: ResourceIndex, findings: Findings) {
    this.underWay = underWay
    this.index = index
    this.findings = findings
  }

  protected add(
    planned: PlannedCall,
    resource: TrackedResource,
    effect: Effect,
    { isChange = false, mayBeGone }: { isChange?: boolean; mayBeGone?: () => boolean } = {},
  ): void {
    const added: CallEffect = { observed: planned.observed, effect, isChange }
    resource.begin(added)
    planned.effects.push({ resource, added, ...(mayBeGone === undefined ? {} : { mayBeGone }) })
  }

  protected doubt(planned: PlannedCall, ...resources: TrackedResource[]): void {
    for (const resource of resources) {
      resource.forget()
      planned.doubtful.push(resource)
    }
  }

  protected doubtQueues(planned: PlannedCall, { queues }: RunnerEntry): void {
    this.doubt(planned, queues.job, queues.bridgeCommand)
  }

  protected doubtRunner(planned: PlannedCall, entry: RunnerEntry): void {
    this.doubt(planned, entry.resource)
    this.doubtQueues(planned, entry)
    for (const { resource } of this.index.workOf(entry)) this.doubt(planned, resource)
  }

  protected noteChange(entry: RunnerEntry, { until }: ObservedCall): void {
    entry.changedUntil = Math.max(entry.changedUntil, until)
  }

  protected planEndOfWork(planned: PlannedCall, entry: RunnerEntry, isSure: boolean): void {
    const { observed } = planned
    this.noteChange(entry, observed)
    if (isSure && isDefinitelyOwner(entry, observed.call.caller)) entry.goneAt ??= observed.until
    this.doubtQueues(planned, entry)
    for (const { resource } of this.index.workOf(entry)) {
      this.add(planned, resource, workEnds(observed), { isChange: true })
      this.add(planned, resource, runnerEnds(observed, entry.id, isSure), { isChange: true })
    }
  }

  protected doubtCreations(planned: PlannedCall, projectId: string): void {
    for (const observed of this.underWay.keys()) {
      if (!isJobCreation(observed) || projectOf(observed) !== projectId) continue
      const job = this.index.findWork('job', observed.answer.createdId ?? '')
      if (job !== undefined) this.doubt(planned, job.resource)
    }
  }

  protected isCreating({ projectId }: RunnerEntry): boolean {
    for (const each of this.underWay.keys()) if (isJobCreation(each) && projectOf(each) === projectId) return true
    return false
  }

  /** The runner of a call. If a caller of uncertain ownership succeeds, what was known of the runner is discarded. */
  protected runnerFor(observed: ObservedCall, id: string): RunnerEntry {
    const { workspace, answer, call } = observed
    const entry = this.index.runner(id, workspace)
    const isRefused = answer.status === 404 || answer.status === 410
    const isOpen = this.index.isOpenTo(entry, call.caller) && !isDefinitelyOwner(entry, call.caller)
    if (isOpen && !isRefused) entry.resource.forget()
    return entry
  }

  /** The job or command of a call; the owners of one that was there before the recording are not all known. */
  protected workFor(observed: ObservedCall, machine: WorkEntry['machine'], id: string): WorkEntry {
    const work = this.index.workEntry(machine, id)
    const { call, answer } = observed
    const { resource, runners } = work
    const isOpen = [...runners].some((runnerId) => {
      const entry = this.index.runners.get(runnerId)
      return entry === undefined || this.index.isOpenTo(entry, call.caller)
    })
    if (!isOpen || answer.status === 404 || !resource.isKnown) return work
    const isOwn = resource.worlds.every((world) =>
      [...world.runners.keys()].some((runnerId) => findOwnRunner(world, call.caller, runnerId)),
    )
    if (!isOwn) resource.forget()
    return work
  }

  /** Whether a job or command may be gone with its runner, by the time an answer says so. */
  protected takenAway({ answer, now, waitMs }: ObservedCall, { runners }: WorkEntry): () => boolean {
    // A reader who waits for a command is told of its end, and no longer of its runner's.
    const isEnd = waitMs !== undefined && textAt(answer.body, 'status') === 'timed_out'
    return () => {
      const entries = [...runners].map((id) => this.index.runners.get(id))
      if (answer.status !== 404 && !isEnd) return entries.some((entry) => entry?.isRevived === true)
      const isOpen = (entry: RunnerEntry): boolean =>
        presenceOf(entry, now) !== 'there' || this.index.isSlotAmbiguous(entry)
      return entries.some((entry) => entry === undefined || isOpen(entry))
    }
  }

  protected report(observed: ObservedCall, rule: string, expected: string, actual: unknown): void {
    reportWrong(this.findings, observed, { rule, expected, actual: JSON.stringify(actual) })
  }
}

export function isJobCreation({ operation }: ObservedCall): boolean {
  return findRole(operation)?.creates === 'job'
}

export function projectOf({ call }: Pick<ObservedCall, 'call'>): string {
  return textAt(call.body, 'project_id')
}

/** Whether a runner is a caller's, in every state that it may have. */
export function isDefinitelyOwner({ resource, id }: RunnerEntry, caller: string): boolean {
  return resource.worlds.every((world) => findOwnRunner(world, caller, id) !== undefined)
}
