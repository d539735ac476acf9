// Families of servers that let somebody else in: for each operation on a runner, job or command, one that takes any user of
// the workspace for the owner, and one that takes anybody.
import { checks } from '../../../src/contracts/suites/all-checks.js'
import { isOperationId, type OperationId } from '../../../src/kernel/operation.js'
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
