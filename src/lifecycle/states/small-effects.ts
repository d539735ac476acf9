/**
 * What rules do to a small world: queues, hand-outs, waits, and the end of runners and their work; and what time does, timer by
 * timer in the order in which they are due, and the reaper.
 */
import type { RunnerOperationId } from '../../kernel/operation.js'
import { effectOf, handOutRules, phaseOf } from '../rule-effects.js'
import { roleOf, workMachines, type WorkMachine } from '../roles.js'
import { spanMs, waitSeconds } from '../timers.js'
import type { Candidate, MachineName, Rule } from '../table.js'
import type { Behaviour } from './behaviour.js'
import { COMMAND_SECONDS, queueOf, READER_SECONDS, Step, freeId, isEnded } from './small-world.js'
import type { Told, SmallRunner, SmallWorld, Wait, SmallWork } from './small-world.js'

export class Effects {
  readonly step: Step
  protected readonly world: SmallWorld
  protected readonly behaviour: Behaviour

  constructor(world: SmallWorld, behaviour: Behaviour) {
    this.world = world
    this.behaviour = behaviour
    this.step = new Step(world)
  }

  /** Lets a timer or an event happen to something; undefined where it means nothing. */
  protected fire(machine: MachineName, state: string, trigger: string): Rule | undefined {
    const [edge] = this.behaviour.rulesFor(machine, state, trigger)
    if (edge !== undefined && trigger.startsWith('timer.')) this.step.timers.push(trigger.slice('timer.'.length))
    return edge && this.note(edge)
  }

  protected note(edge: Candidate): Rule {
    this.step.edges.push(edge.number)
    return edge.rule
  }

  protected beat(runner: SmallRunner): void {
    runner.beat = this.seconds('heartbeat_ttl')
    if (!this.behaviour.has('second-death-purges')) runner.dead = -1
  }

