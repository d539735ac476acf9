// How the tests run: no globals, the sources straight from src. `--mode NAME` takes the set in test/NAME, which has a
// command of its own, such as `npm run test:browser`; without it run those of `npm test`.
import { availableParallelism } from 'node:os'
import { configDefaults, defineConfig, type ViteUserConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import manifest from './package.json' with { type: 'json' }
import { plainSources } from './test/plain-sources.js'

/** Files that replace or reload modules, which vitest itself loads for them. */
const mocking = ['test/agents/folder-race.test.ts', 'test/mocks/fake-timers.test.ts']

/** Files that have a process of their own as well; the others share their worker's modules. */
const alone = ['test/generate/command.test.ts', 'test/spec-drives/edited-tree.test.ts']

/**
 * Files that aim whole suites at one target after another, play all cases over one more transport, build a whole
 * project, or take long for what they seldom tell. CI runs them all; without it, the rest says as much sooner.
 */
const seldom =
  process.env['KIT_ALL_TARGETS'] === undefined
    ? [
        'test/contracts/model/races.test.ts',
        'test/conduct/{command,sdk,trouble}.test.ts',
        'test/cli/hostile-text.test.ts',
        'test/explore/{explore-command,planted-bugs}.test.ts',
        'test/cli/state/state-file.test.ts',
        'test/fallback/prism.test.ts',
        'test/generate/command.test.ts',
        'test/contracts/framework/{slow-machine,terminal-report,versions}.test.ts',
        'test/sdk/opik-sdk.test.ts',
        'test/spec/spec-command.test.ts',
        'test/lifecycle/states-on-mock.test.ts',
        'test/fixtures/declarations.test.ts',
        'test/docs/snippet-types.test.ts',
        'test/spec-drives/edited-tree.test.ts',
        'test/contracts/fair/every-variant.test.ts',
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
  /\/test\/(spec|sdk|conduct\/(sdk|command|trouble)|contracts\/framework\/app|contracts\/(model|fair)|spec-drives|fallback\/prism|cli)/,
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

type Tests = NonNullable<ViteUserConfig['test']>

/** Output that tests read has no colours, wherever they run. */
const NO_COLOR = { NO_COLOR: '1' }

/** Ceilings that only what hangs can reach: nothing hangs on how fast the machine is. */
const within = (test: number, hook: number): Tests => ({ testTimeout: test * 1000, hookTimeout: hook * 1000 })

/** As the build does; see src/kernel/version.ts. */
const define = { KIT_VERSION: JSON.stringify(manifest.version) }

/** Watch mode loads the sources as they are edited. */
const plugins = process.argv.includes('run') ? [plainSources(define)] : []

const sets: Readonly<Record<string, Tests>> = {
  // The sets of `npm test`.
  test: {
    ...within(300, 300),
    sequence: { sequencer: SlowFirst },
    env: NO_COLOR,
    // One more than cores: several files mostly wait for child processes.
    maxWorkers: availableParallelism() + 1,
    // What is built, and the sources made plain, run as they are; failures are shown by the lines of the sources.
    server: { deps: { external: [/\/(dist|plain-sources)\//] } },
    // More room for what is young: the collector then takes half as long.
    execArgv: ['--enable-source-maps', '--max-semi-space-size=64'],
    restoreMocks: true,
    unstubGlobals: true,
    unstubEnvs: true,
    projects: [
      {
        extends: true,
        plugins,
        test: {
          name: 'shared',
          include: ['test/**/*.test.ts'],
          // Those have a command of their own.
          exclude: [
            ...configDefaults.exclude,
            ...alone,
            ...mocking,
            ...seldom,
            'test/{browser,container,daemons,examples,matrix,mcp,package,python,strength}/**',
          ],
          isolate: false,
        },
      },
      {
        extends: true,
        plugins,
        test: { name: 'alone', include: alone, exclude: [...configDefaults.exclude, ...seldom] },
      },
      { extends: true, test: { name: 'mocking', include: mocking } },
    ],
  },
  // In a real Chromium: one browser for all of them, which needs a core as well.
  browser: {
    ...within(300, 300),
    globalSetup: ['test/browser/harness/start-chromium.ts'],
    maxWorkers: 2,
    // Loading playwright-core takes longer than many a test.
    isolate: false,
    // Chromium shares two cores with the tests: once in a while it is late for everything, and that says nothing of us.
    retry: 2,
    expect: { poll: { timeout: 120_000 } },
  },
  // The image of the packed package: podman loads both cores.
  container: { ...within(600, 600), globalSetup: ['test/package/pack.ts'], env: NO_COLOR },
  // Opik's own clients, which `npm run test:daemons` installs from their registries first.
  daemons: {
    ...within(600, 60),
    // Pairing links are clicked.
    globalSetup: ['test/browser/harness/start-chromium.ts'],
    env: NO_COLOR,
    // Starting a client takes a core for seconds; then it mostly waits, which hundreds of runs do side by side. What a
    // busy machine makes late is held against nobody.
    fileParallelism: false,
    maxConcurrency: availableParallelism() * (process.env['KIT_ALL_DAEMONS'] === undefined ? 2 : 5),
  },
  // The package is packed once, and each example uses that.
  examples: {
    // Installing what an agent in Python needs takes minutes on a busy machine.
    ...within(900, 60),
    globalSetup: ['test/examples/harness/open-workshop.ts'],
    // One file after the other, and in a file as many at a time as there are cores.
    fileParallelism: false,
    maxConcurrency: availableParallelism(),
  },
  // The packed tarball with every Node, MSW and vitest that it supports.
  matrix: {
    ...within(240, 240),
    globalSetup: ['test/package/pack.ts'],
    env: NO_COLOR,
    // Each test waits for programs of its own, which share the cores.
    maxWorkers: 2,
  },
  // The MCP server as its clients see it: MCP's own conformance suite, and a whole story.
  mcp: { ...within(300, 60), env: NO_COLOR, fileParallelism: false },
  // The packed tarball as whoever installs it sees it.
  package: { ...within(120, 120), globalSetup: ['test/package/pack.ts'], env: NO_COLOR },
  // The Python package, from the wheel that `npm run test:python` builds first, in an empty venv for each Python.
  python: { ...within(900, 900), env: NO_COLOR },
  // One file after the other, since each of them loads both cores; the long form plays a virtual month, on whatever
  // machine.
  strength: { ...within((process.env['KIT_LONG'] === '1' ? 90 : 15) * 60, 60), fileParallelism: false },
}

export default defineConfig(({ mode }) => {
  const set = sets[mode]
  if (set === undefined)
    throw new Error(`There is no set of tests "${mode}". There are: ${Object.keys(sets).join(', ')}.`)
  return {
    define,
    test: {
      pool: 'forks',
      ...(mode === 'test' ? {} : { name: mode, include: [`test/${mode}/**/*.test.ts`] }),
      ...set,
    },
  }
})
