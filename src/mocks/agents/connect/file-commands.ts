/** ReadFile, WriteFile, EditFile, ListFiles and SearchFiles over a file tree, with the results that daemons send. */
import type { JsonObject } from '../../../kernel/json-value.js'
import picomatch from 'picomatch'
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff'
import { countArg, textArg, CommandError, toArgs, wrong, decodeText, resolvePath, type FileTree } from './file-tree.js'
import type { Clock } from '../../../kernel/clock.js'

/** Lines that one ReadFile gives at most. */
const MAX_READ_LINES = 2000
/** Characters that one ReadFile gives at most, so that a result stays below the server's limit. */
const MAX_READ_LENGTH = 500_000
/** Files that one ListFiles gives at most, and that it looks at. */
const MAX_LIST_LENGTH = 1000
const MAX_FILES = 10_000

export async function readFile(tree: FileTree, args: JsonObject): Promise<unknown> {
  const path = resolvePath(textArg(args, 'path'))
  const offset = countArg(args, 'offset', 0)
  const limit = Math.min(countArg(args, 'limit', MAX_READ_LINES), MAX_READ_LINES)
  const lines = (await readText(tree, path)).match(/[^\n]*\n|[^\n]+$/g) ?? []
  const selected = lines.slice(offset, offset + limit)
  const content = selected.join('')
  return {
    content: content.slice(0, MAX_READ_LENGTH),
    total_lines: lines.length,
    truncated: offset + selected.length < lines.length || content.length > MAX_READ_LENGTH,
    encoding: 'utf-8',
  }
}

export async function writeFile(tree: FileTree, args: JsonObject): Promise<unknown> {
  const path = resolvePath(textArg(args, 'path'))
  const content = textArg(args, 'content')
  const kind = await tree.kindOf(path)
  if (kind === 'folder') throw new CommandError('permission_denied', `'${path}' is a folder.`)
  const before = kind === 'file' ? decodeText(await tree.read(path)) : undefined
  const bytes = new TextEncoder().encode(content)
  await tree.write(path, bytes)
  const diff = kind === 'file' ? unifiedDiff(path, before ?? '', content) : null
  return { bytes_written: bytes.length, created: kind === 'missing', diff }
}

/** Looks one level deep unless told otherwise; a pattern that names folders looks everywhere. */
export async function listFiles(tree: FileTree, args: JsonObject): Promise<unknown> {
  const folder = await resolveFolder(tree, args)
  const pattern = textArg(args, 'pattern', '')
  const depth = countArg(args, 'depth', pattern.includes('/') ? MAX_FILES : 1)
  const found = await tree.list(folder, { depth, limit: MAX_FILES })
  const files = found.filter(globFilter(pattern, folder))
  return {
    files: files.slice(0, MAX_LIST_LENGTH),
    total: files.length,
    truncated: files.length > MAX_LIST_LENGTH || found.length >= MAX_FILES,
  }
}

/** The folder in `path`; default: the root. */
export async function resolveFolder(tree: FileTree, args: JsonObject): Promise<string> {
  const folder = resolvePath(textArg(args, 'path', ''))
  if ((await tree.kindOf(folder)) === 'folder') return folder
  throw new CommandError('file_not_found', `There is no folder '${folder}'.`)
}

/** @throws CommandError `file_not_found` or `binary_file` */
export async function readText(tree: FileTree, path: string): Promise<string> {
  if ((await tree.kindOf(path)) !== 'file') throw new CommandError('file_not_found', `There is no file '${path}'.`)
  const text = decodeText(await tree.read(path))
  if (text === undefined) throw new CommandError('binary_file', `'${path}' is no UTF-8 text.`)
  return text
}

/** A unified diff of one file, '' when nothing differs. */
function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return ''
  return createTwoFilesPatch(`a/${path}`, `b/${path}`, before, after, undefined, undefined, {
    context: 4,
    headerOptions: FILE_HEADERS_ONLY,
  })
}

/** A longer pattern is a mistake, and costs too much to compile. */
const MAX_PATTERN_LENGTH = 1000

