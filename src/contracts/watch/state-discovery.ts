/** Learns from answers what resources are of which nothing was known. */
import { isObject, listOf, memberOf, objectOf, objectsAt, textAt, textsOf } from '../../kernel/json-value.js'
import { carryUntyped, sharedNames } from '../../kernel/shared-fields.js'
import { requestFeeds } from '../../generated/carried.js'
import type { Agent } from '../../kernel/types.js'
import { roleOf, type WorkMachine } from '../../lifecycle/roles.js'
import { waitParameterOf } from '../../lifecycle/timers.js'
import { shownValue, ANY_TEXT } from '../../lifecycle/tracker/expected-value.js'
import type { TimeRange } from '../../lifecycle/tracker/time-range.js'
import { isEnd } from '../../lifecycle/rule-effects.js'
import { factsOfMachine, isTime } from '../../lifecycle/tracker/work-states.js'
import {
  createRunner,
  createWorld,
  type TrackedRunner,
  type TrackedWork,
} from '../../lifecycle/tracker/tracked-world.js'
import { machines } from '../../lifecycle/table.js'
import { isEmptyHanded } from './aggregate-rules.js'
import type { ObservedCall } from './observed-call.js'
import { emptyQueue } from './queue-effects.js'
import { presenceOf, type ResourceIndex } from './resource-index.js'

export class StateDiscovery {
  private readonly index: ResourceIndex

  constructor(index: ResourceIndex) {
    this.index = index
  }

  learn(observed: ObservedCall): void {
    const { operation, answer, call } = observed
    const { machine, lists, handsOut, isRead, way } = roleOf(operation)
    const parameter = waitParameterOf(operation)
    const isWaiting = parameter !== undefined && call.query[parameter] === true
    if (lists !== undefined) {
      for (const each of objectsAt(answer.body, 'content')) {
        if (lists === 'runner') this.learnRunner(observed, each)
        else this.learnWork(observed, 'job', each)
      }
    } else if (handsOut !== undefined) {
      if (handsOut === 'job') this.learnWork(observed, 'job', answer.body)
      this.learnQueue(observed, handsOut)
    } else if (isRead && way === 'path' && !isWaiting) {
      if (machine === 'runner') this.learnRunner(observed, answer.body)
      else if (machine === 'job' || machine === 'bridgeCommand') this.learnWork(observed, machine, answer.body)
    }
  }

  private learnRunner(observed: ObservedCall, shown: unknown): void {
    const { index } = this
    const { now, workspace, call } = observed
    const id = textAt(shown, 'id')
    if (id === '') return
    const entry = index.runner(id, workspace)
    if (entry.resource.isKnown || !entry.resource.isUnchangedSince(now.from) || entry.changedUntil >= now.from) return
    // What came or went meanwhile may have taken it away again.
    if (!index.isCalmSince(workspace, now.from)) return
    const world = createWorld(index.start(false))
    const runner = toRunner(shown, call.caller, now)
    if (runner === undefined) return
    world.runners.set(runner.id, runner)
    entry.isBorn = false
    index.assignSlot(entry, workspace, runner.projectId, runner.type)
    entry.resource.become([world])
  }

  private learnWork(observed: ObservedCall, machine: WorkMachine, shown: unknown): void {
    const { index } = this
    const [id, runnerId] = [textAt(shown, factsOfMachine(machine).idField), textAt(shown, 'runner_id')]
    const world = id === '' ? undefined : this.worldAround(observed, runnerId, machine, id)
    const runner = world?.runners.get(runnerId)
    const work = runner === undefined ? undefined : toWork(machine, runner, shown, observed.now)
    if (world === undefined || work === undefined) return
    const entry = index.workEntry(machine, id)
    world.work.set(id, work)
    entry.knowsLogs = false
    if (textAt(shown, 'status') === 'cancelled') index.runners.get(runnerId)?.announcing.add(id)
    index.link(index.runner(runnerId, observed.workspace), entry)
    entry.resource.become([world])
  }

