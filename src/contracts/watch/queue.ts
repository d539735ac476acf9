/**
 * The queues of a runner: what its polls must get, in which order, and when they may get nothing. Each is a world of its
 * own that holds only what waits.
 */
import { memberOf, objectsAt, textAt } from '../../kernel/json-value.js'
import { judge } from '../model/rules/judge-call.js'
import { Mismatch } from '../model/rules/mismatch.js'
import { createRunner, createWorld, type Runner, type World } from '../model/rules/model-world.js'
import type { Happening } from '../model/rules/serial-order.js'
import type { Limits } from '../target/target.js'
import type { HeardCall } from './heard-call.js'
import { happening } from './projections.js'
import type { CommandRates } from './rates.js'

const FOREVER_SECONDS = 1e12

/** Limits for what is judged apart from its runner's heartbeat and rates, which the runner's own history tells. */
export function withoutHeartbeats(limits: Limits): Limits {
  return {
    ...limits,
    heartbeat_ttl_seconds: FOREVER_SECONDS,
    dead_runner_purge_seconds: FOREVER_SECONDS,
    bridge_max_commands_per_minute: Infinity,
    bridge_max_write_commands_per_minute: Infinity,
  }
}

/** A world with a runner that can do everything and has nothing to do. */
export function emptyQueue(
  start: Parameters<typeof createWorld>[0],
  birth: Pick<Runner, 'id' | 'owner' | 'projectId' | 'type'>,
): World {
  const world = createWorld(start)
  const runner = createRunner({ ...birth, name: '', activated: { from: 0, to: 0 } })
  world.runners.set(birth.id, { ...runner, capabilities: ['bridge'] })
  return world
}

/** A call on a queue: what has left it is forgotten. What the queue does not refuse, the rates of its runner may. */
export function queued(heard: HeardCall, runnerId: string, rates?: CommandRates): Happening {
  const { call, answer, now } = heard
  return happening(heard, (world) => {
    const runner = world.runners.get(runnerId)
    if (runner === undefined) return new Mismatch('a runner', 'none')
    const asked = { ...call, identity: runner.owner }
    if (heard.isAborted) return takeUnheard(world, runner, heard)
    if (call.operation === 'createJob') runner.agents = agentsFor(textAt(call.body, 'agent_name'))
    const subject = call.path['jobId'] ?? call.path['commandId']
    if (subject !== undefined && !world.jobs.has(subject) && !world.commands.has(subject)) return undefined
    if (call.operation === 'nextJob') adopt(world, answer.body)
    const outcome = judge(world, asked, answer, now)
    if (outcome instanceof Mismatch)
      return answer.status === 429 ? excuse(world, rates?.reasonOf(heard), outcome) : outcome
    for (const next of outcome) prune(next, runnerId)
    return outcome
  })
}

/** Nothing changes by a refusal for which there is a reason. */
function excuse(world: World, reason: ReturnType<CommandRates['reasonOf']>, outcome: Mismatch): Mismatch | undefined {
  if (reason === undefined) return outcome
  if (reason === 'refused-payload-counts') world.excused.add(reason)
  return undefined
}

function agentsFor(name: string): Runner['agents'] {
  return { [name]: { name, timeout: 0 } }
}

/** What only the job's own history tells is taken from the answer. */
function adopt(world: World, shown: unknown): void {
  const job = world.jobs.get(textAt(shown, 'id'))
  if (job === undefined) return
  job.timeoutMs = 1000 * Number(memberOf(shown, 'timeout'))
  job.createdAt = undefined
}

/** What a poll may have taken whose caller has hung up. */
function takeUnheard(world: World, runner: Runner, { operation }: HeardCall): Mismatch | undefined {
  if (operation === 'nextJob') {
    const [first, ...others] = runner.queue
    if (first === undefined) return new Mismatch('something that waits', 'nothing')
    runner.queue = others
    world.jobs.delete(first)
    return undefined
  }
  if (runner.commandQueue.length === 0) return new Mismatch('something that waits', 'nothing')
  runner.commandQueue = []
  runner.takenPerhaps = []
  world.commands.clear()
  return undefined
}

function prune(world: World, runnerId: string): void {
  const runner = world.runners.get(runnerId)
  if (runner === undefined) return
  for (const id of world.jobs.keys()) if (!runner.queue.includes(id)) world.jobs.delete(id)
  for (const id of world.commands.keys()) if (!runner.commandQueue.includes(id)) world.commands.delete(id)
  runner.jobs = runner.queue
  runner.commands = runner.commandQueue
}

/** Ids of what an answer hands out. */
export function handedOut({ operation, answer }: HeardCall): string[] {
  if (answer.status !== 200) return []
  if (operation === 'nextJob') return [textAt(answer.body, 'id')].filter((id) => id !== '')
  if (operation !== 'nextBridgeCommands') return []
  return objectsAt(answer.body, 'commands').map((each) => textAt(each, 'command_id'))
}
