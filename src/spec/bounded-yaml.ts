/** YAML of others, as far as it has an end: what nests without one, or holds itself, is refused before it is built. */
import {
  Lexer,
  Parser,
  parseDocument,
  type Document,
  type DocumentOptions,
  type ParseOptions,
  type SchemaOptions,
} from 'yaml'
import { MAX_JSON_DEPTH, isTooDeep } from '../kernel/json-text.js'
import { messageOf } from '../kernel/errors.js'

/** Thrown for what has no end; its message continues "it cannot be read: ...". */
export class EndlessYamlError extends Error {}

/** @throws EndlessYamlError for one that nests too deeply */
export function parseBoundedYaml(
  text: string,
  options: ParseOptions & DocumentOptions & SchemaOptions,
): Document.Parsed {
  if (nestsTooDeeply(text)) throw new EndlessYamlError(`it nests deeper than ${MAX_JSON_DEPTH} levels`)
  return parseDocument(text, { ...options, logLevel: 'error' })
}

/** @throws EndlessYamlError for aliases that multiply without end, or that stand for what they are in */
export function valueOfYaml(document: Document.Parsed): unknown {
  let value: unknown
  try {
    value = document.toJS()
  } catch (error) {
    throw new EndlessYamlError(messageOf(error))
  }
  if (isTooDeep(value)) throw new EndlessYamlError('it nests too deeply, or in itself')
  return value
}

/** The parser keeps what is open in a list, while what builds a document from it calls itself. */
function nestsTooDeeply(text: string): boolean {
  if (text.length <= MAX_JSON_DEPTH) return false
  const parser = new Parser()
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme)) {
      // What has been closed is of no interest.
    }
    if (parser.stack.length > MAX_JSON_DEPTH) return true
  }
  return false
}
