// The site that most tests open: a small app whose mock starts with the options that its address brings, and a page
// without an app.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { StartRunnerMockOptions } from '../../src/mocks/adapters/browser.js'
import type { MswPackage } from './harness/bundle-pages.js'
import { openSite, type Site } from './harness/site.js'

/** Opens the site. */
export function openAgentsSite(msw: MswPackage = 'msw'): Promise<Site> {
  return openSite({ pages: { '/agents': 'agents.ts', '/bare': 'bare.ts' }, msw, backend })
}

/** Address of the app with these options. */
export function agentsPage({ origin }: Pick<Site, 'origin'>, options: StartRunnerMockOptions = {}): string {
  return `${origin}/agents?options=${encodeURIComponent(JSON.stringify(options))}`
}

/**
 * MSW lets go of a page as soon as it is about to be left; what the app still asks then comes here. No answer means no
 * error on the console, and a test that needs one of the mock waits in vain.
 */
function backend({ url = '' }: IncomingMessage, response: ServerResponse): void {
  const isOfApp = /^\/api\/v1\/private\/(local-runners|projects)/.test(url)
  if (!isOfApp) response.writeHead(404).end()
}
