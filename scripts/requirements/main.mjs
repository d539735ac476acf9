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
export { operationOf } from './src/contracts/check/check.ts'
export { toCurl } from './src/contracts/target/recorded-exchange.ts'
export { adminClock } from './src/contracts/target/target-admin.ts'
export { verify } from './src/contracts/run/verify.ts'
export { serve } from './src/mocks/adapters/node.ts'
export { createRunnerMock } from './src/mocks/mock/runner-mock.ts'`

/**
 * Of curl commands: the longest address and body, and the shell variables that stand for ids, by what comes before
 * them.
 */
const MAX_LENGTH = 420
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi
const VARIABLES = {
  runners: 'RUNNER',
  sessions: 'SESSION',
  jobs: 'JOB',
  commands: 'COMMAND',
  projects: 'PROJECT',
  traces: 'TRACE',
}

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
  const recorded = await recordCalls(sources, silent)
  for (const each of silent) if (recorded.has(each.id)) calls.set(keyOf(each), recorded.get(each.id))
}
const files = new Map([
  [LIST, renderList(list)],
  [PAGE, renderPage(requirements, kills, calls)],
])
for (const problem of problems) console.error(`${LIST}: ${problem}`)
const what = `files of ${requirements.length} requirements`
process.exitCode = problems.length > 0 ? 1 : finish(files, { root: at(), check: isCheck, owned: null, what })

/**
 * Curl commands of some requirements, by id: the calls that decide, recorded from the mock, with what differs from run to
 * run in the reader's own words.
 */
async function recordCalls({ adminClock, checks, createRunnerMock, operationOf, serve, toCurl, verify }, requirements) {
  const server = await serve(createRunnerMock(), { port: 0 })
  try {
    const first = new Map(requirements.map((each) => [each.checks[0], each.id]))
    const chosen = checks.filter(({ id }) => first.has(id))
    const { results } = await verify(
      { url: server.url, clock: adminClock(server.adminUrl) },
      { checks: chosen, seed: 7, concurrency: 4, keepExchanges: true },
    )
    const calls = results.flatMap(({ id, rule, exchanges }) => {
      const own = exchanges.findLast(({ operation }) => operation !== null && operation === operationOf(rule))
      const decisive = own ?? exchanges.at(-1)
      return decisive === undefined
        ? []
        : [[first.get(id), tidy(toCurl(short(decisive)).replace('-X GET ', ''), server.url)]]
    })
    return new Map(calls.filter(([, call]) => !call.includes('\n')))
  } finally {
    await server.close()
  }
}

function short(exchange) {
  const { requestBody: body, url, requestHeaders } = exchange
  const headers = Object.entries(requestHeaders).filter(
    ([name, value]) => name !== 'accept' || value !== 'application/json',
  )
  return {
    ...exchange,
    url: url.length > MAX_LENGTH ? `${url.slice(0, MAX_LENGTH)}...` : url,
    requestHeaders: Object.fromEntries(headers),
    requestBody: body !== null && body.length > MAX_LENGTH ? `${body.slice(0, MAX_LENGTH)}...` : body,
  }
}

/** Ids become shell variables, named by what stands before them. */
function tidy(curl, url) {
  return curl
    .replaceAll(`'${url}`, `"$API"'`)
    .replaceAll(/'authorization: contract-colleague-[a-z0-9]+'/g, '"authorization: $OPIK_COLLEAGUE_API_KEY"')
    .replaceAll(/contract-([a-z]+)-[a-z0-9]{9,}-[a-z0-9]+/g, 'my-$1')
    .replaceAll(UUID, (_id, at, whole) => `'"$${nameAt(whole, at)}"'`)
    .replaceAll("''", '')
}

function nameAt(curl, at) {
  const [, word] = /([a-z_]+)(?:\/|=|"\s*:\s*\[?")$/.exec(curl.slice(Math.max(0, at - 40), at)) ?? []
  return VARIABLES[word] ?? (word === undefined ? 'ID' : word.replace(/_id$/, '').toUpperCase())
}
