// The page that most tests open: a small app whose mock starts with the options that its address brings.
import type { StartRunnerMockOptions } from '../../src/mocks/adapters/browser.js'
import type { Site } from './harness/site.js'

/** For `openSite`. */
export const AGENTS_PAGE = { '/agents': 'agents.ts' }

/** Address of the page with these options. */
export function agentsPage({ origin }: Site, options: StartRunnerMockOptions = {}): string {
  return `${origin}/agents?options=${encodeURIComponent(JSON.stringify(options))}`
}
