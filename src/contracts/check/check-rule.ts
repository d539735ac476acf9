/** Where the spec holds the rule that a check judges: as data, in words, and as a JSON pointer. */
import type { CheckRule } from '../../generated/kit-schema.js'
import { machines, type MachineName, type Rule } from '../../kernel/lifecycle.js'
import { pointerOfOperation } from '../../kernel/all-operations.js'
import { isOperationId, type OperationId } from '../../kernel/operation.js'

export type { CheckRule } from '../../generated/kit-schema.js'

/** The rule's place in words. */
export function describeRule(rule: CheckRule): string {
  const lifecycle = rule.machine === undefined ? undefined : describeTransition(rule)
  return [lifecycle, rule.operation, rule.section].filter((part) => part !== undefined).join(', ')
}

function describeTransition({ machine, on, from, to }: CheckRule): string {
  const move = from === undefined && to === undefined ? '' : ` (${from ?? '*'}${to === undefined ? '' : ` -> ${to}`})`
  return `x-lifecycle ${machine ?? ''}${on === undefined ? '' : `: ${on}`}${move}`
}

/** Points at the lifecycle rule, else at the operation, else at the introduction, where the conventions are. */
export function pointerOfRule(rule: CheckRule): string {
  if (rule.machine !== undefined) return pointerOfMachine(rule.machine, rule)
  return rule.operation === undefined ? '#/info/description' : pointerOfOperation(rule.operation)
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

/** The operation that a rule is about, by itself or as the trigger of a decision. */
export function operationOf({ operation, on }: CheckRule): OperationId | undefined {
  return operation ?? (on !== undefined && isOperationId(on) ? on : undefined)
}