/**
 * A filter for paths: `*.ts` for names anywhere, `src/**` for paths below the folder that is looked at; '' lets all
 * pass.
 * @throws CommandError `path_traversal` for a pattern with `..`, `invalid_command` for one that is too long
 */
function globFilter(pattern: string, folder: string): (path: string) => boolean {
  if (pattern === '') return () => true
  if (pattern.split('/').includes('..')) throw new CommandError('path_traversal', `'${pattern}' leaves the root.`)
  if (pattern.length > MAX_PATTERN_LENGTH) throw new CommandError('invalid_command', 'The pattern is too long.')
  // A pattern without a folder is about names.
  const matches = picomatch(pattern, { dot: true, basename: !pattern.includes('/'), windows: false })
  const start = folder === '' ? 0 : folder.length + 1
  return (path) => matches(path.slice(start))
}

export async function editFile(tree: FileTree, args: JsonObject): Promise<unknown> {
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

const MAX_MATCHES = 100
const CONTEXT_LINES = 3
const MAX_LINE_LENGTH = 500
/** Characters that one search reads at most, and steps of the matcher that they may cost. */
const MAX_CHARACTERS = 10_000_000
const MAX_STEPS = 100_000_000

export async function searchFiles(tree: FileTree, args: JsonObject, clock: Clock): Promise<unknown> {
  const matcher = await clock.during(createLineMatcher(textArg(args, 'pattern')))
  const folder = await resolveFolder(tree, args)
  const found = await tree.list(folder, { depth: MAX_FILES, limit: MAX_FILES })
  const matches: ReturnType<typeof toMatch>[] = []
  let total = 0
  let left = Math.min(MAX_CHARACTERS, MAX_STEPS / matcher.steps)
  for (const file of found.filter(globFilter(textArg(args, 'glob', ''), folder))) {
    if (left <= 0) break
    const lines = await linesOf(tree, file)
    lines.forEach((line, at) => {
      left -= line.length + 1
      if (left <= 0 || !matcher.hasMatch(line)) return
      total++
      if (matches.length < MAX_MATCHES) matches.push(toMatch(file, lines, at))
    })
  }
  const truncated = total > matches.length || found.length >= MAX_FILES || left <= 0
  return { matches, total_matches: total, truncated }
}

/** None for a binary file, and for one that has gone or may not be read. */
async function linesOf(tree: FileTree, file: string): Promise<string[]> {
  try {
    const text = decodeText(await tree.read(file)) ?? ''
    return text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/)
  } catch (error) {
    if (error instanceof CommandError) return []
    throw error
  }
}

function toMatch(file: string, lines: readonly string[], at: number) {
  return {
    file,
    line: at + 1,
    content: show(lines[at]),
    context_before: lines.slice(Math.max(at - CONTEXT_LINES, 0), at).map(show),
    context_after: lines.slice(at + 1, at + 1 + CONTEXT_LINES).map(show),
  }
}

function show(line = ''): string {
  return line.slice(0, MAX_LINE_LENGTH)
}

const MAX_EXPRESSION_LENGTH = 500

/**
 * Makes a matcher of a JavaScript regular expression that a stranger has sent; `(?i)` in front of it ignores case. RE2
 * matches in a time that grows with the line alone; it is loaded with the first search, so that nothing else pays for
 * it.
 * @throws CommandError `search_failed` for an invalid one, and for look-around and back references; `match_not_found`
 *   for one that is empty or too long, as daemons say
 */
async function createLineMatcher(pattern: string) {
  if (pattern === '' || pattern.length > MAX_EXPRESSION_LENGTH) {
    throw new CommandError('match_not_found', `A pattern has 1 to ${MAX_EXPRESSION_LENGTH} characters.`)
  }
  const { RE2JS, RE2JSException } = await import('re2js')
  try {
    const expression = RE2JS.compile(RE2JS.translateRegExp(pattern))
    /** `steps`: that a character of a line costs at most. */
    return { hasMatch: (line: string) => expression.test(line), steps: expression.programSize() }
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    throw new CommandError('search_failed', `'${pattern}' cannot be searched for: ${error.message}.`)
  }
}
