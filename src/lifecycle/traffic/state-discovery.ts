/** Learns from answers what resources are of which nothing was known. */
import { objectOf, objectsAt, textAt } from '../../kernel/json-value.js'
import { canEmit, roleOf, type WorkMachine } from '../roles.js'
import { mayBeHandedOut, runnerAsShown, workAsShown } from '../tracker/as-shown.js'
import type { TimeRange } from '../tracker/time-range.js'
import { machineFacts } from '../tracker/tracked-states.js'
import { createWorld } from '../tracker/tracked-world.js'
import type { ObservedCall } from './observed-call.js'
import type { ResourceIndex } from './resource-index.js'
import type { RunnerEntry, WorkEntry } from './tracked-entries.js'
import type { TrackedResource } from './tracked-resource.js'

/** Learns from an answer that shows resources, by themselves or in a list. */
export function learnFrom(observed: ObservedCall, index: ResourceIndex): void {
  const { operation, answer, waitMs } = observed
  const { machine, lists, handsOut, isRead, way } = roleOf(operation)
  const isShown = lists !== undefined || handsOut === 'job' || (isRead && way === 'path' && waitMs === undefined)
  if (!isShown) return
  const shown = lists === undefined ? [answer.body] : objectsAt(answer.body, 'content')
  const kind = lists ?? handsOut ?? machine
  for (const each of shown) {
    if (kind === 'runner') learnRunner(observed, index, each)
    else if (kind === 'job' || kind === 'bridgeCommand') learnWork(observed, index, kind, each)
  }
}

function learnRunner(observed: ObservedCall, index: ResourceIndex, shown: unknown): void {
  const { now, workspace, call } = observed
  // The agents of a runner that is not connected are not shown.
  if (textAt(shown, 'status') !== 'connected') return
  const runner = runnerAsShown(shown, call.caller, now)
  const entry = index.runner(runner.id, workspace)
  // What came or went meanwhile may have taken it away again.
  const since = earliestOf(now, entry)
  const isChanged = !entry.isUnchangedSince(since) || !entry.isCalmSince(since) || index.activeUntil >= since
  if (entry.isKnown || isChanged) return
  const world = createWorld(index.start)
  world.runners.set(runner.id, { ...runner, sharers: ownersMeanwhile(entry) })
  entry.isBorn = false
  index.assignSlot(entry, workspace, runner.projectId, runner.type)
  entry.become([world])
}

/** Callers whose calls under way show that they own it, too: by a quirk several share a runner. */
function ownersMeanwhile(entry: RunnerEntry | WorkEntry | undefined): readonly string[] {
  const shows = ({ operation, answer, isAborted }: ObservedCall): boolean =>
    !isAborted &&
    ![404, 410].includes(answer.status) &&
    !canEmit(operation, 'runner.gone') &&
    (roleOf(operation).lists !== 'runner' || objectsAt(answer.body, 'content').some(({ id }) => id === entry?.id))
  return [...new Set(entry?.calls.filter(shows).map(({ call }) => call.caller))]
}

/** When the first began of the calls that may show what is learned; polls, one of which is always under way, show none of it. */
function earliestOf({ from }: TimeRange, entry: TrackedResource | undefined): number {
  const reads = (entry?.calls ?? []).filter(({ operation }) => roleOf(operation).handsOut === undefined)
  return Math.min(from, ...reads.map(({ now }) => now.from))
}

function learnWork(observed: ObservedCall, index: ResourceIndex, machine: WorkMachine, shown: unknown): void {
  const { now, workspace } = observed
  const [id, runnerId] = [textAt(shown, machineFacts[machine].idField), textAt(shown, 'runner_id')]
  const known = index.findWork(machine, id)
  const since = earliestOf(now, known)
  if (id === '' || known?.isKnown === true || known?.isUnchangedSince(since) === false) return
  // What is read meanwhile of its log is judged by nothing.
  if (known?.calls.some(({ answer }) => Array.isArray(answer.body)) === true) return
  // Who may see it is unknown where its runner is.
  const entry = index.runner(runnerId, workspace)
  const isOpen = !entry.isKnown || entry.isChanging || entry.isRevived
  if (isOpen || !entry.isCalmSince(since)) return
  const [world] = index.bornWorlds(entry, observed)
  const runner = world?.runners.get(runnerId)
  const work = runner === undefined ? undefined : workAsShown(machine, runner, objectOf(shown), now)
  if (world === undefined || runner === undefined || work === undefined) return
  runner[machine] = { ids: [id], queue: mayBeHandedOut(work) ? [id] : [], takenPerhaps: [] }
  runner.sharers = [...runner.sharers, ...ownersMeanwhile(known)]
  world.work.set(id, work)
  const made = index.workEntry(machine, id)
  made.knowsLogs = false
  if (textAt(shown, 'status') === 'cancelled') {
    runner.unannounced = [{ id, isCertain: false }]
    entry.announcing.add(id)
  }
  index.link(entry, made)
  made.become([world])
}
