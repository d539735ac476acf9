/**
 * What one call, one hang-up or some time makes of a small world, and what is answered. The tables decide; the effects that
 * they name are carried out here.
 */
import type { RunnerOperationId } from '../../kernel/operation.js'
import { roleOf, workMachines, type WorkMachine } from '../roles.js'
import { decisions, machines, type MachineName, type Rule } from '../table.js'
import { spanMs, waitSeconds } from '../timers.js'
import { STEP_SECONDS, type Behaviour, type Edge } from './behaviour.js'
import { copyOf, freeId, type SmallRunner, type SmallWorld, type Wait, type Work } from './small-world.js'

/** A call. */
export interface CallAction {
  readonly on: RunnerOperationId
  /** 0 or 1. */
  readonly caller: number
  /** The runner, or the session that leads to it; -1 where none is named. */
  readonly runner: number
  /** The job or command; -1 where none is named, or one that never was. */
  readonly work: number
  /** What is special about the request: facts by their condition, and `declares`, `names`, `most`, `wait`. */
  readonly form: Readonly<Record<string, string>>
  /** Whether the caller hangs up before the answer reaches it. */
  readonly isLost?: true
}

/** Time that passes. */
export interface PassAction {
  readonly on: 'pass'
  /** Default: those of a step of the walk. */
  readonly seconds?: number
}

/** What can happen next. */
export type Action = CallAction | { readonly on: 'hangUp'; readonly wait: number } | PassAction

/** What a caller is told. */
export interface Told {
  readonly status: number
  /** Jobs or commands that are handed out, or jobs whose cancellation is announced. */
  readonly ids?: readonly number[]
  /** The state that is shown. */
  readonly state?: string
}

/** A wait that has ended. */
export interface EndedWait {
  /** Its number is -1 where a poll was answered at once with nothing. */
  readonly wait: Wait
  readonly told: Told
  /** Whether what it waited for was there, and it ended without. */
  readonly isPassedOver: boolean
}

/** What has happened in one step. */
export class Step {
  readonly world: SmallWorld
  /** undefined: the call waits, or it was no call. */
  told: Told | undefined = undefined
  /** The wait that has begun. */
  begun: Wait | undefined = undefined
  /** The session, job or command that was made, and its runner. */
  made: { readonly id: number; readonly runner: number } | undefined = undefined
  readonly ended: EndedWait[] = []
  /** Numbers of the rules that decided something, each in its state. */
  readonly edges: number[] = []
  /** Timers that fired. */
  readonly timers: string[] = []
  /** The runner whose own things the answer shows. */
  shown: SmallRunner | undefined = undefined
  /** Runners purged before their time of silence was over. */
  readonly purgedEarly: SmallRunner[] = []
  /** Whether an answer shows what was so before. */
  isStale = false

  constructor(world: SmallWorld) {
    this.world = world
  }
}

/** Carries an action out; leaves the world as it is. */
export function stepOf(world: SmallWorld, action: Action, behaviour: Behaviour): Step {
  const server = new Server(copyOf(world), behaviour)
  if (action.on === 'pass') server.pass(action.seconds ?? STEP_SECONDS)
  else if (action.on === 'hangUp') server.hangUp(action.wait)
  else server.call(action)
  return server.step
}

class Server {
  readonly step: Step
  private readonly world: SmallWorld
  private readonly behaviour: Behaviour

  constructor(world: SmallWorld, behaviour: Behaviour) {
    this.world = world
    this.behaviour = behaviour
    this.step = new Step(world)
  }

  call(action: CallAction): void {
    const { on, caller } = action
    let last: { rule: Rule; runner: SmallRunner | undefined; work: Work | undefined } | undefined
    for (const [machine, way] of stepsOf(on)) {
      const runner = way === 'slot' ? this.inSlot(caller) : this.ownRunner(caller, action.runner)
      const of = workMachineOf(machine)
      const work = of && way === 'path' ? runner?.[of].find(({ id }) => id === action.work) : undefined
      const state = this.stateOf(machine, way, action, { runner, work })
      const rule = this.decide(machine, state, on, this.factsOf(action, runner))
      last = { rule, runner: runner ?? last?.runner, work }
      if (rule.answer === null || rule.answer < 400) continue
      this.step.told = { status: rule.answer }
      if (rule.to !== null && runner !== undefined) this.carryOut(rule, runner, work)
      this.afterRefusal(action, rule.answer, runner)
      return
    }
    if (last === undefined) return
    this.step.told = { status: last.rule.answer ?? 0 }
    this.accept(action, last.rule, last.runner, last.work)
  }

