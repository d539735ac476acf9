// The worst of an old style: pages, comments, and the descriptions of options and operations do without these words.
import { readFileSync, readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { root } from './blocks.js'

/** Each has a plainer one: a subject with a name ("the server"), "again", "instead of", "owes" as "must". */
const OLD = /\b(whoever|whomever|somebody|anybody|anew|held against|owes|mends|in place of)\b/i

const read = (path: string): string => readFileSync(root + path, 'utf8')
const under = (folder: string, form: RegExp): string[] =>
  readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((path) => form.test(path) && !/(^|\/)(node_modules|generated|dist)\//.test(path))

/** Lines of prose: of a page what is no code, of YAML all but examples, of a source its comments. */
function proseOf(path: string): string[] {
  if (path.endsWith('.md'))
    return read(path)
      .replaceAll(/^```[^]*?^```/gm, '')
      .split('\n')
  const lines = read(path).split('\n')
  if (path.endsWith('.yaml')) return lines.filter((line) => /^\s*(#|description:|x-default:|summary:)/.test(line))
  return lines.filter((line) => /^\s*(\/\/|\/?\*)/.test(line))
}

const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...['docs', 'deploy', 'examples', 'python'].flatMap((folder) => under(folder, /\.md$/)),
].filter((page) => page !== 'docs/requirements.md' && page !== 'docs/mutants.md')

it.each([
  ['pages', pages],
  ['comments', ['src', 'scripts'].flatMap((folder) => under(folder, /\.(tsx?|mjs)$/))],
  ['descriptions', under('openapi', /\.yaml$/)],
] as const)('%s are in plain words', (_, paths) => {
  const lines = paths.flatMap((path) => proseOf(path).map((line) => `${path}: ${line.trim()}`))
  expect(lines.length).toBeGreaterThan(500)
  expect(lines.filter((line) => OLD.test(line))).toEqual([])
})
