// Writes the list of requirements (src/contracts/suites/requirements.json) and docs/requirements.md from what the checks
// and the rules of conduct declare. With --check it writes nothing and exits 1 when one is stale. Third part of `npm run generate`.
// A version is raised by hand, in the list; curl commands that are missing are recorded from the mock.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { loadModule } from '../fixtures/load-sources.mjs'
import { at, manifest } from '../paths.mjs'
import { freeze, renderList } from './freeze.mjs'
import { recordCalls } from './record-calls.mjs'
import { readCalls, readKills, renderPage } from './render-page.mjs'

const LIST = 'src/contracts/suites/requirements.json'
const PAGE = 'docs/requirements.md'

const ENTRY = `export { allRules } from './src/conduct/all-rules.ts'
export { checks } from './src/contracts/suites/all-checks.ts'
export { listRequirements } from './src/contracts/suites/requirements.ts'
export { operationOf } from './src/contracts/check/check.ts'
export { toCurl } from './src/contracts/target/recorded-exchange.ts'
export { adminClock } from './src/contracts/target/target-admin.ts'
export { verify } from './src/contracts/run/verify.ts'
export { serve } from './src/mocks/adapters/node.ts'
export { createRunnerMock } from './src/mocks/mock/runner-mock.ts'`

const read = (name) => (existsSync(at(name)) ? readFileSync(at(name), 'utf8') : '')
const isOfClients = (of) => of.startsWith('conduct/')

/** A rule of conduct as a requirement: it is judged by itself, and docs/conduct.md says how. */
function toRequirement({ id, requirement, title, severity }) {
  const of = `conduct/${id}`
  return { of, id: requirement, severity, words: `${title}.`, sources: ['docs/conduct.md'], checks: [of] }
}

const isCheck = process.argv.includes('--check')

const sources = await loadModule(ENTRY, {
  packages: 'external',
  define: { KIT_VERSION: JSON.stringify(manifest.version) },
})
const ofChecks = sources.listRequirements(sources.checks)
const ofClients = sources.allRules.map(toRequirement)
const rules = [...ofChecks, ...ofClients]
const { list, problems } = freeze(rules, JSON.parse(read(LIST)))
const named = new Map(list.map((entry) => [entry.of, entry]))
const requirements = rules.map((rule) => ({ ...rule, id: named.get(rule.of).id, version: named.get(rule.of).version }))
const kills = readKills(read('docs/mutants.md'), new Set(sources.checks.map(({ id }) => id)))

let calls = readCalls(read(PAGE))
const silent = requirements.filter(({ of, id, version }) => !isOfClients(of) && !calls.has(`${id} ${version}`))
if (!isCheck && problems.length === 0 && silent.length > 0) {
  const recorded = await recordCalls(sources, silent)
  calls = new Map([
    ...calls,
    ...silent.flatMap(({ id, version }) => (recorded.has(id) ? [[`${id} ${version}`, recorded.get(id)]] : [])),
  ])
}
const files = new Map([
  [LIST, renderList(list)],
  [PAGE, renderPage(requirements, kills, calls)],
])
const stale = [...files].filter(([name, text]) => read(name) !== text).map(([name]) => name)

for (const problem of problems) console.error(`${LIST}: ${problem}`)
if (problems.length > 0) process.exitCode = 1
else if (isCheck) {
  for (const name of stale) console.error(`${name} is stale: run \`npm run generate\`.`)
  if (stale.length > 0) process.exitCode = 1
  else console.log(`${requirements.length} requirements are current.`)
} else {
  for (const name of stale) writeFileSync(at(name), files.get(name))
  console.log(`${requirements.length} requirements; ${stale.length === 0 ? 'nothing' : stale.join(', ')} written.`)
}
