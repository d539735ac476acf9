// How the sources are changed, one expression at a time, to see that a test turns red: `npm run test:mutation`.

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  plugins: ['./scripts/mutation/test-runner.mjs', './scripts/mutation/words.mjs'],
  testRunner: 'in-process',
  coverageAnalysis: 'perTest',
  // Errors and problems make words for people, which no test may hold on to; most texts elsewhere are such words, too.
  mutate: ['src/kernel/*.ts', '!src/kernel/{errors,problem}.ts', 'src/mocks/engine/*.ts'],
  mutator: { excludedMutations: ['StringLiteral'] },
  ignorers: ['words'],
  // What runs only while a module loads would take every test for each mutant.
  ignoreStatic: true,
  concurrency: 2,
  // Mocks that tests leave behind stay as long as the process.
  maxTestRunnerReuse: 50,
  // What survives may have to wait for all tests; what waits for ever ends earlier, with its test.
  timeoutMS: 120_000,
  thresholds: { high: 90, low: 85, break: 80 },
  incremental: true,
  incrementalFile: '.cache/mutation/results.json',
  tempDirName: '.cache/mutation/sandboxes',
  ignorePatterns: ['.cache', '.ci', 'bench', 'coverage', 'deploy', 'examples'],
  reporters: ['clear-text', 'progress-append-only', 'html'],
  clearTextReporter: { reportTests: false },
  htmlReporter: { fileName: '.cache/mutation/report.html' },
}
