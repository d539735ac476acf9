/**
 * Runners: slots and eviction, heartbeats and their lapse, agents, checklist, disconnection. What a runner's end means
 * for its jobs and commands is left to those stores, which hear of it through `onGone`.
 */
import { copySharedFields, carriedFields } from '../../kernel/shared-fields.js'
import { decide, findRule, type Decision } from '../../lifecycle/table.js'
import { spanMs } from '../../lifecycle/timers.js'
import type { AgentMap, LocalRunner, RunnerStatus, RunnerType } from '../../kernel/types.js'
import type { Identity } from '../base/identity.js'
import { omitUndefined } from '../base/omit-undefined.js'
import { mergeChecklist } from '../../lifecycle/checklist.js'
import { announce, hasQuirk, move, type Parts } from './world-parts.js'
import type { TransitionSubject } from './events.js'
import { RecordStore, RunnerRecord, type NewRunner, type RecordPage, type StoredObject } from './records.js'

/** Why a runner left, as the trigger of the lifecycle's event. */
type GoneTrigger = 'disconnectRunner' | 'slot.taken' | 'timer.dead_runner_purge'

const RUNNER_TYPES: readonly RunnerType[] = ['connect', 'endpoint']

/** All runners that are not gone. */
export class Runners extends RecordStore<RunnerRecord> {
  private readonly bySlot = new Map<string, RunnerRecord>()
  /** Pages by their first runner as it was shown there. */
  private readonly pages = new WeakMap<LocalRunner, RecordPage<LocalRunner>>()
  private readonly parts: Parts
  private readonly onGone: (runner: RunnerRecord) => void
  private activations = 0

  constructor(parts: Parts, onGone: (runner: RunnerRecord) => void) {
    super()
    this.parts = parts
    this.onGone = onGone
  }

  /** Number of runners that are not gone. */
  get count(): number {
    return this.byId.size
  }

  /** The caller's own runner. */
  find(caller: Identity, id: string): RunnerRecord | undefined {
    const runner = this.byId.get(id)
    return runner !== undefined && isOf(runner, caller) ? runner : undefined
  }

  /** The runner that holds the slot (workspace, user, project, type). */
  inSlot(owner: Identity, projectId: string, type: RunnerType): RunnerRecord | undefined {
    return this.bySlot.get(slotOf(owner, projectId, type))
  }

  /** The state in which the lifecycle sees a runner now. */
  statusOf(runner: RunnerRecord): Exclude<RunnerStatus, 'pairing'> {
    return this.parts.clock.now() < runner.aliveUntil ? 'connected' : 'disconnected'
  }

  /** A runner as getRunner and listRunners show it. One value until something changes, so that its text is made once. */
  toWire(runner: RunnerRecord): LocalRunner {
    const status = this.statusOf(runner)
    if (runner.view?.status === status) return runner.view
    const view: LocalRunner = {
      id: runner.id,
      name: runner.wire.name,
      project_id: runner.projectId,
      status,
      connected_at: runner.wire.connected_at,
      agents: status === 'connected' ? [...runner.agents.values()] : [],
      capabilities: [...runner.capabilities],
      ...omitUndefined({ checklist: runner.checklist }),
      type: runner.wire.type,
    }
    // What else its requests gave gives way to what is computed here.
    runner.view = Object.freeze({ ...runner.wire, ...view })
    return runner.view
  }

  /** Brings a runner to life and evicts the one that held its slot. Called by the activation of a pairing session. */
  activate(birth: NewRunner): RunnerRecord {
    const wire = { ...birth.fields, name: '', type: birth.type, connected_at: '' }
    return this.bringToLife(birth, new RunnerRecord(birth, wire, this.parts.clock.now()))
  }

  /** Takes the runner's slot for it, under a new name. */
  bringToLife({ owner, projectId, type, name }: NewRunner, runner: RunnerRecord): RunnerRecord {
    const rule = decide('runner', 'pairing', 'pairingSession.activated')
    const holder = this.inSlot(owner, projectId, type)
    if (holder !== undefined) this.remove(holder, 'slot.taken')
    move(this.parts, rule, runner.wire, { name, type })
    runner.activation = ++this.activations
    this.add(runner)
    announce(this.parts, 'runner', rule, 'pairing', () => subjectOf(runner))
    return runner
  }

