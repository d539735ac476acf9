/** The place in the spec that a check's rule is about, as a JSON pointer. */
import type { OperationEntry } from '../generated/operations.js'
import { machines, type MachineName, type Rule } from '../lifecycle.js'
import { operations, type OperationId } from '../operation.js'
import type { CheckRule } from './check.js'

/** Points at the lifecycle rule, else at the operation, else at the introduction, where the conventions are. */
export function pointerOfRule(rule: CheckRule): string {
  if (rule.machine !== undefined) return pointerOfMachine(rule.machine, rule)
  return rule.operation === undefined ? '#/info/description' : pointerOfOperation(rule.operation)
}

/** Points at an operation. */
export function pointerOfOperation(id: OperationId): string {
  const { path, method }: OperationEntry = operations[id]
  return `#/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1')}/${method.toLowerCase()}`
}

function pointerOfMachine(machine: MachineName, { on, from, to }: CheckRule): string {
  const rules: readonly Rule[] = machines[machine].rules
  const index = rules.findIndex(
    (rule) =>
      rule.on === on &&
      (from === undefined || rule.from.includes(from)) &&
      (to === undefined || (rule.to ?? from) === to),
  )
  return `#/x-lifecycle/machines/${machine}${index < 0 ? '' : `/rules/${index}`}`
}
