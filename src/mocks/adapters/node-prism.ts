/**
 * Prism as a fallback: it mocks a whole OpenAPI file, statelessly. It runs as a thread of this process, so that nothing
 * can leave it behind: however the process ends, Prism ends with it.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { Worker } from 'node:worker_threads'
import { KitError } from '../../kernel/errors.js'
import { prepareDocument } from './node-prism-document.js'

/** A Prism that listens. */
export interface Prism {
  readonly url: URL
  close(): Promise<void>
}

const PACKAGE = '@stoplight/prism-cli'
/** Milliseconds in which Prism has to be ready; a file of thousands of operations takes some seconds. */
const LONGEST_START_MS = 120_000

/**
 * Starts Prism on a free loopback port and resolves when it listens.
 *
 * @param spec path of an OpenAPI file, YAML or JSON
 * @throws KitError `fallback/prism` when it is not installed, `fallback/spec` when it cannot mock the file
 */
export async function startPrism(spec: string): Promise<Prism> {
  const { command, takesSeed } = findPrism()
  const document = await prepareDocument(resolve(spec), command)
  // With a seed, what `Prefer: dynamic=true` asks for is the same each time.
  const seed = takesSeed ? ['--seed', '1'] : []
  const args = ['mock', document.file, '--host', '127.0.0.1', '--port', '0', '--no-multiprocess', ...seed]
  const worker = new Worker(command, { argv: args, stdout: true, stderr: true })
  // What Prism says of single requests, the answers say too.
  worker.stderr.resume()
  // Prism watches its file, and would end with it.
  const close = async (): Promise<void> => {
    await worker.terminate()
    document.remove()
  }
  try {
    return { url: await listening(worker), close }
  } catch (error) {
    await close()
    throw new KitError(
      'fallback/spec',
      {
        failed: `Prism cannot mock ${spec}.`,
        value: error instanceof Error ? error.message : String(error),
        fix: 'Mend the file, or name another OpenAPI document.',
      },
      { cause: error },
    )
  }
}

/** A Prism that is installed. */
interface InstalledPrism {
  /** Path of its script. */
  readonly command: string
  readonly takesSeed: boolean
}

/** That of the project in which we run, or else of the place where we are installed. */
function findPrism(): InstalledPrism {
  for (const start of [resolve('package.json'), import.meta.url]) {
    try {
      const file = createRequire(start).resolve(`${PACKAGE}/package.json`)
      const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'))
      return { command: join(dirname(file), commandIn(manifest)), takesSeed: takesSeed(manifest) }
    } catch {
      // Not there; perhaps in the other place.
    }
  }
  throw new KitError('fallback/prism', {
    failed: `To mock an OpenAPI file, the fallback needs Prism, which is not installed.`,
    fix: `Run \`npm install --save-dev ${PACKAGE}\`, or give the URL of a server instead.`,
  })
}

function commandIn(manifest: unknown): string {
  if (isObject(manifest) && isObject(manifest['bin']) && typeof manifest['bin']['prism'] === 'string') {
    return manifest['bin']['prism']
  }
  throw new Error(`${PACKAGE} has no command prism`)
}

/** Since 5.12; an earlier one refuses options that it does not know. */
function takesSeed(manifest: unknown): boolean {
  const version = isObject(manifest) ? String(manifest['version']) : ''
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 5 || (major === 5 && minor >= 12)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** Reads along until Prism names its address, or its trouble. */
function listening(worker: Worker): Promise<URL> {
  return new Promise((resolve, reject) => {
    let trouble = 'it ended at once'
    let rest = ''
    worker.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = stripVTControlCharacters(rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const [, address] = /listening on (http:\S+)/.exec(line) ?? []
        const [, problem] = /fatal\s+(.+)/.exec(line) ?? []
        if (address !== undefined) resolve(new URL(address))
        if (problem !== undefined) trouble = problem.trim()
      }
    })
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error(trouble)))
    AbortSignal.timeout(LONGEST_START_MS).addEventListener('abort', () => reject(new Error('it did not get ready')))
  })
}
