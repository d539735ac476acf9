/** Effects of calls on jobs and commands, from their creation on. */
import { textAt } from '../../kernel/json-value.js'
import { canEmit, roleOf, type WorkMachine } from '../../lifecycle/roles.js'
import { factsOfMachine } from '../../lifecycle/tracker/work-states.js'
import { findOwnRunner } from '../../lifecycle/tracker/tracked-world.js'
import { CANCELLATION, creation, judged, lostHandOut, reading } from './effects.js'
import { projectOf, type PlannedCall } from './planned-call.js'
import type { RunnerEntry, WorkEntry } from './tracked-entries.js'

const MAX_LINES = 2000

/** A creation, on a runner that the path names or on the one in a slot. */
export function planCreation(planned: PlannedCall, machine: WorkMachine): void {
  const { observed, index } = planned
  const { operation, answer, call, isAborted, now } = observed
  const isBySlot = roleOf(operation).way === 'slot'
  const there = isBySlot
    ? planned.inSlot(projectOf(observed), 'endpoint')
    : [planned.runnerFor(call.path['runnerId'] ?? '')]
  const [only] = there
  const isIn = ({ id, worlds }: RunnerEntry): boolean =>
    worlds.some((world) => findOwnRunner(world, call.caller, id) !== undefined)
  const isClear =
    !isBySlot || (there.length === 1 && there.every((entry) => isIn(entry) && entry.presence(now) === 'there'))
  planned.candidates = { isClear, runners: there.map((entry) => ({ entry, worlds: entry.worlds })) }
  if (machine === 'bridgeCommand') only?.rates.note(observed, only.isBorn)
  if (isAborted) index.isComplete = false
  for (const entry of there) if (isAborted || (answer.status === 201 && !isClear)) entry.hasOthers[machine] = true
  const work = workMadeBy(planned, machine)
  if (only === undefined || !isClear || isAborted) return
  // A command may be refused for what it brings, whatever is there.
  if (answer.status !== 429 && (isBySlot || answer.status !== 400)) planned.add(only, creation(observed, only.id))
  if (work !== undefined) planMade(planned, only, work)
}

function workMadeBy(planned: PlannedCall, machine: WorkMachine): WorkEntry | undefined {
  const { answer, now } = planned.observed
  const told = machine === 'job' ? answer.createdId : textAt(answer.body, factsOfMachine(machine).idField)
  if (answer.status !== 201 || told === undefined || told === '') return undefined
  const work = planned.index.workEntry(machine, told.toLowerCase())
  if (work.created !== undefined) planned.report('ids/new', 'a new id', work.id)
  work.created = now
  return work
}

function planMade(planned: PlannedCall, entry: RunnerEntry, work: WorkEntry): void {
  const { observed, index } = planned
  index.link(entry, work)
  if (!entry.isKnown) return
  work.become(index.bornWorlds(entry, observed))
  planned.add(work, judged(observed), true)
  // A poll may still go on whose caller has hung up.
  for (const each of planned.others) {
    const { operation, isAborted, call } = each.observed
    if (isAborted && roleOf(operation).handsOut === work.machine && call.path['runnerId'] === entry.id)
      each.add(work, lostHandOut(each.observed, work))
  }
}

export function planOnWork(planned: PlannedCall, machine: WorkMachine): void {
  const { observed } = planned
  const { operation, call, answer, isAborted } = observed
  const work = planned.workFor(machine, call.path[machine === 'job' ? 'jobId' : 'commandId'] ?? '')
  const { runners, knowsLogs } = work
  if (roleOf(operation).isRead) {
    const isOfLogs = Array.isArray(answer.body)
    if (!isAborted && (!isOfLogs || knowsLogs)) planned.add(work, reading(observed, work))
    return
  }
  planned.add(work, judged(observed))
  if (canEmit(operation, CANCELLATION) && (answer.status === 204 || isAborted))
    for (const id of runners) planned.index.runners.get(id)?.announcing.add(work.id)
  // A log that grows without end is not kept.
  const isLong = work.worlds.some((world) => (world.work.get(work.id)?.logs.length ?? 0) > MAX_LINES)
  if (isLong) work.forget()
}
