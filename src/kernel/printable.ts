// Text of others (a server's, a client's, a file's) made fit to be shown: on a terminal, in the log of a CI job, and in
// HTML, XML and Markdown. Nothing is lost: what may not be printed becomes its JSON escape, so that JSON still says the
// same, and markup becomes entities.

/** Control codes, invisible marks that turn or hide text, halves of characters, and line ends but those of `\n`. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\uFFFE\uFFFF]/gu

/** What the log of a CI job takes for a command: `::` where a line begins, and `##[` and its like anywhere. */
const COMMAND = /^([^\S\n]*):(?=:)|#(?=#(?:\[|vso\[|teamcity\[))/gm

const SHORT: Readonly<Record<string, string>> = { '\n': String.raw`\n`, '\r': String.raw`\r`, '\t': String.raw`\t` }

/** A text on one line, as it may be shown anywhere; shown once more, it stays as it is. */
export function printable(text: string): string {
  return printableLines(text).replaceAll('\n', String.raw`\n`)
}

/** A text that keeps its lines. Nothing on them acts on a terminal, or commands a CI job, even when they are indented. */
export function printableLines(text: string): string {
  const visible = text.replaceAll(UNPRINTABLE, (char) => (char === '\n' ? char : (SHORT[char] ?? escaped(char))))
  return visible.replaceAll(COMMAND, (_, blanks: string | undefined) =>
    blanks === undefined ? escaped('#') : `${blanks}${escaped(':')}`,
  )
}

/** Data of others in which every text, names of members included, is fit to be shown. */
export function printableData<Value>(data: Value): Value
export function printableData(data: unknown): unknown {
  if (typeof data === 'string') return printableLines(data)
  if (Array.isArray(data)) return data.map((item: unknown) => printableData(item))
  if (typeof data !== 'object' || data === null) return data
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [printable(name), printableData(value)]))
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\n': '&#10;',
}

/** A text for an element or a quoted attribute of HTML and XML. */
export function escapeMarkup(text: string): string {
  return printableLines(text).replaceAll(/[&<>"'\n]/g, (char) => ENTITIES[char] ?? char)
}

function escaped(char: string): string {
  // A character beyond the first 65,536 is two of JSON's escapes.
  return Array.from({ length: char.length }, (_, at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join(
    '',
  )
}

/** A value as a report shows it: JSON, cut when it is long. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  return shorten(typeof value === 'string' ? value : JSON.stringify(value), 600)
}

/** A text of at most so many characters, with dots where more follow. */
export function shorten(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}...` : text
}
