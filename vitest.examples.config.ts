// How the examples are tried: `npm run test:examples` packs the package once, and each example uses that.
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import manifest from './package.json' with { type: 'json' }

export default defineConfig({
  // As the build does; see src/kernel/version.ts.
  define: { KIT_VERSION: JSON.stringify(manifest.version) },
  test: {
    name: 'examples',
    include: ['test/examples/**/*.test.ts'],
    globalSetup: ['test/examples/harness/open-workshop.ts'],
    pool: 'forks',
    // One file after the other, and in a file as many at a time as there are cores.
    fileParallelism: false,
    maxConcurrency: availableParallelism(),
    // Installing what an agent in Python needs takes minutes on a busy machine.
    testTimeout: 900_000,
    hookTimeout: 60_000,
  },
})
