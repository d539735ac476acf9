/** EditFile: replaces pieces of one text file, all of them or, when one does not fit, none. */
import { textArg, toArgs, wrong, CommandError, type Args } from './command-args.js'
import { readText, unifiedDiff } from './file-commands.js'
import { resolvePath, type FileTree } from './file-tree.js'

export async function editFile(tree: FileTree, args: Args): Promise<unknown> {
  const path = resolvePath(textArg(args, 'path'))
  const edits = toEdits(args['edits'])
  const before = await readText(tree, path)
  // Edits are written with plain line ends; the file keeps its own.
  const isWindows = /^[^\n]*\r\n/.test(before)
  const text = toPlainEnds(before)
  const places = edits.map((edit) => ({ ...findOnly(text, edit.oldText), newText: edit.newText }))
  const edited = replaceAll(text, places)
  const after = isWindows ? edited.replaceAll('\n', '\r\n') : edited
  if (after === before) throw new CommandError('no_change', 'The edits leave the file as it is.')
  await tree.write(path, new TextEncoder().encode(after))
  return {
    diff: unifiedDiff(path, before, after),
    edits_applied: edits.length,
    fuzzy_match_used: places.some(({ isFuzzy }) => isFuzzy),
  }
}

function toEdits(value: unknown) {
  if (!Array.isArray(value)) throw wrong('edits', 'an array')
  if (value.length === 0) throw new CommandError('no_change', 'There are no edits.')
  return value.map((item: unknown) => {
    const edit = toArgs(item)
    const oldText = toPlainEnds(textArg(edit, 'old_string'))
    const newText = toPlainEnds(textArg(edit, 'new_string'))
    if (oldText === newText) throw new CommandError('no_change', 'An edit replaces a text by itself.')
    return { oldText, newText }
  })
}

function replaceAll(text: string, places: readonly (Span & { newText: string })[]): string {
  let result = ''
  let at = 0
  for (const { start, end, newText } of [...places].sort((a, b) => a.start - b.start)) {
    if (start < at) throw new CommandError('edits_overlap', 'Two edits change the same place.')
    result += text.slice(at, start) + newText
    at = end
  }
  return result + text.slice(at)
}

function toPlainEnds(text: string): string {
  return text.replaceAll('\r\n', '\n')
}

type Span = ReturnType<typeof findOnly>

/**
 * The only place where `wanted` occurs in `text`: exactly, else leniently, as daemons look for it. Then typographic
 * quotes, dashes and spaces count as plain ones, compatible forms as one (NFKC), and blanks at the end of a line not at
 * all.
 * @throws CommandError `match_not_found`, or `match_ambiguous` when there are several
 */
function findOnly(text: string, wanted: string) {
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
function toPlain(original: string) {
  const [starts, ends]: [number[], number[]] = [[], []]
  let [text, at] = ['', 0]
  for (const [piece] of original.matchAll(/[ \t\u00a0\u2009\u200a]+|[^]/gu)) {
    const next = at + piece.length
    // Blanks before the end of a line are left out; those at the end of the whole text stay, it may go on.
    const isLeftOut = original[next] === '\n' && piece !== '\n' && piece.trim() === ''
    for (const character of isLeftOut ? '' : piece) {
      text += toPlainCharacter(character)
      for (const end = at + character.length; starts.length < text.length; ends.push(end)) starts.push(at)
      at += character.length
    }
    at = next
  }
  return { text, starts, ends }
}

function toPlainCharacter(character: string): string {
  const normal = character.normalize('NFKC')
  if (/[\u201c\u201d]/.test(normal)) return '"'
  if (/[\u2018\u2019]/.test(normal)) return "'"
  if (/[\u2010-\u2015\u2212]/.test(normal)) return '-'
  return /[\u00a0\u2000-\u200a]/.test(normal) ? ' ' : normal
}
