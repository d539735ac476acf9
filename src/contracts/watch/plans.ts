/** What all plans have in common: which things a call is about, what it does to them, and of which it leaves nothing known. */
import { textAt } from '../../kernel/json-value.js'
import { ownRunner, type World } from '../model/rules/model-world.js'
import type { Happening } from '../model/rules/serial-order.js'
import type { HeardCall } from './heard-call.js'
import * as as from './projections.js'
import { presenceOf, type Registry, type RunnerEntry, type WorkEntry } from './registry.js'
import type { Act, Thing } from './thing.js'
import { tellWrong, type Findings } from './verdict.js'

/** What a call does to one thing. */
export interface Step {
  thing: Thing
  act: Act
  /** Whether something else may have taken the thing away. */
  isGoneByNow?: () => boolean
}

/** A call under way, with what it does. */
export interface Running {
  heard: HeardCall
  steps: Step[]
  /** Things of which nothing is known when it has ended. */
  doubtful: Thing[]
  /** Runners that a creation may be for, as they were when it began. */
  candidates?: { entry: RunnerEntry; worlds: readonly World[] }[]
}

/** Calls that are under way, with what they do. */
export type UnderWay = Map<HeardCall, Running>

/** Plans what begins. */
export class Plans {
  protected readonly underWay: UnderWay
  protected readonly registry: Registry
  protected readonly findings: Findings

  constructor(underWay: UnderWay, registry: Registry, findings: Findings) {
    this.underWay = underWay
    this.registry = registry
    this.findings = findings
  }

  protected add(
    running: Running,
    thing: Thing,
    happening: Happening,
    { isChange = false, isGoneByNow }: { isChange?: boolean; isGoneByNow?: () => boolean } = {},
  ): void {
    const act: Act = { heard: running.heard, happening, isChange }
    thing.begin(act)
    running.steps.push({ thing, act, ...(isGoneByNow === undefined ? {} : { isGoneByNow }) })
  }

  protected doubt(running: Running, ...things: Thing[]): void {
    for (const thing of things) {
      thing.forget()
      running.doubtful.push(thing)
    }
  }

  protected doubtRunner(running: Running, entry: RunnerEntry): void {
    this.doubt(running, entry.thing, entry.jobQueue, entry.commandQueue)
    for (const { thing } of this.workOf(entry)) this.doubt(running, thing)
  }

  protected noteChange(entry: RunnerEntry, { until }: HeardCall): void {
    entry.changedUntil = Math.max(entry.changedUntil, until)
  }

  protected planEndOfWork(running: Running, entry: RunnerEntry, isSure: boolean): void {
    const { heard } = running
    this.noteChange(entry, heard)
    this.doubt(running, entry.jobQueue, entry.commandQueue)
    for (const { thing } of this.workOf(entry)) {
      this.add(running, thing, as.workEnds(heard), { isChange: true })
      this.add(running, thing, as.runnerEnds(heard, entry.id, isSure), { isChange: true })
    }
  }

  protected doubtCreations(running: Running, projectId: string): void {
    for (const { operation, answer, ...heard } of this.underWay.keys()) {
      if (operation !== 'createJob' || projectOf(heard) !== projectId || answer.createdId === undefined) continue
      const job = this.registry.jobs.get(answer.createdId)
      if (job !== undefined) this.doubt(running, job.thing)
    }
  }

  protected isCreating({ projectId }: RunnerEntry): boolean {
    return [...this.underWay.keys()].some((each) => each.operation === 'createJob' && projectOf(each) === projectId)
  }

  protected workOf({ jobs, commands }: RunnerEntry): WorkEntry[] {
    const { registry } = this
    return [
      ...[...jobs].map((id) => registry.jobs.get(id)),
      ...[...commands].map((id) => registry.commands.get(id)),
    ].filter((entry) => entry !== undefined)
  }

  /** The runner of a call. Nothing is known of it any more when somebody is served of whom it is open if he owns it. */
  protected runnerFor(heard: HeardCall, id: string): RunnerEntry {
    const { workspace, answer, call } = heard
    const entry = this.registry.runner(id, workspace)
    const isRefused = answer.status === 404 || answer.status === 410
    const isOpen = this.registry.isOpenTo(entry, call.identity) && !isSurelyOf(entry, call.identity)
    if (isOpen && !isRefused) entry.thing.forget()
    return entry
  }

  /** The job of a call; of one on a runner that was there before anybody listened nobody knows all owners. */
  protected jobFor(heard: HeardCall, id: string): WorkEntry {
    const job = this.registry.work(this.registry.jobs, id)
    this.checkOwners(heard, job)
    return job
  }

  protected checkOwners({ call, answer }: HeardCall, { thing, runners }: WorkEntry): void {
    const isOpen = [...runners].some((id) => {
      const entry = this.registry.runners.get(id)
      return entry === undefined || this.registry.isOpenTo(entry, call.identity)
    })
    if (!isOpen || answer.status === 404 || !thing.isKnown) return
    const isOwn = thing.worlds.every((world) =>
      [...world.runners.keys()].some((id) => ownRunner(world, call.identity, id)),
    )
    if (!isOwn) thing.forget()
  }

  /** Whether a job or command may be gone with its runner, by the time an answer says so. */
  protected takenAway({ answer, now, waitMs }: HeardCall, { runners }: WorkEntry): () => boolean {
    // A reader who waits for a command is told of its end, and no longer of its runner's.
    const isEnd = waitMs !== undefined && textAt(answer.body, 'status') === 'timed_out'
    return () => {
      const entries = [...runners].map((id) => this.registry.runners.get(id))
      if (answer.status !== 404 && !isEnd) return entries.some((entry) => entry?.isRevived === true)
      const isOpen = (entry: RunnerEntry): boolean => presenceOf(entry, now) !== 'there' || this.registry.isMixed(entry)
      return entries.some((entry) => entry === undefined || isOpen(entry))
    }
  }

  protected say(heard: HeardCall, rule: string, expected: string, actual: unknown): void {
    tellWrong(this.findings, heard, { rule, expected, actual: JSON.stringify(actual) })
  }
}

/** The project that a call names in its body. */
export function projectOf({ call }: Pick<HeardCall, 'call'>): string {
  return textAt(call.body, 'project_id')
}

/** Whether a runner is a caller's, in every state that it may have. */
export function isSurelyOf({ thing, id }: RunnerEntry, caller: string): boolean {
  return thing.worlds.every((world) => ownRunner(world, caller, id) !== undefined)
}
