// The tests in a real Chromium. All of them leave their counts where test-counts.mjs finds them.
import { at, binOf } from './paths.mjs'

const resultsFile = at('.cache', 'test-results', 'browser.json')

/** What Node runs: vitest with these arguments, by default everything and with a report. */
export function browserTests(args) {
  const report = ['--reporter=default', '--reporter=json', `--outputFile.json=${resultsFile}`]
  return [binOf('vitest'), 'run', '--config', 'vitest.browser.config.ts', ...(args.length > 0 ? args : report)]
}
