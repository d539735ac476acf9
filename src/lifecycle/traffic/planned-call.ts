/** A call under way with its effects: what it does to each resource, and of which nothing is known after it. */
import { objectsAt, textAt } from '../../kernel/json-value.js'
import type { RunnerType } from '../../kernel/types.js'
import type { WorkMachine } from '../roles.js'
import { findOwnRunner } from '../tracker/tracked-world.js'
import type { Timeline, ObservedCall } from './observed-call.js'
import { runnerEnds, listed } from './effects.js'
import type { ResourceIndex } from './resource-index.js'
import { WorkEntry, type RunnerEntry } from './tracked-entries.js'
import type { CallEffect } from './tracked-resource.js'
import { reportAll } from './findings.js'

type Entry = RunnerEntry | WorkEntry

export class PlannedCall {
  readonly observed: ObservedCall
  readonly index: ResourceIndex
  /** `mayBeGone`: whether something else may have taken the resource away. */
  readonly effects: { of: Entry; added: CallEffect; mayBeGone: () => boolean }[] = []
  /** Resources of which nothing is known when it has ended. */
  readonly doubtful: Entry[] = []
  /** Runners that a creation may be for; `isClear`: it is known for which. */
  candidates: { readonly runners: readonly RunnerEntry[]; readonly isClear: boolean } | undefined
  private readonly underWay: Timeline<PlannedCall>

  constructor(observed: ObservedCall, index: ResourceIndex, underWay: Timeline<PlannedCall>) {
    this.observed = observed
    this.index = index
    this.underWay = underWay
  }

  /** The runner in its path. */
  get entry(): RunnerEntry | undefined {
    return this.index.runners.get(this.observed.call.path['runnerId'] ?? '')
  }

  /** The other calls that are under way. */
  get others(): readonly PlannedCall[] {
    return this.underWay.items.filter((each) => each !== this)
  }

  /** @param isAbsent whether the answer is right for a job or command that is gone with its runner */
  add(of: Entry, added: CallEffect, isAbsent = false): void {
    of.begin(added)
    const mayBeGone = (): boolean => of instanceof WorkEntry && this.mayBeGone(of, isAbsent)
    this.effects.push({ of, added, mayBeGone })
  }

  doubt(...entries: Entry[]): void {
    for (const entry of entries) entry.forget()
    this.doubtful.push(...entries)
  }

  /** A runner is taken away, and its work with it. */
  planEnd(entry: RunnerEntry, isSure: boolean): void {
    this.add(entry, runnerEnds(this.observed, entry.id, isSure))
    this.planEndOfWork(entry, isSure)
  }

  planEndOfWork(entry: RunnerEntry, isSure: boolean): void {
    const { observed } = this
    entry.noteEnd(observed.until)
    if (isSure) entry.goneBy ??= observed.until
    for (const work of this.index.workOf(entry)) this.add(work, runnerEnds(observed, entry.id, isSure))
  }

  /** A list of runners or jobs: each that is shown is read. */
  planList(kind: 'runner' | 'job'): void {
    const { observed } = this
    if (observed.isAborted || observed.answer.status !== 200) return
    for (const body of objectsAt(observed.answer.body, 'content')) {
      const id = textAt(body, 'id')
      const entry = kind === 'runner' ? this.runnerFor(id) : this.workFor('job', id)
      this.add(entry, listed(observed, entry, body))
    }
  }

  runnerFor(id: string): RunnerEntry {
    return this.ownedBy(this.index.runner(id, this.observed.workspace), [id])
  }

  workFor(machine: WorkMachine, id: string): WorkEntry {
    const work = this.index.workEntry(machine, id)
    return this.ownedBy(work, [...work.runners])
  }

  /** What a call is about. If a caller of uncertain ownership succeeds, what was known of it is discarded. */
  private ownedBy<Of extends Entry>(of: Of, runners: readonly string[]): Of {
    const { answer, call } = this.observed
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
  inSlot(projectId: string | undefined, type: RunnerType): readonly RunnerEntry[] {
    const { call, workspace, now } = this.observed
    return this.index.inProject(projectId).filter((entry) => {
      const isThere = entry.type === type && entry.workspace === workspace && entry.presence(now) !== 'gone'
      return isThere && this.index.mayBeTaken(entry, call.caller)
    })
  }

  private mayBeGone({ runners }: WorkEntry, isAbsent: boolean): boolean {
    const { answer, now, waitMs } = this.observed
    // A reader who waits for a command is told of its end, and no longer of its runner's.
    const isEnd = waitMs !== undefined && textAt(answer.body, 'status') === 'timed_out'
    const isLost = isAbsent || answer.status === 404 || isEnd
    return [...runners].some((id) => {
      const entry = this.index.runners.get(id)
      return isLost ? entry?.presence(now) !== 'there' || entry.sharesSlot : entry?.isRevived === true
    })
  }

  report(rule: string, expected: string, actual: unknown): void {
    reportAll(this.index.facts.findings, this.observed, [{ rule, expected, actual: JSON.stringify(actual) }])
  }
}

export function projectOf({ call }: Pick<ObservedCall, 'call'>): string {
  return textAt(call.body, 'project_id')
}
