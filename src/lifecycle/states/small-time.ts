/** What time does to a small world: timers in the order in which they are due, and the reaper. */
import { effectOf } from '../rule-effects.js'
import { isEnded } from './small-step.js'
import { Effects, nothingFor } from './small-effects.js'
import type { SmallRunner, SmallWorld, Wait, SmallWork } from './small-world.js'

/** Everything that has a time to live. */
function* countdownsOf({ sessions, waits, runners }: SmallWorld): Iterable<{ left: number }> {
  yield* sessions
  yield* waits
  for (const { job, bridgeCommand } of runners) yield* [...job, ...bridgeCommand]
}

export class EffectsInTime extends Effects {
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
