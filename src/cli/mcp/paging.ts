/** Keeps answers short: long texts come in pages, values as one line each. */
import { isObject, type JsonObject } from '../../kernel/json-value.js'
import { printableLines } from '../../kernel/printable.js'
import { ToolError } from './tool-error.js'
import type { ToolAnswer } from './tool.js'

const MAX_LINES = 40
const MAX_CHARACTERS = 5000
const MAX_LINE = 1500

/** A page of an answer as the client gets it, with how to read on. */
export function toPage({ text, next, page = 1, rest }: ToolAnswer): string {
  const pages = toPages(printableLines(text))
  const shown = pages[page - 1]
  if (shown === undefined) throw new ToolError(`'page' cannot be ${page}: there are ${pages.length}.`)
  const more = page < pages.length ? `; ${rest ?? `page ${page + 1} follows`}` : ''
  const place = pages.length === 1 ? '' : `\npage ${page} of ${pages.length}${more}`
  return `${shown}${place}\n\nNext: ${next}`
}

function toPages(text: string): string[] {
  const pages: string[][] = [[]]
  let size = 0
  for (const line of text.trimEnd().split('\n')) {
    const short = line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}... (${line.length} characters)` : line
    const page = pages.at(-1)
    if (page === undefined || page.length >= MAX_LINES || (page.length > 0 && size + short.length > MAX_CHARACTERS)) {
      pages.push([short])
      size = short.length
    } else {
      page.push(short)
      size += short.length + 1
    }
  }
  return pages.map((lines) => lines.join('\n'))
}

/** An object on one line: what is empty is left out. */
export function toLine(value: JsonObject, names: readonly string[] = Object.keys(value)): string {
  return names
    .filter((name) => !isEmpty(value[name]))
    .map((name) => `${name}=${toText(value[name])}`)
    .join('  ')
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

function toText(value: unknown): string {
  if (Array.isArray(value) && !value.some((item) => typeof item === 'object')) return value.join(',')
  return typeof value === 'string' && !/\s/.test(value) ? value : JSON.stringify(value)
}

/** A value as indented JSON. */
export function toBlock(value: unknown): string {
  return isObject(value) || Array.isArray(value) ? JSON.stringify(value, null, 2) : String(value)
}
