/** Learns from answers what things are of which nothing was known. */
import type { Agent } from '../../kernel/types.js'
import { isObject, memberOf, objectsAt, textAt } from '../../kernel/json-value.js'
import {
  createRunner,
  createWorld,
  PENDING,
  type Command,
  type Job,
  type JobFace,
  type Moment,
  type Runner,
  type World,
  seen,
} from '../model/rules/model-world.js'
import type { HeardCall } from './heard-call.js'
import { emptyQueue } from './queue.js'
import { presenceOf, type Registry } from './registry.js'
import { isEmptyHanded } from './aggregate-rules.js'

/** Learns. */
export class Learning {
  private readonly registry: Registry

  constructor(registry: Registry) {
    this.registry = registry
  }

  learn(heard: HeardCall): void {
    const { operation, answer } = heard
    if (operation === 'getRunner') this.learnRunner(heard, answer.body)
    if (operation === 'listRunners') for (const each of objectsAt(answer.body, 'content')) this.learnRunner(heard, each)
    if (operation === 'getJob' || operation === 'nextJob') this.learnJob(heard, answer.body)
    if (operation === 'listJobs') for (const each of objectsAt(answer.body, 'content')) this.learnJob(heard, each)
    if (operation === 'getBridgeCommand' && heard.call.query['wait'] !== true) this.learnCommand(heard)
    if (operation === 'nextJob' || operation === 'nextBridgeCommands') this.learnQueue(heard)
  }

  private learnRunner(heard: HeardCall, shown: unknown): void {
    const { registry } = this
    const entry = registry.runner(textAt(shown, 'id'), heard.workspace)
    if (entry.thing.isKnown || !entry.thing.isUnchangedSince(heard.now.from) || entry.changedUntil >= heard.now.from)
      return
    // Whatever came or went meanwhile may have taken it away again.
    if (!registry.isCalmSince(heard.workspace, heard.now.from)) return
    const world = createWorld(registry.start(false))
    const runner = toRunner(shown, heard.call.identity, heard.now)
    if (runner === undefined) return
    world.runners.set(runner.id, runner)
    entry.isBorn = false
    registry.place(entry, heard.workspace, runner.projectId, runner.type)
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
    const [id, runnerId] = [textAt(shown, 'id'), textAt(shown, 'runner_id')]
    const world = id === '' ? undefined : this.worldAround(heard, runnerId, 'jobs', id)
    const job = world === undefined ? undefined : toJob(world, shown, heard.now)
    if (world === undefined || job === undefined) return
    const entry = this.registry.work(this.registry.jobs, id)
    world.jobs.set(id, job)
    entry.knowsLogs = false
    if (textAt(shown, 'status') === 'cancelled') this.registry.runners.get(runnerId)?.announcing.add(id)
    this.registry.link(this.registry.runner(runnerId, heard.workspace), entry, true)
    entry.thing.become([world])
  }

