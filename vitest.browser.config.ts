// How the tests in a real Chromium run: `npm run test:browser` starts one browser for all of them.
import { defineConfig } from 'vitest/config'
import manifest from './package.json' with { type: 'json' }

export default defineConfig({
  // As the build does; see src/kernel/version.ts.
  define: { KIT_VERSION: JSON.stringify(manifest.version) },
  test: {
    name: 'browser',
    include: ['test/browser/**/*.test.ts'],
    globalSetup: ['test/browser/harness/start-chromium.ts'],
    pool: 'forks',
    // The browser needs a core as well.
    maxWorkers: 2,
    // Loading playwright-core takes longer than many a test.
    isolate: false,
    // Chromium shares two cores with the tests: once in a while it is late for everything, and that says nothing of us.
    retry: 2,
    // Ceilings that only what hangs can reach: nothing hangs on how fast the machine is.
    expect: { poll: { timeout: 120_000 } },
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