  hangUp(id: number): void {
    const wait = this.world.waits.find((each) => each.id === id)
    if (wait === undefined) return
    if (wait.on !== 'getBridgeCommand' && this.behaviour.has('hung-up-poller-swallows')) wait.hasHungUp = true
    else this.leave(wait)
  }

  /** Lets time pass, timer by timer. */
  pass(seconds: number): void {
    for (let left = seconds; left > 0;) {
      const next = Math.min(left, this.nextTimer())
      this.elapse(next)
      left -= next
      this.fireTimers()
    }
  }

  private stateOf(
    machine: MachineName,
    way: string,
    { runner: id, caller }: CallAction,
    { runner, work }: { runner: SmallRunner | undefined; work: Work | undefined },
  ): string {
    if (way === 'none') return 'none'
    if (machine === 'pairingSession') {
      const session = this.world.sessions.find((each) => each.id === id)
      if (session === undefined) return 'none'
      return session.left <= 0 ? 'expired' : session.isActivated ? 'activated' : 'open'
    }
    if (machine !== 'runner') return work?.status ?? 'none'
    const isPairing = way === 'path' && this.isPairing(id)
    return runner === undefined ? (isPairing && caller === 0 ? 'pairing' : 'none') : statusOf(runner)
  }

  private isPairing(id: number): boolean {
    return this.world.sessions.some((each) => each.id === id && !each.isActivated && each.left > 0)
  }

  private decide(machine: MachineName, state: string, on: string, facts: Readonly<Record<string, string>>): Rule {
    for (const edge of this.behaviour.rulesFor(machine, state, on)) {
      if (edge.conditions.every(([name, values]) => values.includes(facts[name] ?? USUAL[name] ?? ''))) {
        return this.note(edge)
      }
    }
    throw new Error(`No rule of ${machine} decides ${on} in state ${state} with ${JSON.stringify(facts)}.`)
  }

  /** Lets a timer or an event happen to something; undefined where it means nothing. */
  private fire(machine: MachineName, state: string, trigger: string): Rule | undefined {
    const [edge] = this.behaviour.rulesFor(machine, state, trigger)
    if (edge !== undefined && trigger.startsWith('timer.')) this.step.timers.push(trigger.slice('timer.'.length))
    return edge && this.note(edge)
  }

  private note(edge: Edge): Rule {
    this.step.edges.push(edge.number)
    return edge.rule
  }

  private factsOf({ on, form }: CallAction, runner: SmallRunner | undefined): Readonly<Record<string, string>> {
    if (runner === undefined || (on !== 'createJob' && on !== 'createBridgeCommand')) return form
    const isJob = on === 'createJob'
    const { max_pending_jobs_per_runner: jobs, bridge_max_pending_per_runner: commands } = this.behaviour.limits
    const queue = queueOf(runner, isJob ? 'job' : 'bridgeCommand').length >= (isJob ? jobs : commands) ? 'full' : 'open'
    const agent = runner.hasAgent ? 'registered' : 'unknown'
    return { agent, capability: runner.hasBridge ? 'bridge' : 'missing', queue, ...form }
  }

  private accept(action: CallAction, rule: Rule, runner: SmallRunner | undefined, work: Work | undefined): void {
    const { on, caller, form } = action
    if (on === 'createPairingSession') this.open()
    else if (on === 'activatePairingSession') this.activate(caller, action.runner)
    if (runner === undefined) return
    if (on !== 'createJob') this.step.shown = runner
    const { handsOut, creates } = roleOf(on)
    if (creates === 'job' || creates === 'bridgeCommand') this.create(runner, creates)
    else if (handsOut !== undefined) this.poll(action, runner, handsOut)
    else if (on === 'heartbeat') this.heartbeat(runner, rule, form)
    else if (on === 'registerAgents') runner.hasAgent = form['names'] !== 'none'
    else if (on === 'getRunner') this.step.told = { status: 200, state: statusOf(runner) }
    else if (on === 'getJob' && work !== undefined) this.step.told = { status: 200, state: work.status }
    else if (on === 'getBridgeCommand' && work !== undefined) this.read(action, runner, work)
    else this.carryOut(rule, runner, work)
  }

