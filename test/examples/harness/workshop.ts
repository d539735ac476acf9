// What tests of the examples share: where the examples are, and how commands are run there as a user would run them.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inject } from 'vitest'

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
