// How the tests of strength run: `npm run test:strength`, one file after the other, since each of them loads both cores.
import { defineConfig } from 'vitest/config'
import manifest from './package.json' with { type: 'json' }

export default defineConfig({
  // As the build does; see src/kernel/version.ts.
  define: { KIT_VERSION: JSON.stringify(manifest.version) },
  test: {
    name: 'strength',
    include: ['test/strength/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    // The long form plays a virtual month, on whatever machine.
    testTimeout: (process.env['KIT_LONG'] === '1' ? 90 : 15) * 60_000,
    hookTimeout: 60_000,
  },
})
