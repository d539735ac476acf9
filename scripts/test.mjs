// All that `npm test` checks. The long steps stand first, so that the short ones fill the other core;
// the tests themselves come last and alone: beside anything else they take longer than the two after each other.
import { readdirSync, rmSync } from 'node:fs'
import { at, binOf } from './paths.mjs'
import { runSteps } from './steps.mjs'
import { typeChecks } from './typecheck.mjs'

/** Where the test runner leaves its counts for test-counts.mjs. */
export const resultsFile = at('.cache', 'test-results', 'vitest.json')

/** What nobody wrote by hand, or what other tools keep. */
const MADE = ['.cache', '.git', 'coverage', 'dist', 'node_modules']

const steps = () => {
  const all = readdirSync(at()).filter((name) => !MADE.includes(name))
  // Nothing that is generated is made of the tests, or of what users copy.
  const sources = all.filter((name) => !['bench', 'deploy', 'examples', 'test'].includes(name))
  return [
    { name: 'lint', args: [binOf('oxlint')], inputs: all },
    { name: 'build', args: [at('scripts', 'run.mjs'), 'build'] },
    { name: 'format', args: [binOf('oxfmt'), '--check', '.'] },
    ...Object.entries(typeChecks()).map(([name, args]) => ({ name, args })),
    { name: 'generated files', args: [at('scripts', 'generate', 'main.mjs'), '--check'], inputs: sources },
    { name: 'static fixtures', args: [at('scripts', 'fixtures', 'main.mjs'), '--check'] },
    { name: 'requirements', args: [at('scripts', 'requirements', 'main.mjs'), '--check'], inputs: sources },
    {
      name: 'spec',
      inputs: sources,
      args: [
        ...[binOf('@redocly/cli', 'redocly'), 'lint'],
        ...['openapi/local-runners.yaml', 'openapi/neighbours.yaml', 'openapi/kit.yaml'],
      ],
    },
    { name: 'reference', args: [at('scripts', 'reference', 'main.mjs'), '--check'], after: 'build', inputs: sources },
    { name: 'bundle budget', args: [at('scripts', 'bundle-budget.mjs')], after: 'build' },
    {
      name: 'tests',
      args: [binOf('vitest'), 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${resultsFile}`],
      after: 'build',
      alone: true,
    },
  ]
}

/** Runs every step and leaves the verdict in the exit code. */
export async function testEverything() {
  rmSync(resultsFile, { force: true })
  Object.assign(process.env, quietTools)
  const passed = await runSteps(steps())
  if (!passed) process.exitCode = 1
}

/** Redocly asks the network for newer versions and reports its use there, unless told not to. */
const quietTools = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
