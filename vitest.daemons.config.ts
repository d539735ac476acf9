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
    env: { NO_COLOR: '1' },
    pool: 'forks',
    // They mostly wait, and starting them takes a core.
    fileParallelism: false,
    maxConcurrency: availableParallelism() + 1,
    testTimeout: 300_000,
    hookTimeout: 60_000,
  },
})
