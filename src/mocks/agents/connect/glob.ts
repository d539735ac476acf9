/** File patterns: `*.ts` for names anywhere, `src/**` for paths below the folder that is looked at. */
import picomatch from 'picomatch'
import { CommandError } from './command-error.js'

/** A longer pattern is a mistake, and costs too much to compile. */
const LONGEST_PATTERN = 1000

/**
 * A filter for paths; '' lets all pass.
 * @throws CommandError `path_traversal` for a pattern with `..`, `invalid_command` for one that is too long
 */
export function globFilter(pattern: string, folder: string): (path: string) => boolean {
  if (pattern === '') return () => true
  if (pattern.split('/').includes('..')) throw new CommandError('path_traversal', `'${pattern}' leaves the root.`)
  if (pattern.length > LONGEST_PATTERN) throw new CommandError('invalid_command', 'The pattern is too long.')
  // A pattern without a folder is about names.
  const matches = picomatch(pattern, { dot: true, basename: !pattern.includes('/'), windows: false })
  const start = folder === '' ? 0 : folder.length + 1
  return (path) => matches(path.slice(start))
}
