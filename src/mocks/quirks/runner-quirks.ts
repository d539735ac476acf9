/** What a server does otherwise with runners, their jobs and commands. */
import { isWrite } from '../../lifecycle/facts.js'
import { textAt } from '../../kernel/json-value.js'
import type { Deviations } from '../engine/deviations.js'
import type { NewRunner, RunnerRecord } from '../world/records.js'
import type { World } from '../world/world.js'

/** Gone runners that are remembered: more are seldom gone within the ten minutes for which a session lasts. */
const MAX_GONE = 1000

/**
 * A second, correct activation registers the runner again with all it had, although it is refused; for another user,
 * too.
 */
export function createActivationRevives(): Deviations {
  /** Gone runners that can come back, the longest gone first. */
  const gone = new Map<string, RunnerRecord>()
  return {
    noteGone(runner, isPurged) {
      gone.delete(runner.id)
      if (!isPurged) gone.set(runner.id, runner)
      const [oldest] = gone.keys()
      if (gone.size > MAX_GONE && oldest !== undefined) gone.delete(oldest)
    },
    afterRefusal({ operation, world, caller, path, body }, { rule }) {
      if (operation !== 'activatePairingSession' || rule.answer !== 409) return
      const session = world.sessions.find(caller, path['sessionId'] ?? '')
      if (session === undefined) return
      const name = String(Reflect.get(Object(body), 'runner_name'))
      const { runnerId: id, projectId, type, fields = {} } = session
      const runner = world.runners.get(id)
      if (runner === undefined) {
        const birth = { id, owner: caller, projectId, name, type, fields }
        const before = gone.get(id)
        gone.delete(id)
        if (before === undefined) world.runners.activate(birth)
        else revive(world, before, birth)
        return
      }
      if (runner.owner.owner !== caller.owner) world.runners.share(runner, caller)
      world.runners.rename(runner, name)
    },
  }
}

/** Its agents, capabilities and checklist are as they were; jobs and commands can be read as they ended, in no list. */
function revive(world: World, runner: RunnerRecord, birth: NewRunner): void {
  const now = world.now()
  Object.assign(runner, { owner: birth.owner, sharers: undefined, isGone: false, view: undefined })
  Object.assign(runner, { lastHeartbeat: now, aliveUntil: 0, deadSince: undefined, purgeAt: undefined })
  world.runners.bringToLife(birth, runner)
  world.jobs.revive(runner)
  world.commands.revive(runner)
  runner.jobs.cancelled = []
}

/** A heartbeat that is refused for a capability keeps the runner alive all the same. */
export const refusedHeartbeatRenews: Deviations = {
  afterRefusal({ operation, world, caller, path }, { rule }) {
    if (operation !== 'heartbeat' || rule.answer !== 400) return
    const runner = world.runners.find(caller, path['runnerId'] ?? '')
    if (runner !== undefined) world.runners.beat(runner)
  },
}

/** A refused command counts against the rates that it has passed: both of them, or the rate of all. */
export const refusedPayloadCounts: Deviations = {
  afterRefusal({ operation, world, caller, path, body }, { rule }) {
    if (operation !== 'createBridgeCommand') return
    const { commands } = world
    const runner = world.runners.find(caller, path['runnerId'] ?? '')
    if (runner === undefined) return
    if (rule.answer === 400) commands.countRate(runner, isWrite(textAt(body, 'type')) ? 'Exec' : 'ReadFile')
    if (rule.answer !== 429 || !commands.hasRoomOn(runner)) return
    if (commands.isWithinRate(runner, 'ReadFile')) commands.countRate(runner, 'ReadFile')
  },
}
