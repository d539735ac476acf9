/** A call under way with its effects, and what all plans of effects have in common. */
import { textAt } from '../../kernel/json-value.js'
import { roleOf, type WorkMachine } from '../../lifecycle/roles.js'
import { findOwnRunner, type TrackedWorld } from '../../lifecycle/tracker/tracked-world.js'
import { runnerEnds, unlisted, listed, workEnds } from './effects.js'
import type { ObservedCall } from './observed-call.js'
import {
  isDefinitelyOwner,
  presenceOf,
  type ResourceIndex,
  type RunnerEntry,
  type WorkEntry,
} from './resource-index.js'
import type { CallEffect, TrackedResource } from './tracked-resource.js'
import { reportWrong, type Findings } from './verdict.js'

export interface PlannedEffect {
  resource: TrackedResource
  added: CallEffect
  /** Whether something else may have taken the resource away. */
  mayBeGone?: (() => boolean) | undefined
}

export interface PlannedCall {
  observed: ObservedCall
  effects: PlannedEffect[]
  /** Resources of which nothing is known when it has ended. */
  doubtful: TrackedResource[]
  /** Runners that a creation may be for, as they were when it began. */
  candidates?: { entry: RunnerEntry; worlds: readonly TrackedWorld[] }[]
  /** Whether it is known for which of them. */
  isClear?: boolean
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

  protected add(planned: PlannedCall, { resource }: { resource: TrackedResource }, added: CallEffect): void {
    resource.begin(added)
    planned.effects.push({ resource, added })
  }

  /** The same for a job or command, which may be gone with its runner. */
  protected addToWork(planned: PlannedCall, work: WorkEntry, added: CallEffect, isAbsent = false): void {
    work.resource.begin(added)
    planned.effects.push({ resource: work.resource, added, mayBeGone: () => this.mayBeGone(planned, work, isAbsent) })
  }

  protected doubt(planned: PlannedCall, ...entries: { resource: TrackedResource }[]): void {
    for (const { resource } of entries) {
      resource.forget()
      planned.doubtful.push(resource)
    }
  }

  /** A runner is taken away, and its work with it. */
  protected planEnd(planned: PlannedCall, entry: RunnerEntry, isSure: boolean): void {
    this.add(planned, entry, runnerEnds(planned.observed, entry.id, isSure))
    this.planEndOfWork(planned, entry, isSure)
  }

  protected planEndOfWork(planned: PlannedCall, entry: RunnerEntry, isSure: boolean): void {
    const { observed } = planned
    entry.changedUntil = Math.max(entry.changedUntil, observed.until)
    for (const work of this.index.workOf(entry)) {
      this.add(planned, work, workEnds(observed))
      this.add(planned, work, runnerEnds(observed, entry.id, isSure))
    }
  }

  /** Jobs that are being created in a project may be on another runner than they seem to be. */
  protected doubtCreations(planned: PlannedCall, projectId = ''): void {
    for (const observed of this.creationsIn(projectId)) {
      const job = this.index.findWork('job', observed.answer.createdId ?? '')
      if (job !== undefined) this.doubt(planned, job)
    }
  }

  protected creationsIn(projectId = ''): ObservedCall[] {
    return [...this.underWay.keys()].filter((each) => isJobCreation(each) && projectOf(each) === projectId)
  }

  /** A list of runners or jobs: each that is shown, and those that it lacks. */
  protected planList(
    planned: PlannedCall,
    kind: 'runner' | 'job',
    shown: readonly object[],
    missing: readonly (readonly [RunnerEntry | WorkEntry, (world: TrackedWorld) => boolean])[],
  ): void {
    const { observed } = planned
    for (const body of shown) {
      const id = textAt(body, 'id')
      const effect = listed(observed, kind === 'runner' ? 'getRunner' : 'getJob', id, body)
      if (kind === 'runner') this.add(planned, this.runnerFor(observed, id), effect)
      else this.addToWork(planned, this.workFor(observed, 'job', id), effect)
    }
    for (const [entry, isThere] of missing) {
      const effect = unlisted(observed, isThere, `${kind} ${entry.id}`)
      if ('machine' in entry) this.addToWork(planned, entry, effect, true)
      else this.add(planned, entry, effect)
    }
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
  protected workFor(observed: ObservedCall, machine: WorkMachine, id: string): WorkEntry {
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

  private mayBeGone({ observed: { answer, now, waitMs } }: PlannedCall, { runners }: WorkEntry, isAbsent: boolean) {
    const entries = [...runners].map((id) => this.index.runners.get(id))
    // A reader who waits for a command is told of its end, and no longer of its runner's.
    const isEnd = waitMs !== undefined && textAt(answer.body, 'status') === 'timed_out'
    if (!isAbsent && answer.status !== 404 && !isEnd) return entries.some((entry) => entry?.isRevived === true)
    return entries.some(
      (entry) => entry === undefined || presenceOf(entry, now) !== 'there' || this.index.isSlotAmbiguous(entry),
    )
  }

  protected report(observed: ObservedCall, rule: string, expected: string, actual: unknown): void {
    reportWrong(this.findings, observed, { rule, expected, actual: JSON.stringify(actual) })
  }
}

function isJobCreation({ operation }: ObservedCall): boolean {
  return roleOf(operation).creates === 'job'
}

export function projectOf({ call }: Pick<ObservedCall, 'call'>): string {
  return textAt(call.body, 'project_id')
}
