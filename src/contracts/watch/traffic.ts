/** Judges calls by what came before: plans the effects of each when it begins, and judges them when it ends. */
import { objectsAt, textAt } from '../../kernel/json-value.js'
import { canEmit, roleOf, workMachines } from '../../lifecycle/roles.js'
import type { TimerLimits } from '../../lifecycle/timers.js'
import {
  judgeCreation,
  judgeFullQueue,
  judgeJobList,
  judgeKnownProject,
  judgeLateness,
  judgeRates,
  judgeRunnerList,
  judgeStrangers,
  nameSilentQuirks,
} from './aggregate-rules.js'
import type { ObservedCall } from './observed-call.js'
import type { PlannedCall, UnderWay } from './planned-call.js'
import { idsOfHandOut } from './queue-effects.js'
import type { ResourceIndex } from './resource-index.js'
import { RunnerEffects } from './runner-effects.js'
import { StateDiscovery } from './state-discovery.js'
import type { Findings } from './verdict.js'
import { WorkEffects } from './work-effects.js'

export interface TrafficParts {
  index: ResourceIndex
  limits: TimerLimits
  findings: Findings
  /** Whether everything that was ever there has been seen. */
  startsEmpty: boolean
  /** From when on answers teach, in milliseconds: what was under way before may still act until then. */
  learnsFrom: number
}

export class Traffic {
  private readonly underWay: UnderWay = new Map()
  private readonly runnerEffects: RunnerEffects
  private readonly workEffects: WorkEffects
  private readonly discovery: StateDiscovery
  private readonly parts: TrafficParts

  constructor(parts: TrafficParts) {
    const { index, findings } = parts
    this.parts = parts
    this.runnerEffects = new RunnerEffects(this.underWay, index, findings)
    this.workEffects = new WorkEffects(this.underWay, index, findings)
    this.discovery = new StateDiscovery(index)
  }

  /**
   * @param isOdd whether it is unknown what the server made of the request
   * @param isHopeless whether the answer tells nothing of the state
   */
  begin(observed: ObservedCall, isOdd: boolean, isHopeless: boolean): void {
    const planned: PlannedCall = { observed, effects: [], doubtful: [] }
    this.parts.index.addCaller(observed.call.caller, observed.workspace)
    this.underWay.set(observed, planned)
    if (observed.isAborted || isOdd || !isHopeless) this.plan(planned)
    if (!isOdd) return
    for (const { resource, added } of planned.effects) {
      resource.end(added, true)
      planned.doubtful.push(resource)
    }
    planned.effects = []
    for (const resource of planned.doubtful) resource.forget()
  }

  /** @returns whether the answer was judged by what is known */
  end(observed: ObservedCall): boolean {
    const planned = this.underWay.get(observed)
    this.underWay.delete(observed)
    if (planned === undefined) return false
    let isJudged = false
    for (const { resource, added, mayBeGone } of planned.effects) {
      const isGone = mayBeGone?.() ?? false
      if (resource.end(added, isGone) === 'judged') isJudged = true
    }
    for (const resource of planned.doubtful) resource.forget()
    this.judgeTogether(planned)
    if (observed.answer.status === 200 && observed.now.from >= this.parts.learnsFrom) this.discovery.learn(observed)
    for (const id of idsIn(observed)) {
      for (const machine of workMachines) {
        const entry = this.parts.index.findWork(machine, id)
        if (entry !== undefined) this.parts.index.dropIdle(entry)
      }
    }
    return isJudged
  }

  private judgeTogether({ observed, candidates, runner: inSlot }: PlannedCall): void {
    const { index, findings, startsEmpty } = this.parts
    if (observed.isAborted) return
    const { creates, lists, way } = roleOf(observed.operation)
    const runner = index.runners.get(observed.call.path['runnerId'] ?? '')
    judgeStrangers(observed, index, findings)
    nameSilentQuirks(observed, index, { limits: this.parts.limits, findings })
    judgeKnownProject(observed, index, findings)
    const there = candidates?.map(({ entry }) => entry) ?? [inSlot ?? runner].filter((entry) => entry !== undefined)
    judgeFullQueue(observed, there, { limits: this.parts.limits, findings })
    if (candidates !== undefined) judgeCreation(observed, candidates, { findings, startsEmpty }, index)
    if (lists === 'job') judgeJobList(observed, runner, findings)
    if (lists === 'runner') judgeRunnerList(observed, index, { findings, startsEmpty })
    if (creates !== undefined && way === 'path' && observed.answer.status === 201)
      judgeRates(observed, runner, findings)
    if (observed.waitMs !== undefined) judgeLateness(observed, index, findings)
  }

  private plan(planned: PlannedCall): void {
    const { operation } = planned.observed
    const { machine, way, creates, lists } = roleOf(operation)
    const { runnerEffects, workEffects } = this
    if (machine === 'pairingSession')
      return creates === undefined ? runnerEffects.planActivation(planned) : runnerEffects.planOpening(planned)
    if (machine === 'job' || machine === 'bridgeCommand') return workEffects.planOnWork(planned, machine)
    if (creates !== undefined) return way === 'slot' ? workEffects.planInSlot(planned) : workEffects.planOnPath(planned)
    if (canEmit(operation, 'runner.gone')) return runnerEffects.planDisconnect(planned)
    return lists === 'runner' ? runnerEffects.planRunnerList(planned) : runnerEffects.planOnRunner(planned)
  }
}

function idsIn(observed: ObservedCall): string[] {
  const { call, answer } = observed
  const listed = objectsAt(answer.body, 'content').map((each) => textAt(each, 'id'))
  return [call.path['jobId'], call.path['commandId'], ...idsOfHandOut(observed), ...listed].filter(
    (id) => id !== undefined,
  )
}
