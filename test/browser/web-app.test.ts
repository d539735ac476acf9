// A page with axios and TanStack Query, as Opik's web app has them: the same against a server of another origin and with
// MSW's worker in the page.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { checkReply, serve } from '../../src/mocks/adapters/node.js'
import type { PairingLinkRequest } from '../../src/mocks/given/given-session.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { openSite, STRICT_CSP, type Site } from './harness/site.js'
import { visit } from './harness/visitor.js'

/** What a test does to the mock, wherever it is. */
interface Backend {
  page: Page
  advance: (seconds: number) => Promise<unknown>
}

const pairing: PairingLinkRequest = { type: 'connect', name: 'Zoë’s laptop' }

describe.each(['serve', 'the worker'] as const)('the web app with %s', (where) => {
  let site: Site
  beforeAll(async () => {
    const csp = `${STRICT_CSP}; connect-src 'self' http://127.0.0.1:*`
    site = await openSite({ pages: { '/app': 'web-app.ts' }, csp })
  })
  afterAll(() => site.close())

  async function open(): Promise<Backend> {
    const visitor = await visit()
    // A project without any configuration has no history.
    visitor.expectProblem(/404.*blueprints\/history/)
    if (where === 'serve') {
      const mock = createRunnerMock({ checkReply, scenario: 'demo', frozen: true })
      const server = await serve(mock, { port: 0 })
      onTestFinished(() => server.close())
      const link = await mock.given.pairingLink(pairing)
      const page = await visitor.open(`${site.origin}/app?api=${encodeURIComponent(server.url)}#${link}`)
      return { page, advance: (seconds) => mock.clock.advance({ seconds }) }
    }
    const page = await visitor.open(`${site.origin}/app`)
    await page.getByText('demo-laptop').waitFor()
    await page.evaluate(async (request) => {
      const { mock } = await globalThis.started
      location.hash = await mock.given.pairingLink(request)
    }, pairing)
    return {
      page,
      advance: (by) => page.evaluate(async (seconds) => (await globalThis.started).mock.clock.advance({ seconds }), by),
    }
  }

  const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
  const texts = (page: Page, list: string) => page.locator(`#${list} li`).allTextContents()
  const sees = (page: Page, list: string, lines: string[]) => expect.poll(() => texts(page, list)).toEqual(lines)

  /** Runs an agent to its end. */
  async function run({ page, advance }: Backend, agent: string, state: string): Promise<void> {
    await press(page, `run ${agent}`)
    await page.locator('#job').getByText(`${agent}: `).waitFor()
    await advance(25)
    await page.locator('#job').getByText(`${agent}: ${state}`).waitFor()
  }

  it('lists runners, pairs one by its link, and disconnects it', async () => {
    const { page } = await open()
    const demo = 'demo-laptop: endpoint, connected, 5'
    await sees(page, 'runners', [demo])
    await press(page, 'pair')
    await sees(page, 'runners', ['Zoë’s laptop: connect, connected, 0', demo])
    await press(page, 'disconnect')
    await sees(page, 'runners', [demo])
  })

  it('runs an agent and follows its trace, span by span, until the result is there', async () => {
    const { page, advance } = await open()
    await sees(page, 'runners', ['demo-laptop: endpoint, connected, 5'])
    await press(page, 'run research')
    await page.locator('#job').getByText('research: ').waitFor()
    for (let state = 0; state < trajectory.length; state++) {
      const [seconds, trace, spans] = trajectory[state]!
      await advance(seconds)
      await sees(page, 'trace', [trace])
      await sees(page, 'spans', spans.split(', '))
    }
    await page.locator('#job').getByText('research: completed').waitFor()
    expect(await texts(page, 'job')).toContain(
      '{"answer":"Found in 3 sources.","sources":["background.txt","figures.txt","objections.txt"]}',
    )
  })

  it('shows why an agent failed, and cancels one that runs', async () => {
    const backend = await open()
    const { page, advance } = backend
    await run(backend, 'always-fails', 'failed')
    expect((await texts(page, 'job')).join()).toContain('this agent always fails')
    await press(page, 'run research')
    await page.locator('#job').getByText('research: ').waitFor()
    await advance(2)
    await page.locator('#job').getByText('research: running').waitFor()
    await press(page, 'cancel')
    await page.locator('#job').getByText('research: cancelled').waitFor()
  })

  it('sorts and filters traces', async () => {
    const backend = await open()
    const { page } = backend
    await run(backend, 'research', 'completed')
    await run(backend, 'always-fails', 'failed')
    await run(backend, 'summarize', 'completed')
    const lists: [string, string[]][] = [
      ['list traces', ['summarize', 'always-fails', 'research', '3 in all']],
      ['sort by name', ['always-fails', 'research', 'summarize', '3 in all']],
      ['filter by duration', ['research', '1 in all']],
      ['filter by name', ['summarize', '1 in all']],
      ['filter by errors', ['always-fails', '1 in all']],
    ]
    for (const [button, lines] of lists) {
      await press(page, button)
      await sees(page, 'traces', lines)
    }
    await press(page, 'sort by duration')
    await expect.poll(async () => (await texts(page, 'traces'))[0]).toBe('research')
    expect(await texts(page, 'traces')).toHaveLength(4)
  })

  it('saves a configuration, deploys it, and runs an agent with it', async () => {
    const backend = await open()
    const { page } = backend
    await press(page, 'create configuration')
    await sees(page, 'history', ['v1 [prod] model=small,temperature=0.1'])
    await press(page, 'save configuration')
    await sees(page, 'history', ['v2 [] model=small,temperature=0.2', 'v1 [prod] model=small,temperature=0.1'])
    await press(page, 'deploy')
    await sees(page, 'history', ['v2 [staging] model=small,temperature=0.2', 'v1 [prod] model=small,temperature=0.1'])
    await run(backend, 'summarize', 'completed')
  })
})

/** Seconds from the state before, the trace, and its spans in the order of their beginning; `…` for one that goes on. */
const trajectory: readonly [number, string, string][] = [
  [0.5, 'research: runs', 'research…, check question…'],
  [1, 'research: runs', 'research…, check question, plan…, search…'],
  [3, 'research: runs', 'research…, check question, plan…, search, search…'],
  [3, 'research: runs', 'research…, check question, plan…, search, search, search…'],
  [3, 'research: runs', 'research…, check question, plan, search, search, search, draft…'],
  [5, 'research: runs', 'research…, check question, plan, search, search, search, draft, review…'],
  [5, 'research: took 20000 ms', 'research, check question, plan, search, search, search, draft, review'],
]
