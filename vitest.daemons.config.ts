// How Opik's own clients are tried: `npm run test:daemons` installs them from their registries first.
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import manifest from './package.json' with { type: 'json' }

export default defineConfig({
  // As the build does; see src/kernel/version.ts.
  define: { KIT_VERSION: JSON.stringify(manifest.version) },
  test: {
    name: 'daemons',
    include: ['test/daemons/**/*.test.ts'],
    // Pairing links are clicked.
    globalSetup: ['test/browser/harness/start-chromium.ts'],
    env: { NO_COLOR: '1' },
    pool: 'forks',
    // Starting a client takes a core for seconds; then it mostly waits, which hundreds of runs do side by side. What a
    // busy machine makes late is held against nobody.
    fileParallelism: false,
    maxConcurrency: availableParallelism() * (process.env['KIT_ALL_DAEMONS'] === undefined ? 2 : 5),
    testTimeout: 600_000,
    hookTimeout: 60_000,
  },
})
