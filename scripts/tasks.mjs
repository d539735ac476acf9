// What each npm script does, once the dependencies are there.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { pathToFileURL } from 'node:url'
import { ensureInstalled } from './bootstrap.mjs'
import { browserTests } from './browser-tests.mjs'
import { BuildError, build } from './build.mjs'
import { missingChromium } from './chromium.mjs'
import { exampleTests } from './example-tests.mjs'
import { missingNginx } from './nginx.mjs'
import { at, binOf } from './paths.mjs'
import { strengthTests } from './strength-tests.mjs'
import { typeChecks } from './typecheck.mjs'
import { vitestRun } from './vitest-runs.mjs'

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
  screenshots: async () => {
    const missing = missingChromium()
    if (missing !== undefined) return refuse(missing)
    await build({ only: ['bundle'], quiet: true })
    await node([at('scripts', 'screenshots.mjs')])
  },
  'test:browser': async (args) => {
    const missing = missingChromium()
    if (missing !== undefined) return refuse(missing)
    await build({ quiet: true })
    await node(browserTests(args))
  },
  'test:examples': async (args) => {
    const missing = missingChromium()
    if (missing !== undefined) return refuse(missing)
    await build({ quiet: true })
    await node(exampleTests(args))
  },
  'test:strength': async (args) => {
    const missing = missingNginx()
    if (missing !== undefined) return refuse(missing)
    await build({ only: ['bundle'], quiet: true })
    await node(strengthTests(args))
  },
  'test:verify': async (args) => {
    await build({ only: ['bundle'], quiet: true })
    await node([at('scripts', 'verify-trials', 'main.mjs'), ...args])
    if (!args.includes('--long') || process.exitCode !== 0) return
    Object.assign(process.env, { KIT_ALL_TARGETS: '1', KIT_ALL_LIMITS: '1' })
    await node([binOf('vitest'), 'run', at('test', 'contracts', 'limits')])
  },
  'test:daemons': async (args) => {
    await build({ only: ['bundle'], quiet: true })
    await node([at('scripts', 'daemons', 'main.mjs'), ...args])
  },
  'test:package': async (args) => {
    await build({ quiet: true })
    await node(vitestRun('package', args))
  },
  'test:matrix': async (args) => {
    await build({ quiet: true })
    await node(vitestRun('matrix', args))
  },
  measure: async () => {
    await build({ quiet: true })
    await node([at('scripts', 'measure-package.mjs')])
  },
  'test:mutants': (args) => node([at('scripts', 'mutants.mjs'), ...args]),
  'test:mutation': async (args) => {
    // Some tests read the built documents.
    await build({ quiet: true })
    await node([binOf('@stryker-mutator/core', 'stryker'), 'run', ...args])
  },
  build: (args) => build({ force: args.includes('--force') }),
  generate: async (args) => {
    await node([at('scripts', 'generate', 'main.mjs'), ...args])
    const isWholeProject = args.every((arg) => arg === '--check')
    for (const part of isWholeProject ? ['fixtures', 'requirements', 'reference'] : []) {
      if (process.exitCode === 0) await node([at('scripts', part, 'main.mjs'), ...args])
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
  budget: async (args) => {
    await build({ only: ['bundle'], quiet: true })
    await node([at('scripts', 'bundle-budget.mjs'), ...args])
  },
  bench: async (args) => {
    await build({ only: ['bundle'], quiet: true })
    await node([at('bench', 'main.mjs'), ...args])
  },
}

/** Runs a task by name and leaves its outcome in the process's exit code. */
export async function runTask(name, args) {
  if (!Object.hasOwn(tasks, name ?? '')) {
    console.error(`No task ${name === undefined ? 'named' : `"${name}"`}. There are: ${Object.keys(tasks).join(', ')}.`)
    process.exitCode = 2
    return
  }
  stopWithNpm()
  ensureInstalled()
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
