// The tests that have a vitest configuration and a command of their own: each leaves its counts for test-counts.mjs.
import { at, binOf } from './paths.mjs'

/**
 * What Node runs: vitest with the configuration of this name; by default all its tests, with a report.
 *
 * @param {'package' | 'matrix' | 'daemons'} name `vitest.<name>.config.ts`, and the result file
 * @param {string[]} args
 */
export function vitestRun(name, args) {
  const resultsFile = at('.cache', 'test-results', `${name}.json`)
  const report = ['--reporter=default', '--reporter=json', `--outputFile.json=${resultsFile}`]
  return [binOf('vitest'), 'run', '--config', `vitest.${name}.config.ts`, ...(args.length > 0 ? args : report)]
}
