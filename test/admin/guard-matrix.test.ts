// Who may use the admin API, for every combination of what a caller may say, held against the table of docs/admin.md.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { openSite, raw } from './site.js'

const TOKEN = 'sesame'

/** Values of each column, by the words that the table has for them. */
const HOSTS = {
  loopback: ['127.0.0.1:5173', 'localhost', '[::1]:80'],
  other: ['evil.example', '10.0.0.1:5173', '0.0.0.0'],
}
const ORIGINS = {
  none: [undefined],
  loopback: ['http://127.0.0.1:5173', 'http://localhost:3000', 'https://[::1]'],
  '`null`': ['null'],
  'any other': ['https://evil.example', 'http://10.0.0.1:5173', 'http://localhost.evil.example'],
}
const TOKENS = {
  'the right one': [TOKEN],
  'another or none': [undefined, '', 'sesam', 'sesam\u00e9', `${TOKEN}, ${TOKEN}`],
}

/** A request of each further method that changes nothing where it is let in. */
const OTHER_CALLS = [
  ['HEAD', '/health'],
  ['POST', '/clock/freeze'],
  ['PUT', '/state'],
  ['PATCH', '/settings'],
  ['DELETE', '/faults'],
  ['POST', '/pairing/none/activate'],
  ['OPTIONS', '/health'],
] as const

type Row = readonly [server: string, host: string, origin: string, token: string, answer: string]

const rows = readFileSync('docs/admin.md', 'utf8')
  .split('\n')
  .filter((line) => /^\| (without token|with a token) /.test(line))
  .map(
    (line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .slice(1, 6) as unknown as Row,
  )

/** All values that a cell stands for. */
function valuesOf(
  values: Readonly<Record<string, readonly (string | undefined)[]>>,
  cell: string,
): (string | undefined)[] {
  return Object.entries(values).flatMap(([name, each]) => (cell === 'any' || cell === name ? each : []))
}

it('the table speaks of every combination once', () => {
  const count = (server: string): number =>
    rows
      .filter(([of]) => of === server)
      .map(
        ([, host, origin, token]) =>
          valuesOf(HOSTS, host).length * valuesOf(ORIGINS, origin).length * valuesOf(TOKENS, token).length,
      )
      .reduce((sum, each) => sum + each, 0)
  const all = valuesOf(HOSTS, 'any').length * valuesOf(ORIGINS, 'any').length * valuesOf(TOKENS, 'any').length
  expect([count('without token'), count('with a token')]).toEqual([all, all])
})

it.each(rows)('%s, Host %s, Origin %s, token %s: %s', async (server, hosts, origins, tokens, answer) => {
  const { port } = await openSite({}, server === 'with a token' ? { adminToken: TOKEN } : {})
  const combinations = valuesOf(HOSTS, hosts).flatMap((host) =>
    valuesOf(ORIGINS, origins).flatMap((origin) =>
      valuesOf(TOKENS, tokens).map((token) => ({ host, origin, 'x-admin-token': token })),
    ),
  )
  const ask = async (said: object, method: string, path: string): Promise<void> => {
    const headers = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))
    const got = await raw(port, `/__admin${path}`, headers, method)
    expect([method, path, said, got.status === 403]).toEqual([method, path, said, answer === '403'])
    expect(Object.keys(got.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  }
  for (const [at, said] of combinations.entries()) {
    await ask(said, 'GET', '/health')
    const [method, path] = OTHER_CALLS[at % OTHER_CALLS.length] ?? ['HEAD', '/health']
    await ask(said, method, path)
  }
})

it('a request target with a host counts in place of the header', async () => {
  const { port } = await openSite()
  const ask = async (target: string, host: string): Promise<number> => (await raw(port, target, { host })).status
  expect(await ask('http://127.0.0.1/__admin/health', 'evil.example')).toBe(200)
  expect(await ask('http://evil.example/__admin/health', '127.0.0.1')).toBe(403)
  expect(await ask('http://me@127.0.0.1/__admin/health', '127.0.0.1')).toBe(403)
  expect(await ask(`HTTP://localhost:${port}/api/is-alive/ping`, '127.0.0.1')).toBe(200)
  expect(await ask('http://localhost/api/v1/private/projects?size=1', 'x')).toBe(200)
  expect(await ask('http://localhost', 'x')).toBe(200)
  expect(await ask('http://localhost?size=1', 'x')).toBe(200)
})

it.each([
  '/opik/pair/v1',
  '/opik/pair/pair.js',
  '/default/projects/01900000-0000-7000-8000-000000000000/agent-playground',
])("a page that people are sent to %s says the same to every caller, and may be in nobody's frame", async (path) => {
  const { port } = await openSite({}, { adminToken: TOKEN })
  const answers = new Set<string>()
  for (const host of Object.values(HOSTS).flat()) {
    for (const origin of Object.values(ORIGINS).flat()) {
      const said = { host, ...(origin !== undefined && { origin }) }
      const { status, headers } = await raw(port, path, said)
      answers.add(`${status} ${String(headers['x-frame-options'])}`)
      expect((await raw(port, path, said, 'POST')).status).toBe(404)
    }
  }
  expect([...answers]).toEqual([path.startsWith('/opik/') ? '200 DENY' : '303 undefined'])
})
