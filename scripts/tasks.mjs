// What each npm script does, once the dependencies are there.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { pathToFileURL } from 'node:url'
import { ensureInstalled } from './bootstrap.mjs'
import { BuildError, build } from './build.mjs'
import { missingChromium, missingNginx } from './programs.mjs'
import { at, binOf } from './paths.mjs'
import { typeChecks, vitestRun } from './tool-runs.mjs'

const script = (...parts) => at('scripts', ...parts)

/**
 * What Node runs once `dist` is built, or the bundle alone.
 *
 * @param {{ bundle?: true, missing?: () => string | undefined }} needs `missing`: why a program that it takes is not there
 * @param {(args: string[]) => string[]} command
 */
const built =
  ({ bundle, missing }, command) =>
  async (args) => {
    const reason = missing?.()
    if (reason !== undefined) return refuse(reason)
    await build({ only: bundle && ['bundle'], quiet: true })
    await node(command(args))
  }

const tasks = {
  start: async (args) => {
    await build({ only: ['bundle'], quiet: true })
    await serve(['--scenario', 'demo', ...args])
  },
  test: async (args) => {
    if (args.length === 0) return (await import('./test.mjs')).testEverything()
    await build({ only: ['bundle'], quiet: true })
    await node([binOf('vitest'), 'run', ...args])
  },
  screenshots: built({ bundle: true, missing: missingChromium }, () => [script('screenshots.mjs')]),
  'test:browser': built({ missing: missingChromium }, (args) => vitestRun('browser', args)),
  'test:examples': built({ missing: missingChromium }, (args) => vitestRun('examples', args)),
  'test:strength': built({ bundle: true, missing: missingNginx }, (args) => vitestRun('strength', args)),
  'test:verify': async (args) => {
    await build({ only: ['bundle'], quiet: true })
    await node([script('verify-trials', 'main.mjs'), ...args])
    if (!args.includes('--long') || process.exitCode !== 0) return
    Object.assign(process.env, { KIT_ALL_TARGETS: '1', KIT_ALL_LIMITS: '1' })
    await node([binOf('vitest'), 'run', at('test', 'contracts', 'framework', 'versions')])
  },
  'test:daemons': built({ bundle: true }, (args) => [script('daemons', 'main.mjs'), ...args]),
  'test:container': built({}, (args) => vitestRun('container', args)),
  'test:python': built({ bundle: true }, (args) => [script('python', 'main.mjs'), ...args]),
  'test:package': built({}, (args) => vitestRun('package', args)),
  'test:matrix': built({}, (args) => vitestRun('matrix', args)),
  'test:mcp': built({ bundle: true }, (args) => vitestRun('mcp', args)),
  states: (args) => node([script('states.mjs'), ...args]),
  measure: built({}, () => [script('measure-package.mjs')]),
  'test:mutants': async (args) => {
    await node([script('mutants.mjs'), ...args])
    // Requirements name the mutants that show them.
    if (args.includes('--write') && process.exitCode === 0) await node([script('requirements', 'main.mjs')])
  },
  // Some tests read the built documents.
  'test:mutation': built({}, (args) => [binOf('@stryker-mutator/core', 'stryker'), 'run', ...args]),
  build: (args) => build({ force: args.includes('--force') }),
  generate: async (args) => {
    await node([script('generate', 'main.mjs'), ...args])
    const isWholeProject = args.every((arg) => arg === '--check')
    for (const part of isWholeProject ? ['fixtures', 'requirements', 'reference', 'agents'] : []) {
      if (process.exitCode === 0) await node([script(part, 'main.mjs'), ...args])
    }
  },
  lint: (args) => node([binOf('oxlint'), ...args]),
  format: (args) => node([binOf('oxfmt'), ...(args.length > 0 ? args : ['.'])]),
  typecheck: async (args) => {
    for (const check of Object.values(typeChecks())) {
      await node([...check, ...args])
      if (process.exitCode !== 0) return
    }
  },
  budget: built({ bundle: true }, (args) => [script('bundle-budget.mjs'), ...args]),
  bench: built({ bundle: true }, (args) => [at('bench', 'main.mjs'), ...args]),
}

/** Runs a task by name and leaves its outcome in the process's exit code. */
export async function runTask(name, args) {
  if (!Object.hasOwn(tasks, name ?? '')) {
    console.error(`No task ${name === undefined ? 'named' : `"${name}"`}. There are: ${Object.keys(tasks).join(', ')}.`)
    process.exitCode = 2
    return
  }
  stopWithNpm()
  ensureInstalled(name === 'start' ? 'serving' : 'all')
  try {
    await tasks[name](args)
  } catch (error) {
    if (!isExplained(error)) throw error
    if (error instanceof BuildError) console.error(error.message)
    process.exitCode = 1
  }
}

function refuse(reason) {
  console.error(reason)
  process.exitCode = 1
}

/** npm starts us through a shell, which a signal sent to npm ends without a word to us: notice that, and end as well. */
function stopWithNpm() {
  if (process.env.npm_lifecycle_event === undefined || process.platform === 'win32') return
  const shell = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, 250)
  watch.unref()
}

/** esbuild prints its findings itself and then throws an error that lists them again. */
const isExplained = (error) => error instanceof BuildError || Array.isArray(error?.errors)

/** Becomes the built command, in this very process: its signals, output and exit code need no passing on. */
async function serve(args) {
  const command = at('dist', 'cli', 'main.js')
  process.argv = [process.execPath, command, 'serve', ...args]
  await import(pathToFileURL(command).href)
}

/** Runs a Node script in the foreground and takes over its exit code; a signal sent to us alone reaches it too. */
function node(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: at(), stdio: 'inherit' })
    const forward = (signal) => child.kill(signal)
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
    for (const signal of signals) process.on(signal, forward)
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      for (const each of signals) process.off(each, forward)
      process.exitCode = code ?? 128 + constants.signals[signal]
      resolve()
    })
  })
}
