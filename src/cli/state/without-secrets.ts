/**
 * What a state file keeps of those who hold keys: no API keys, no keys of pairings, no signatures. After a restart
 * simulated runners speak for the same users by name, answer unsigned commands, and can judge no signature any more.
 */
import { keepSpelling } from '../../kernel/json-text.js'
import type { SavedCrew, SavedSimulation, SavedWork } from '../../mocks/agents/saved-runners.js'
import type { Identity } from '../../mocks/base/identity.js'
import type { CommandRecord } from '../../mocks/world/records.js'
import { saveCommand, type SavedCommand } from '../../mocks/world/snapshot.js'

/** @param ownerOf whose runner has an id; undefined for one that is gone, which is then left out */
export function keylessCrew({ agents, runners }: SavedCrew, ownerOf: (id: string) => Identity | undefined): SavedCrew {
  const keyless = runners.flatMap(({ runner, work, rhythm }): SavedSimulation[] => {
    const owner = ownerOf(runner.id)
    const { activationKey: _, bridgeKey: __, ...known } = runner
    if (owner === undefined) return []
    return [{ runner: known, as: { workspace: owner.workspace, user: owner.user }, rhythm, work: unsignedWork(work) }]
  })
  return { agents, runners: keyless }
}

function unsignedWork(work: SavedWork): SavedWork {
  if (work.kind !== 'connect') return work
  const commands = work.commands.map((run) => ({ ...run, item: { ...run.item, args: unsigned(run.item.args) } }))
  return { ...work, commands }
}

/** A command that its daemon has not taken yet is unsigned after a restart. */
export function unsignedCommand(command: CommandRecord): SavedCommand {
  const { wire, ...rest } = saveCommand(command)
  const copy = { ...wire }
  if (copy.args !== undefined) copy.args = unsigned(copy.args)
  if (copy.result !== undefined) copy.result = unsigned(copy.result)
  keepSpelling(copy, wire)
  return { ...rest, wire: copy }
}

function unsigned<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || !('_hmac' in value)) return value
  const copy = { ...value }
  Reflect.deleteProperty(copy, '_hmac')
  keepSpelling(copy, value)
  return copy
}
