/** Effects of calls on jobs and commands, from their creation on. */
import { textAt } from '../../kernel/json-value.js'
import { canEmit, roleOf, type WorkMachine } from '../../lifecycle/roles.js'
import { factsOfMachine } from '../../lifecycle/tracker/work-states.js'
import { findOwnRunner, type TrackedWorld } from '../../lifecycle/tracker/tracked-world.js'
import { CANCELLATION, creation, judged, lostHandOut, reading } from './effects.js'
import { EffectPlanner, projectOf, type PlannedCall } from './planned-call.js'

const MAX_LINES = 2000

export class WorkEffects extends EffectPlanner {
  /** A creation, on a runner that the path names or on the one in a slot. */
  planCreation(planned: PlannedCall, machine: WorkMachine): void {
    const { observed } = planned
    const { operation, answer, call, isAborted } = observed
    const isBySlot = roleOf(operation).way === 'slot'
    const there = isBySlot
      ? this.inSlot(observed, projectOf(observed), 'endpoint')
      : [this.runnerFor(observed, call.path['runnerId'] ?? '')]
    const [only] = there
    const isIn = (world: TrackedWorld): boolean => findOwnRunner(world, call.caller, only?.id ?? '') !== undefined
    const isAlone = there.length === 1 && only?.worlds.some(isIn) === true
    const isClear = only !== undefined && (!isBySlot || (isAlone && only.presence(observed.now) === 'there'))
    planned.candidates = there.map((entry) => ({ entry, worlds: entry.worlds }))
    planned.isClear = isClear
    if (machine === 'bridgeCommand') only?.rates.note(observed, only.isBorn)
    if (isAborted) this.index.isComplete = false
    for (const entry of there) if (isAborted || (answer.status === 201 && !isClear)) entry.hasOthers[machine] = true
    const told = machine === 'job' ? answer.createdId : textAt(answer.body, factsOfMachine(machine).idField)
    const id = answer.status === 201 ? told?.toLowerCase() : undefined
    const work = id === undefined || id === '' ? undefined : this.index.workEntry(machine, id)
    if (work?.created !== undefined) this.report(observed, 'ids/new', 'a new id', id)
    if (work !== undefined) work.created = observed.now
    if (!isClear || isAborted) return
    // A command may be refused for what it brings, whatever is there.
    if (answer.status !== 429 && (isBySlot || answer.status !== 400))
      this.add(planned, only, creation(observed, only.id))
    if (work === undefined) return
    this.index.link(only, work)
    if (!only.isKnown) return
    work.become(this.index.bornWorlds(only, observed))
    this.add(planned, work, judged(observed), true)
    // A poll may still go on whose caller has hung up.
    for (const each of this.underWay.values()) {
      const { observed: other } = each
      const isLost = other.isAborted && roleOf(other.operation).handsOut === machine
      if (isLost && other.call.path['runnerId'] === only.id) this.add(each, work, lostHandOut(other, work))
    }
  }

  planOnWork(planned: PlannedCall, machine: WorkMachine): void {
    const { observed } = planned
    const { operation, call, answer, isAborted } = observed
    const work = this.workFor(observed, machine, call.path[machine === 'job' ? 'jobId' : 'commandId'] ?? '')
    const { runners, knowsLogs } = work
    if (roleOf(operation).isRead) {
      const isOfLogs = Array.isArray(answer.body)
      if (!isAborted && (!isOfLogs || knowsLogs)) this.add(planned, work, reading(observed, work))
      return
    }
    this.add(planned, work, judged(observed))
    if (canEmit(operation, CANCELLATION) && (answer.status === 204 || isAborted))
      for (const id of runners) this.index.runners.get(id)?.announcing.add(work.id)
    // A log that grows without end is not kept.
    const isLong = work.worlds.some((world) => (world.work.get(work.id)?.logs.length ?? 0) > MAX_LINES)
    if (isLong) work.forget()
  }
}
