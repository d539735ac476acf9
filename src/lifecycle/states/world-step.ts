/**
 * What one call, one hang-up or some time makes of a small world, and what is answered. The tables decide; the effects that
 * they name are carried out here.
 */
import { roleOf, type WorkMachine } from '../roles.js'
import { conditions, decisions, type MachineName, type Rule } from '../table.js'
import { STEP_SECONDS, type Behaviour } from './behaviour.js'
import {
  isEnded,
  isOf,
  queueOf,
  SESSION_SECONDS,
  statusOf,
  copyOf,
  freeId,
  type Action,
  type CallAction,
  type Step,
  type SmallRunner,
  type SmallSession,
  type SmallWorld,
  type SmallWork,
} from './small-world.js'
import { Effects } from './small-effects.js'

/** Carries an action out; leaves the world as it is. */
export function stepOf(world: SmallWorld, action: Action, behaviour: Behaviour): Step {
  const server = new Server(copyOf(world), behaviour)
  if (action.on === 'pass') server.pass(STEP_SECONDS)
  else if (action.on === 'hangUp') server.hangUp(action.wait)
  else server.call(action)
  return server.step
}

/** The machines that decide an operation, each with the way to its resource. */
const deciding: Readonly<Partial<Record<string, readonly (readonly [MachineName, string])[]>>> = decisions

class Server extends Effects {
  call(action: CallAction): void {
    const { on, caller } = action
    let last: { rule: Rule; runner: SmallRunner | undefined; work: SmallWork | undefined } | undefined
    for (const [machine, way] of deciding[on] ?? []) {
      const runner = way === 'slot' ? this.inSlot(caller) : this.ownRunner(caller, action.runner)
      const of = machine === 'job' || machine === 'bridgeCommand' ? machine : undefined
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

  private stateOf(
    machine: MachineName,
    way: string,
    { runner: id, caller }: CallAction,
    { runner, work }: { runner: SmallRunner | undefined; work: SmallWork | undefined },
  ): string {
    if (way === 'none') return 'none'
    if (machine === 'pairingSession') {
      const session = this.world.sessions.find((each) => each.id === id)
      if (session === undefined) return 'none'
      return session.left <= 0 ? 'expired' : session.isActivated ? 'activated' : 'open'
    }
    if (machine !== 'runner') return work?.status ?? 'none'
    if (runner !== undefined) return statusOf(runner)
    const isMeant = ({ id: own }: SmallSession): boolean => way === 'slot' || own === id
    const isPairing = this.world.sessions.some((each) => isMeant(each) && !each.isActivated && each.left > 0)
    return isPairing && caller === 0 ? 'pairing' : 'none'
  }

  private decide(machine: MachineName, state: string, on: string, facts: Readonly<Record<string, string>>): Rule {
    for (const edge of this.behaviour.rulesFor(machine, state, on)) {
      if (edge.conditions.every(([name, values]) => values.includes(facts[name] ?? usual(machine, name))))
        return this.note(edge)
    }
    throw new Error(`No rule of ${machine} decides ${on} in state ${state} with ${JSON.stringify(facts)}.`)
  }

  private factsOf({ on, form }: CallAction, runner: SmallRunner | undefined): Readonly<Record<string, string>> {
    if (runner === undefined || (on !== 'createJob' && on !== 'createBridgeCommand')) return form
    const isJob = on === 'createJob'
    const { max_pending_jobs_per_runner: jobs, bridge_max_pending_per_runner: commands } = this.behaviour.limits
    const queue = queueOf(runner, isJob ? 'job' : 'bridgeCommand').length >= (isJob ? jobs : commands) ? 'full' : 'open'
    const agent = runner.hasAgent ? 'registered' : 'unknown'
    return { agent, capability: runner.hasBridge ? 'bridge' : 'missing', queue, ...form }
  }

  private accept(action: CallAction, rule: Rule, runner: SmallRunner | undefined, work: SmallWork | undefined): void {
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

  private carryOut(rule: Rule, runner: SmallRunner, work: SmallWork | undefined): void {
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
      if (rule !== undefined) this.move(runner, work, rule)
    }
  }

  private read({ on, form }: CallAction, runner: SmallRunner, work: SmallWork): void {
    this.step.told = { status: 200, state: work.status }
    if (form['wait'] === 'true' && !isEnded(work)) this.begin(on, runner, { work: work.id, most: 1, seen: work.status })
  }
}

/** What a request brings unless its form says otherwise: the first value that a condition names. */
function usual(machine: MachineName, name: string): string {
  const named: Readonly<Record<string, { readonly values: readonly string[] }>> = conditions[machine]
  return name === 'status' ? 'completed' : (named[name]?.values[0] ?? '')
}
