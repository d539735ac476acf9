// Writes the list of requirements (src/contracts/check/requirements.json) and docs/requirements.md from what the checks
// and the rules of conduct declare. With --check it writes nothing and exits 1 when one is stale. Third part of `npm run generate`.
// Curl commands that are missing are recorded from the mock, as those of rules in other words.
import { existsSync, readFileSync } from 'node:fs'
import { loadModule } from '../fixtures/load-sources.mjs'
import { finish } from '../generate/write-files.mjs'
import { at, manifest } from '../paths.mjs'
import { listIds, renderList } from './list-ids.mjs'
import { keyOf, readCalls, readKills, renderPage } from './render-page.mjs'

const LIST = 'src/contracts/check/requirements.json'
const PAGE = 'docs/requirements.md'

const ENTRY = `export { allRules } from './src/conduct/all-rules.ts'
export { checks } from './src/contracts/suites/all-checks.ts'
export { listRequirements } from './src/contracts/suites/requirements.ts'
export { decisiveCalls } from './src/cli/mcp/requirement-list.ts'`

const read = (name) => (existsSync(at(name)) ? readFileSync(at(name), 'utf8') : '')
const isOfClients = (of) => of.startsWith('conduct/')

/** Types, routes and documents are written by now; what follows has to run the mock. */
function refuseMissingResolver(error) {
  if (error.code !== 'resolver/missing') throw error
  console.error(`${error.message} Its types are generated; run \`npm run generate\` again for the requirements.`)
  process.exit(1)
}

/** A rule of conduct as a requirement: it is judged by itself, and docs/conduct.md says how. */
function toRequirement({ id, requirement, title, severity }) {
  const of = `conduct/${id}`
  return { of, id: requirement, severity, words: `${title}.`, sources: ['docs/conduct.md'], checks: [of] }
}

const isCheck = process.argv.includes('--check')

const sources = await loadModule(ENTRY, {
  packages: 'external',
  define: { KIT_VERSION: JSON.stringify(manifest.version) },
}).catch(refuseMissingResolver)
const ofChecks = sources.listRequirements(sources.checks)
const ofClients = sources.allRules.map(toRequirement)
const rules = [...ofChecks, ...ofClients]
const { list, problems } = listIds(rules, JSON.parse(read(LIST)))
const named = new Map(list.map((entry) => [entry.of, entry]))
const requirements = rules.map((rule) => ({ ...rule, id: named.get(rule.of).id }))
const kills = readKills(read('docs/mutants.md'), new Set(sources.checks.map(({ id }) => id)))

const calls = readCalls(read(PAGE))
const silent = requirements.filter((each) => !isOfClients(each.of) && !calls.has(keyOf(each)))
if (!isCheck && problems.length === 0 && silent.length > 0) {
  const first = new Set(silent.map((each) => each.checks[0]))
  const recorded = await sources.decisiveCalls(sources.checks.filter(({ id }) => first.has(id)))
  for (const each of silent) if (recorded.has(each.checks[0])) calls.set(keyOf(each), recorded.get(each.checks[0]))
}
const files = new Map([
  [LIST, renderList(list)],
  [PAGE, renderPage(requirements, kills, calls)],
])
for (const problem of problems) console.error(`${LIST}: ${problem}`)
const what = `files of ${requirements.length} requirements`
process.exitCode = problems.length > 0 ? 1 : finish(files, { root: at(), check: isCheck, owned: null, what })
