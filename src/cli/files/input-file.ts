/**
 * Files that users give: YAML or JSON, read whole before anything is done with them. Whoever judges their content says
 * which value is wrong, and this file says in which line it stands.
 */
import { readFile } from 'node:fs/promises'
import { isNode, LineCounter, type Document, type YAMLParseError } from 'yaml'
import { EndlessYamlError, parseBoundedYaml, valueOfYaml } from '../../spec/bounded-yaml.js'
import { KitError } from '../../kernel/errors.js'
import { describeExpected, placeOf, show, type Place, type Problem } from '../../kernel/problem.js'

/** A file that was read and parsed. */
export interface InputFile {
  readonly name: string
  readonly value: unknown
  /** The line, counted from 1, in which a value stands; the nearest one around it when it is missing. */
  lineOf(path: Place): number
}

/**
 * Reads a file.
 * @param what what it should hold, for messages: `settings`
 * @throws KitError `file/unreadable` or `file/syntax`
 */
export async function readInputFile(name: string, what: string): Promise<InputFile> {
  const lines = new LineCounter()
  const text = await readText(name, what)
  const document = bounded(name, what, () => parseBoundedYaml(text, { lineCounter: lines, prettyErrors: false }))
  const [error] = document.errors
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0])
    throw new KitError(
      'file/syntax',
      {
        failed: `The ${what} file ${name} is neither YAML nor JSON, from line ${line}, column ${col} on: ${describe(error)}.`,
        fix: 'Mend that place and start again.',
      },
      { cause: error },
    )
  }
  const value = withoutSchema(bounded(name, what, () => valueOfYaml(document)))
  return { name, value, lineOf: (path) => lineOf(document, lines, path) }
}

/** What the parser says; the one piece of advice that is for programmers is put in a user's words. */
function describe({ code, message }: YAMLParseError): string {
  return code === 'MULTIPLE_DOCS' ? 'A second document begins, and there may be one only' : message
}

/** Depth and aliases can make a small file one without end. */
function bounded<Read>(name: string, what: string, read: () => Read): Read {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof EndlessYamlError)) throw error
    throw new KitError(
      'file/syntax',
      {
        failed: `The ${what} file ${name} cannot be unfolded: ${error.message}.`,
        fix: 'Write out what its aliases stand for, with less in each other.',
      },
      { cause: error },
    )
  }
}

/** The error for a file whose content cannot be used: file, line, place, what was expected and what may have been meant. */
export function fileError(file: InputFile, what: string, problem: Problem): KitError {
  const place = placeOf(problem.path)
  const expected = describeExpected(problem)
  return new KitError('file/content', {
    failed: `The ${what} file ${file.name} cannot be used: line ${file.lineOf(problem.path)}, ${place === '' ? 'the whole file' : place}.`,
    ...(problem.value === undefined ? {} : { value: show(problem.value) }),
    fix: `Expected ${expected}${expected.endsWith('?') ? '' : '.'}`,
  })
}

/** `$schema` names the JSON Schema for editors and says nothing to us. */
function withoutSchema(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const { $schema, ...rest }: Record<string, unknown> = { ...value }
  return typeof $schema === 'string' ? rest : value
}

/**
 * The text of a file.
 * @throws KitError `file/unreadable`
 */
export async function readText(name: string, what: string): Promise<string> {
  return await readFile(name, 'utf8').catch((error: unknown) => {
    throw unreadable(name, what, error)
  })
}

/** The error for a file that cannot be read, with the system's reason. */
export function unreadable(name: string, what: string, error: unknown): KitError {
  const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  return new KitError(
    'file/unreadable',
    { failed: `The ${what} file ${name} cannot be read.`, value: reason, fix: 'Check its path and permissions.' },
    { cause: error },
  )
}

function lineOf(document: Document, lines: LineCounter, path: Place): number {
  for (let depth = path.length; depth >= 0; depth--) {
    const node: unknown = document.getIn(path.slice(0, depth), true)
    if (isNode(node) && node.range !== undefined && node.range !== null) return lines.linePos(node.range[0]).line
  }
  return 1
}
