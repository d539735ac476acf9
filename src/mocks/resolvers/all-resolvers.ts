/** Everything that answers operations, by the names of the spec. Leaving something out does not compile. */
import { requestBodies } from '../../generated/request-validators.js'
import type { FactView } from '../../lifecycle/facts.js'
import { mergeChecklist } from '../../lifecycle/checklist.js'
import type { SettingName } from '../../lifecycle/table.js'
import { isObject, textAt } from '../../kernel/json-value.js'
import { runnerOperations } from '../../kernel/operation.js'
import { provesActivation } from '../../kernel/pairing.js'
import { createPlans, Directory, type EngineCall } from '../engine/plan.js'
import { RunnerRecord } from '../world/records.js'
import { readKey } from '../world/sessions.js'
import { resolvers, resources } from './runner-resolvers.js'

/** What the conditions of the lifecycle ask of a call. A runner is asked for only where a rule has found one. */
class CallView implements FactView {
  private readonly call: EngineCall

  constructor(call: EngineCall) {
    this.call = call
  }

  get operation(): string {
    return this.call.operation
  }

  get body(): unknown {
    return this.call.body
  }

  limitOf(setting: SettingName): number {
    return this.call.world.settings[setting]
  }

  hasUsableKey(): boolean {
    return readKey(textAt(this.body, 'activation_key')) !== undefined
  }

  isProved(): boolean {
    const { world, caller, path } = this.call
    const session = world.sessions.find(caller, path['sessionId'] ?? '')
    if (session === undefined) return false
    const [name, proof] = [textAt(this.body, 'runner_name'), textAt(this.body, 'hmac')]
    return provesActivation(session.activationKey, session.id, name, proof)
  }

  knowsProject(id: string): boolean {
    return this.call.world.collections.projects.find(this.call.caller, id) !== undefined
  }

  hasAgent(name: string): boolean {
    return this.runner?.agents.has(name) === true
  }

  hasCapability(name: string): boolean {
    return this.runner?.capabilities.includes(name) === true
  }

  canTake(machine: 'job' | 'bridgeCommand'): boolean {
    const { jobs, commands } = this.call.world
    return this.runner !== undefined && (machine === 'job' ? jobs : commands).hasRoomOn(this.runner)
  }

  isWithinRate(type: string): boolean {
    return this.runner !== undefined && this.call.world.commands.isWithinRate(this.runner, type)
  }

  isOversized(value: unknown): boolean {
    return this.call.world.isOversized(value)
  }

  mergedChecklist(): unknown {
    return isObject(this.body) ? mergeChecklist(this.runner?.checklist, this.body) : undefined
  }

  private get runner(): RunnerRecord | undefined {
    const { subject } = this.call
    return subject instanceof RunnerRecord ? subject : undefined
  }
}

/** How the engine answers each operation. */
export const directory = new Directory(
  createPlans({
    operations: runnerOperations,
    validators: requestBodies,
    resources,
    viewOf: (call) => new CallView(call),
    resolvers,
  }),
  () => import('./neighbour-resolvers.js'),
)
