// The tests of the examples against the packed tarball. Their counts go where test-counts.mjs finds them.
import { at, binOf } from './paths.mjs'

const resultsFile = at('.cache', 'test-results', 'examples.json')

/** What Node runs: vitest with these arguments, by default everything and with a report. */
export function exampleTests(args) {
  const report = ['--reporter=verbose', '--reporter=json', `--outputFile.json=${resultsFile}`]
  return [binOf('vitest'), 'run', '--config', 'vitest.examples.config.ts', ...(args.length > 0 ? args : report)]
}
