// Writes a comparison as text for a terminal: operations with their differences, totals, verdict.
import { groupBy } from '../kernel/group-by.js'
import { printableData } from '../kernel/printable.js'
import type { SpecComparison } from './compare-specs.js'
import type { SpecFinding } from './finding.js'

type Paint = Readonly<Record<'bold' | 'dim' | 'red' | 'yellow' | 'green', (text: string) => string>>

/** The report as lines of text, ending in a newline. Operations without differences are counted, not listed. */
export function renderComparison(comparison: SpecComparison, paint: Paint): string {
  const { ours, theirs, operations, totals, onlyOurs, otherSubjects, isExcerpt } = printableData(comparison)
  const others = otherSubjects.map(({ tag, operations: many }) => `${tag} ${many}`).join(', ')
  const broken = operations
    .filter(({ findings }) => findings.some(({ severity }) => severity === 'breaking'))
    .map(({ operation }) => operation)
  const breaks = `${count(totals.breaking, 'difference')} that ${totals.breaking === 1 ? 'breaks' : 'break'} a client`
  const verdict = totals.breaking === 0 ? paint.green('nothing that breaks a client') : paint.red(breaks)
  const lines = [
    `ours    ${titleText(ours)}`,
    `theirs  ${titleText(theirs)}`,
    ...operations.flatMap(({ operation, method, path, findings }) =>
      findings.length === 0
        ? []
        : ['', `${paint.bold(operation)}  ${paint.dim(`${method} ${path}`)}`, ...findingLines(findings, paint)],
    ),
    '',
    ...(isExcerpt ? ['Theirs holds few of our operations and is taken for an excerpt: none counts as removed.'] : []),
    ...(onlyOurs.length > 0 ? [paint.dim(`Only in ours, not judged: ${onlyOurs.join(', ')}.`)] : []),
    ...(others === '' ? [] : [paint.dim(`On other subjects, not compared: ${others}.`)]),
    `${count(totals.compared, 'operation')} compared: ${verdict}; ${count(totals.notes, 'note')}, ${count(totals.flaws, 'flaw')} in theirs.`,
    ...(broken.length > 0 ? [paint.red(`Breaking: ${broken.join(', ')}.`)] : []),
  ]
  return `${lines.join('\n')}\n`
}

function titleText({ file, title, version, openapi }: SpecComparison['ours']): string {
  return `${file} (${[title, version, `OpenAPI ${openapi}`].filter((text) => text !== '').join(', ')})`
}

/** Findings that say the same share a line, places in a row; notes of what only ours says are counted. */
function findingLines(findings: readonly SpecFinding[], paint: Paint): readonly string[] {
  const painters = { breaking: paint.red, note: paint.dim, flaw: paint.yellow }
  return [...groupBy(findings, ({ severity }) => severity)].flatMap(([severity, all]) => {
    const isOurOwn = ({ change }: SpecFinding) => severity === 'note' && change === 'removed'
    const ourOwn = [...groupBy(all.filter(isOurOwn), ({ kind }) => kind)].map(([kind, { length }]) =>
      count(length, kind),
    )
    const others = all.filter((found) => !isOurOwn(found))
    const lines = [...groupBy(others, saidText)].map(([said, group]) => {
      const places = group.filter(({ where, kind }) => where !== kind).map(({ where }) => where)
      return `${places.join(', ')}${places.length > 0 ? ': ' : ''}${said}`
    })
    return [...lines, ...(ourOwn.length > 0 ? [`only in ours: ${ourOwn.join(', ')}`] : [])].map(
      (line) => `  ${painters[severity](severity)}${' '.repeat(10 - severity.length)}${line}`,
    )
  })
}

function saidText({ kind, change, ours = '', theirs = '', remark }: SpecFinding): string {
  const sides = {
    added: `${kind} that ours lacks: ${theirs}`,
    removed: `${kind} that theirs no longer has: ${ours}`,
    changed: `${kind}: ours ${ours}, theirs ${theirs}`,
  }
  return `${kind === 'flaw' ? theirs : sides[change]}${remark === undefined ? '' : `; ${remark}`}`
}

function count(number: number, noun: string): string {
  const plural = noun.endsWith('s') ? `${noun}es` : `${noun}s`
  return `${number} ${number === 1 ? noun : plural}`
}
