// A served mock and somebody who looks at its console.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { checkReply, serve, type RunnerServer, type ServeOptions } from '../../../src/mocks/adapters/node.js'
import { createRunnerMock, type RunnerMock, type RunnerMockOptions } from '../../../src/mocks/mock/runner-mock.js'
import { visit, type Visitor } from '../harness/visitor.js'

export interface OpenConsole {
  mock: RunnerMock
  server: RunnerServer
  visitor: Visitor
  page: Page
}

export interface ConsoleOptions {
  /** Of the mock. Default: empty, with time running. */
  mock?: RunnerMockOptions
  serving?: ServeOptions
  /** Of the browser. Default: 1440 by 900, light. */
  context?: BrowserContextOptions
  /** What stands behind `#` in the address. Default: nothing. */
  hash?: string
  /** Called before the page is opened. */
  prepare?: (mock: RunnerMock, server: RunnerServer) => Promise<void>
}

/** Serves a mock for a visitor who has not opened a page. */
export async function serveMock(options: ConsoleOptions = {}): Promise<Omit<OpenConsole, 'page'>> {
  const mock = createRunnerMock({ checkReply, ...options.mock })
  const server = await serve(mock, { port: 0, ...options.serving })
  onTestFinished(() => server.close())
  await options.prepare?.(mock, server)
  return { mock, server, visitor: await visit({ viewport: { width: 1440, height: 900 }, ...options.context }) }
}

/** Opens the console and waits until it is live. */
export async function openConsole(options: ConsoleOptions = {}): Promise<OpenConsole> {
  const served = await serveMock(options)
  // A session may be paired before its link is asked for.
  served.visitor.tolerateProblem(/status of 404 .*\/__admin\/pairing\/[^/]+\/link/)
  const page = await served.visitor.open(`${served.server.consoleUrl}${options.hash ?? ''}`)
  if (options.serving?.adminToken === undefined)
    await page.getByRole('status').getByText('Live').waitFor({ state: 'attached' })
  return { ...served, page }
}

/** Sends JSON to the public API. */
export function post({ url }: RunnerServer, path: string, body: unknown, method = 'POST'): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return fetch(`${url}/v1/private${path}`, { method, headers, body: JSON.stringify(body) })
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Violation {
  id: string
  nodes: { html: string; failureSummary: string }[]
}

/** What axe-core finds wrong with a page, as one line each. */
export async function findingsOf(page: Page): Promise<string[]> {
  // Evaluated by the debugger, which the page's policy does not bind.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe)
  const violations = await page.evaluate(() =>
    (Reflect.get(window, 'axe') as { run: (how: object) => Promise<{ violations: Violation[] }> }).run({
      resultTypes: ['violations'],
    }),
  )
  return violations.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`),
  )
}
