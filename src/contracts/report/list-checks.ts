/** The checks as a list: id, severity, title, where the spec holds the rule, and what each needs of a target. */
import { describeRule, type Check, type CheckNeeds } from '../check/check.js'

/** Renders the list that `--list` prints. */
export function renderList(checks: readonly Check[]): string {
  const width = Math.max(0, ...checks.map(({ id }) => id.length))
  const lines = checks.map((check) => {
    const needs = describeNeeds(check.needs)
    const name = `${check.id.padEnd(width)}  ${check.severity.padEnd(6)}  ${check.title}`
    return `${name}  (${describeRule(check.rule)})${needs === '' ? '' : `  [${needs}]`}`
  })
  const areas = new Set(checks.map(({ area }) => area)).size
  return `${[...lines, '', `${checks.length} checks in ${areas} areas`].join('\n')}\n`
}

/** Renders the list as JSON, for programs. */
export function renderJsonList(checks: readonly Check[]): string {
  const list = checks.map(({ id, area, title, rule, severity, needs }) => {
    return { id, area, title, rule, severity, needs: partsOf(needs) }
  })
  return `${JSON.stringify(list, null, 2)}\n`
}

function describeNeeds(needs: CheckNeeds): string {
  return partsOf(needs).join(', ')
}

function partsOf({ other, clock, limits, when }: CheckNeeds): string[] {
  const parts = [
    other === undefined ? '' : other === 'any' ? 'second identity' : other,
    clock === undefined ? '' : 'time',
    ...Object.keys(limits ?? {}),
    when === undefined ? '' : 'limits that show it',
  ]
  return parts.filter((part) => part !== '')
}
