// The call that decides a requirement, as a curl command: recorded from the mock, with what differs from run to run in
// the reader's own words.
const LONGEST = 420
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi

/** Curl commands of some requirements, by id. */
export async function recordCalls(
  { adminClock, checks, createRunnerMock, operationOf, serve, toCurl, verify },
  requirements,
) {
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
    url: url.length > LONGEST ? `${url.slice(0, LONGEST)}...` : url,
    requestHeaders: Object.fromEntries(headers),
    requestBody: body !== null && body.length > LONGEST ? `${body.slice(0, LONGEST)}...` : body,
  }
}

/** Ids become shell variables, named by what stands before them. */
function tidy(curl, url) {
  return curl
    .replaceAll(`'${url}`, `"$API"'`)
    .replaceAll(/contract-([a-z]+)-[a-z0-9]{9,}-[a-z0-9]+/g, 'my-$1')
    .replaceAll(UUID, (_id, at, whole) => `'"$${nameAt(whole, at)}"'`)
    .replaceAll("''", '')
}

const names = {
  runners: 'RUNNER',
  sessions: 'SESSION',
  jobs: 'JOB',
  commands: 'COMMAND',
  projects: 'PROJECT',
  traces: 'TRACE',
}

function nameAt(curl, at) {
  const [, word] = /([a-z_]+)(?:\/|=|"\s*:\s*\[?")$/.exec(curl.slice(Math.max(0, at - 40), at)) ?? []
  return names[word] ?? (word === undefined ? 'ID' : word.replace(/_id$/, '').toUpperCase())
}
