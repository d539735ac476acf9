/**
 * An OpenAPI file made ready for Prism, whose answers are to look like an API's: numbers that nobody has given an example
 * are 1 in place of the smallest there is, and lists stay short.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file for Prism. */
export interface PrismDocument {
  readonly file: string
  /** Takes the file away, once Prism has ended. */
  remove(): void
}

/** For `Prefer: dynamic=true`, in the words of Prism; what the document says itself counts more. */
const LIMITS = { 'min-items': 1, 'max-items': 3, 'use-examples-value': true, 'use-default-value': true }

/**
 * Writes a file as Prism is to read it, all that it refers to included. A file that cannot be read goes to Prism as it is,
 * which tells what is wrong with it.
 *
 * @param spec path of the OpenAPI file
 * @param prism path of Prism's command, whose own reader of YAML and references is used
 */
export async function prepareDocument(spec: string, prism: string): Promise<PrismDocument> {
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
  exemplify(document, false)
  const own = document['x-json-schema-faker']
  return JSON.stringify({ ...document, 'x-json-schema-faker': { ...LIMITS, ...(isObject(own) ? own : {}) } })
}

/** Members by names that say nothing of what they hold. */
const MAPS = new Set(['properties', 'patternProperties', 'schemas', 'definitions', '$defs', 'responses', 'headers'])
/** What holds data, which only looks like a schema. */
const DATA = /^(examples?|default|enum|const|x-.*)$/

function exemplify(value: unknown, isMap: boolean): void {
  if (Array.isArray(value)) for (const item of value) exemplify(item, false)
  if (!isObject(value)) return
  if (!isMap && isOpenNumber(value)) value['example'] = 1
  for (const [name, member] of Object.entries(value)) {
    if (isMap || !DATA.test(name)) exemplify(member, !isMap && MAPS.has(name))
  }
}

/** Whether a schema lets a number be 1, and nothing says what else it might be. */
function isOpenNumber(schema: Record<string, unknown>): boolean {
  const { type, minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema
  const types: readonly unknown[] = Array.isArray(type) ? type : [type]
  if (!types.includes('integer') && !types.includes('number')) return false
  if (TELLING.some((name) => name in schema)) return false
  // The exclusive ones are numbers or not, depending on the version of OpenAPI.
  const isAbove = [minimum, exclusiveMinimum].every((bound) => typeof bound !== 'number' || bound < 1)
  return isAbove && [maximum, exclusiveMaximum].every((bound) => typeof bound !== 'number' || bound > 1)
}

const TELLING = ['example', 'examples', 'default', 'enum', 'const', 'multipleOf']

function isReader(value: unknown): value is { bundle: (file: string) => Promise<unknown> } {
  return typeof value === 'function' && 'bundle' in value && typeof value.bundle === 'function'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