  /** Gives a runner a new name and a heartbeat, as an activation does. */
  rename(runner: RunnerRecord, name: string): void {
    Object.assign(runner.wire, { name, connected_at: this.parts.clock.iso() })
    runner.activation = ++this.activations
    this.renew(runner)
    this.beat(runner)
  }

  /** Gives a runner a second owner, and takes the slot there. */
  share(runner: RunnerRecord, owner: Identity): void {
    const slot = slotOf(owner, runner.projectId, runner.wire.type)
    const holder = this.bySlot.get(slot)
    if (holder !== undefined && holder !== runner) this.remove(holder, 'slot.taken')
    this.bySlot.set(slot, runner)
    runner.sharers = new Set(runner.sharers).add(owner.owner)
  }

  /** Renews a runner's time to live. */
  beat(runner: RunnerRecord): void {
    runner.lastHeartbeat = this.parts.clock.now()
    runner.aliveUntil = runner.lastHeartbeat + this.heartbeatTtlMs()
    if (!hasQuirk(this.parts, 'second-death-purges')) {
      runner.deadSince = undefined
      runner.purgeAt = undefined
    }
    this.parts.touch()
    // One that is due later than this beat's lapse was set before the clock went back.
    const { lapseTimer } = runner
    if (lapseTimer === undefined || lapseTimer.due > runner.aliveUntil) this.watchForLapse(runner)
  }

  /** listRunners: the caller's runners of a project, the latest activation first. */
  page(caller: Identity, query: RunnerQuery): RecordPage<LocalRunner> {
    const runners: RunnerRecord[] = []
    for (const type of RUNNER_TYPES) {
      const runner = this.inSlot(caller, query.projectId, type)
      if (runner !== undefined && (query.status === undefined || this.statusOf(runner) === query.status))
        runners.push(runner)
    }
    runners.sort((a, b) => b.activation - a.activation)
    const { page, size } = query
    const content = runners.slice(page * size, (page + 1) * size).map((runner) => this.toWire(runner))
    return this.keepPage({ page, size, total: runners.length, content })
  }

  /** The page that was shown last with its first runner, if it is the same, so that its text is made once. */
  private keepPage(page: RecordPage<LocalRunner>): RecordPage<LocalRunner> {
    const [first] = page.content
    if (first === undefined) return page
    const kept = this.pages.get(first)
    if (kept !== undefined && isSamePage(kept, page)) return kept
    this.pages.set(first, Object.freeze(page))
    return page
  }

  /** heartbeat: renews the runner's life and hands over the cancellations that it has not heard of. */
  heartbeat(runner: RunnerRecord, { rule, from }: Decision, capabilities: readonly string[]): string[] {
    if (capabilities.length > 0 && capabilities.join() !== runner.capabilities.join()) {
      runner.capabilities = [...capabilities]
      runner.view = undefined
    }
    this.beat(runner)
    announce(this.parts, 'runner', rule, from, () => subjectOf(runner))
    return runner.wire.type === 'endpoint' ? runner.jobs.cancelled.splice(0) : []
  }

  /** registerAgents: replaces the whole set. */
  registerAgents(runner: RunnerRecord, agents: AgentMap): void {
    const named = Object.entries(agents)
    runner.agents = new Map(named.map(([name, agent]) => [name, copySharedFields('Agent', agent, { name })]))
    this.renew(runner)
  }

  /** patchChecklist: merges into what is there. */
  patchChecklist(runner: RunnerRecord, patch: StoredObject): void {
    runner.checklist = mergeChecklist(runner.checklist, patch)
    this.renew(runner)
  }

  /** Lets a runner's heartbeat lapse now, as if the last one had come a whole time to live ago. */
  letLapse(runner: RunnerRecord): void {
    const status = this.statusOf(runner)
    const now = this.parts.clock.now()
    runner.lastHeartbeat = Math.min(runner.lastHeartbeat, now - this.heartbeatTtlMs())
    runner.aliveUntil = Math.min(runner.aliveUntil, now)
    runner.lapseTimer?.cancel()
    runner.lapseTimer = undefined
    this.announceLapse(runner, status)
  }

  /** Takes a runner's slot away, as the activation of another one would; the slot stays free. */
  evict(id: string): void {
    const runner = this.byId.get(id)
    if (runner !== undefined) this.remove(runner, 'slot.taken')
  }

  /** How long ago a runner's heartbeat has lapsed, for people. */
  silenceOf(runner: RunnerRecord): string {
    return ago(this.parts.clock.now() - runner.aliveUntil)
  }

