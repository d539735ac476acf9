// The kill matrix as text: for the terminal, and as a page of the documentation.
import { checks } from '../../src/contracts/suites/all-checks.js'
import type { Mutant } from './mutant.js'
import { isKilled, type MutantOutcome } from './run-mutant.js'

type Outcomes = ReadonlyMap<string, MutantOutcome>

const severities = new Map(checks.map(({ id, severity }) => [id, severity]))
const areas = [...new Set(checks.map(({ area }) => area))]

const SHOWN = 3

/**
 * The checks that noticed a mutant, those of its own area by name and the others by their number. Of many, a few are named,
 * and those in `also`, of whatever area.
 */
export function describeKillers(
  { area }: Mutant,
  killers: readonly string[],
  also: ReadonlySet<string> = new Set(),
): string {
  const own = killers.filter((id) => id.startsWith(`${area}/`))
  const shown = own.filter((id, at) => at < SHOWN || also.has(id))
  const far = killers.filter((id) => also.has(id) && !own.includes(id))
  const named = [...shown.map((id) => id.slice(area.length + 1)), ...far]
  const more = own.length > shown.length ? [`${own.length - shown.length} more`] : []
  const elsewhere = areas.flatMap((each) => {
    const count = killers.filter((id) => id.startsWith(`${each}/`) && !far.includes(id)).length
    return each === area || count === 0 ? [] : [`${each} ${count}`]
  })
  const others = elsewhere.length === 0 ? [] : [`elsewhere: ${elsewhere.join(', ')}`]
  return [[...named, ...more].join(', '), ...others].filter((part) => part !== '').join('; ')
}

/** One line for the terminal. */
export function renderLine(mutant: Mutant, outcome: MutantOutcome): string {
  const { killers, checks: count, seconds } = outcome
  const what = isKilled(mutant, outcome) ? 'killed  ' : 'SURVIVED'
  const by = killers.length === 0 ? '' : `  ${describeKillers(mutant, killers)}`
  return `${what}  ${mutant.id}  ${killers.length} of ${count} checks, ${seconds.toFixed(1)} s${by}`
}

/** Totals by area, for the terminal and the page. */
export interface AreaTotals {
  area: string
  must: { all: number; killing: number }
  should: { all: number; killing: number }
  handWritten: number
  generated: number
  killed: number
}

export function totalsByArea(mutants: readonly Mutant[], outcomes: Outcomes): AreaTotals[] {
  const killing = new Set([...outcomes.values()].flatMap(({ killers }) => killers))
  const count = (area: string, severity: string): { all: number; killing: number } => {
    const those = checks.filter((check) => check.area === area && check.severity === severity)
    return { all: those.length, killing: those.filter(({ id }) => killing.has(id)).length }
  }
  return areas.map((area) => {
    const own = mutants.filter((mutant) => mutant.area === area)
    return {
      area,
      must: count(area, 'must'),
      should: count(area, 'should'),
      handWritten: own.filter(({ family }) => family === undefined).length,
      generated: own.filter(({ family }) => family !== undefined).length,
      killed: own.filter((mutant) => wasKilled(mutant, outcomes)).length,
    }
  })
}

function wasKilled(mutant: Mutant, outcomes: Outcomes): boolean {
  const outcome = outcomes.get(mutant.id)
  return outcome !== undefined && isKilled(mutant, outcome)
}

const TOTALS_HEAD = [
  'area',
  '`must` checks that kill',
  '`should` checks that kill',
  'mutants by hand',
  'generated',
  'killed',
]

function totalsRow({ area, must, should, handWritten, generated, killed }: AreaTotals): string[] {
  const share = ({ all, killing }: AreaTotals['must']): string => (all === 0 ? '' : `${killing} of ${all}`)
  return [area, share(must), share(should), String(handWritten), String(generated), String(killed)]
}

function sumOf(rows: readonly AreaTotals[]): AreaTotals {
  const sum = (pick: (row: AreaTotals) => number): number => rows.reduce((total, row) => total + pick(row), 0)
  return {
    area: 'all',
    must: { all: sum(({ must }) => must.all), killing: sum(({ must }) => must.killing) },
    should: { all: sum(({ should }) => should.all), killing: sum(({ should }) => should.killing) },
    handWritten: sum((row) => row.handWritten),
    generated: sum((row) => row.generated),
    killed: sum((row) => row.killed),
  }
}

