/**
 * Files that users give: YAML or JSON, read whole before anything is done with them. Whoever judges their content says
 * which value is wrong, and this file says in which line it stands.
 */
import { readFile } from 'node:fs/promises'
import { isNode, LineCounter, parseDocument, type Document, type YAMLParseError } from 'yaml'
import { KitError } from '../errors.js'

/** Keys from the root of a document to a value in it. */
export type ValuePath = readonly (string | number)[]

/** Something wrong in a file. */
export interface FileProblem {
  path: ValuePath
  /** The offending value, as text. */
  value?: string | undefined
  /** What was expected there, as a phrase. */
  expected: string
}

/** A file that was read and parsed. */
export interface InputFile {
  readonly name: string
  readonly value: unknown
  /** The line, counted from 1, in which a value stands; the nearest one around it when it is missing. */
  lineOf(path: ValuePath): number
}

/**
 * Reads a file.
 * @param what what it should hold, for messages: `settings`
 * @throws KitError `file/unreadable` or `file/syntax`
 */
export async function readInputFile(name: string, what: string): Promise<InputFile> {
  const lines = new LineCounter()
  const document = parseDocument(await readText(name, what), { lineCounter: lines, prettyErrors: false })
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
  const value = toValue(document, name, what)
  return { name, value, lineOf: (path) => lineOf(document, lines, path) }
}

/** What the parser says; the one piece of advice that is for programmers is put in a user's words. */
function describe({ code, message }: YAMLParseError): string {
  return code === 'MULTIPLE_DOCS' ? 'A second document begins, and there may be one only' : message
}

/** Aliases can make a small file unfold without end; the parser stops at a hundred. */
function toValue(document: Document, name: string, what: string): unknown {
  try {
    return document.toJS()
  } catch (error) {
    throw new KitError(
      'file/syntax',
      {
        failed: `The ${what} file ${name} cannot be unfolded: ${error instanceof Error ? error.message : String(error)}.`,
        fix: 'Write out what its aliases stand for.',
      },
      { cause: error },
    )
  }
}

/** The error for a file whose content cannot be used: file, line, field, what was expected. */
export function fileError(file: InputFile, what: string, { path, value, expected }: FileProblem): KitError {
  const field = path.length === 0 ? 'the whole file' : path.join('.')
  return new KitError('file/content', {
    failed: `The ${what} file ${file.name} cannot be used: line ${file.lineOf(path)}, ${field}.`,
    ...(value === undefined ? {} : { value }),
    fix: `Expected ${expected}.`,
  })
}

async function readText(name: string, what: string): Promise<string> {
  try {
    return await readFile(name, 'utf8')
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new KitError(
      'file/unreadable',
      { failed: `The ${what} file ${name} cannot be read.`, value: reason, fix: 'Check its path and permissions.' },
      { cause: error },
    )
  }
}

function lineOf(document: Document, lines: LineCounter, path: ValuePath): number {
  for (let depth = path.length; depth >= 0; depth--) {
    const node: unknown = document.getIn(path.slice(0, depth), true)
    if (isNode(node) && node.range !== undefined && node.range !== null) return lines.linePos(node.range[0]).line
  }
  return 1
}
