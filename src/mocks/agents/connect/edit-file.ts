/** EditFile: replaces pieces of one text file, all of them or, when one does not fit, none. */
import { textArg, toArgs, wrong, type Args } from './args.js'
import { CommandError } from './command-error.js'
import { readText, unifiedDiff } from './file-commands.js'
import { resolvePath, type FileTree } from './file-tree.js'
import { findOnly, type Span } from './text-match.js'

interface Edit {
  oldText: string
  newText: string
}

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

function toEdits(value: unknown): Edit[] {
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
