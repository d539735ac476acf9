/**
 * YAML of users' files: its value, the line in which a value stands, and what is written for users. What nests without
 * an end, or holds itself, is refused before it is built.
 */
import { isNode, Lexer, LineCounter, parseDocument, Parser, stringify, type Document, type YAMLParseError } from 'yaml'
import { KitError, messageOf } from '../../kernel/errors.js'
import { MAX_JSON_DEPTH, isTooDeep } from '../../kernel/json-text.js'
import type { ProblemPlace } from '../../kernel/problem.js'

/** @throws KitError `file/syntax` */
export function parseYamlText(text: string, name: string, what: string): unknown {
  const endless = (why: string): KitError =>
    new KitError('file/syntax', {
      failed: `The ${what} file ${name} cannot be unfolded: ${why}.`,
      fix: 'Write out what its aliases stand for, with less in each other.',
    })
  if (nestsTooDeeply(text)) throw endless(`it nests deeper than ${MAX_JSON_DEPTH} levels`)
  const lines = new LineCounter()
  const document = parse(text, lines)
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
  let value: unknown
  try {
    value = document.toJS()
  } catch (problem) {
    throw endless(messageOf(problem))
  }
  if (isTooDeep(value)) throw endless('it nests too deeply, or in itself')
  return value
}

/** The line, counted from 1, in which a value stands; the nearest one around it when it is missing. */
export function lineInYaml(text: string, path: ProblemPlace): number {
  const lines = new LineCounter()
  const document = parse(text, lines)
  for (let depth = path.length; depth >= 0; depth--) {
    const node: unknown = document.getIn(path.slice(0, depth), true)
    if (isNode(node) && node.range !== undefined && node.range !== null) return lines.linePos(node.range[0]).line
  }
  return 1
}

export function toYamlText(value: unknown): string {
  return stringify(value, { aliasDuplicateObjects: false })
}

/** `merge`: documents of others use the merge keys of YAML 1.1. */
function parse(text: string, lineCounter: LineCounter): Document.Parsed {
  return parseDocument(text, { lineCounter, prettyErrors: false, merge: true, logLevel: 'error' })
}

/** What the parser says; the one piece of advice that is for programmers is put in a user's words. */
function describe({ code, message }: YAMLParseError): string {
  return code === 'MULTIPLE_DOCS' ? 'A second document begins, and there may be one only' : message
}

/** The parser keeps open levels in a list and survives any depth; building a document from them is recursive. */
function nestsTooDeeply(text: string): boolean {
  if (text.length <= MAX_JSON_DEPTH) return false
  const parser = new Parser()
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme)) {
      // Only the depth counts.
    }
    if (parser.stack.length > MAX_JSON_DEPTH) return true
  }
  return false
}
