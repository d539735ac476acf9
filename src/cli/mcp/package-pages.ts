/** The package's documents, as agents read them: by sections, or the entry of one rule or one operation. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The text of a page in the nearest `docs` above this file: the same for sources and for the built command. */
export function readPage(name: string): string {
  let above = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(above, 'docs', name)) && above !== dirname(above)) above = dirname(above)
  return readFileSync(join(above, 'docs', name), 'utf8')
}

/** Sections of a page by their titles, `##` alone; '' is what stands before the first. */
export function sectionsOf(page: string): ReadonlyMap<string, string> {
  const parts = page.split(/^## /m)
  return new Map(parts.map((part, at) => (at === 0 ? ['', part] : [part.split('\n', 1)[0] ?? '', `## ${part}`])))
}

/** The entry of a requirement, with its curl command, or the row of an operation; undefined where none has the id. */
export function findEntry(id: string): string | undefined {
  const row = readPage('operations.md')
    .split('\n')
    .find((line) => line.startsWith(`| \`${id}\` |`))
  if (row !== undefined) return row.replaceAll('<br>', ' ')
  const [, entry] = readPage('requirements.md').split(`\n- **${id}** `, 2)
  return entry === undefined
    ? undefined
    : `${id} ${entry
        .split(/\n(?=- \*\*|## )/, 1)[0]
        ?.replace('<br>', '')
        .trim()}`
}

/** Ids of all requirements. */
export function requirementIds(): string[] {
  return [...readPage('requirements.md').matchAll(/^- \*\*([\w-]+)\*\* /gm)].map(([, id = '']) => id)
}
