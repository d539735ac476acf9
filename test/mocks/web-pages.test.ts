// Where a served mock leads people who follow links to pages of Opik's web app, and probes that know no base path.
import { describe, expect, it, onTestFinished } from 'vitest'
import { serve, type RunnerServer, type ServeOptions } from '../../src/mocks/adapters/node.js'
import { createRunnerMock, type RunnerMock } from '../../src/mocks/mock/runner-mock.js'

const TRACE = '01900000-0000-7000-8000-00000000dead'

async function open(options: ServeOptions = {}): Promise<{ server: RunnerServer; mock: RunnerMock; origin: string }> {
  const mock = createRunnerMock({ seed: 7 })
  const server = await serve(mock, { port: 0, ...options })
  onTestFinished(() => server.close())
  return { server, mock, origin: `http://127.0.0.1:${server.port}` }
}

const follow = async (url: string, method = 'GET') => {
  const { status, headers } = await fetch(url, { method, redirect: 'manual' })
  return [status, headers.get('location')]
}

async function withTrace({ server, mock }: Awaited<ReturnType<typeof open>>): Promise<string> {
  await mock.fetch(
    new Request(`${server.url}/v1/private/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: TRACE, start_time: '2026-07-01T12:00:00Z' }),
    }),
  )
  return `${server.url}/v1/session/redirect/projects?trace_id=${TRACE}&path=${btoa(server.url)}`
}

describe('the root', () => {
  const asking = async (url: string, accept: string, method = 'GET') => {
    const { status, headers } = await fetch(url, { method, headers: { accept }, redirect: 'manual' })
    return [status, headers.get('location'), headers.get('content-type')]
  }
  const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

  it.each([{}, { basePath: '' }, { basePath: '/other' }])('leads browsers to the console, with %j', async (options) => {
    const { origin, server } = await open(options)
    for (const path of ['', '/', '/?from=mail']) {
      expect(await asking(origin + path, browser)).toEqual([303, server.consoleUrl, null])
    }
    expect(await asking(origin, browser, 'HEAD')).toEqual([303, server.consoleUrl, null])
  })

  it.each(['application/json', '*/*'])('answers %s in JSON', async (accept) => {
    const { origin, server } = await open()
    expect(await asking(origin, accept)).toEqual([200, null, 'application/json'])
    const answer = await fetch(origin, { headers: { accept } })
    expect(await answer.json()).toMatchObject({ api: server.url, console: server.consoleUrl })
    expect(await asking(origin, browser, 'DELETE')).toEqual([404, null, 'application/json'])
  })
})

describe('the page of a trace', () => {
  it('is that of the web app, wherever it is', async () => {
    const opened = await open({ web: 'http://localhost:5174/opik/' })
    const link = await withTrace(opened)
    const [status, location] = await follow(link)
    const path =
      /^http:\/\/localhost:5174\/opik\/default\/projects\/[\da-f-]{36}\/traces\?tab=logs&logsType=traces&trace=/
    expect([status, String(location)]).toEqual([303, expect.stringMatching(path)])
    expect(String(location).endsWith(TRACE)).toBe(true)
  })

  it('stands beside the API that the link names, and is that of the console where this server is there', async () => {
    const opened = await open()
    const link = await withTrace(opened)
    const [status, page] = await follow(link)
    const { origin, server } = opened
    expect([status, String(page).slice(0, origin.length + 18)]).toEqual([303, `${origin}/default/projects/`])
    expect(String(page).endsWith(`/traces?tab=logs&logsType=traces&trace=${TRACE}`)).toBe(true)
    expect(await follow(String(page))).toEqual([303, `${server.consoleUrl}/#/traces/trace/${TRACE}`])
    const elsewhere = link.replace(/path=.*/, `path=${btoa('https://opik.example/opik/api/')}`)
    expect(String((await follow(elsewhere))[1])).toMatch(/^https:\/\/opik\.example\/opik\/default\/projects\//)
  })

  it('is found in a world of its own, too', async () => {
    const worlds = { create: () => createRunnerMock({ seed: 7 }) }
    const { origin } = await open({ worlds })
    const page = `/default/projects/${TRACE}/traces?trace=${TRACE}`
    expect(await follow(`${origin}/w/one${page}`)).toEqual([303, `${origin}/w/one/__admin/ui/#/traces/trace/${TRACE}`])
  })
})

it.each(['/api', ''])(
  'the page of an agent is that of the web app, or of its runner in the console, beside %j',
  async (basePath) => {
    const { origin, mock, server } = await open({ basePath })
    const runner = await mock.given.connectedRunner()
    const page = (id: string) => `${origin}/default/projects/${id}/agent-playground`
    const console = `${server.consoleUrl}/#/world`
    expect(await follow(page(runner.projectId))).toEqual([303, `${console}/runner/${runner.id}`])
    expect(await follow(`${page(TRACE)}/?tab=a`, 'HEAD')).toEqual([303, console])
    expect(await follow(page(runner.projectId), 'DELETE')).toEqual([404, null])
    expect(await follow(page('none'))).toEqual([404, null])
    const { origin: other } = await open({ web: 'http://localhost:5174' })
    const path = `/lab/projects/${TRACE}/agent-playground?tab=a`
    expect(await follow(other + path)).toEqual([303, `http://localhost:5174${path}`])
  },
)

it.each(['localhost:5174', 'ftp://localhost', 'http://', '/opik'])(
  'the address of the web app cannot be %s',
  async (web) => {
    const mock = createRunnerMock()
    await expect(serve(mock, { port: 0, web })).rejects.toMatchObject({ code: 'serve/web' })
    await mock.close()
  },
)

it.each(['', '/api', '/opik/api'])(
  'probes answer at the root beside the base path %j, and nothing else does',
  async (basePath) => {
    const { origin, mock } = await open({ basePath })
    for (const base of [basePath, '']) {
      expect(await (await fetch(`${origin}${base}/is-alive/ping`)).json()).toMatchObject({ healthy: true })
      expect(await (await fetch(`${origin}${base}/is-alive/ver/`)).json()).toMatchObject({ version: '2.1.24' })
    }
    const operations = mock.journal.entries().map(({ operation }) => operation)
    expect(operations).toEqual(['isAlive', 'version', 'isAlive', 'version'])
    if (basePath !== '') expect((await fetch(`${origin}/is-alive`)).status).toBe(404)
  },
)
