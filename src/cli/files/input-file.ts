/**
 * Files that users give: YAML or JSON, read whole before anything is done with them. The judge of their content names
 * the wrong value, and this file finds its line. YAML's parser is loaded with the first file that is
 * not plain JSON, or that has a flaw, since it is a fifth of the code that `serve` would load at its start.
 */
import { readFile, stat } from 'node:fs/promises'
import type { FormOf } from '../../generated/kit-form.js'
import { codeOf, KitError, messageOf } from '../../kernel/errors.js'
import { hasForm, problemsOf } from '../../kernel/validate-options.js'
import { isTooDeep } from '../../kernel/json-text.js'
import { adviceFor, placeOf, show, type Problem } from '../../kernel/problem.js'
import { Settings as SettingsForm } from '../../generated/kit-page.js'
import { omitUndefined } from '../../mocks/base/omit-undefined.js'
import type { Settings } from '../../mocks/base/settings.js'

interface InputFile {
  readonly name: string
  readonly text: string
  readonly value: unknown
}

/**
 * Reads a file.
 * @param what what it should hold, for messages: `settings`
 * @throws KitError `file/unreadable` or `file/syntax`
 */
export async function readInputFile(name: string, what: string): Promise<InputFile> {
  const text = await readText(name, what)
  const json = plainJson(text)
  const value = json === undefined ? (await import('./yaml-text.js')).parseYamlText(text, name, what) : json
  return { name, text, value: withoutSchema(value) }
}

/** @throws KitError as `readInputFile`, and `file/content` for content that does not have the form */
export async function readForm<Value>(name: string, what: string, form: FormOf<Value>): Promise<Value> {
  const file = await readInputFile(name, what)
  const { value } = file
  if (value !== undefined && hasForm(form, value)) return value
  throw await fileError(file, what, problemsOf(form, value)[0] ?? { path: [], value, expected: what })
}

/** The value of a text that means the same as JSON and as YAML; undefined for any other. */
function plainJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    // A member that is there twice, which JSON lets pass, is gone when written again.
    const packed = text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, '$1')
    return isTooDeep(value) || JSON.stringify(value).length !== packed.length ? undefined : value
  } catch {
    return undefined
  }
}

/** The error for a file whose content cannot be used: file, line, place, what was expected and what may have been meant. */
export async function fileError(file: InputFile, what: string, problem: Problem): Promise<KitError> {
  const { lineInYaml } = await import('./yaml-text.js')
  const place = placeOf(problem.path)
  return new KitError('file/content', {
    failed: `The ${what} file ${file.name} cannot be used: line ${lineInYaml(file.text, problem.path)}, ${place === '' ? 'the whole file' : place}.`,
    ...(problem.value === undefined ? {} : { value: show(problem.value) }),
    fix: adviceFor(problem),
  })
}

/** `$schema` names the JSON Schema for editors and says nothing to us. */
function withoutSchema(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const { $schema, ...rest }: Record<string, unknown> = { ...value }
  return typeof $schema === 'string' ? rest : value
}

/** @throws KitError `file/unreadable` */
export async function readText(name: string, what: string): Promise<string> {
  return (await readBytes(name, what)).toString('utf8')
}

const MAX_FILE_BYTES = 512 * 1024 * 1024

/** @throws KitError `file/unreadable`, also for a file that is too long */
export async function readBytes(name: string, what: string): Promise<Buffer> {
  try {
    const { size } = await stat(name)
    if (size <= MAX_FILE_BYTES) return await readFile(name)
    throw new Error(`it is longer than ${MAX_FILE_BYTES} bytes`)
  } catch (cause) {
    const [failed, value] = [`The ${what} file ${name} cannot be read.`, codeOf(cause) ?? messageOf(cause)]
    throw new KitError('file/unreadable', { failed, value, fix: 'Check its path and permissions.' }, { cause })
  }
}

/** Whether a file could not be written for lack of room; what to say then. */
export function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '')
}

export const FULL_DISK = 'Its disk is full: free some space, or name a file on another disk.'

/**
 * Limits and time spans that differ from the spec's defaults; none without a file.
 * @throws KitError for a file that cannot be used, an unknown setting or a value out of range
 */
export async function readSettings(name: string | undefined, what = 'settings'): Promise<Partial<Settings>> {
  return name === undefined ? {} : omitUndefined(await readForm(name, what, SettingsForm))
}
