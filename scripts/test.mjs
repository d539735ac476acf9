// All that `npm test` checks. Steps run side by side; the output of each is printed as a whole, the failed ones' last,
// with a summary on the last line. The long steps stand first, so that the short ones fill the other core; the tests
// themselves come last and alone: beside anything else they take longer than the two after each other.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { performance } from 'node:perf_hooks'
import { changedFiles } from './changes.mjs'
import { at, binOf } from './paths.mjs'
import { typeChecks } from './tool-runs.mjs'
import { fingerprint, readStamp, writeStamp } from './fingerprint.mjs'

/** Where the test runner leaves its counts for test-counts.mjs. */
const resultsFile = at('.cache', 'test-results', 'vitest.json')

/** Folders with no file written by hand, or files of other tools. */
const MADE = ['.cache', '.git', 'coverage', 'dist', 'node_modules']

/** Files that linter and compiler read. */
const CODE = /\.([cm]?[jt]s|tsx|json)$/

/** Files that decide what linter and compiler say of all others. */
const RULES = /(^|\/)(\.oxlintrc|package|package-lock|tsconfig)\.json$/

/**
 * Narrows linter and types to what changed since main, which CI has checked; CI itself checks all. A changed type may
 * break files that did not change, so that the compiler skips all files or none.
 */
function narrowed(step) {
  const isCi = Boolean(process.env.CI) || process.env.KIT_ALL_TARGETS !== undefined
  const changes = isCi ? undefined : changedFiles()
  const code = changes?.files.filter((file) => CODE.test(file)) ?? []
  if (changes === undefined || code.some((file) => RULES.test(file))) return step
  if (code.length === 0) return { ...step, scope: `no code changed since ${changes.since}`, isNeedless: true }
  if (step.name !== 'lint') return step
  const files = code.filter((file) => existsSync(at(file)))
  const scope = `only the ${files.length} files changed since ${changes.since}`
  return { ...step, scope, args: [...step.args, '--no-error-on-unmatched-pattern', ...files], inputs: files }
}

