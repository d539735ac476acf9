// The tests of strength: hostile input, faults, load, several processes. KIT_LONG=1 makes each of them many times longer.
import { at, binOf } from './paths.mjs'

const resultsFile = at('.cache', 'test-results', 'strength.json')

/** What Node runs: vitest with these arguments, by default everything and with a report. */
export function strengthTests(args) {
  const report = ['--reporter=default', '--reporter=json', `--outputFile.json=${resultsFile}`]
  return [binOf('vitest'), 'run', '--config', 'vitest.strength.config.ts', ...(args.length > 0 ? args : report)]
}
