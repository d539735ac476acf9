/**
 * Reads JSON whose numbers JavaScript cannot hold as they are written. Loaded when the first such text is met; see
 * `json-text.ts`, which remembers what this file finds.
 */
import { parse } from 'lossless-json'

/** A number that is written otherwise than JavaScript would write it. */
class Written {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** Hears of an object or array how those of its numbers were written that JavaScript would write otherwise, by key. */
type Remember = (holder: object, texts: ReadonlyMap<string, string>) => void

/**
 * Reads JSON into plain values; of a key that comes twice the last value counts, as with JSON.parse.
 * @param remember told of every object and array, inner ones first
 * @throws SyntaxError for what is no JSON
 */
export function readLossless(text: string, remember: Remember): unknown {
  const read = parse(quoteWords(text), undefined, {
    parseNumber: (number) => (JSON.stringify(Number(number)) === number ? Number(number) : new Written(number)),
    onDuplicateKey: ({ newValue }) => newValue,
  })
  return settle(read, remember)
}

/** Puts plain numbers in the place of written ones, from the inside out. */
function settle(value: unknown, remember: Remember): unknown {
  if (value instanceof Written) return Number(value.text)
  if (typeof value !== 'object' || value === null) return value
  const texts = new Map<string, string>()
  for (const [key, member] of Object.entries(value)) {
    if (!(member instanceof Written)) settle(member, remember)
    else {
      texts.set(key, member.text)
      Reflect.defineProperty(value, key, {
        value: Number(member.text),
        enumerable: true,
        writable: true,
        configurable: true,
      })
    }
  }
  remember(value, texts)
  return value
}

const WORDS = /(?<![\w.+-])(?:NaN|-?Infinity)(?!\w)/g

/** Puts the words that Python writes for numbers that JSON has not into quotes, outside of strings only. */
function quoteWords(text: string): string {
  if (!/NaN|Infinity/.test(text)) return text
  const parts: string[] = []
  for (let at = 0; at < text.length;) {
    const start = text.indexOf('"', at)
    if (start < 0) return parts.join('') + text.slice(at).replaceAll(WORDS, '"$&"')
    const end = endOfString(text, start)
    parts.push(text.slice(at, start).replaceAll(WORDS, '"$&"'), text.slice(start, end))
    at = end
  }
  return parts.join('')
}

/** Behind the quote that ends the string which begins at `start`; the end of the text when there is none. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0
    while (text[end - 1 - escapes] === '\\') escapes++
    if (escapes % 2 === 0) return end + 1
  }
  return text.length
}
