/** Requirements as agents read them: of servers from the checks, of clients from the rules for them. */
import { allRules } from '../../conduct/all-rules.js'
import { checks } from '../../contracts/suites/all-checks.js'
import { listRequirements, requirementsById } from '../../contracts/suites/requirements.js'
import { operationOf, type Check } from '../../contracts/check/check.js'
import { verify } from '../../contracts/run/verify.js'
import type { Exchange } from '../../generated/kit-schema.js'
import { toCurl } from '../../report/shown-exchange.js'
import { adminClock } from '../../contracts/target/target-admin.js'
import { UUID } from '../../kernel/id-source.js'
import { shorten } from '../../kernel/printable.js'
import { serve } from '../../mocks/adapters/node.js'
import { createRunnerMock } from '../../mocks/mock/runner-mock.js'

/** Ids of requirements by those of the checks and rules that judge them. */
export const ofChecks: ReadonlyMap<string, string> = new Map([
  ...requirementsById(checks),
  ...allRules.map(({ id, requirement }) => [id, requirement] as const),
])

const requirements = [
  ...listRequirements(checks).map((each) => {
    const [first = ''] = each.checks
    return { ...each, id: ofChecks.get(first) ?? first, area: first.split('/', 1)[0] ?? first }
  }),
  ...allRules.map(({ id, requirement, title, severity }) => ({
    ...{ id: requirement, area: 'conduct', severity, words: `${title}.`, sources: ['docs/conduct.md'], checks: [id] },
  })),
]

export const requirementIds = requirements.map(({ id }) => id)

/** The rules of each area, a line each. */
export function requirementsByArea(): ReadonlyMap<string, string> {
  const areas = new Map<string, string>()
  for (const { id, area, severity, words } of requirements)
    areas.set(area, `${areas.get(area) ?? `## ${area}`}\n- **${id}** ${severity}: ${words}`)
  return areas
}

const MAX_CHECKS = 6

/** A requirement with its sources, its checks, and the call that decides the first of these as a curl command. */
export async function describeRequirement(id: string, signal: AbortSignal): Promise<string | undefined> {
  const found = requirements.find((each) => each.id === id)
  if (found === undefined) return undefined
  const { severity, words, sources, checks: all } = found
  const names = [
    ...all.slice(0, MAX_CHECKS),
    ...(all.length > MAX_CHECKS ? [`and ${all.length - MAX_CHECKS} more`] : []),
  ]
  const told = [`${id} ${severity}: ${words}`, `spec: ${sources.join('; ')}`, `checks: ${names.join(', ')}`]
  const first = checks.filter((check) => check.id === all[0])
  const calls = first.length === 0 ? [] : (await decisiveCalls(first, signal)).values()
  return [...told, ...calls].join('\n')
}

/** Longest address and longest body of a command, in characters. */
const MAX_LENGTH = 420
const IDS = new RegExp(UUID, 'gi')
/** Curl commands by the ids of the checks; a check without a call that fits on one line has none. */
export async function decisiveCalls(checks: readonly Check[], signal?: AbortSignal): Promise<Map<string, string>> {
  const server = await serve(createRunnerMock(), { port: 0 })
  try {
    const target = { url: server.url, clock: adminClock(server.adminUrl) }
    const { results } = await verify(target, { checks, seed: 7, concurrency: 4, keepExchanges: true, signal })
    const calls = results.flatMap(({ id, rule, exchanges }) => {
      const own = exchanges.findLast(({ operation }) => operation !== null && operation === operationOf(rule))
      const decisive = own ?? exchanges.at(-1)
      return decisive === undefined ? [] : [[id, toTidyCurl(decisive, server.url)] as const]
    })
    return new Map(calls.filter(([, call]) => !call.includes('\n')))
  } finally {
    await server.close()
  }
}

/** Ids become shell variables, and names those of a reader. */
function toTidyCurl(exchange: Exchange, url: string): string {
  return toCurl(tidied(exchange))
    .replace('-X GET ', '')
    .replaceAll(`'${url}`, `"$API"'`)
    .replaceAll(/'authorization: contract-colleague-[a-z0-9]+'/g, '"authorization: $OPIK_COLLEAGUE_API_KEY"')
    .replaceAll(/contract-([a-z]+)-[a-z0-9]{9,}-[a-z0-9]+/g, 'my-$1')
    .replaceAll(IDS, (_id, at: number, whole: string) => `'"$${nameAt(whole, at)}"'`)
    .replaceAll("''", '')
}

function tidied(exchange: Exchange): Exchange {
  const { requestBody: body, url, requestHeaders } = exchange
  const isUsual = ([name, value]: [string, string]): boolean => name === 'accept' && value === 'application/json'
  return {
    ...exchange,
    url: shorten(url, MAX_LENGTH),
    requestHeaders: Object.fromEntries(Object.entries(requestHeaders).filter((header) => !isUsual(header))),
    requestBody: body === null ? null : shorten(body, MAX_LENGTH),
  }
}

/** A shell variable for an id, by the word before it. */
function nameAt(curl: string, at: number): string {
  const [, word] = /(\w+)(?:\/|=|"\s*:\s*\[?")$/.exec(curl.slice(Math.max(0, at - 40), at)) ?? []
  return word === undefined ? 'ID' : word.replace(/s$|_id$/, '').toUpperCase()
}
