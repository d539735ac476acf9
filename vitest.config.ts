// How the tests run: no globals, the sources straight from src. Files share their worker's modules, which halves the
// time; the few that replace modules or the platform's timers have a process of their own.
import { availableParallelism } from 'node:os'
import { configDefaults, defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import manifest from './package.json' with { type: 'json' }

const alone = [
  'test/agents/folder-race.test.ts',
  'test/generate/command.test.ts',
  'test/spec-drives/edited-tree.test.ts',
  'test/docs/pages.test.ts',
  'test/mocks/fake-timers.test.ts',
]

/**
 * Files that aim whole suites at one target after another, play all cases over one more transport, build a whole
 * project, or take long for what they seldom tell. CI runs them all; without it, the rest says as much sooner.
 */
const seldom =
  process.env['KIT_ALL_TARGETS'] === undefined
    ? [
        'test/contracts/model/targets.test.ts',
        'test/contracts/model/races.test.ts',
        'test/contracts/checks/slow-creation.test.ts',
        'test/conduct/{command,process-group,sdk,trouble}.test.ts',
        'test/cli/hostile-text.test.ts',
        'test/cli/state/state-file.test.ts',
        'test/fallback/prism.test.ts',
        'test/generate/command.test.ts',
        'test/contracts/framework/other-targets.test.ts',
        'test/contracts/framework/little-room.test.ts',
        'test/contracts/limits/limits.test.ts',
        'test/mocks/msw.test.ts',
        'test/sdk/opik-sdk.test.ts',
        'test/mocks/prism-proxy.test.ts',
        'test/spec-drives/edited-tree.test.ts',
        'test/contracts/fair/every-variant.test.ts',
        'test/contracts/fair/every-accident.test.ts',
      ]
    : []

/**
 * Files by when they start. First those with a process of their own: a shared one ends, and its modules with it, when
 * such a file is next. Then the two longest, so that one process is left for all that generates, which loads compilers
 * that others need not load as well. Then files that mostly wait for other processes, so that nobody waits for them alone.
 */
const early = [
  /\/test\/(contracts\/checks\/against-mock|docs\/documents)/,
  /\/test\/generate\//,
  /\/test\/(spec|sdk|conduct\/(sdk|command|process-group|trouble)|contracts\/framework\/(vitest|other-targets)|contracts\/(model|fair)|spec-drives|fallback\/prism|cli)/,
]

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const rank = ({ project, moduleId }: TestSpecification): number => {
      const place = early.findIndex((pattern) => pattern.test(moduleId))
      return project.config.isolate ? -1 : place < 0 ? early.length : place
    }
    return sorted.toSorted((one, other) => rank(one) - rank(other))
  }
}

export default defineConfig({
  // As the build does; see src/kernel/version.ts.
  define: { KIT_VERSION: JSON.stringify(manifest.version) },
  test: {
    pool: 'forks',
    sequence: { sequencer: SlowFirst },
    // Output that tests read has no colours, wherever they run.
    env: { NO_COLOR: '1' },
    // Sources that have not changed since are not made ready again.
    experimental: { fsModuleCache: true },
    // One more than cores: several files mostly wait for child processes.
    maxWorkers: availableParallelism() + 1,
    // Ceilings that only what hangs can reach: nothing hangs on how fast the machine is.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // What is built runs as it is.
    server: { deps: { external: [/\/dist\//] } },
    restoreMocks: true,
    unstubGlobals: true,
    unstubEnvs: true,
    projects: [
      {
        extends: true,
        test: {
          name: 'shared',
          include: ['test/**/*.test.ts'],
          // Those have a configuration and a command of their own.
          exclude: [
            ...configDefaults.exclude,
            ...alone,
            ...seldom,
            'test/{browser,daemons,examples,matrix,package,strength}/**',
          ],
          isolate: false,
        },
      },
      { extends: true, test: { name: 'alone', include: alone, exclude: [...configDefaults.exclude, ...seldom] } },
    ],
  },
})
