/** The package's documents, as agents read them: by sections, or the entry of one rule or one operation. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where a file of the package is, in the nearest folder above this one that has it: of sources and of any bundle. */
export function packageFile(name: string): string {
  let above = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(above, name)) && above !== dirname(above)) above = dirname(above)
  return join(above, name)
}

export function readPage(name: string): string {
  return readFileSync(packageFile(join('docs', name)), 'utf8')
}

/** Sections of a page by their titles, `##` alone; '' is what stands before the first. */
export function sectionsOf(page: string): ReadonlyMap<string, string> {
  const parts = page.split(/^## /m)
  return new Map(parts.map((part, at) => (at === 0 ? ['', part] : [part.split('\n', 1)[0] ?? '', `## ${part}`])))
}

/** The row of an operation; undefined for an unknown one. */
export function findOperation(id: string): string | undefined {
  const rows = readPage('operations.md').split('\n')
  return rows.find((line) => line.startsWith(`| \`${id}\` |`))?.replaceAll('<br>', ' ')
}