const steps = () => {
  const all = readdirSync(at()).filter((name) => !MADE.includes(name))
  // Generated files depend neither on the tests nor on the files that users copy.
  const sources = all.filter((name) => !['bench', 'deploy', 'examples', 'test'].includes(name))
  return [
    narrowed({ name: 'lint', args: [binOf('oxlint')], inputs: all }),
    { name: 'build', args: [at('scripts', 'run.mjs'), 'build'] },
    { name: 'format', args: [binOf('oxfmt'), '--check', '.'] },
    ...Object.entries(typeChecks()).map(([name, args]) => narrowed({ name, args })),
    { name: 'generated files', args: [at('scripts', 'generate', 'main.mjs'), '--check'], inputs: sources },
    { name: 'static fixtures', args: [at('scripts', 'fixtures', 'main.mjs'), '--check'] },
    { name: 'requirements', args: [at('scripts', 'requirements', 'main.mjs'), '--check'], inputs: sources },
    { name: 'skill', args: [at('scripts', 'agents', 'main.mjs'), '--check'] },
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

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string[]} args what Node runs: a script and its arguments
 * @property {string} [after] a step that must have passed before; else this one is skipped and counts as failed
 * @property {string[]} [inputs] files and folders that decide its outcome: once it has passed, it passes again without
 *   running while they stand unchanged
 * @property {string} [scope] which part of the project it checks, unless all
 * @property {boolean} [isNeedless] passes without running
 * @property {boolean} [alone] waits for all others and has the machine and the terminal for itself
 *
 * @typedef {{ passed: boolean, output: string, seconds: number, isUnchanged?: boolean }} Outcome
 */

/**
 * @param {Step[]} steps those listed first start first
 * @returns {Promise<boolean>} whether all passed
 */
async function runSteps(steps) {
  const started = performance.now()
  const outcomes = await runAll(steps)
  const failed = steps.filter((step) => !outcomes.get(step.name).passed)
  for (const step of failed) {
    const { output, passed } = outcomes.get(step.name)
    if (!passed && output !== '') console.log(`\n--- ${step.name} ---\n${output.trimEnd()}`)
  }
  const total = seconds(started).toFixed(1)
  const names = failed.map((step) => step.name).join(', ')
  console.log(
    failed.length === 0
      ? `\nAll ${steps.length} steps passed in ${total} s.`
      : `\n${failed.length} of ${steps.length} steps failed in ${total} s: ${names}.`,
  )
  return failed.length === 0
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** A signal ends the steps that run, and begins no other. */
async function runAll(steps) {
  const outcomes = new Map()
  const waiting = [...steps]
  const running = new Set()
  const endEarly = () => {
    for (const step of waiting.splice(0)) outcomes.set(step.name, { passed: false, output: 'Not run.', seconds: 0 })
  }
  for (const signal of signals) process.on(signal, endEarly)
  const isReady = (step) => {
    const isFree = step.alone ? running.size === 0 && waiting.length === 1 : running.size < availableParallelism()
    return isFree && (step.after === undefined || outcomes.has(step.after))
  }
  while (waiting.length + running.size > 0) {
    for (let next; (next = waiting.find(isReady));) {
      const step = next
      waiting.splice(waiting.indexOf(step), 1)
      const done = runStep(step, outcomes).then((outcome) => {
        running.delete(done)
        outcomes.set(step.name, outcome)
        announce(step, outcome)
      })
      running.add(done)
    }
    await Promise.race(running)
  }
  for (const signal of signals) process.off(signal, endEarly)
  return outcomes
}

/** Output that has been on the terminal already is not kept. */
async function runStep(step, outcomes) {
  if (step.after !== undefined && !outcomes.get(step.after).passed) {
    return { passed: false, output: `Not run: it needs "${step.after}", which failed.`, seconds: 0 }
  }
  const started = performance.now()
  const stampFile = at('.cache', 'steps', `${step.name.replaceAll(' ', '-')}.json`)
  const stamp = step.inputs && `${process.version} ${JSON.stringify(step.args)} ${fingerprint(step.inputs)}`
  if (step.isNeedless || (stamp !== undefined && readStamp(stampFile) === stamp)) {
    return { passed: true, output: '', seconds: seconds(started), isUnchanged: true }
  }
  const chunks = []
  const child = spawn(process.execPath, step.args, {
    cwd: at(),
    env: { ...process.env, ...colorSetting() },
    stdio: step.alone ? 'inherit' : ['ignore', 'pipe', 'pipe'],
  })
  const stop = (signal) => child.kill(signal)
  for (const signal of signals) process.on(signal, stop)
  child.stdout?.on('data', (chunk) => chunks.push(chunk))
  child.stderr?.on('data', (chunk) => chunks.push(chunk))
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
  for (const signal of signals) process.off(signal, stop)
  if (code === 0 && stamp !== undefined) writeStamp(stampFile, stamp)
  return { passed: code === 0, output: Buffer.concat(chunks).toString(), seconds: seconds(started) }
}

function announce(step, { passed, output, seconds: took, isUnchanged }) {
  const effort = isUnchanged ? 'unchanged' : `${took.toFixed(1)} s`
  const scope = step.scope === undefined ? '' : `: ${step.scope}`
  console.log(`${passed ? 'passed' : 'FAILED'}  ${step.name}  ${step.isNeedless ? 'skipped' : effort}${scope}`)
  if (passed && output.trim() !== '') console.log(output.trimEnd().replaceAll(/^/gm, '        '))
}

const seconds = (since) => (performance.now() - since) / 1000

/** Steps write into a pipe, where most tools drop their colours unless told otherwise. */
const colorSetting = () => (process.stdout.isTTY && process.env.NO_COLOR === undefined ? { FORCE_COLOR: '1' } : {})
