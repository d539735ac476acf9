// Writes docs/api: the reference of every entry, from the declarations that importers get. With --check it writes
// nothing and exits 1 when a page is stale. Last part of `npm run generate`.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { build } from '../build.mjs'
import { at } from '../paths.mjs'
import { readEntries } from './read-entries.mjs'
import { renderReference } from './render-reference.mjs'

const FOLDER = 'docs/api'

await build({ only: ['types'], quiet: true })
const pages = renderReference(readEntries())
mkdirSync(at(FOLDER), { recursive: true })
const present = readdirSync(at(FOLDER))
const isStale = ([name, text]) => !present.includes(name) || readFileSync(at(FOLDER, name), 'utf8') !== text
const stale = [...pages].filter(isStale).map(([name]) => name)
const left = present.filter((name) => !pages.has(name))

if (process.argv.includes('--check')) {
  for (const name of [...stale, ...left]) console.error(`${FOLDER}/${name} is stale: run \`npm run generate\`.`)
  if (stale.length + left.length === 0) console.log(`${pages.size} pages of the reference are current.`)
  else process.exitCode = 1
} else {
  for (const name of stale) writeFileSync(at(FOLDER, name), pages.get(name))
  for (const name of left) rmSync(at(FOLDER, name))
  console.log(`${FOLDER}: ${pages.size} pages, ${stale.length} written, ${left.length} removed.`)
}
