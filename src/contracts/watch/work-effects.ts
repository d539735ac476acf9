/** Effects of calls on jobs and commands, from their creation on. */
import { isObject, memberOf, textAt } from '../../kernel/json-value.js'
import { canEmit, isReport, roleOf, rulesOf, type WorkMachine } from '../../lifecycle/roles.js'
import { factsOfMachine } from '../../lifecycle/tracker/work-states.js'
import { findOwnRunner } from '../../lifecycle/tracker/tracked-world.js'
import { CANCELLATION, creation, firstHalf, judged, lostHandOut, reading } from './effects.js'
import type { ObservedCall } from './observed-call.js'
import { EffectPlanner, projectOf, type PlannedCall } from './planned-call.js'
import { presenceOf, type RunnerEntry } from './resource-index.js'

const MAX_LINES = 2000

export class WorkEffects extends EffectPlanner {
  /** A creation, on a runner that the path names or on the one in a slot. */
  planCreation(planned: PlannedCall, machine: WorkMachine): void {
    const {
      observed,
      observed: { operation, answer, call, isAborted },
    } = planned
    const isBySlot = roleOf(operation).way === 'slot'
    const there = isBySlot ? this.inSlot(observed) : [this.runnerFor(observed, call.path['runnerId'] ?? '')]
    const [only] = there
    const isClear = only !== undefined && (!isBySlot || (there.length === 1 && isFor(only, observed)))
    planned.candidates = there.map((entry) => ({ entry, worlds: entry.resource.worlds }))
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
    const agents = this.agentsFor(only, machine, textAt(call.body, 'agent_name'))
    if (agents.length === 0) return
    work.resource.become(agents.flatMap((each) => this.index.bornWorlds(only, observed, each)))
    this.addToWork(planned, work, judged(observed), true)
    // A poll may still go on whose caller has hung up.
    for (const each of this.underWay.values()) {
      const {
        operation: other,
        isAborted: isLost,
        call: { path },
      } = each.observed
      if (isLost && roleOf(other).handsOut === machine && path['runnerId'] === only.id)
        this.add(each, work, lostHandOut(each.observed, work))
    }
  }

  /** The endpoint runners of a project that a caller's job may be for. */
  private inSlot(observed: ObservedCall): RunnerEntry[] {
    return this.index.inProject(projectOf(observed)).filter((entry) => {
      const isInSlot = entry.type === 'endpoint' && entry.workspace === observed.workspace
      return (
        isInSlot && this.index.mayBeTaken(entry, observed.call.caller) && presenceOf(entry, observed.now) !== 'gone'
      )
    })
  }

  /** The agent of a new job, with each timeout that it may have; none where it is unknown. */
  private agentsFor({ resource, id }: RunnerEntry, machine: WorkMachine, name: string) {
    if (machine !== 'job') return resource.isKnown ? [{}] : []
    const registrations = rulesOf('runner').filter(({ set }) => set?.includes('agents') === true)
    const known = [
      ...resource.worlds.map(({ runners }) => runners.get(id)?.agents),
      ...resource.calls.flatMap(({ operation, call }) =>
        registrations.some(({ on }) => on === operation) ? [call.body] : [],
      ),
    ]
    const timeouts = new Set(known.flatMap((agents) => timeoutIn(agents, name)))
    return [...timeouts].map((timeout) => ({ [name]: { name, timeout } }))
  }

  planOnWork(planned: PlannedCall, machine: WorkMachine): void {
    const {
      observed,
      observed: { operation, call, answer, isAborted },
    } = planned
    const work = this.workFor(observed, machine, call.path[machine === 'job' ? 'jobId' : 'commandId'] ?? '')
    const { resource, runners, knowsLogs } = work
    if (roleOf(operation).isRead) {
      const isOfLogs = Array.isArray(answer.body)
      if (!isAborted && (!isOfLogs || knowsLogs)) this.addToWork(planned, work, reading(observed, resource))
      return
    }
    this.addToWork(planned, work, judged(observed))
    if (isReport(operation) && machine === 'job' && answer.status === 204)
      this.addToWork(planned, work, firstHalf(observed))
    if (canEmit(operation, CANCELLATION) && (answer.status === 204 || isAborted))
      for (const id of runners) this.index.runners.get(id)?.announcing.add(work.id)
    // A log that grows without end is not kept.
    const isLong = resource.worlds.some((world) => (world.work.get(work.id)?.logs.length ?? 0) > MAX_LINES)
    if (isLong) resource.forget()
  }
}

/** Whether a runner is there, and may be the caller's by what is known of it. */
function isFor(entry: RunnerEntry, { call, now }: ObservedCall): boolean {
  return (
    presenceOf(entry, now) === 'there' &&
    entry.resource.worlds.some((world) => findOwnRunner(world, call.caller, entry.id) !== undefined)
  )
}

function timeoutIn(agents: unknown, name: string): number[] {
  if (!isObject(agents) || !Object.hasOwn(agents, name)) return []
  const timeout = memberOf(agents[name], 'timeout')
  return [typeof timeout === 'number' ? timeout : 0]
}
