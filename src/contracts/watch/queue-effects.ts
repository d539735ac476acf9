/**
 * The queues of a runner: what its polls must get, in which order, and when they may get nothing. Each is a world of its own that
 * holds only what waits.
 */
import type { ApiAnswer } from '../../kernel/recording/api-call.js'
import { memberOf, textAt } from '../../kernel/json-value.js'
import { idsHandedOut, roleOf, type WorkMachine } from '../../lifecycle/roles.js'
import type { TimerLimits } from '../../lifecycle/timers.js'
import { judge } from '../../lifecycle/tracker/judge.js'
import type { Effect } from '../../lifecycle/tracker/linearizability.js'
import { Mismatch, noteQuirk } from '../../lifecycle/tracker/mismatch.js'
import { factsOfMachine } from '../../lifecycle/tracker/work-states.js'
import {
  createRunner,
  createWorld,
  editRunner,
  editWork,
  type TrackedRunner,
  type TrackedWorld,
} from '../../lifecycle/tracker/tracked-world.js'
import { effectOf } from './effects.js'
import type { ObservedCall } from './observed-call.js'
import type { CommandRates } from './rates.js'

const FOREVER_SECONDS = 1e12

/** Limits for what is judged apart from its runner's heartbeat and rates, which the runner's own history shows. */
export function withoutHeartbeats(limits: TimerLimits): TimerLimits {
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
  birth: Pick<TrackedRunner, 'id' | 'owner' | 'projectId' | 'type'>,
): TrackedWorld {
  const world = createWorld(start)
  const runner = createRunner({ ...birth, name: '', activated: { from: 0, to: 0 } })
  world.runners.set(birth.id, { ...runner, capabilities: ['bridge'] })
  return world
}

/** A call on a queue: what has left it is forgotten. What the queue does not refuse, the rates of its runner may. */
export function queued(observed: ObservedCall, runnerId: string, rates?: CommandRates): Effect {
  const { call, answer, now } = observed
  const { machine, creates, handsOut } = roleOf(observed.operation)
  const subject =
    creates === undefined && handsOut === undefined ? (call.path['jobId'] ?? call.path['commandId']) : undefined
  let asked = call
  return effectOf(observed, (world) => {
    const runner = editRunner(world, runnerId)
    if (runner === undefined) return new Mismatch('a runner', 'none')
    if (asked.caller !== runner.owner) asked = { ...call, caller: runner.owner }
    if (observed.isAborted)
      return takeUnheard(world, runner, handsOut ?? (machine === 'bridgeCommand' ? machine : 'job'))
    if (creates === 'job') runner.agents = agentsFor(textAt(call.body, 'agent_name'))
    if (subject !== undefined && !world.work.has(subject)) return undefined
    if (handsOut === 'job') adopt(world, answer.body)
    const outcome = judge(world, asked, answer, now)
    if (outcome instanceof Mismatch)
      return answer.status === 429 ? excuse(world, rates?.reasonOf(observed), outcome) : outcome
    for (const next of outcome) prune(next, runnerId)
    return outcome
  })
}

/** Nothing changes by a refusal for which there is a reason. */
function excuse(world: TrackedWorld, reason: ReturnType<CommandRates['reasonOf']>, outcome: Mismatch) {
  if (reason === undefined) return outcome
  if (reason === 'refused-payload-counts') noteQuirk(world, reason)
  return undefined
}

function agentsFor(name: string): TrackedRunner['agents'] {
  return { [name]: { name, timeout: 0 } }
}

/** What only the job's own history tells is taken from the answer. */
function adopt(world: TrackedWorld, shown: unknown): void {
  const job = editWork(world, textAt(shown, 'id'))
  if (job === undefined) return
  job.timeoutMs = 1000 * Number(memberOf(shown, factsOfMachine('job').timeoutField))
  job.times = {}
}

/** What a poll may have taken whose caller has hung up. */
function takeUnheard(world: TrackedWorld, runner: TrackedRunner, machine: WorkMachine): Mismatch | undefined {
  const line = runner[machine]
  const [first, ...others] = line.queue
  if (first === undefined) return new Mismatch('something that waits', 'nothing')
  runner[machine] = { ids: line.ids, queue: machine === 'job' ? others : [], takenPerhaps: [] }
  if (machine === 'job') world.work.delete(first)
  else world.work.clear()
  return undefined
}

function prune(world: TrackedWorld, runnerId: string): void {
  const runner = editRunner(world, runnerId)
  if (runner === undefined) return
  const { job, bridgeCommand } = runner
  for (const [id, { machine }] of world.work) if (!runner[machine].queue.includes(id)) world.work.delete(id)
  runner.job = { ...job, ids: job.queue }
  runner.bridgeCommand = { ...bridgeCommand, ids: bridgeCommand.queue }
}

/** Ids of the work that an answer hands out. */
export function idsOfHandOut({ operation, answer }: { operation: string; answer: ApiAnswer }): string[] {
  return answer.status === 200 ? idsHandedOut(operation, answer.body) : []
}
