// `npm run test:daemons`: tries Opik's own daemons and SDKs against the mock, the newest of each language; `-- --all` tries
// all, under every preset and three seeds, and writes the table in docs/daemons.md, which `-- --table` writes again from
// what was noted last. Other arguments are vitest's.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { at, binOf } from '../paths.mjs'
import { vitestRun } from '../tool-runs.mjs'
import { clientsOf, installClient } from './clients.mjs'

const args = process.argv.slice(2)
const isAll = args.includes('--all')
const notes = at('.cache', 'daemons', 'notes.jsonl')

if (args.includes('--table')) writeTable()
else runTests(args.filter((arg) => arg !== '--all'))

function runTests(rest) {
  for (const client of clientsOf(isAll)) installClient(client)
  mkdirSync(at('.cache', 'daemons'), { recursive: true })
  rmSync(notes, { force: true })
  const env = { ...process.env, KIT_DAEMON_NOTES: notes, ...(isAll && { KIT_ALL_DAEMONS: '1' }) }
  const { status } = spawnSync(process.execPath, vitestRun('daemons', rest), { cwd: at(), env, stdio: 'inherit' })
  if (status === 0 && isAll && rest.length === 0) writeTable()
  process.exitCode = status ?? 1
}

/** The table says what the tests have seen, and nothing else. */
function writeTable() {
  const seen = readFileSync(notes, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const columns = [
    ...['healthcheck', 'pairing link', 'job', 'trace and spans', 'cancelled job', 'configuration', 'mask', 'commands'],
    'stopped from outside',
    'breaks (should)',
  ]
  const rows = clientsOf(true).map(({ language, version }) => {
    const own = seen.filter((note) => note.client === `${language} ${version}`)
    const cells = columns.map((column) => {
      const values = own.filter((note) => note.column === column).flatMap((note) => note.value)
      return [...new Set(values)].toSorted().join(', ')
    })
    return `| ${[`${language === 'python' ? 'PyPI' : 'npm'} \`opik\` ${version}`, ...cells].join(' | ')} |`
  })
  const head = [`| client | ${columns.join(' | ')} |`, `| --- |${' --- |'.repeat(columns.length)}`]
  const page = at('docs', 'daemons.md')
  const text = readFileSync(page, 'utf8')
  const table = `<!-- clients -->\n\n${[...head, ...rows].join('\n')}\n\n<!-- end of clients -->`
  writeFileSync(
    page,
    text.replace(/<!-- clients -->[^]*<!-- end of clients -->/, () => table),
  )
  spawnSync(process.execPath, [binOf('oxfmt'), page], { cwd: at(), stdio: 'inherit' })
}
