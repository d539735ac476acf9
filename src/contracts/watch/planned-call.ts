/** A call under way with its effects, and what all plans of effects have in common. */
import { memberOf, objectsAt, textAt } from '../../kernel/json-value.js'
import type { RunnerType } from '../../kernel/types.js'
import type { WorkMachine } from '../../lifecycle/roles.js'
import { findOwnRunner, type TrackedWorld } from '../../lifecycle/tracker/tracked-world.js'
import { runnerEnds, unlisted, listed } from './effects.js'
import type { ObservedCall } from './observed-call.js'
import type { ResourceIndex } from './resource-index.js'
import { WorkEntry, type RunnerEntry } from './tracked-entries.js'
import type { CallEffect } from './tracked-resource.js'
import { reportAll, type Findings } from './verdict.js'

/** What a call is about. */
type Entry = RunnerEntry | WorkEntry

export interface PlannedCall {
  observed: ObservedCall
  /** `mayBeGone`: whether something else may have taken the resource away. */
  effects: { of: Entry; added: CallEffect; mayBeGone: () => boolean }[]
  /** Resources of which nothing is known when it has ended. */
  doubtful: Entry[]
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

  /** @param isAbsent whether the answer is right for a job or command that is gone with its runner */
  protected add(planned: PlannedCall, of: Entry, added: CallEffect, isAbsent = false): void {
    of.begin(added)
    const mayBeGone = (): boolean => of instanceof WorkEntry && this.mayBeGone(planned, of, isAbsent)
    planned.effects.push({ of, added, mayBeGone })
  }

  protected doubt(planned: PlannedCall, ...entries: Entry[]): void {
    for (const entry of entries) entry.forget()
    planned.doubtful.push(...entries)
  }

  /** A runner is taken away, and its work with it. */
  protected planEnd(planned: PlannedCall, entry: RunnerEntry, isSure: boolean): void {
    this.add(planned, entry, runnerEnds(planned.observed, entry.id, isSure))
    this.planEndOfWork(planned, entry, isSure)
  }

  protected planEndOfWork(planned: PlannedCall, entry: RunnerEntry, isSure: boolean): void {
    const { observed } = planned
    entry.noteEnd(observed.until)
    for (const work of this.index.workOf(entry)) this.add(planned, work, runnerEnds(observed, entry.id, isSure))
  }

  /** A list of runners or jobs: each that is shown, and each of `all` that a whole list lacks. */
  protected planList(planned: PlannedCall, kind: 'runner' | 'job', all: readonly Entry[]): void {
    const { observed } = planned
    const { answer, call, isAborted } = observed
    if (isAborted || answer.status !== 200) return
    const shown = objectsAt(answer.body, 'content')
    for (const body of shown) {
      const id = textAt(body, 'id')
      const entry = kind === 'runner' ? this.runnerFor(observed, id) : this.workFor(observed, 'job', id)
      this.add(planned, entry, listed(observed, entry, body))
    }
    const filter = call.query[kind === 'runner' ? 'status' : 'project_id']
    if (filter !== undefined || shown.length !== memberOf(answer.body, 'total')) return
    for (const entry of all)
      if (!shown.some((each) => each['id'] === entry.id)) this.add(planned, entry, unlisted(observed, entry), true)
  }

  protected runnerFor(observed: ObservedCall, id: string): RunnerEntry {
    return this.ownedBy(observed, this.index.runner(id, observed.workspace), [id])
  }

  protected workFor(observed: ObservedCall, machine: WorkMachine, id: string): WorkEntry {
    const work = this.index.workEntry(machine, id)
    return this.ownedBy(observed, work, [...work.runners])
  }

  /** What a call is about. If a caller of uncertain ownership succeeds, what was known of it is discarded. */
  private ownedBy<Of extends Entry>({ answer, call }: ObservedCall, of: Of, runners: readonly string[]): Of {
    const isOpen = runners.some((id) => {
      const entry = this.index.runners.get(id)
      return entry === undefined || this.index.isOpenTo(entry, call.caller)
    })
    if (!isOpen || answer.status === 404 || answer.status === 410) return of
    const isOwn = of.worlds.every((world) => runners.some((id) => findOwnRunner(world, call.caller, id)))
    if (!isOwn) of.forget()
    return of
  }

  /** The runners in a slot that a call may be for, or take away. */
  protected inSlot({ call, workspace, now }: ObservedCall, projectId: string | undefined, type: RunnerType) {
    return this.index.inProject(projectId).filter((entry) => {
      const isThere = entry.type === type && entry.workspace === workspace && entry.presence(now) !== 'gone'
      return isThere && this.index.mayBeTaken(entry, call.caller)
    })
  }

  private mayBeGone({ observed: { answer, now, waitMs } }: PlannedCall, { runners }: WorkEntry, isAbsent: boolean) {
    const entries = [...runners].map((id) => this.index.runners.get(id))
    // A reader who waits for a command is told of its end, and no longer of its runner's.
    const isEnd = waitMs !== undefined && textAt(answer.body, 'status') === 'timed_out'
    if (!isAbsent && answer.status !== 404 && !isEnd) return entries.some((entry) => entry?.isRevived === true)
    return entries.some(
      (entry) => entry === undefined || entry.presence(now) !== 'there' || this.index.isSlotAmbiguous(entry),
    )
  }

  protected report(observed: ObservedCall, rule: string, expected: string, actual: unknown): void {
    reportAll(this.findings, observed, [{ rule, expected, actual: JSON.stringify(actual) }])
  }
}

export function projectOf({ call }: Pick<ObservedCall, 'call'>): string {
  return textAt(call.body, 'project_id')
}
