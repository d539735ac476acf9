// How the tests of the packed tarball run: `npm run test:package`. They see it as whoever installs it.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'package',
    include: ['test/package/**/*.test.ts'],
    globalSetup: ['test/package/pack.ts'],
    env: { NO_COLOR: '1' },
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
