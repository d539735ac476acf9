/** How two targets differ, for a terminal: grouped by what differs, the most frequent first. All of it is in the HTML page. */
import { printable } from '../../kernel/printable.js'
import type { Comparison, Difference, DifferingCheck } from '../check/comparison.js'
import { type Exchange, toCurl } from '../target/recorded-exchange.js'
import type { Paint } from './pretty-reporter.js'

/** Checks that differ in the same way. */
export interface DifferenceGroup {
  /** The operation, or the method and path of a call to none; null where no call shows it. */
  readonly operation: string | null
  readonly difference: Difference
  readonly checks: readonly DifferingCheck[]
}

/** Checks by the first thing that differs, those of most checks first. */
export function groupDifferences({ differing }: Comparison): DifferenceGroup[] {
  const groups = new Map<string, DifferenceGroup & { checks: DifferingCheck[] }>()
  for (const check of differing) {
    const [pair] = check.pairs
    const { verdicts } = check
    const difference = pair?.differences[0] ?? { where: 'verdict', a: verdicts.a.kind, b: verdicts.b.kind }
    const operation = nameOf(pair?.a ?? pair?.b ?? null)
    const where = difference.where.replaceAll(/\/\d+(?=\/|$)/g, '/*')
    const key = JSON.stringify([operation, where, difference.a, difference.b])
    const known = groups.get(key) ?? { operation, difference: { ...difference, where }, checks: [] }
    known.checks.push(check)
    groups.set(key, known)
  }
  return [...groups.values()].toSorted((a, b) => b.checks.length - a.checks.length)
}

function nameOf(exchange: Exchange | null): string | null {
  if (exchange === null) return null
  const { operation, method, url } = exchange
  return operation ?? `${method} ${(url.split(/[?#]/)[0] ?? '').replace(/^\w+:\/\/[^/]*/, '').replaceAll(UUID, '{id}')}`
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi

const MOST_GROUPS = 12
const MOST_SAMPLES = 2

/** What differs, as text for a terminal. */
export function renderComparison(comparison: Comparison, paint: Paint, folder: string | undefined): string {
  const groups = groupDifferences(comparison)
  const shown = groups.slice(0, MOST_GROUPS).flatMap((group) => renderGroup(group, paint))
  const left = groups.slice(MOST_GROUPS)
  const where = folder === undefined ? '--out DIR writes all of them' : `all of them are in ${folder}/compare.html`
  const more = left.length === 0 ? [] : [`and ${left.length} more kinds of differences: ${where}`, '']
  return `${[...shown, ...more, ...notCompared(comparison, paint), renderEnd(comparison, paint)].join('\n')}\n`
}

function renderGroup({ operation, difference, checks }: DifferenceGroup, paint: Paint): string[] {
  const { where, a, b } = difference
  const count = checks.length === 1 ? '1 check' : `${checks.length} checks`
  const more = checks.length > MOST_SAMPLES ? [paint.dim(`    and ${checks.length - MOST_SAMPLES} more`)] : []
  return [
    `${paint.red('≠')} ${paint.bold(operation === null ? 'verdicts' : printable(operation))}  ${count}`,
    `    ${paint.dim(printable(where))}  ${paint.green(printable(a))}  ${paint.dim('and')}  ${paint.red(printable(b))}`,
    ...checks.slice(0, MOST_SAMPLES).flatMap((check) => renderSample(check, paint)),
    ...more,
    '',
  ]
}

function renderSample({ id, requirement, title, pairs }: DifferingCheck, paint: Paint): string[] {
  const exchange = pairs[0]?.b ?? pairs[0]?.a
  const command = exchange === undefined || exchange === null ? [] : [`      ${paint.cyan('$')} ${toCurl(exchange)}`]
  return [`    ${id}${requirement === null ? '' : ` (${requirement})`}  ${title}`, ...command]
}

function notCompared(comparison: Comparison, paint: Paint): string[] {
  const reasons = Object.entries(comparison.notCompared).toSorted(([, a], [, b]) => b.length - a.length)
  if (reasons.length === 0) return []
  const lines = reasons.slice(0, 8).map(([reason, ids]) => `  ${ids.length} ${printable(reason)}`)
  return [paint.yellow('not compared'), ...lines, '']
}

function renderEnd(comparison: Comparison, paint: Paint): string {
  const { a, b, exitCode } = comparison
  const text = describeCounts(comparison)
  const early = [a, b].find(({ aborted }) => aborted !== null)
  if (early !== undefined) return `${paint.red('ended early')}: ${printable(early.aborted ?? '')}; ${text}`
  return exitCode === 0 ? `${paint.green('✓ no difference')}: ${text}` : `${paint.red('✗ they differ')}: ${text}`
}

/** The figures of a comparison in words. */
export function describeCounts({ a, alike, byVerdict, differing, notCompared: left }: Comparison): string {
  const leftOut = Object.values(left).reduce((sum, ids) => sum + ids.length, 0)
  const parts = [
    `${differing.length} checks differ`,
    `${alike.length} went alike (${byVerdict.length} of them compared by their verdicts alone)`,
    ...(leftOut === 0 ? [] : [`${leftOut} not compared`]),
  ]
  return `${parts.join(', ')}; seed ${a.seed}`
}