  private learnCommand(heard: HeardCall): void {
    const { body } = heard.answer
    const [id, runnerId] = [textAt(body, 'command_id'), textAt(body, 'runner_id')]
    const world = this.worldAround(heard, runnerId, 'commands', id)
    const command = world === undefined ? undefined : toCommand(world, body, heard.now)
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

/** Some time before now. */
function before(now: Moment): Moment {
  return { from: -Infinity, to: now.to }
}

/** A runner as it is shown to its owner; undefined when what is shown does not tell all. */
function toRunner(shown: unknown, owner: string, now: Moment): Runner | undefined {
  // Of a runner that is not connected nobody is told the agents.
  if (textAt(shown, 'status') !== 'connected') return undefined
  const [id = '', name = '', projectId = ''] = ['id', 'name', 'project_id'].map((field) => textAt(shown, field))
  const type = textAt(shown, 'type') === 'connect' ? 'connect' : 'endpoint'
  const capabilities = memberOf(shown, 'capabilities')
  const checklist = memberOf(shown, 'checklist')
  return {
    ...createRunner({ id, owner, projectId, type, name, activated: before(now) }),
    agents: Object.fromEntries(objectsAt(shown, 'agents').map(toAgent)),
    capabilities: Array.isArray(capabilities) ? capabilities.map(String) : [],
    checklist: isObject(checklist) ? checklist : undefined,
    beat: before(now),
    firstDeath: -Infinity,
  }
}

function toAgent(record: Record<string, unknown>): [string, Agent] {
  const name = textAt(record, 'name')
  return [name, { ...record, name }]
}

const REQUEST = ['agent_name', 'project_id', 'inputs', 'mask_id', 'prompt_masks', 'blueprint_name', 'metadata']

const JOB_STATUSES = ['pending', 'running', 'completed', 'failed', 'cancelled'] as const

/** A job as it is shown. */
function toJob(world: World, shown: unknown, now: Moment): Job | undefined {
  const record = isObject(shown) ? shown : {}
  const id = textAt(record, 'id')
  const status = JOB_STATUSES.find((each) => each === record['status'])
  const runner = world.runners.get(textAt(record, 'runner_id'))
  if (runner === undefined || status === undefined) return undefined
  const ended = status === 'pending' || status === 'running' ? undefined : before(now)
  const hasStarted = Object.hasOwn(record, 'started_at')
  const face: JobFace = {
    ...{ ...PENDING, status, result: seen(record, 'result'), error: seen(record, 'error') },
    ...{ hasStarted, ended, wasCutOff: status === 'cancelled' },
    traceId: textAt(record, 'trace_id') || undefined,
    endedBefore: ended === undefined && Object.hasOwn(record, 'completed_at') ? before(now) : undefined,
  }
  const mayBeHandedOut = status === 'pending' || (!hasStarted && status !== 'cancelled')
  runner.jobs = [id]
  runner.queue = mayBeHandedOut ? [id] : []
  runner.unannounced = status === 'cancelled' ? [{ id, isCertain: false }] : []
  return {
    ...{ id, runnerId: runner.id, created: before(now), createdAt: undefined, faces: [face], logs: [] },
    request: Object.fromEntries(
      REQUEST.filter((name) => Object.hasOwn(record, name)).map((name) => [name, record[name]]),
    ),
    timeoutMs: 1000 * Number(record['timeout'] ?? 0),
    started: hasStarted ? before(now) : undefined,
    startedAt: undefined,
    ...{ isGone: false, mayBeGone: true },
  }
}

const TYPES = ['ReadFile', 'WriteFile', 'EditFile', 'ListFiles', 'SearchFiles', 'Exec'] as const

/** A command as it is shown to a reader. */
function toCommand(world: World, shown: unknown, now: Moment): Command | undefined {
  const record = isObject(shown) ? shown : {}
  const id = textAt(record, 'command_id')
  const status = COMMAND_STATUSES.find((each) => each === record['status'])
  const type = TYPES.find((each) => each === record['type'])
  const runner = world.runners.get(textAt(record, 'runner_id'))
  if (runner === undefined || status === undefined || type === undefined) return undefined
  runner.commands = [id]
  runner.commandQueue = status === 'pending' ? [id] : []
  return {
    ...{
      id,
      runnerId: runner.id,
      type,
      args: record['args'],
      timeoutMs: 1000 * Number(record['timeout_seconds'] ?? 0),
    },
    ...{ status, submitted: before(now), submittedAt: undefined },
    pickedUp: Object.hasOwn(record, 'picked_up_at') ? before(now) : undefined,
    pickedUpAt: undefined,
    ended: status === 'pending' || status === 'picked_up' ? undefined : before(now),
    ...{ result: seen(record, 'result'), error: seen(record, 'error'), duration: seen(record, 'duration_ms') },
    ...{ isGone: false, mayBeGone: true },
  }
}

const COMMAND_STATUSES = ['pending', 'picked_up', 'completed', 'failed', 'timed_out'] as const
