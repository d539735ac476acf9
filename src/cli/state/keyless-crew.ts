/**
 * The simulated runners as a state file keeps them: without API keys, the keys of their pairing, and signatures. After a
 * restart they speak for the same users by name, answer unsigned commands, and can judge no signature any more.
 */
import type { SavedCommandRun, SavedCrew, SavedSimulation } from '../../mocks/agents/saved-runners.js'
import type { Identity } from '../../mocks/base/identity.js'
import { withoutSignature } from './without-signature.js'

/** @param ownerOf whose runner has an id; undefined for one that is gone, which is then left out */
export function keylessCrew({ agents, runners }: SavedCrew, ownerOf: (id: string) => Identity | undefined): SavedCrew {
  const keyless = runners.flatMap((simulation) => {
    const owner = ownerOf(simulation.runner.id)
    return owner === undefined ? [] : [withoutKeys(simulation, owner)]
  })
  return { agents, runners: keyless }
}

function withoutKeys({ runner, work, rhythm }: SavedSimulation, { workspace, user }: Identity): SavedSimulation {
  const { activationKey: _, bridgeKey: __, ...known } = runner
  const unsigned = work.kind === 'connect' ? { ...work, commands: work.commands.map(withoutSignatures) } : work
  return { runner: known, as: { workspace, user }, rhythm, work: unsigned }
}

function withoutSignatures({ item, ...run }: SavedCommandRun): SavedCommandRun {
  return { ...run, item: { ...item, args: withoutSignature(item.args) } }
}