  /** Restarts the timers of every runner, after the clock was set back. */
  rearm(): void {
    for (const runner of this.byId.values()) this.watchForLapse(runner)
  }

  /** Puts a restored runner in its place. */
  add(runner: RunnerRecord): RunnerRecord {
    runner.aliveUntil ||= runner.lastHeartbeat + this.heartbeatTtlMs()
    this.byId.set(runner.id, runner)
    for (const slot of slotsOf(runner)) this.bySlot.set(slot, runner)
    this.activations = Math.max(this.activations, runner.activation)
    this.watchForLapse(runner)
    return runner
  }

  /** Ends a runner, and with it its jobs and commands. */
  remove(runner: RunnerRecord, trigger: GoneTrigger): void {
    const state = this.statusOf(runner)
    const rule = findRule('runner', state, trigger)
    if (rule === undefined) return
    runner.isGone = true
    runner.lapseTimer?.cancel()
    this.byId.delete(runner.id)
    for (const slot of slotsOf(runner)) if (this.bySlot.get(slot) === runner) this.bySlot.delete(slot)
    announce(this.parts, 'runner', rule, state, () => subjectOf(runner))
    this.onGone(runner)
    this.parts.deviations.noteGone?.(runner, trigger === 'timer.dead_runner_purge')
  }

  /** What is shown of a runner has changed. */
  private renew(runner: RunnerRecord): void {
    runner.view = undefined
    this.parts.touch()
  }

  private heartbeatTtlMs(): number {
    return spanMs('heartbeat_ttl', this.parts.settings)
  }

  /**
   * One timer per runner, moved only when it fires: a heartbeat that comes in the meantime costs nothing. It exists for
   * those who listen; the status itself is computed whenever it is asked for.
   */
  private watchForLapse(runner: RunnerRecord): void {
    runner.lapseTimer?.cancel()
    const due = runner.aliveUntil
    if (due <= this.parts.clock.now()) {
      runner.lapseTimer = undefined
      return
    }
    runner.lapseTimer = this.parts.clock.schedule(due, () => {
      runner.lapseTimer = undefined
      if (this.statusOf(runner) === 'connected') {
        this.watchForLapse(runner)
        return
      }
      this.announceLapse(runner, 'connected')
    })
  }

  private announceLapse(runner: RunnerRecord, status: RunnerStatus): void {
    const rule = findRule('runner', status, 'timer.heartbeat_ttl')
    if (rule !== undefined) announce(this.parts, 'runner', rule, 'connected', () => subjectOf(runner))
  }
}

/** The query of listRunners. */
interface RunnerQuery {
  projectId: string
  status?: RunnerStatus | undefined
  page: number
  size: number
}

function isSamePage(a: RecordPage<LocalRunner>, b: RecordPage<LocalRunner>): boolean {
  if (a.page !== b.page || a.size !== b.size || a.total !== b.total) return false
  return a.content.length === b.content.length && a.content.every((runner, place) => runner === b.content[place])
}

/** Whether a runner belongs to the caller. */
export function isOf({ owner, sharers }: RunnerRecord, caller: Identity): boolean {
  return owner.owner === caller.owner || sharers?.has(caller.owner) === true
}

function slotOf(owner: Pick<Identity, 'owner'>, projectId: string, type: RunnerType): string {
  return `${owner.owner}\n${projectId}\n${type}`
}

/** Those that a runner may hold: its owner's, and those of its sharers. */
function slotsOf({ owner, sharers = new Set(), projectId, wire }: RunnerRecord): string[] {
  return [owner.owner, ...sharers].map((each) => slotOf({ owner: each }, projectId, wire.type))
}

/** The runner in an event. */
export function subjectOf(runner: RunnerRecord): TransitionSubject {
  const { id, wire } = runner
  return {
    id,
    ...placeOf(runner),
    name: wire.name,
    ...carriedFields(['CreateSessionRequest', 'ActivateRequest'], wire),
  }
}

/** Where a runner and all that is its own belong, in an event. */
export function placeOf({ id, owner, projectId }: RunnerRecord): Omit<TransitionSubject, 'id'> {
  return { workspace: owner.workspace, user: owner.user, project_id: projectId, runner_id: id }
}

/** How long ago something was, rounded for people. */
function ago(ms: number): string {
  const seconds = Math.max(ms, 0) / 1000
  if (seconds < 90) return `${Number(seconds.toFixed(1))} s ago`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`
  return `${Math.round(seconds / 3600)} h ago`
}
