/** The package's documents, as agents read them: by sections, or the entry of one rule or one operation. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageFile } from '../../mocks/adapters/node-package-file.js'

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
