/** ReadFile, WriteFile and ListFiles over a file tree, with the results that daemons send. */
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff'
import picomatch from 'picomatch'
import { countArg, textArg, CommandError, type Args } from './command-args.js'
import { decodeText, resolvePath, type FileTree } from './file-tree.js'

/** Lines that one ReadFile gives at most. */
const MAX_READ_LINES = 2000
/** Characters that one ReadFile gives at most, so that a result stays below the server's limit. */
const MAX_READ_LENGTH = 500_000
/** Files that one ListFiles gives at most, and that it looks at. */
const MAX_LIST_LENGTH = 1000
export const MAX_FILES = 10_000

export async function readFile(tree: FileTree, args: Args): Promise<unknown> {
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

export async function writeFile(tree: FileTree, args: Args): Promise<unknown> {
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
export async function listFiles(tree: FileTree, args: Args): Promise<unknown> {
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
export async function resolveFolder(tree: FileTree, args: Args): Promise<string> {
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
export function unifiedDiff(path: string, before: string, after: string): string {
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
export function globFilter(pattern: string, folder: string): (path: string) => boolean {
  if (pattern === '') return () => true
  if (pattern.split('/').includes('..')) throw new CommandError('path_traversal', `'${pattern}' leaves the root.`)
  if (pattern.length > MAX_PATTERN_LENGTH) throw new CommandError('invalid_command', 'The pattern is too long.')
  // A pattern without a folder is about names.
  const matches = picomatch(pattern, { dot: true, basename: !pattern.includes('/'), windows: false })
  const start = folder === '' ? 0 : folder.length + 1
  return (path) => matches(path.slice(start))
}
