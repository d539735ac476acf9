/** Keeps answers short: long texts come in pages, values on one line each. */
import type { JsonObject } from '../../kernel/json-value.js'
import { printableLines } from '../../kernel/printable.js'

/** Text for an agent, and what it may do next. */
export interface ToolAnswer {
  readonly text: string
  readonly next: string
  /** Page of a long text. */
  readonly page?: number | undefined
  /** Where the rest is. Default: on the next page. */
  readonly rest?: string
}

const MAX_LINES = 40
const MAX_CHARACTERS = 5000
const MAX_LINE = 2500

/** A page of an answer as the client gets it, with how to read on. */
export function toPage({ text, next, page = 1, rest }: ToolAnswer): string {
  const pages: string[][] = []
  let size = 0
  for (const whole of printableLines(text).trimEnd().split('\n')) {
    const line = whole.length > MAX_LINE ? `${whole.slice(0, MAX_LINE)}... (${whole.length} characters)` : whole
    const last = pages.at(-1)
    const fits = last !== undefined && last.length < MAX_LINES && size + line.length <= MAX_CHARACTERS
    if (fits) last.push(line)
    else pages.push([line])
    size = fits ? size + line.length : line.length
  }
  const shown = pages[page - 1]
  if (shown === undefined) throw new Error(`'page' cannot be ${page}: there are ${pages.length}.`)
  const more = page < pages.length ? `; ${rest ?? `page ${page + 1} follows`}` : ''
  const place = pages.length === 1 ? [] : [`page ${page} of ${pages.length}${more}`]
  return [...shown, ...place, '', `Next: ${next}`].join('\n')
}

/** Objects on a line each, without what is empty. */
export function toLines(rows: readonly JsonObject[], names?: readonly string[]): string[] {
  return rows.map((row) =>
    (names ?? Object.keys(row))
      .flatMap((name) => (isEmpty(row[name]) ? [] : `${name}=${toText(row[name])}`))
      .join('  '),
  )
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

function toText(value: unknown): string {
  if (Array.isArray(value) && !value.some((item) => typeof item === 'object')) return value.join(',')
  return typeof value === 'string' && !/\s/.test(value) ? value : JSON.stringify(value)
}
