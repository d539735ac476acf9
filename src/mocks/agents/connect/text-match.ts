/**
 * Finds the one place that an edit means: exactly, else leniently, as daemons do it: typographic quotes, dashes and
 * spaces count as plain ones, compatible forms as one (NFKC), and blanks at the end of a line not at all.
 */
import { CommandError } from './command-error.js'

/** A place in a text. */
export interface Span {
  start: number
  end: number
  isFuzzy: boolean
}

/**
 * The only place where `wanted` occurs in `text`.
 * @throws CommandError `match_not_found`, or `match_ambiguous` when there are several
 */
export function findOnly(text: string, wanted: string): Span {
  if (wanted === '') throw new CommandError('match_not_found', 'The text to replace is empty.')
  const exact = onlyIndex(text, wanted)
  if (exact !== undefined) return { start: exact, end: exact + wanted.length, isFuzzy: false }
  const plain = toPlain(text)
  const plainWanted = toPlain(wanted).text
  const at = plainWanted === '' ? undefined : onlyIndex(plain.text, plainWanted)
  if (at === undefined) throw new CommandError('match_not_found', 'The text to replace does not occur in the file.')
  const last = at + plainWanted.length - 1
  return { start: plain.starts[at] ?? 0, end: plain.ends[last] ?? text.length, isFuzzy: true }
}

function onlyIndex(text: string, wanted: string): number | undefined {
  const first = text.indexOf(wanted)
  if (first < 0) return undefined
  if (text.indexOf(wanted, first + 1) < 0) return first
  throw new CommandError('match_ambiguous', 'The text to replace occurs more than once in the file.')
}

/** A text made plain, and where each of its characters begins and ends in the original. */
interface PlainText {
  text: string
  starts: number[]
  ends: number[]
}

function toPlain(original: string): PlainText {
  const plain: PlainText = { text: '', starts: [], ends: [] }
  let at = 0
  for (const [piece] of original.matchAll(/[ \t\u00a0\u2009\u200a]+|[^]/gu)) {
    const next = at + piece.length
    // Blanks before the end of a line are left out; those at the end of the whole text stay, it may go on.
    const isLeftOut = original[next] === '\n' && piece !== '\n' && piece.trim() === ''
    let from = at
    for (const character of isLeftOut ? '' : piece) {
      append(plain, toPlainCharacter(character), from, from + character.length)
      from += character.length
    }
    at = next
  }
  return plain
}

function append(plain: PlainText, characters: string, start: number, end: number): void {
  plain.text += characters
  for (let each = 0; each < characters.length; each++) {
    plain.starts.push(start)
    plain.ends.push(end)
  }
}

function toPlainCharacter(character: string): string {
  const normal = character.normalize('NFKC')
  if (/[\u201c\u201d]/.test(normal)) return '"'
  if (/[\u2018\u2019]/.test(normal)) return "'"
  if (/[\u2010-\u2015\u2212]/.test(normal)) return '-'
  return /[\u00a0\u2000-\u200a]/.test(normal) ? ' ' : normal
}
