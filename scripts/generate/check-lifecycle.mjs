// @ts-check
// Runs the lifecycle checks in the order in which they build on one another and throws with everything one stage found.
import { checkNames } from './check-lifecycle-names.mjs'
import { checkRules } from './check-lifecycle-rules.mjs'
import { checkAgreement } from './check-lifecycle-spec.mjs'
import { checkWords } from './check-lifecycle-words.mjs'
import { checkSteps } from './decision-steps.mjs'
import { objectOf } from './load-spec.mjs'
import { SpecError } from './spec-error.mjs'

/**
 * @param {import('./load-spec.mjs').Spec} spec
 * @param {{ lifecycle: import('./read-lifecycle.mjs').Lifecycle, operations: readonly import('./read-operations.mjs').Operation[] }} parts
 */
export function checkLifecycle(spec, { lifecycle, operations }) {
  const operationIds = operations.map(({ id }) => id)
  refuse(checkNames({ lifecycle, operationIds, fieldNames: fieldNamesOf(spec) }))
  refuse([
    ...lifecycle.machines.flatMap((machine) => checkRules(machine)),
    ...checkAgreement(spec, { machines: lifecycle.machines, operations }),
    ...checkWords(spec, { lifecycle, operations }),
    ...checkSteps(lifecycle.machines, operations),
  ])
}

/** @param {import('./spec-error.mjs').Problem[]} problems */
function refuse(problems) {
  if (problems.length > 0) throw new SpecError(problems)
}

/** @param {import('./load-spec.mjs').Spec} spec */
function fieldNamesOf(spec) {
  const schemas = Object.values(objectOf(objectOf(spec.document.components).schemas))
  return new Set(schemas.flatMap((schema) => Object.keys(objectOf(objectOf(schema).properties))))
}
