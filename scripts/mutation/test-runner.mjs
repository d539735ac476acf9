// Stryker's test runner for this project: vitest's own collector and matchers in one process that stays, so that a
// mutant costs what its tests cost: those that need no other process, no port and no compiler, as plain JavaScript.
// Stryker's runner for vitest starts a worker for each mutant, which costs far more than most tests.
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PluginKind } from '@stryker-mutator/api/plugin'
import {
  determineHitLimitReached,
  DryRunStatus,
  MutantRunStatus,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner'
import { startTests } from '@vitest/runner'
import { getTestName, getTests } from '@vitest/runner/utils'
import { vi } from 'vitest'
import { build, stop } from 'esbuild'

/** Where the code that Stryker has prepared sees which mutant is active, and tells what was reached. */
const stage = (globalThis.__stryker__ ??= {})

/** What stands for a test while modules load: what hooks do between tests is no code of that kind. */
const LOADING = 'loading'

class TestRunner {
  #bundles = []
  #runs = 0
  #current
  /** What was thrown where no test waits for it, with the test that ran then. */
  #strays = []

  /** Stryker need not ask for it: modules are loaded again wherever it is needed. */
  capabilities() {
    return { reloadEnvironment: true }
  }

  async init() {
    process.on('uncaughtException', (error) => this.#strays.push({ task: this.#current, error }))
    this.#bundles = await bundleTests(newFolder())
  }

  /** Puts the bundles elsewhere: from the same place Node.js would not load again what they import. */
  #loadAgain() {
    const from = dirname(this.#bundles[0])
    const to = newFolder()
    cpSync(from, to, { recursive: true })
    rmSync(from, { recursive: true })
    this.#bundles = this.#bundles.map((bundle) => join(to, basename(bundle)))
  }

  async dryRun({ disableBail }) {
    const tests = await this.#run({ isBailing: !disableBail })
    const { static: between, perTest } = stage.mutantCoverage
    const { [LOADING]: loading, ...ofTests } = perTest
    const mutantCoverage = { static: { ...between, ...loading }, perTest: ofTests }
    return { status: DryRunStatus.Complete, tests, mutantCoverage }
  }

  /**
   * What survives gets a second chance in modules that are loaded again: what a module makes once was made before the
   * mutant was active. If modules run it while they load, no test in particular covers it, so all tests run.
   */
  async mutantRun({ testFilter, hitLimit, activeMutant: { id }, disableBail }) {
    const ways = { wanted: testFilter && new Set(testFilter), isBailing: !disableBail, hitLimit }
    const first = await this.#runMutant(id, ways)
    if (first.status !== MutantRunStatus.Survived) return first
    this.#loadAgain()
    stage.activeMutant = id
    const runsAtLoad = stage.mutantCoverage.perTest[LOADING]?.[id] !== undefined
    const second = await this.#runMutant(id, runsAtLoad ? { ...ways, wanted: undefined } : ways)
    // The mutant has left its traces in what these modules have made once.
    this.#loadAgain()
    return second
  }

  async #runMutant(id, { hitLimit, ...ways }) {
    Object.assign(stage, { hitCount: 0, hitLimit })
    const tests = await this.#run({ ...ways, activate: () => (stage.activeMutant = id) })
    const limit = determineHitLimitReached(stage.hitCount, hitLimit)
    stage.activeMutant = undefined
    return toMutantRunResult(limit ?? { status: DryRunStatus.Complete, tests })
  }

  /** Runs the wanted tests, by default all, up to the first that fails. */
  async #run({ wanted, isBailing, activate }) {
    const run = ++this.#runs
    const wantedBundles = new Set([...(wanted ?? [])].map((id) => id.slice(0, id.indexOf('#'))))
    const bundles = this.#bundles.filter((bundle) => wanted === undefined || wantedBundles.has(basename(bundle)))
    this.#strays = []
    let hasFailed = false
    stage.currentTestId = LOADING
    const files = await startTests(bundles, {
      config: configFor(activate === undefined ? PATIENCE.usually : PATIENCE.withMutant),
      // A file that is collected again is loaded again, but not what it imports.
      importFile: (bundle) => import(`${pathToFileURL(bundle).href}?run=${run}`),
      onCollected(collected) {
        stage.currentTestId = undefined
        if (activate === undefined) expectSlowTests(collected)
        for (const file of collected) leave(file, (id) => wanted?.has(id) ?? !slowTests.has(id))
        // What cannot be loaded has found something, too.
        hasFailed = collected.some(({ result }) => result?.state === 'fail')
        activate?.()
      },
      onBeforeRunTask: (test) => {
        if (isBailing && (hasFailed || this.#strays.length > 0)) test.mode = 'skip'
        else this.#current = test
      },
      onBeforeTryTask(test) {
        stage.currentTestId = idOf(test)
      },
      onAfterTryTask() {
        stage.currentTestId = undefined
        vi.unstubAllGlobals()
      },
      onAfterRunTask(test) {
        hasFailed ||= test.result?.state === 'fail'
      },
    })
    return resultsOf(files, this.#strays)
  }
}

/** As deep as the tests are, from where some of them read files of the project. */
function newFolder() {
  return mkdtempSync(resolve('test', 'bundles-'))
}

/** The results of the tests that were run, of hooks that failed, and of errors that were thrown outside of them. */
function resultsOf(files, strays) {
  const broken = suitesIn(files).filter(({ result }) => result?.errors?.length)
  const ran = getTests(files).filter(({ result }) => result !== undefined && result.state !== 'skip')
  const hasFailed = ({ result }) => result.state === 'fail'
  const failures = [...broken, ...ran].filter(hasFailed).map((task) => ({ task, error: task.result.errors?.[0] }))
  return [
    ...ran.filter((task) => !hasFailed(task)).map((task) => ({ ...told(task), status: TestStatus.Success })),
    ...[...failures, ...strays].map(({ task, error }) => ({
      ...told(task),
      status: TestStatus.Failed,
      failureMessage: error?.message ?? 'failed',
    })),
  ]
}

function suitesIn(tasks) {
  return tasks.filter(({ type }) => type === 'suite').flatMap((suite) => [suite, ...suitesIn(suite.tasks)])
}

/** Under another name a test that is left out would come back unnoticed. */
function expectSlowTests(files) {
  const ids = new Set(getTests(files).map(idOf))
  const unknown = [...slowTests].filter((id) => !ids.has(id))
  if (unknown.length > 0) throw new Error(`There are no such tests to leave out: ${unknown.join(', ')}`)
}

/** Marks all tests that are not wanted, and the suites in which nothing is left, as skipped. */
function leave(task, isWanted) {
  const stays =
    task.type === 'suite' ? task.tasks.map((each) => leave(each, isWanted)).includes(true) : isWanted(idOf(task))
  if (!stays) task.mode = 'skip'
  return stays
}

/** The same in every process. */
function idOf(task) {
  return `${basename(task.file.filepath)}#${getTestName(task)}`
}

function told(task) {
  return { id: idOf(task), name: getTestName(task), timeSpentMs: task.result?.duration ?? 0 }
}

/** How long a test may take, in milliseconds: what a mutant makes wait waits for ever, more often than not. */
const PATIENCE = { usually: 60_000, withMutant: 6_000 }

const configFor = (patience) => ({
  root: resolve(),
  setupFiles: [],
  name: undefined,
  passWithNoTests: true,
  testNamePattern: undefined,
  allowOnly: false,
  sequence: { seed: 1, hooks: 'stack', setupFiles: 'list' },
  maxConcurrency: 1,
  testTimeout: patience,
  hookTimeout: patience,
  retry: 0,
  includeTaskLocation: false,
  tags: [],
  strictTags: false,
})

export const strykerPlugins = [{ kind: PluginKind.TestRunner, name: 'in-process', injectableClass: TestRunner }]

/** In the order in which they run: what is quick to notice something comes first. */
const folders = ['kernel', 'given', 'journal', 'faults', 'mocks', 'quirks', 'worlds', 'replay']

/** Of other folders, what asks more of the kernel than those do, by itself in one process. */
const further = [
  'kit/options',
  'kit/hostile-files',
  'kit/forms',
  'lifecycle/states',
  'lifecycle/table',
  'watch/breaches',
  'watch/recordings',
  'watch/unseen',
  'spec/compare-schema',
  'spec/compare-specs',
  'conduct/rules',
  'conduct/verdicts',
  'admin/events',
  'admin/happenings',
  'admin/traces',
  'admin/world',
  'agents/living-trace',
  'agents/scripted',
  'explore/search',
  'contracts/framework/versions',
  // What the suites say of any server, no case of the mock says again; it comes last, since it covers everything.
  'contracts/checks/against-mock',
]

/** Tests of seconds, for which each mutant that survives would have to wait, and one that needs all before it. */
const slowTests = new Set([
  'mocks-handle.mjs#over handle > request bodies > answer 413 to a plain body over the limit, and go on answering',
  'mocks-list-order.mjs#the jobs of a runner are listed newest first while thousands of them end and expire',
  'mocks-snapshot.mjs#a snapshot goes on as the world that it was taken from, from many a moment of it',
  'worlds-playground.mjs#busy > makes traces and spans of a week from the seed, once they are asked for, and keeps them',
  'kit-hostile-files.mjs#a hostile snapshot file > in YAML likewise',
  'contracts-framework-versions.mjs#verify of a target with other limits blames it for nothing, seed 1',
  'contracts-framework-versions.mjs#verify of a target with other limits blames it for nothing, seed 12',
  ...['limits', 'lifecycle', 'model'].map(
    (area) => `contracts-checks-against-mock.mjs#all checks against the mock > pass in the area ${area}`,
  ),
  'contracts-checks-against-mock.mjs#all checks against the mock > see every declared answer that can be seen',
])

const leftOut = new Set([
  // This changes the platform's timers for everybody in the process.
  'mocks/fake-timers',
  // The same cases as without a transport, by a longer way.
  'mocks/http',
  'mocks/msw-adapter',
  'mocks/node-adapter',
  // Other processes, hundreds of callers at a time, the size of memory, ports, and pages of the documentation.
  'mocks/concurrency',
  'mocks/life',
  'mocks/in-flight',
  'faults/serve-faults',
  'faults/presets',
  'worlds/side-by-side',
])

/**
 * Bundles the tests of the project in the working directory, with what they import but packages.
 *
 * @param {string} into folder for the bundles
 * @returns {Promise<string[]>} the bundles to import
 */
async function bundleTests(into) {
  const names = folders.flatMap((folder) =>
    readdirSync(`test/${folder}`)
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => `${folder}/${basename(file, '.test.ts')}`),
  )
  const chosen = [...names, ...further].filter((name) => !leftOut.has(name))
  await build({
    entryPoints: chosen.map((name) => ({ in: `test/${name}.test.ts`, out: bundleOf(name) })),
    // By itself esbuild stays where it was loaded.
    absWorkingDir: process.cwd(),
    outdir: into,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
  })
  await stop()
  return chosen.map((name) => join(into, `${bundleOf(name)}.mjs`))
}

/** All in one folder. */
const bundleOf = (name) => name.replaceAll('/', '-')
