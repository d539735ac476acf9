/** SearchFiles: a regular expression over the lines of text files, with the lines around each match. */
import type { Clock } from '../../../kernel/clock.js'
import { textArg, CommandError, type Args } from './command-args.js'
import { MAX_FILES, resolveFolder, globFilter } from './file-commands.js'
import { decodeText, type FileTree } from './file-tree.js'

const MAX_MATCHES = 100
const CONTEXT_LINES = 3
const MAX_LINE_LENGTH = 500
/** Characters that one search reads at most, and steps of the matcher that they may cost. */
const MAX_CHARACTERS = 10_000_000
const MAX_STEPS = 100_000_000

export async function searchFiles(tree: FileTree, clock: Clock, args: Args): Promise<unknown> {
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

const MAX_PATTERN_LENGTH = 500

/**
 * Makes a matcher of a JavaScript regular expression that a stranger has sent; `(?i)` in front of it ignores case. RE2
 * matches in a time that grows with the line alone; it is loaded with the first search, so that nothing else pays for
 * it.
 * @throws CommandError `search_failed` for an invalid one, and for look-around and back references; `match_not_found`
 *   for one that is empty or too long, as daemons say
 */
async function createLineMatcher(pattern: string) {
  if (pattern === '' || pattern.length > MAX_PATTERN_LENGTH) {
    throw new CommandError('match_not_found', `A pattern has 1 to ${MAX_PATTERN_LENGTH} characters.`)
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
