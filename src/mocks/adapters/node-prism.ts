// Prism as a fallback: it mocks a whole OpenAPI file, statelessly. It runs as a thread of this process, so that nothing
// can leave it behind: however the process ends, Prism ends with it.
import { readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { Worker } from 'node:worker_threads'
import { tmpdir } from 'node:os'
import { KitError, messageOf } from '../../kernel/errors.js'
import { isObject, memberOf, objectOf, textAt, type JsonObject } from '../../kernel/json-value.js'

const PACKAGE = '@stoplight/prism-cli'
/** Milliseconds in which Prism has to be ready; a file of thousands of operations takes some seconds. */
const MAX_START_MS = 120_000

/**
 * Starts Prism on a free loopback port and resolves when it listens.
 * @param spec path of an OpenAPI file, YAML or JSON
 * @throws KitError `fallback/prism` when it is not installed, `fallback/spec` when it cannot mock the file
 */
export async function startPrism(spec: string) {
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
        value: messageOf(error),
        fix: 'Mend the file, or name another OpenAPI document.',
      },
      { cause: error },
    )
  }
}

/** That of the project in which we run, or else of the place where we are installed. */
function findPrism() {
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
  const command = textAt(memberOf(manifest, 'bin'), 'prism')
  if (command === '') throw new Error(`${PACKAGE} has no command prism`)
  return command
}

/** Since 5.12; an earlier one refuses options that it does not know. */
function takesSeed(manifest: unknown): boolean {
  const [major = 0, minor = 0] = textAt(manifest, 'version').split('.').map(Number)
  return major > 5 || (major === 5 && minor >= 12)
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
    AbortSignal.timeout(MAX_START_MS).addEventListener('abort', () => reject(new Error('it did not get ready')))
  })
}

/** For `Prefer: dynamic=true`, in the words of Prism; what the document says itself counts more. */
const LIMITS = { 'min-items': 1, 'max-items': 3, 'use-examples-value': true, 'use-default-value': true }

/**
 * Writes a file as Prism is to read it, all that it refers to included, so that its answers look like an API's: numbers
 * without an example are 1 instead of the smallest possible one, and lists stay short. A file that cannot be read goes to
 * Prism as it is, which tells what is wrong with it.
 * @param spec path of the OpenAPI file
 * @param prism path of Prism's command, whose own reader of YAML and references is used
 */
async function prepareDocument(spec: string, prism: string) {
  const text = await prepare(spec, prism).catch(() => undefined)
  if (text === undefined) return { file: spec, remove: () => undefined }
  const folder = mkdtempSync(join(tmpdir(), 'opik-runner-kit-prism-'))
  const file = join(folder, 'openapi.json')
  writeFileSync(file, text)
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

async function prepare(spec: string, prism: string): Promise<string | undefined> {
  const reader: unknown = createRequire(prism)('@stoplight/json-schema-ref-parser')
  const document = isReader(reader) ? await reader.bundle(spec) : undefined
  if (!isObject(document)) return undefined
  const own = document['x-json-schema-faker']
  const limited = { ...document, 'x-json-schema-faker': { ...LIMITS, ...objectOf(own) } }
  // An example may look like a schema itself.
  return JSON.stringify(limited, (name, value: unknown) =>
    name !== 'example' && isObject(value) && isOpenNumber(value) ? { ...value, example: 1 } : value,
  )
}

/** Whether a schema lets a number be 1, and nothing says what else it might be. */
function isOpenNumber(schema: JsonObject): boolean {
  const { type, minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema
  const isNumber = [type].flat().some((each) => each === 'integer' || each === 'number')
  if (!isNumber || TELLING.some((name) => name in schema)) return false
  // The exclusive ones are numbers or not, depending on the version of OpenAPI.
  const isAbove = [minimum, exclusiveMinimum].every((bound) => typeof bound !== 'number' || bound < 1)
  return isAbove && [maximum, exclusiveMaximum].every((bound) => typeof bound !== 'number' || bound > 1)
}

const TELLING = ['example', 'examples', 'default', 'enum', 'const', 'multipleOf']

function isReader(value: unknown): value is { bundle: (file: string) => Promise<unknown> } {
  return typeof value === 'function' && 'bundle' in value && typeof value.bundle === 'function'
}
