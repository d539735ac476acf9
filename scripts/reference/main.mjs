// Writes docs/api: the reference of every entry, from the declarations that importers get. With --check it writes
// nothing and exits 1 when a page is stale. Last part of `npm run generate`.
import { build } from '../build.mjs'
import { finish } from '../generate/write-files.mjs'
import { at } from '../paths.mjs'
import { readEntries } from './read-entries.mjs'
import { renderReference } from './render-reference.mjs'

await build({ only: ['types'], quiet: true })
const pages = Array.from(renderReference(readEntries()), ([name, text]) => [`docs/api/${name}`, text])
process.exitCode = finish(new Map(pages), {
  root: at(),
  check: process.argv.includes('--check'),
  owned: { folder: 'docs/api', isOurs: () => true },
  what: 'pages of the reference',
})
