/** Requirements as agents read them: of servers from the checks, of clients from the rules for them. */
import { allRules } from '../../conduct/all-rules.js'
import { checks } from '../../contracts/suites/all-checks.js'
import { listRequirements, requirementsById } from '../../contracts/suites/requirements.js'
import { decisiveCalls } from './decisive-calls.js'

/** Ids of requirements by those of the checks and rules that judge them. */
export const ofChecks: ReadonlyMap<string, string> = new Map([
  ...requirementsById(checks),
  ...allRules.map(({ id, requirement }) => [id, requirement] as const),
])

const requirements = [
  ...listRequirements(checks).map((each) => {
    const [first = ''] = each.checks
    return { ...each, id: ofChecks.get(first) ?? first, area: first.split('/', 1)[0] ?? first }
  }),
  ...allRules.map(({ id, requirement, title, severity }) => ({
    ...{ id: requirement, area: 'conduct', severity, words: `${title}.`, sources: ['docs/conduct.md'], checks: [id] },
  })),
]

export const requirementIds = requirements.map(({ id }) => id)

/** The rules of each area, a line each. */
export function requirementsByArea(): ReadonlyMap<string, string> {
  const areas = new Map<string, string>()
  for (const { id, area, severity, words } of requirements)
    areas.set(area, `${areas.get(area) ?? `## ${area}`}\n- **${id}** ${severity}: ${words}`)
  return areas
}

const MAX_CHECKS = 6

/** A requirement with its sources, its checks, and the call that decides the first of these as a curl command. */
export async function describeRequirement(id: string, signal: AbortSignal): Promise<string | undefined> {
  const found = requirements.find((each) => each.id === id)
  if (found === undefined) return undefined
  const { severity, words, sources, checks: all } = found
  const names = [
    ...all.slice(0, MAX_CHECKS),
    ...(all.length > MAX_CHECKS ? [`and ${all.length - MAX_CHECKS} more`] : []),
  ]
  const told = [`${id} ${severity}: ${words}`, `spec: ${sources.join('; ')}`, `checks: ${names.join(', ')}`]
  const first = checks.filter((check) => check.id === all[0])
  const calls = first.length === 0 ? [] : (await decisiveCalls(first, signal)).values()
  return [...told, ...calls].join('\n')
}
