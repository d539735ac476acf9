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
    // Real clients beat in real time, and starting one takes a core for seconds: on a busy machine they are late, and are
    // tried again before that is held against them.
    fileParallelism: false,
    maxConcurrency: availableParallelism(),
    retry: 2,
    testTimeout: 600_000,
    hookTimeout: 60_000,
  },
})
