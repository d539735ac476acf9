// A family of servers that compute the proof of an activation in another way as well: for each forgery that is known, one
// that takes it beside the right proof.
import { forgedActivations, type ForgedActivation } from '../../../src/contracts/suites/core/forged-activations.js'
import { takesAlso } from '../areas/pairing-crypto.js'
import { defineFamily, type Mutant, type MutantDefinition } from '../mutant.js'

function takes(name: string, forgery: ForgedActivation): MutantDefinition {
  return {
    id: `pairing-crypto/${name}-taken`,
    mistake: `A proof made with ${forgery.title} activates a session.`,
    touches: ['activatePairingSession'],
    only: [`pairing-crypto/forged-${name}`],
    spoil: takesAlso(({ session: { id: sessionId, runnerId }, key, name: runnerName, hmac }) => {
      return hmac === forgery.make({ key, sessionId, runnerId, name: runnerName })
    }),
  }
}

export const forgeryMutants: readonly Mutant[] = defineFamily(
  'forgeries taken',
  Object.entries(forgedActivations).map(([name, forgery]) => takes(name, forgery)),
)
