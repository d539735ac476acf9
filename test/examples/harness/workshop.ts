// What tests of the examples share: where the examples are, how commands are run there as a user would run them, and
// action.yml as GitHub reads it. What examples depend on is installed as `npm install` does, and kept for the next run:
// a folder per example under .cache, whose packages other than ours are taken again as long as the example asks for the
// same.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createHash } from 'node:crypto'
import { inject } from 'vitest'
import { parse } from 'yaml'

/** The place of the tests, as it is handed to them. */
export interface Workshop {
  folder: string
  tarball: string
}

export const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Names of the examples that are npm projects. */
export const examples = readdirSync(join(root, 'examples'))
  .filter((name) => existsSync(join(root, 'examples', name, 'package.json')))
  .sort()

/** Where the copy of an example is. */
export const exampleFolder = (name: string): string => join(inject('workshop').folder, name)

/**
 * Runs a command to its end.
 * @throws Error with all it has printed when it fails
 */
export async function run(
  command: string,
  args: readonly string[],
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ stdout: string }> {
  const child = spawn(command, args, { cwd: folder, env: cleanEnv(env), stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
    output += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${String(code)} in ${folder}:\n${output}`)
  return { stdout }
}

/** Starts a command that runs until `stop`, with all that it has started itself. */
export function start(
  command: string,
  args: readonly string[],
  folder: string,
  env: Readonly<Record<string, string>> = {},
): { stop: () => Promise<void> } {
  const child: ChildProcess = spawn(command, args, { cwd: folder, env: cleanEnv(env), stdio: 'ignore', detached: true })
  const ended = once(child, 'exit')
  return {
    async stop() {
      if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGTERM')
      await ended
    },
  }
}

/** A user's environment: without what npm, vitest and this project's own tests have put into ours. */
export function cleanEnv(added: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const foreign =
    /^(npm_(?!config_(registry|cache|userconfig)$)|VITE|TEST$|NODE_ENV$|MODE$|DEV$|PROD$|SSR$|BASE_URL$|OPIK_|KIT_)/
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name))
  return { ...Object.fromEntries(kept), NO_COLOR: '1', ...added }
}

/** Resolves once a server answers, whatever it says. */
export async function answers(url: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const response = await fetch(url).catch(() => undefined)
    if (response !== undefined) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`Nothing answers at ${url}.`)
}

const installed = new Map<string, Promise<void>>()

/** Installs an example's dependencies, once. */
export function install(name: string): Promise<void> {
  const known = installed.get(name)
  if (known !== undefined) return known
  const installing = takeFromShelf(name).then((isTaken) => (isTaken ? undefined : installAnew(name)))
  installed.set(name, installing)
  return installing
}

/** Refuses packages that this Node is too old for: examples run on each that the package supports. */
async function installAnew(name: string): Promise<void> {
  await run('npm', ['install', '--engine-strict', '--prefer-offline', '--no-audit', '--no-fund'], exampleFolder(name))
}

async function takeFromShelf(name: string): Promise<boolean> {
  const modules = join(exampleFolder(name), 'node_modules')
  const shelf = shelfOf(name)
  if (!existsSync(join(shelf, 'key')) || readFileSync(join(shelf, 'key'), 'utf8') !== keyOf(name)) return false
  if (!move(join(shelf, 'node_modules'), modules)) return false
  const kit = join(modules, 'opik-runner-kit')
  for (const entry of readdirSync(kit)) {
    if (entry !== 'node_modules') rmSync(join(kit, entry), { recursive: true })
  }
  await run('tar', ['-xzf', inject('workshop').tarball, '-C', kit, '--strip-components=1'], root)
  return true
}

/** Puts what is installed in an example's copy away for the next run. */
export function shelve(folder: string): void {
  const name = basename(folder)
  const shelf = shelfOf(name)
  if (!existsSync(join(folder, 'node_modules', 'opik-runner-kit'))) return
  rmSync(shelf, { recursive: true, force: true })
  mkdirSync(shelf, { recursive: true })
  if (move(join(folder, 'node_modules'), join(shelf, 'node_modules'))) writeFileSync(join(shelf, 'key'), keyOf(name))
}

const shelfOf = (name: string): string => join(root, '.cache', 'examples', name)

/** What decides about an example's packages: what it asks for, and what the package asks for. */
function keyOf(name: string): string {
  const hash = createHash('sha256').update(`${process.version} ${process.platform} ${process.arch}`)
  for (const file of [join('examples', name, 'package.json'), 'package.json'])
    hash.update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

/** Moves a folder; false when it lies on another disk, or is not there. */
function move(from: string, to: string): boolean {
  try {
    renameSync(from, to)
    return true
  } catch {
    return false
  }
}

interface Action {
  inputs: Record<string, { description: string; required?: boolean; default?: string }>
  outputs: Record<string, { description: string; value: string }>
  runs: { steps: { id?: string; run: string; env: Record<string, string> }[] }
}

/** A step with its variables filled in. */
export interface ShellStep {
  run: string
  env: Record<string, string>
}

export function readAction() {
  const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as Action
  return {
    ...action,
    /** The steps for some inputs; the others have their defaults, or are empty. */
    stepsWith(inputs: Readonly<Record<string, string>>, actionPath: string): ShellStep[] {
      const scope: Record<string, string> = { 'github.action_path': actionPath }
      for (const [name, { default: otherwise = '' }] of Object.entries(action.inputs)) {
        scope[`inputs.${name}`] = inputs[name] ?? otherwise
      }
      return action.runs.steps.map(({ run, env }) => ({
        run,
        env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, fill(value, scope)])),
      }))
    },
  }
}

function fill(template: string, scope: Readonly<Record<string, string>>): string {
  return template.replace(/\$\{\{\s*(.+?)\s*\}\}/g, (_, expression: string) => {
    const value = scope[expression]
    if (value === undefined) throw new Error(`action.yml uses ${expression}, which nothing defines.`)
    return value
  })
}
