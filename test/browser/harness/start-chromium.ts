// Starts one Chromium for the whole run and tells the test files where to reach it.
import { chromium } from 'playwright-core'
import type { TestProject } from 'vitest/node'
import { launchOptions, missingChromium } from '../../../scripts/programs.mjs'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where playwright-core reaches the running Chromium. */
    chromium: string
  }
}

/** Called by vitest before all test files; what it returns is called after them. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const missing = missingChromium()
  if (missing !== undefined) throw new Error(missing)
  const server = await chromium.launchServer({ ...launchOptions(), host: '127.0.0.1' })
  project.provide('chromium', server.wsEndpoint())
  return () => server.close()
}
