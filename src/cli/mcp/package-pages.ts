/** The package's documents, as agents read them: whole, or the part about one rule or one operation. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { KitError } from '../../kernel/errors.js'

/** The text of a page in the nearest `docs` above this file: the same for sources and for the built command. */
export function readPage(name: string): string {
  for (let above = dirname(fileURLToPath(import.meta.url)); above !== dirname(above); above = dirname(above)) {
    const file = join(above, 'docs', name)
    if (existsSync(file) && existsSync(join(above, 'package.json'))) return readFileSync(file, 'utf8')
  }
  throw new KitError('mcp/pages', {
    failed: 'A page of the documents is missing.',
    value: name,
    fix: 'Install the package again.',
  })
}

/** Sections of a page by their titles, `##` alone; '' is what stands before the first. */
export function sectionsOf(page: string): ReadonlyMap<string, string> {
  const parts = page.split(/^## /m)
  return new Map(parts.map((part, at) => (at === 0 ? ['', part] : [part.split('\n', 1)[0] ?? '', `## ${part}`])))
}

/** The entry of a requirement, with its curl command; undefined for an id that none has. */
export function findRequirement(id: string): string | undefined {
  const page = readPage('requirements.md')
  const start = page.indexOf(`\n- **${id}** `)
  if (start < 0) return undefined
  const rest = page.slice(start + 1)
  const end = /\n(?=- \*\*|## )/.exec(rest)?.index
  return rest.slice(0, end).replace('<br>', '').trim()
}

/** Ids of all requirements. */
export function requirementIds(): string[] {
  return [...readPage('requirements.md').matchAll(/^- \*\*([\w-]+)\*\* /gm)].map(([, id = '']) => id)
}

/** The row of an operation, a cell a line. */
export function findOperation(id: string): string | undefined {
  const rows = readPage('operations.md').split('\n')
  const head = rows.find((line) => line.startsWith('| Operation '))
  const row = rows.find((line) => line.startsWith(`| \`${id}\` |`))
  if (head === undefined || row === undefined) return undefined
  const cells = row.replaceAll('<br>', ' ').split(' | ')
  return head
    .split(' | ')
    .flatMap((name, at) => cellLine(name, cells[at] ?? ''))
    .join('\n')
}

function cellLine(name: string, cell: string): string[] {
  const [title = '', text = ''] = [name, cell].map((each) => each.replaceAll(/^\| |\|$/g, '').trim())
  return text === '' ? [] : [`${title}: ${text}`]
}
