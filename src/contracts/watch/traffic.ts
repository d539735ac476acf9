/** Judges calls by what came before: plans what each does when it begins, and judges it when it ends. */
import { objectsAt, textAt } from '../../kernel/json-value.js'
import type { HeardCall } from './heard-call.js'
import { Learning } from './learning.js'
import type { Running, UnderWay } from './plans.js'
import { handedOut } from './queue.js'
import type { Registry } from './registry.js'
import { RunnerPlans } from './runner-plans.js'
import {
  judgeCreation,
  judgeJobList,
  judgeLateness,
  judgeRates,
  judgeRunnerList,
  judgeStrangers,
} from './aggregate-rules.js'
import type { Findings } from './verdict.js'
import { WorkPlans } from './work-plans.js'

/** Refusals for what a request is, whatever the state. */
const STATELESS: readonly number[] = [400, 405, 406, 413, 415, 422]

/** What the judging of traffic needs. */
export interface TrafficParts {
  registry: Registry
  findings: Findings
  /** Whether everything that was ever there has been heard of. */
  startsEmpty: boolean
  /** From when on answers teach, in milliseconds: what was under way before may still act until then. */
  learnsFrom: number
}

/** Judges calls by what came before. */
export class Traffic {
  private readonly underWay: UnderWay = new Map()
  private readonly runnerPlans: RunnerPlans
  private readonly workPlans: WorkPlans
  private readonly learning: Learning
  private readonly registry: Registry
  private readonly findings: Findings
  private readonly startsEmpty: boolean
  private readonly learnsFrom: number

  constructor({ registry, findings, startsEmpty, learnsFrom }: TrafficParts) {
    this.registry = registry
    this.findings = findings
    this.startsEmpty = startsEmpty
    this.learnsFrom = learnsFrom
    this.runnerPlans = new RunnerPlans(this.underWay, registry, findings)
    this.workPlans = new WorkPlans(this.underWay, registry, findings)
    this.learning = new Learning(registry)
  }

  /** @param isOdd whether nobody knows what the server made of the request */
  begin(heard: HeardCall, isOdd: boolean): void {
    const running: Running = { heard, steps: [], doubtful: [] }
    this.registry.meet(heard.call.identity, heard.workspace)
    this.underWay.set(heard, running)
    const { operation, answer, isAborted } = heard
    const tells = !STATELESS.includes(answer.status) || (answer.status === 400 && STATEFUL_400.includes(operation))
    if (isAborted || isOdd || tells) this.plan(running)
    if (!isOdd) return
    for (const { thing, act } of running.steps) {
      thing.end(act, true)
      running.doubtful.push(thing)
    }
    running.steps = []
    for (const thing of running.doubtful) thing.forget()
  }

  /** @returns whether the answer was held against what is known */
  end(heard: HeardCall): boolean {
    const running = this.underWay.get(heard)
    this.underWay.delete(heard)
    if (running === undefined) return false
    let isJudged = false
    for (const { thing, act, isGoneByNow } of running.steps) {
      const isGone = isGoneByNow?.() ?? false
      if (thing.end(act, isGone) === 'judged') isJudged = true
    }
    for (const thing of running.doubtful) thing.forget()
    this.judgeTogether(running)
    if (heard.answer.status === 200 && heard.now.from >= this.learnsFrom) this.learning.learn(heard)
    for (const map of [this.registry.jobs, this.registry.commands]) {
      for (const id of idsIn(heard)) {
        const entry = map.get(id)
        if (entry !== undefined) this.registry.dropIdle(map, entry)
      }
    }
    return isJudged
  }

  private judgeTogether({ heard, candidates }: Running): void {
    const { registry, findings, startsEmpty } = this
    if (heard.isAborted) return
    judgeStrangers(heard, registry, findings)
    if (heard.operation === 'createJob' && candidates !== undefined)
      judgeCreation(heard, candidates, { findings, startsEmpty }, registry)
    if (heard.operation === 'listJobs')
      judgeJobList(heard, registry.runners.get(heard.call.path['runnerId'] ?? ''), findings)
    if (heard.operation === 'listRunners') judgeRunnerList(heard, registry, { findings, startsEmpty })
    if (heard.operation === 'createBridgeCommand' && heard.answer.status === 201)
      judgeRates(heard, registry.runners.get(heard.call.path['runnerId'] ?? ''), findings)
    if (heard.waitMs !== undefined) judgeLateness(heard, registry, findings)
  }

  private plan(running: Running): void {
    const { operation } = running.heard
    switch (operation) {
      case 'createPairingSession':
        return this.runnerPlans.planSession(running)
      case 'activatePairingSession':
        return this.runnerPlans.planActivation(running)
      case 'disconnectRunner':
        return this.runnerPlans.planDisconnect(running)
      case 'listRunners':
        return this.runnerPlans.planRunnerList(running)
      case 'createJob':
        return this.workPlans.planJob(running)
      case 'createBridgeCommand':
        return this.workPlans.planCommand(running)
      case 'getJob':
      case 'cancelJob':
      case 'getJobLogs':
      case 'appendJobLogs':
      case 'reportJobResult':
        return this.workPlans.planOnJob(running)
      case 'getBridgeCommand':
      case 'reportBridgeResult':
        return this.workPlans.planOnCommand(running)
      default:
        return this.runnerPlans.planOnRunner(running)
    }
  }
}

const STATEFUL_400: readonly string[] = ['heartbeat', 'createJob', 'createBridgeCommand']

/** Ids of jobs and commands that a call names. */
function idsIn(heard: HeardCall): string[] {
  const { call, answer } = heard
  const listed = objectsAt(answer.body, 'content').map((each) => textAt(each, 'id'))
  return [call.path['jobId'], call.path['commandId'], ...handedOut(heard), ...listed].filter((id) => id !== undefined)
}
