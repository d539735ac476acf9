// How the tests run: each file in a process of its own, no globals, the sources straight from src.
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import manifest from './package.json' with { type: 'json' }

export default defineConfig({
  // As the build does; see src/version.ts.
  define: { KIT_VERSION: JSON.stringify(manifest.version) },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Output that tests read has no colours, wherever they run.
    env: { NO_COLOR: '1', FORCE_COLOR: '' },
    // One more than cores: several files mostly wait for child processes.
    maxWorkers: availableParallelism() + 1,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    restoreMocks: true,
    unstubGlobals: true,
    unstubEnvs: true,
  },
})
