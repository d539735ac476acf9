/**
 * Reads JSON whose numbers JavaScript cannot hold as they are written: each of them goes through JSON.parse as a string
 * that no other string can be, and becomes a number afterwards, of which the caller hears how it was written.
 *
 * By hand, since readers such as lossless-json take several times as long and refuse what Python writes (`NaN`, a key
 * twice), and JSON.parse tells its reviver how a number was written on newer engines only than those of Node 20.
 */

/** Hears of an object or array how those of its numbers were written that JavaScript would write otherwise, by key. */
type Remember = (holder: object, texts: ReadonlyMap<string, string>) => void

/**
 * Reads JSON into plain values. `NaN`, `Infinity` and `-Infinity` become strings.
 * @param remember told of every object and array, inner ones first
 * @throws SyntaxError for what is no JSON
 */
export function readLossless(text: string, remember: Remember): unknown {
  const mark = findMark(text)
  if (mark === undefined) return JSON.parse(text)
  const whole: unknown = JSON.parse(markNumbers(text, escapeOf(mark)))
  return typeof whole === 'string' && whole.startsWith(mark) ? Number(whole.slice(1)) : settle(whole, mark, remember)
}

/** Control characters cannot stand in a string but escaped, so one that the text does not escape is in no string of it. */
function findMark(text: string): string | undefined {
  const escaped = text.toLowerCase()
  return Array.from({ length: 8 }, (_, code) => String.fromCharCode(code)).find(
    (char) => !escaped.includes(escapeOf(char)),
  )
}

function escapeOf(char: string): string {
  return `\\u000${char.charCodeAt(0)}`
}

/** A number, or a word that Python writes for one, where a value may stand; whether it is well formed is seen then. */
const TOKEN = /(?<![\w.+-])(?:-?\d[\w.+-]*|NaN|-?Infinity)(?![\w.+-]|\s*:)/g
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** Quotes what stands outside of strings and cannot go through JSON.parse as it is. */
function markNumbers(text: string, mark: string): string {
  const quote = (token: string): string => {
    if (/[NI]/.test(token)) return `"${token}"`
    return NUMBER.test(token) && JSON.stringify(Number(token)) !== token ? `"${mark}${token}"` : token
  }
  const parts: string[] = []
  for (let at = 0; at < text.length;) {
    const start = text.indexOf('"', at)
    const end = start < 0 ? text.length : endOfString(text, start)
    parts.push(text.slice(at, start < 0 ? end : start).replaceAll(TOKEN, quote))
    if (start >= 0) parts.push(text.slice(start, end))
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

/** Puts plain numbers in the place of marked ones, from the inside out. */
function settle(value: unknown, mark: string, remember: Remember): unknown {
  if (typeof value !== 'object' || value === null) return value
  const texts = new Map<string, string>()
  for (const [key, member] of Object.entries(value)) {
    if (typeof member !== 'string') settle(member, mark, remember)
    else if (member.startsWith(mark)) {
      const text = member.slice(1)
      texts.set(key, text)
      Reflect.defineProperty(value, key, { ...PLAIN, value: Number(text) })
    }
  }
  remember(value, texts)
  return value
}

const PLAIN = { enumerable: true, writable: true, configurable: true }