  private carryOut(rule: Rule, runner: SmallRunner, work: Work | undefined): void {
    if (work !== undefined) this.move(runner, work, rule)
    else if (rule.emits?.includes('runner.gone') === true) this.lose(runner)
    else if (rule.to === 'connected') this.beat(runner)
  }

  private afterRefusal({ on, caller, runner: id }: CallAction, status: number, runner: SmallRunner | undefined): void {
    if (on === 'heartbeat' && status === 400 && runner !== undefined) {
      if (this.behaviour.has('refused-heartbeat-renews')) this.beat(runner)
    }
    if (on === 'activatePairingSession' && status === 409 && this.behaviour.has('activation-revives')) {
      this.revive(caller, id)
    }
  }

  private open(): void {
    const id = freeId(this.world.sessions)
    this.world.sessions.push({ id, left: SESSION_SECONDS, isActivated: false })
    this.step.made = { id, runner: id }
    this.fire('runner', 'none', 'pairingSession.created')
  }

  private activate(caller: number, id: number): void {
    const session = this.world.sessions.find((each) => each.id === id)
    if (session === undefined) return
    session.isActivated = true
    this.evict(caller)
    this.fire('runner', 'pairing', 'pairingSession.activated')
    this.world.runners.push({
      ...{ id, owner: caller, founder: caller, isShared: false, isGone: false },
      ...{ beat: this.seconds('heartbeat_ttl'), dead: -1, hasAgent: false, hasBridge: false },
      ...{ cancelled: [], job: [], bridgeCommand: [] },
    })
  }

  /** The quirk activation-revives. */
  private revive(caller: number, id: number): void {
    const runner = this.world.runners.find((each) => each.id === id)
    if (runner === undefined) return
    if (runner.isGone) {
      this.evict(caller)
      Object.assign(runner, { owner: caller, isShared: false, isGone: false, dead: -1 })
    } else if (!isOf(runner, caller)) {
      this.evict(caller)
      runner.isShared = true
    }
    this.beat(runner)
  }

  private evict(caller: number): void {
    const holder = this.inSlot(caller)
    if (holder !== undefined && this.fire('runner', statusOf(holder), 'slot.taken') !== undefined) this.lose(holder)
  }

  private inSlot(caller: number): SmallRunner | undefined {
    return this.world.runners.find((each) => !each.isGone && isOf(each, caller))
  }

  private ownRunner(caller: number, id: number): SmallRunner | undefined {
    const isOwn = (runner: SmallRunner): boolean => isOf(runner, caller) || this.behaviour.has('owners-not-told-apart')
    return this.world.runners.find((each) => each.id === id && !each.isGone && isOwn(each))
  }

  private heartbeat(runner: SmallRunner, rule: Rule, form: Readonly<Record<string, string>>): void {
    this.beat(runner)
    if (rule.set?.includes('capabilities') === true && form['declares'] === 'bridge') runner.hasBridge = true
    this.step.told = { status: 200, ids: runner.cancelled }
    runner.cancelled = []
  }

  private beat(runner: SmallRunner): void {
    runner.beat = this.seconds('heartbeat_ttl')
    if (!this.behaviour.has('second-death-purges')) runner.dead = -1
  }

  /** Ends a runner with everything that it has. */
  private lose(runner: SmallRunner): void {
    runner.isGone = true
    for (const machine of workMachines) {
      for (const work of runner[machine]) {
        const rule = this.fire(machine, work.status, 'runner.gone')
        if (rule !== undefined) this.move(runner, work, rule)
      }
      runner[machine] = []
    }
    Object.assign(runner, { cancelled: [], beat: 0, dead: -1 })
    for (const wait of this.waitsOf(runner)) {
      if (!this.behaviour.has('gone-runner-poll-waits')) this.end(wait, nothingFor(wait))
    }
  }

  private create(runner: SmallRunner, machine: WorkMachine): void {
    const id = freeId(runner[machine], machine === 'job' ? runner.cancelled : [])
    const left = machine === 'job' ? -1 : this.seconds('command_lifetime')
    runner[machine].push({
      ...{ machine, id, status: 'pending', isQueued: true, age: -1, left, handouts: 0, holder: 'none', isKept: false },
    })
    this.step.told = { status: 201, ids: [id] }
    this.step.made = { id, runner: runner.id }
    if (!this.behaviour.has('creations-wake-no-poll')) this.wakePolls(runner, machine)
  }

