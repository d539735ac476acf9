// Families of servers that let in who should stay out: for each operation on a runner, job or command one that takes any user
// of the workspace for the owner and one that takes anybody; for each known forgery one that takes it for a right proof.
import { checks } from '../../../src/contracts/suites/all-checks.js'
import { forgedActivations } from '../../../src/contracts/suites/core/pairing-checks.js'
import { isOperationId, type OperationId } from '../../../src/kernel/operation.js'
import { takesAlso } from '../areas/pairing.js'
import { defineFamily, type Mutant, type MutantDefinition } from '../mutant.js'
import { asOwner } from '../spoils.js'
import { workspaceOf } from '../stage.js'

const OTHERS = {
  colleague: 'any user of the workspace',
  stranger: 'users of other workspaces',
} as const

function letsIn(other: keyof typeof OTHERS, operation: OperationId): MutantDefinition {
  return {
    id: `isolation/${operation}.open-to-${other}`,
    mistake: `${operation} takes ${OTHERS[other]} for the owner.`,
    touches: [operation],
    only: [`isolation/${other}.${operation}`],
    beside: ['isolation'],
    spoil: asOwner((call, stage) => {
      const owner = stage.runnerOf(call)?.owner
      const isColleague = owner !== undefined && workspaceOf(owner) === call.workspace
      return isColleague === (other === 'colleague')
    }),
  }
}

export const identityMutants: readonly Mutant[] = defineFamily(
  'others let in',
  checks.flatMap(({ id }): MutantDefinition[] => {
    const [, other, operation = ''] = /^isolation\/(colleague|stranger)\.(\w+)$/.exec(id) ?? []
    if (!isOperationId(operation)) return []
    return other === 'colleague' || other === 'stranger' ? [letsIn(other, operation)] : []
  }),
)

export const forgeryMutants: readonly Mutant[] = defineFamily(
  'forgeries taken',
  forgedActivations.map(([name, title, make]): MutantDefinition => ({
    id: `pairing-crypto/${name}-taken`,
    mistake: `A proof made with ${title} activates a session.`,
    touches: ['activatePairingSession'],
    only: [`pairing-crypto/forged-${name}`],
    spoil: takesAlso(({ session: { id: sessionId, runnerId }, key, name: runnerName, hmac }) => {
      return hmac === make({ key, sessionId, runnerId, name: runnerName })
    }),
  })),
)
