/** Learns from answers what things are of which nothing was known. */
import { fieldOf, recordsOf, textOf } from '../model/rules/call.js'
import { createWorld, type World } from '../model/rules/model-world.js'
import type { HeardCall } from './heard-call.js'
import { learnCommand, learnJob, learnRunner } from './learned.js'
import { emptyQueue } from './queue.js'
import { presenceOf, type Registry } from './registry.js'
import { isEmptyHanded } from './sums.js'

/** Learns. */
export class Learning {
  private readonly registry: Registry

  constructor(registry: Registry) {
    this.registry = registry
  }

  learn(heard: HeardCall): void {
    const { operation, answer } = heard
    if (operation === 'getRunner') this.learnRunner(heard, answer.body)
    if (operation === 'listRunners')
      for (const each of recordsOf(fieldOf(answer.body, 'content'))) this.learnRunner(heard, each)
    if (operation === 'getJob' || operation === 'nextJob') this.learnJob(heard, answer.body)
    if (operation === 'listJobs')
      for (const each of recordsOf(fieldOf(answer.body, 'content'))) this.learnJob(heard, each)
    if (operation === 'getBridgeCommand' && heard.call.query['wait'] !== true) this.learnCommand(heard)
    if (operation === 'nextJob' || operation === 'nextBridgeCommands') this.learnQueue(heard)
  }

  private learnRunner(heard: HeardCall, shown: unknown): void {
    const { registry } = this
    const entry = registry.runner(textOf(shown, 'id'), heard.workspace)
    if (entry.thing.isKnown || !entry.thing.isUnchangedSince(heard.now.from) || entry.changedUntil >= heard.now.from)
      return
    const world = createWorld(registry.start(false))
    const runner = learnRunner(shown, heard.call.identity, heard.now)
    if (runner === undefined) return
    world.runners.set(runner.id, runner)
    entry.isBorn = false
    registry.place(entry, runner.projectId, runner.type)
    entry.thing.become([world])
  }

  /** A world with the runner of something that is shown, undefined where it is not known who may see it. */
  private worldAround(heard: HeardCall, runnerId: string, map: 'jobs' | 'commands', id: string): World | undefined {
    const { registry } = this
    const work = registry[map].get(id)
    const entry = registry.runner(runnerId, heard.workspace)
    if (work?.thing.isKnown === true || work?.thing.isUnchangedSince(heard.now.from) === false || !entry.thing.isKnown)
      return undefined
    if (entry.thing.isChanging || entry.changedUntil >= heard.now.from || entry.isRevived) return undefined
    return this.registry.bornWorlds(entry, heard, {})[0]
  }

  private learnJob(heard: HeardCall, shown: unknown): void {
    const [id, runnerId] = [textOf(shown, 'id'), textOf(shown, 'runner_id')]
    const world = id === '' ? undefined : this.worldAround(heard, runnerId, 'jobs', id)
    const job = world === undefined ? undefined : learnJob(world, shown, heard.now)
    if (world === undefined || job === undefined) return
    const entry = this.registry.work(this.registry.jobs, id)
    world.jobs.set(id, job)
    entry.knowsLogs = false
    if (textOf(shown, 'status') === 'cancelled') this.registry.runners.get(runnerId)?.announcing.add(id)
    this.registry.link(this.registry.runner(runnerId, heard.workspace), entry, true)
    entry.thing.become([world])
  }

  private learnCommand(heard: HeardCall): void {
    const { body } = heard.answer
    const [id, runnerId] = [textOf(body, 'command_id'), textOf(body, 'runner_id')]
    const world = this.worldAround(heard, runnerId, 'commands', id)
    const command = world === undefined ? undefined : learnCommand(world, body, heard.now)
    if (world === undefined || command === undefined) return
    const entry = this.registry.work(this.registry.commands, id)
    world.commands.set(id, command)
    this.registry.link(this.registry.runner(runnerId, heard.workspace), entry, false)
    entry.thing.become([world])
  }

  /** A poll that has waited in vain tells that nothing waits. */
  private learnQueue(heard: HeardCall): void {
    const { call, now, operation } = heard
    const entry = this.registry.runners.get(call.path['runnerId'] ?? '')
    if (entry === undefined || !isEmptyHanded(heard) || entry.fedUntil >= now.from || entry.changedUntil >= now.from)
      return
    const queue = operation === 'nextJob' ? entry.jobQueue : entry.commandQueue
    if (queue.isKnown || !queue.isIdle || presenceOf(entry, now) !== 'there') return
    const { id, projectId = '', type = 'endpoint' } = entry
    queue.become([emptyQueue(this.registry.start(true), { id, owner: call.identity, projectId, type })])
  }
}
