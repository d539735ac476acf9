// Writes a comparison as text for a terminal: operations with their differences, totals, verdict.
import { groupBy } from '../kernel/group-by.js'
import { printableData } from '../kernel/printable.js'
import type { OperationComparison, SpecComparison } from './compare-specs.js'
import { isBreaking, type SpecFinding } from './finding.js'

/** Wraps text in terminal colours; the functions of picocolors fit. */
type Paint = Readonly<Record<'bold' | 'dim' | 'red' | 'yellow' | 'green', (text: string) => string>>

/** The report as lines of text, ending in a newline. Operations without differences are counted, not listed. */
export function renderComparison(found: SpecComparison, paint: Paint): string {
  const comparison = printableData(found)
  const lines = [
    `ours    ${titleText(comparison.ours)}`,
    `theirs  ${titleText(comparison.theirs)}`,
    ...comparison.operations.flatMap((operation) => operationLines(operation, paint)),
    '',
    ...totalLines(comparison, paint),
  ]
  return `${lines.join('\n')}\n`
}

function titleText({ file, title, version, openapi }: SpecComparison['ours']): string {
  const about = [title, version].filter((text) => text !== '').join(' ')
  return `${file} (${about === '' ? '' : `${about}, `}OpenAPI ${openapi})`
}

function operationLines({ operation, method, path, findings }: OperationComparison, paint: Paint): readonly string[] {
  if (findings.length === 0) return []
  const of = (severity: SpecFinding['severity']) => findings.filter((finding) => finding.severity === severity)
  return [
    '',
    `${paint.bold(operation)}  ${paint.dim(`${method} ${path}`)}`,
    ...of('breaking').map((finding) => `  ${paint.red('breaking')}  ${findingText(finding)}`),
    ...noteLines(of('note')).map((line) => paint.dim(`  note      ${line}`)),
    ...sharedLines(of('flaw')).map((line) => `  ${paint.yellow('flaw')}      ${line}`),
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
  const said = kind === 'flaw' ? found.theirs : (plainWords[`${kind} ${change}`] ?? `${kind}${sidesText(found)}`)
  return `${where === kind ? '' : `${where}: `}${said}${remark === undefined ? '' : `; ${remark}`}`
}

function sidesText({ change, ours = '', theirs = '' }: SpecFinding): string {
  if (change === 'added') return ` that ours lacks: ${theirs}`
  return change === 'removed' ? ` that theirs no longer has: ${ours}` : `: ours ${ours}, theirs ${theirs}`
}

/** What ours alone says is counted. */
function noteLines(notes: readonly SpecFinding[]): readonly string[] {
  const removed = notes.filter(({ change }) => change === 'removed')
  const ourOwn = [...groupBy(removed, ({ kind }) => kind)].map(([kind, { length }]) => count(length, kind))
  const lines = sharedLines(notes.filter(({ change }) => change !== 'removed'))
  return ourOwn.length === 0 ? lines : [...lines, `only in ours: ${ourOwn.join(', ')}`]
}

/** Findings that say the same share a line, places in a row. */
function sharedLines(findings: readonly SpecFinding[]): readonly string[] {
  const groups = groupBy(findings, ({ kind, ours, theirs, remark }) => [kind, ours, theirs, remark].join('\n'))
  return [...groups.values()].map((group) =>
    group
      .slice(0, 1)
      .map((first) => findingText({ ...first, where: group.map(({ where }) => where).join(', ') }))
      .join(''),
  )
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