  private poll({ on, form, isLost }: CallAction, runner: SmallRunner, machine: WorkMachine): void {
    const most = machine === 'job' ? 1 : Number(form['most'] ?? 10)
    if (queueOf(runner, machine).length === 0) {
      this.step.told = undefined
      if (isLost !== true) this.begin(on, runner, { work: -1, most, seen: '' })
      return
    }
    const given = this.handOut(runner, machine, most, isLost !== true)
    this.step.told = { status: 200, ids: given.map(({ id }) => id) }
    const hasMore = runner[machine].some(({ status }) => status === 'pending')
    if (given.length === 0) {
      const wait = { ...this.newWait(on, runner, { work: -1, most, seen: '' }), id: -1 }
      this.step.ended.push({ wait, told: { status: 200, ids: [] }, isPassedOver: hasMore })
    }
    if (isLost !== true || this.behaviour.has('hung-up-poller-swallows')) return
    for (const work of given) {
      const rule = this.fire(machine, work.status, 'delivery.failed')
      if (rule !== undefined) this.putBack(work, rule)
    }
  }

  private putBack(work: Work, { to }: Rule): void {
    Object.assign(work, { status: to ?? work.status, isQueued: to === 'pending', age: -1, holder: 'none' })
  }

  /** Hands the oldest out; what is in the queue without being pending leaves it. */
  private handOut(runner: SmallRunner, machine: WorkMachine, most: number, isThere: boolean): Work[] {
    const given: Work[] = []
    for (const work of queueOf(runner, machine).slice(0, most)) {
      const on = machine === 'job' ? 'nextJob' : 'nextBridgeCommands'
      const isRerun = machine === 'job' && work.status !== 'pending'
      if (work.status !== 'pending' && !isRerun) {
        work.isQueued = false
        continue
      }
      const rule = isRerun ? undefined : this.fire(machine, work.status, on)
      work.status = isRerun ? 'running' : (rule?.to ?? work.status)
      if (isRerun) work.left = -1
      work.isQueued = work.status === 'pending'
      work.age = 0
      work.holder = isThere ? 'caller' : 'nobody'
      if (isThere) work.handouts++
      given.push(work)
    }
    return given
  }

  private wakePolls(runner: SmallRunner, machine: WorkMachine): void {
    for (;;) {
      const wait = this.waitsOf(runner).find(({ on }) => roleOf(on).handsOut === machine)
      if (wait === undefined || queueOf(runner, machine).length === 0) return
      const given = this.handOut(runner, machine, wait.most, !wait.hasHungUp)
      this.end(wait, { status: 200, ids: given.map(({ id }) => id) })
    }
  }

  private read({ on, form }: CallAction, runner: SmallRunner, work: Work): void {
    this.step.told = { status: 200, state: work.status }
    if (form['wait'] === 'true' && !isEnded(work)) this.begin(on, runner, { work: work.id, most: 1, seen: work.status })
  }

  private begin(on: RunnerOperationId, runner: SmallRunner, parts: Pick<Wait, 'work' | 'most' | 'seen'>): void {
    const wait = this.newWait(on, runner, parts)
    this.world.waits.push(wait)
    this.step.begun = wait
    this.step.told = undefined
  }

  private newWait(
    on: RunnerOperationId,
    { id: runner }: SmallRunner,
    parts: Pick<Wait, 'work' | 'most' | 'seen'>,
  ): Wait {
    if (on !== 'nextJob' && on !== 'nextBridgeCommands' && on !== 'getBridgeCommand')
      throw new Error(`${on} never waits.`)
    const query = { wait: true, timeout: READER_SECONDS }
    const left = waitSeconds(on, query, this.behaviour.limits) ?? 0
    return { id: freeId(this.world.waits), on, runner, left, hasHungUp: false, ...parts }
  }

  private waitsOf({ id }: SmallRunner): Wait[] {
    return this.world.waits.filter(({ runner }) => runner === id)
  }

  private leave(wait: Wait): void {
    this.world.waits.splice(this.world.waits.indexOf(wait), 1)
  }

