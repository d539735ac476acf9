/** The checks as a list: id, severity, what each needs, title. */
import type { Check, CheckNeeds } from '../check.js'

/** Renders the list that `--list` prints. */
export function renderList(checks: readonly Check[]): string {
  const width = Math.max(0, ...checks.map(({ id }) => id.length))
  const lines = checks.map((check) => {
    const needs = describeNeeds(check.needs)
    return `${check.id.padEnd(width)}  ${check.severity.padEnd(6)}  ${check.title}${needs === '' ? '' : `  [${needs}]`}`
  })
  const areas = new Set(checks.map(({ area }) => area)).size
  return `${[...lines, '', `${checks.length} checks in ${areas} areas`].join('\n')}\n`
}

function describeNeeds({ other, clock, limits, when }: CheckNeeds): string {
  const parts = [
    other === undefined ? '' : other === 'any' ? 'second identity' : other,
    clock === undefined ? '' : 'time',
    ...Object.keys(limits ?? {}),
    when === undefined ? '' : 'limits that show it',
  ]
  return parts.filter((part) => part !== '').join(', ')
}