  /** Ends a runner with everything that it has. */
  protected lose(runner: SmallRunner): void {
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

  /** Hands the oldest out; what is in the queue without being pending leaves it. */
  protected handOut(runner: SmallRunner, machine: WorkMachine, most: number, isThere: boolean): SmallWork[] {
    const given: SmallWork[] = []
    for (const work of queueOf(runner, machine).slice(0, most)) {
      const isPending = phaseOf(machine, work.status) === 'waiting'
      if (!isPending) work.isQueued = false
      if (!isPending && machine === 'bridgeCommand') continue
      const { on, to } = handOutRules[machine]
      const rule = isPending ? this.fire(machine, work.status, on) : undefined
      if (rule !== undefined) this.move(runner, work, rule)
      else if (!isPending) Object.assign(work, { status: to, left: -1 })
      work.age = 0
      work.holder = isThere ? 'caller' : 'nobody'
      if (isThere) work.handouts++
      given.push(work)
    }
    return given
  }

  protected wakePolls(runner: SmallRunner, machine: WorkMachine): void {
    for (;;) {
      const wait = this.waitsOf(runner).find(({ on }) => roleOf(on).handsOut === machine)
      if (wait === undefined || queueOf(runner, machine).length === 0) return
      const given = this.handOut(runner, machine, wait.most, !wait.hasHungUp)
      this.end(wait, { status: 200, ids: given.map(({ id }) => id) })
    }
  }

  protected begin(on: RunnerOperationId, runner: SmallRunner, parts: Pick<Wait, 'work' | 'most' | 'seen'>): void {
    const wait = this.newWait(on, runner, parts)
    this.world.waits.push(wait)
    this.step.begun = wait
    this.step.told = undefined
  }

  protected newWait(
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

  protected waitsOf({ id }: SmallRunner): Wait[] {
    return this.world.waits.filter(({ runner }) => runner === id)
  }

  protected leave(wait: Wait): void {
    this.world.waits.splice(this.world.waits.indexOf(wait), 1)
  }

  protected end(wait: Wait, told: Told, isPassedOver = false): void {
    this.leave(wait)
    if (!wait.hasHungUp) this.step.ended.push({ wait, told, isPassedOver })
  }

  /** What a rule makes of a job or a command. */
  protected move(runner: SmallRunner, work: SmallWork, rule: Rule): void {
    const { machine } = work
    if (rule.to === null) return
    const { after, isTaken, staysBy, isAnnounced } = effectOf(machine, work.status, rule)
    if (after === 'gone') {
      runner[machine].splice(runner[machine].indexOf(work), 1)
      for (const wait of this.readersOf(runner, work)) this.end(wait, { status: 404 })
      return
    }
    work.status = rule.to
    if (isAnnounced) runner.cancelled = [...runner.cancelled, work.id]
    const stays = staysBy !== undefined && this.behaviour.has(staysBy)
    work.isQueued = after === 'waiting' || (work.isQueued && isTaken && stays)
    const wasCutOff = work.status === 'cancelled' && work.age >= 0
    if (after !== 'working') Object.assign(work, { age: -1, holder: 'none' })
    if (after !== 'ended') return
    work.isKept = wasCutOff && this.behaviour.has('cancelled-running-never-expires')
    work.left = this.seconds(machine === 'job' ? 'completed_job_ttl' : 'bridge_completed_command_ttl')
    const readers = this.readersOf(runner, work)
    const woken = this.behaviour.has('one-waiter-wakes') ? readers.slice(0, 1) : readers
    for (const wait of woken) this.end(wait, { status: 200, state: work.status })
  }

  protected readersOf(runner: SmallRunner, { machine, id }: SmallWork): Wait[] {
    if (machine === 'job') return []
    return this.waitsOf(runner).filter(({ on, work }) => on === 'getBridgeCommand' && work === id)
  }

  protected seconds(timer: Parameters<typeof spanMs>[0]): number {
    return (
      spanMs(timer, this.behaviour.limits, {
        timeout: this.behaviour.limits.job_timeout_seconds,
        timeout_seconds: COMMAND_SECONDS,
      }) / 1000
    )
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

  private nextTimer(): number {
    const beats = this.world.runners.map(({ beat }) => beat)
    const lefts = [...countdownsOf(this.world)].map(({ left }) => left)
    return Math.min(this.world.reaper, ...[...beats, ...lefts].filter((left) => left > 0))
  }

  private elapse(seconds: number): void {
    const { world } = this
    const { maxSilence, maxAge } = this.behaviour
    world.reaper -= seconds
    for (const each of countdownsOf(world)) if (each.left > 0) each.left -= seconds
    for (const runner of world.runners) {
      if (runner.isGone) continue
      runner.beat = Math.max(-maxSilence, runner.beat - seconds)
      if (runner.dead >= 0) runner.dead = Math.min(maxSilence, runner.dead + seconds)
      for (const work of [...runner.job, ...runner.bridgeCommand])
        if (work.age >= 0) work.age = Math.min(maxAge, work.age + seconds)
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

  private expireWork(runner: SmallRunner, work: SmallWork): void {
    const ended = work.machine === 'job' ? 'timer.completed_job_ttl' : 'timer.bridge_completed_command_ttl'
    const rule = this.fire(work.machine, work.status, isEnded(work) ? ended : 'timer.command_lifetime')
    const wasQueued = work.isQueued
    if (rule === undefined) return
    this.move(runner, work, rule)
    const { staysBy } = effectOf(work.machine, work.status, rule)
    if (!wasQueued || work.machine === 'job' || staysBy === undefined || !this.behaviour.has(staysBy)) return
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
    // What a disconnect leaves for a later activation, a purge takes.
    Object.assign(runner, { hasAgent: false, hasBridge: false })
  }
}

/** What a call is told whose wait ends without what it waited for. */
function nothingFor({ on, seen }: Wait): Told {
  return on === 'getBridgeCommand' ? { status: 200, state: seen } : { status: 200, ids: [] }
}

/** Everything that has a time to live. */
function* countdownsOf({ sessions, waits, runners }: SmallWorld): Iterable<{ left: number }> {
  yield* sessions
  yield* waits
  for (const { job, bridgeCommand } of runners) yield* [...job, ...bridgeCommand]
}
