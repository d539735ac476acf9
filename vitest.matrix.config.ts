// How the matrix runs: `npm run test:matrix` tries the packed tarball with every Node, MSW and vitest that it supports.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'matrix',
    include: ['test/matrix/**/*.test.ts'],
    globalSetup: ['test/package/pack.ts'],
    env: { NO_COLOR: '1' },
    pool: 'forks',
    // Each test waits for programs of its own, which share the cores.
    maxWorkers: 2,
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
})
