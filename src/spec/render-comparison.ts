// Writes a comparison as text for a terminal: operations with their differences, flaws, totals, verdict.
import { printableData } from '../kernel/printable.js'
import type { OperationComparison, SpecComparison } from './compare-specs.js'
import { isBreaking, type SpecFinding } from './finding.js'
import { flawMeanings, type SpecFlaw } from './flaws.js'

/** Wraps text in terminal colours; the functions of picocolors fit. */
type Paint = Readonly<Record<'bold' | 'dim' | 'red' | 'yellow' | 'green', (text: string) => string>>

/** So many places of one kind of flaw are listed before the rest is counted. */
const MAX_FLAW_PLACES = 5

/** The report as lines of text, ending in a newline. Operations without differences are counted, not listed. */
export function renderComparison(found: SpecComparison, paint: Paint): string {
  const comparison = printableData(found)
  const lines = [
    `ours    ${titleText(comparison.ours)}`,
    `theirs  ${titleText(comparison.theirs)}`,
    ...comparison.operations.flatMap((operation) => operationLines(operation, paint)),
    ...flawLines(comparison.flaws, paint),
    '',
    ...totalLines(comparison, paint),
  ]
  return `${lines.join('\n')}\n`
}

function titleText({ file, title, version, openapi }: SpecComparison['ours']): string {
  const about = [title, version, `OpenAPI ${openapi}`].filter((text) => text !== '')
  return `${file} (${about.join(' ').replace(/ (?=OpenAPI [^ ]*$)/, ', ')})`
}

function operationLines(entry: OperationComparison, paint: Paint): readonly string[] {
  if (entry.findings.length === 0) return []
  const notes = entry.findings.filter((finding) => !isBreaking(finding))
  return [
    '',
    `${paint.bold(entry.operation)}  ${paint.dim(`${entry.method} ${entry.path}`)}`,
    ...entry.findings.filter(isBreaking).map((finding) => `  ${paint.red('breaking')}  ${findingText(finding)}`),
    ...noteLines(notes).map((line) => paint.dim(`  note      ${line}`)),
  ]
}

/** Differences that are a yes or no, by kind and change. */
const plainWords: Readonly<Record<string, string>> = {
  'null added': 'null admitted by theirs alone',
  'null removed': 'null admitted by ours alone',
  'required added': 'required by theirs alone',
  'deprecation added': 'deprecated in theirs alone',
  'deprecation removed': 'deprecated in ours alone',
}

function findingText(found: SpecFinding): string {
  const { where, kind, change, remark } = found
  const said = plainWords[`${kind} ${change}`] ?? `${kind}${sidesText(found)}`
  return `${where === kind ? '' : `${where}: `}${said}${remark === undefined ? '' : `; ${remark}`}`
}

function sidesText({ change, ours = '', theirs = '' }: SpecFinding): string {
  if (change === 'added') return ` that ours lacks: ${theirs}`
  return change === 'removed' ? ` that theirs no longer has: ${ours}` : `: ours ${ours}, theirs ${theirs}`
}

/** Notes that say the same share a line, places in a row; what ours alone says is counted. */
function noteLines(notes: readonly SpecFinding[]): readonly string[] {
  const said = notes.filter(({ change }) => change !== 'removed')
  const groups = groupBy(said, ({ kind, ours, theirs, remark }) => [kind, ours, theirs, remark].join('\n'))
  const removed = groupBy(notes, ({ change, kind }) => (change === 'removed' ? kind : undefined))
  const ourOwn = [...removed].flatMap(([kind, group]) => (kind === undefined ? [] : [count(group.length, kind)]))
  const lines = [...groups.values()].flatMap((group) =>
    group.slice(0, 1).map((first) => findingText({ ...first, where: group.map(({ where }) => where).join(', ') })),
  )
  return ourOwn.length === 0 ? lines : [...lines, `only in ours: ${ourOwn.join(', ')}`]
}

function groupBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return groups
}

function flawLines(flaws: readonly SpecFlaw[], paint: Paint): readonly string[] {
  if (flaws.length === 0) return []
  return [
    '',
    paint.bold('Flaws in theirs, read around and not counted as differences'),
    ...[...groupBy(flaws, ({ kind }) => kind)].flatMap(([kind, group]) => {
      const shown = group
        .slice(0, MAX_FLAW_PLACES)
        .map(({ where, found }) => `    ${where}${found === undefined ? '' : `: ${found}`}`)
      const rest = group.length - MAX_FLAW_PLACES
      const more = rest > 0 ? [paint.dim(`    and ${rest} more`)] : []
      return [`  ${paint.yellow(kind)} (${group.length}): ${flawMeanings[kind]}`, ...shown, ...more]
    }),
  ]
}

function totalLines(comparison: SpecComparison, paint: Paint): readonly string[] {
  const { totals, onlyOurs, otherSubjects, isExcerpt } = comparison
  const others = otherSubjects.reduce((sum, { operations }) => sum + operations, 0)
  const subjects = otherSubjects.map(({ tag, operations }) => `${tag} ${operations}`).join(', ')
  const broken = comparison.operations.filter(({ findings }) => findings.some(isBreaking))
  const verdict =
    totals.breaking === 0
      ? paint.green('nothing that breaks a client')
      : paint.red(`${count(totals.breaking, 'difference')} that ${totals.breaking === 1 ? 'breaks' : 'break'} a client`)
  return [
    ...(isExcerpt ? ['Theirs holds few of our operations and is taken for an excerpt: none counts as removed.'] : []),
    ...(onlyOurs.length > 0 ? [paint.dim(`Only in ours, not judged: ${onlyOurs.join(', ')}.`)] : []),
    ...(others > 0 ? [paint.dim(`On other subjects, not compared: ${count(others, 'operation')} (${subjects}).`)] : []),
    `${count(totals.compared, 'operation')} compared: ${verdict}; ${count(totals.notes, 'note')}, ${count(totals.flaws, 'flaw')} in theirs.`,
    ...(broken.length > 0 ? [paint.red(`Breaking: ${broken.map(({ operation }) => operation).join(', ')}.`)] : []),
  ]
}

function count(number: number, noun: string): string {
  const plural = noun.endsWith('s') ? `${noun}es` : `${noun}s`
  return `${number} ${number === 1 ? noun : plural}`
}