  /** A world with the runner of something that is shown, undefined where it is unknown who may see it. */
  private worldAround(observed: ObservedCall, runnerId: string, machine: WorkMachine, id: string) {
    const { index } = this
    const { now, workspace } = observed
    const work = index.findWork(machine, id)
    const entry = index.runner(runnerId, workspace)
    if (work?.resource.isKnown === true || work?.resource.isUnchangedSince(now.from) === false) return undefined
    if (!entry.resource.isKnown || entry.resource.isChanging || entry.changedUntil >= now.from || entry.isRevived)
      return undefined
    return index.bornWorlds(entry, observed, {})[0]
  }

  /** A poll that has waited in vain tells that nothing waits. */
  private learnQueue(observed: ObservedCall, machine: WorkMachine): void {
    const { call, now } = observed
    const entry = this.index.runners.get(call.path['runnerId'] ?? '')
    if (entry === undefined || !isEmptyHanded(observed)) return
    if (entry.fedUntil >= now.from || entry.changedUntil >= now.from) return
    const queue = entry.queues[machine]
    if (queue.isKnown || !queue.isIdle || presenceOf(entry, now) !== 'there') return
    const { id, projectId = '', type = 'endpoint' } = entry
    queue.become([emptyQueue(this.index.start(true), { id, owner: call.caller, projectId, type })])
  }
}

function before(now: TimeRange): TimeRange {
  return { from: -Infinity, to: now.to }
}

/** A runner as it is shown to its owner; undefined when what is shown does not tell all. */
function toRunner(shown: unknown, owner: string, now: TimeRange): TrackedRunner | undefined {
  // The agents of a runner that is not connected are not shown.
  if (textAt(shown, 'status') !== 'connected') return undefined
  const [id = '', name = '', projectId = ''] = ['id', 'name', 'project_id'].map((field) => textAt(shown, field))
  const type = textAt(shown, 'type') === 'connect' ? 'connect' : 'endpoint'
  const checklist = memberOf(shown, 'checklist')
  return {
    ...createRunner({ id, owner, projectId, type, name, activated: before(now) }),
    agents: Object.fromEntries(objectsAt(shown, 'agents').map(toAgent)),
    capabilities: textsOf(listOf(memberOf(shown, 'capabilities'))),
    checklist: isObject(checklist) ? checklist : undefined,
    beat: before(now),
    firstDeath: -Infinity,
  }
}

function toAgent(record: object): [string, Agent] {
  const name = textAt(record, 'name')
  return [name, { ...record, name }]
}

const feeds = { job: requestFeeds.createJob, bridgeCommand: requestFeeds.createBridgeCommand } as const

function toWork(machine: WorkMachine, runner: TrackedRunner, shown: unknown, now: TimeRange): TrackedWork | undefined {
  const record = objectOf(shown)
  const { idField, startedField, timeoutField, written } = factsOfMachine(machine)
  const [id, status] = [textAt(record, idField), textAt(record, 'status')]
  if (!Object.hasOwn(machines[machine].states, status)) return undefined
  const ended = isEnd(machine, status) ? before(now) : undefined
  const hasStarted = Object.hasOwn(record, startedField)
  const isCutOff = status === 'cancelled'
  const fields = written.map((field) => {
    const value = shownValue(record, field)
    return [field, isTime(field) && Object.hasOwn(record, field) ? ANY_TEXT : value] as const
  })
  const endedBefore = ended === undefined && Object.hasOwn(record, 'completed_at') ? before(now) : undefined
  const mayBeHandedOut = status === 'pending' || (machine === 'job' && !hasStarted && !isCutOff)
  runner[machine] = { ids: [id], queue: mayBeHandedOut ? [id] : [], takenPerhaps: [] }
  if (isCutOff) runner.unannounced = [{ id, isCertain: false }]
  const names = sharedNames(feeds[machine]).filter((name) => name !== timeoutField && Object.hasOwn(record, name))
  return {
    ...{ machine, id, runnerId: runner.id, created: before(now), times: {}, logs: [], isGone: false, mayBeGone: true },
    request: carryUntyped(feeds[machine], Object.fromEntries(names.map((name) => [name, record[name]]))),
    timeoutMs: 1000 * Number(record[timeoutField] ?? 0),
    started: hasStarted ? before(now) : undefined,
    states: [{ status, fields: Object.fromEntries(fields), ended, endedBefore, wasCutOff: isCutOff }],
  }
}