  private end(wait: Wait, told: Told, isPassedOver = false): void {
    this.leave(wait)
    if (!wait.hasHungUp) this.step.ended.push({ wait, told, isPassedOver })
  }

  /** What a rule makes of a job or a command. */
  private move(runner: SmallRunner, work: Work, rule: Rule): void {
    const { machine, status: from } = work
    if (rule.to === null) return
    if (rule.to === 'none') {
      runner[machine].splice(runner[machine].indexOf(work), 1)
      for (const wait of this.readersOf(runner, work)) this.end(wait, { status: 404 })
      return
    }
    work.status = rule.to
    if (rule.emits?.includes('job.cancellation_announced') === true) runner.cancelled = [...runner.cancelled, work.id]
    const isReport = rule.on === 'reportJobResult' || rule.on === 'reportBridgeResult'
    const stays =
      isReport && this.behaviour.has(machine === 'job' ? 'reported-pending-handed-out' : 'reported-command-in-queue')
    work.isQueued = work.status === 'pending' || (work.isQueued && from === 'pending' && stays)
    if (!isEnded(work)) return
    const wasCutOff = work.status === 'cancelled' && work.age >= 0
    work.isKept = wasCutOff && this.behaviour.has('cancelled-running-never-expires')
    work.left = this.seconds(machine === 'job' ? 'completed_job_ttl' : 'bridge_completed_command_ttl')
    Object.assign(work, { age: -1, holder: 'none' })
    const readers = this.readersOf(runner, work)
    const woken = this.behaviour.has('one-waiter-wakes') ? readers.slice(0, 1) : readers
    for (const wait of woken) this.end(wait, { status: 200, state: work.status })
  }

  private readersOf(runner: SmallRunner, { machine, id }: Work): Wait[] {
    if (machine === 'job') return []
    return this.waitsOf(runner).filter(({ on, work }) => on === 'getBridgeCommand' && work === id)
  }

  private seconds(timer: Parameters<typeof spanMs>[0]): number {
    return (
      spanMs(timer, this.behaviour.limits, {
        timeout: this.behaviour.limits.job_timeout_seconds,
        timeout_seconds: COMMAND_SECONDS,
      }) / 1000
    )
  }

  private nextTimer(): number {
    let next = this.world.reaper
    const add = (left: number): void => {
      if (left > 0 && left < next) next = left
    }
    for (const { left } of this.world.sessions) add(left)
    for (const { left } of this.world.waits) add(left)
    for (const { beat, job, bridgeCommand } of this.world.runners) {
      add(beat)
      for (const { left } of job) add(left)
      for (const { left } of bridgeCommand) add(left)
    }
    return next
  }

  private elapse(seconds: number): void {
    const { world } = this
    const { maxSilence, maxAge } = this.behaviour
    world.reaper -= seconds
    for (const session of world.sessions) if (session.left > 0) session.left -= seconds
    for (const wait of world.waits) wait.left -= seconds
    for (const runner of world.runners) {
      if (runner.isGone) continue
      runner.beat = Math.max(-maxSilence, runner.beat - seconds)
      if (runner.dead >= 0) runner.dead = Math.min(maxSilence, runner.dead + seconds)
      for (const work of [...runner.job, ...runner.bridgeCommand]) {
        if (work.left > 0) work.left -= seconds
        if (work.age >= 0) work.age = Math.min(maxAge, work.age + seconds)
      }
    }
  }

  private fireTimers(): void {
    const { world } = this
    for (const session of world.sessions) if (session.left === 0) this.expireSession(session)
    for (const runner of world.runners) {
      if (runner.beat === 0 && !runner.isGone) this.fire('runner', 'connected', 'timer.heartbeat_ttl')
      for (const work of [...runner.job, ...runner.bridgeCommand])
        if (work.left === 0 && !work.isKept) this.expireWork(runner, work)
    }
    for (const wait of world.waits.filter(({ left }) => left <= 0)) this.giveUp(wait)
    if (world.reaper > 0) return
    world.reaper = this.behaviour.limits.reaper_interval_seconds
    this.step.timers.push('reaper')
    for (const runner of world.runners) if (!runner.isGone) this.reap(runner)
  }