/** A table of text, its columns lined up. */
export function renderTotals(mutants: readonly Mutant[], outcomes: Outcomes): string {
  const totals = totalsByArea(mutants, outcomes)
  const rows = [TOTALS_HEAD.map((name) => name.replaceAll('`', '')), ...[...totals, sumOf(totals)].map(totalsRow)]
  const widths = TOTALS_HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** The page: totals, then every mutant by area, then the families. */
export function renderPage(mutants: readonly Mutant[], outcomes: Outcomes): string {
  const totals = totalsByArea(mutants, outcomes)
  const byHand = mutants.filter(({ family }) => family === undefined)
  const unnamed = findUnnamed(mutants, outcomes)
  const families = [...new Set(mutants.flatMap(({ family }) => family ?? []))]
  return [
    '<!-- Written by `npm run test:mutants -- --write`. Do not edit. -->',
    '# The kill matrix',
    INTRODUCTION,
    `There are ${byHand.length} mutants that were written by hand, and ${mutants.length - byHand.length} in ${families.length} families that are generated from the spec's tables.`,
    table(TOTALS_HEAD, [...totals, sumOf(totals)].map(totalsRow)),
    '## Written by hand',
    ...areas.flatMap((area) => renderArea(area, byHand, outcomes, unnamed)),
    '## Families',
    'A mutant of a family meets the checks that are there to notice it, and those near by.',
    ...families.flatMap((family) => renderFamily(family, mutants, outcomes, unnamed)),
    '',
  ].join('\n\n')
}

const INTRODUCTION = `A mutant is the mock with one plausible mistake in it. \`npm run test:mutants\` verifies each of them with the checks of
its area and fails when one survives, when a \`must\` check never notices any, or when one dies of something else than
its mistake: a crash, a 5xx that is not meant, a check that breaks down. A mutant counts as killed when checks of its area
fail, one of severity \`must\` among them, or \`should\` where that is named. In italics: the checks that fail. How to add one is in maintaining.md.`

/** Checks that would be named at no mutant, by the mutant at which they are named after all: one of their own area first. */
function findUnnamed(mutants: readonly Mutant[], outcomes: Outcomes): Unnamed {
  const isOwn = ({ area }: Mutant, id: string): boolean => id.startsWith(`${area}/`)
  const ownOf = (mutant: Mutant): string[] => killersOf(mutant, outcomes).filter((id) => isOwn(mutant, id))
  const seen = new Set(mutants.flatMap((mutant) => ownOf(mutant).slice(0, SHOWN)))
  const unnamed = new Map<string, Set<string>>()
  const name = (mutant: Mutant, killers: readonly string[]): void => {
    const left = killers.filter((id) => !seen.has(id))
    if (left.length > 0) unnamed.set(mutant.id, new Set([...(unnamed.get(mutant.id) ?? []), ...left]))
    for (const id of left) seen.add(id)
  }
  for (const mutant of mutants) name(mutant, ownOf(mutant))
  const few = mutants.toSorted((one, other) => killersOf(one, outcomes).length - killersOf(other, outcomes).length)
  for (const mutant of few) name(mutant, killersOf(mutant, outcomes))
  return unnamed
}

type Unnamed = ReadonlyMap<string, ReadonlySet<string>>

function renderArea(area: string, byHand: readonly Mutant[], outcomes: Outcomes, unnamed: Unnamed): string[] {
  const own = byHand.filter((mutant) => mutant.area === area)
  const lines = own.map((mutant) => {
    const name = mutant.id.slice(area.length + 1)
    const severity = mutant.severity === 'must' ? '' : ` (${mutant.severity})`
    const noticedBy = describeKillers(mutant, killersOf(mutant, outcomes), unnamed.get(mutant.id))
    return `- **${name}**${severity}: ${mutant.mistake} _${noticedBy}_`
  })
  return [`### ${area}`, lines.join('\n')]
}

function renderFamily(family: string, mutants: readonly Mutant[], outcomes: Outcomes, unnamed: Unnamed): string[] {
  const own = mutants.filter((mutant) => mutant.family === family)
  const killers = new Set(own.flatMap((mutant) => killersOf(mutant, outcomes)))
  const must = [...killers].filter((id) => severities.get(id) === 'must').length
  const lines = own.map(
    (mutant) => `- ${mutant.id}: _${describeKillers(mutant, killersOf(mutant, outcomes), unnamed.get(mutant.id))}_`,
  )
  return [
    `### ${family}`,
    `${own.length} mutants, noticed by ${killers.size} checks, ${must} of them \`must\`.`,
    lines.join('\n'),
  ]
}

function killersOf(mutant: Mutant, outcomes: Outcomes): readonly string[] {
  return outcomes.get(mutant.id)?.killers ?? []
}