  private expireSession(session: { left: number; isActivated: boolean }): void {
    const rule = this.fire('pairingSession', session.isActivated ? 'activated' : 'open', 'timer.session_ttl')
    session.left = -1
    if (rule?.emits?.includes('pairingSession.abandoned') === true) {
      this.fire('runner', 'pairing', 'pairingSession.abandoned')
    }
  }

  private expireWork(runner: SmallRunner, work: Work): void {
    const ended = work.machine === 'job' ? 'timer.completed_job_ttl' : 'timer.bridge_completed_command_ttl'
    const rule = this.fire(work.machine, work.status, isEnded(work) ? ended : 'timer.command_lifetime')
    const wasQueued = work.isQueued
    if (rule === undefined) return
    this.move(runner, work, rule)
    const stays = isEnded(work) ? 'reported-command-in-queue' : 'expired-command-ends-poll'
    if (!wasQueued || work.machine === 'job' || !this.behaviour.has(stays)) return
    // Its id stays in the queue; nothing else does.
    runner.bridgeCommand.push({ ...work, status: 'none', left: -1 })
    runner.bridgeCommand.sort((one, other) => one.id - other.id)
  }

  private giveUp(wait: Wait): void {
    const { on, work: id, runner: runnerId, seen } = wait
    if (on === 'getBridgeCommand') {
      const runner = this.world.runners.find((each) => each.id === runnerId)
      const now = runner?.bridgeCommand.find((each) => each.id === id)?.status ?? ''
      const state = this.behaviour.has('stale-wait') ? seen : now
      if (state !== now) this.step.isStale = true
      this.end(wait, { status: 200, state })
    } else this.end(wait, nothingFor(wait))
  }

  private reap(runner: SmallRunner): void {
    for (const work of [...runner.job, ...runner.bridgeCommand]) {
      const isJob = work.machine === 'job'
      if (work.age <= this.seconds(isJob ? 'job_timeout' : 'command_timeout')) continue
      if (!isJob && this.behaviour.has('endpoint-commands-unreaped')) continue
      const rule = this.fire(work.machine, work.status, isJob ? 'timer.job_timeout' : 'timer.command_timeout')
      if (rule !== undefined) this.move(runner, work, rule)
    }
    if (runner.beat > 0) return
    if (runner.dead < 0) runner.dead = 0
    if (runner.dead < this.seconds('dead_runner_purge')) return
    if (this.fire('runner', 'disconnected', 'timer.dead_runner_purge') === undefined) return
    if (-runner.beat < this.seconds('dead_runner_purge')) this.step.purgedEarly.push(runner)
    this.lose(runner)
  }
}

/** What a request brings unless its form says otherwise. */
const USUAL: Readonly<Record<string, string>> = {
  ...{ proof: 'valid', project: 'known', key: 'usable', capabilities: 'valid', agents: 'within', checklist: 'within' },
  ...{ rate: 'within', payload: 'within', batch: 'within', outcome: 'given', status: 'completed' },
}

/** What the stories ask for: the shortest that the API allows, or what ends between two steps. */
export const SESSION_SECONDS = 65
export const READER_SECONDS = 15
export const COMMAND_SECONDS = 1

function stepsOf(operation: RunnerOperationId): readonly (readonly [MachineName, string])[] {
  const table: Readonly<Record<string, readonly (readonly [MachineName, string])[]>> = decisions
  return table[operation] ?? []
}

function workMachineOf(machine: MachineName): WorkMachine | undefined {
  return machine === 'job' || machine === 'bridgeCommand' ? machine : undefined
}

/** The state of a runner that is there. */
export function statusOf({ beat }: SmallRunner): 'connected' | 'disconnected' {
  return beat > 0 ? 'connected' : 'disconnected'
}

/** Whether a runner is a caller's. */
export function isOf({ owner, isShared }: SmallRunner, caller: number): boolean {
  return owner === caller || isShared
}

/** What stands in the queue of a runner, oldest first. */
export function queueOf(runner: SmallRunner, machine: WorkMachine): Work[] {
  return runner[machine].filter(({ isQueued }) => isQueued)
}

/** Whether a job or command has ended. */
export function isEnded({ machine, status }: Work): boolean {
  const states: Readonly<Record<string, { readonly terminal: boolean }>> = machines[machine].states
  return states[status]?.terminal === true
}

function nothingFor({ on, seen }: Wait): Told {
  return on === 'getBridgeCommand' ? { status: 200, state: seen } : { status: 200, ids: [] }
}
