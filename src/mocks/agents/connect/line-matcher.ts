/**
 * Tests lines against a regular expression that a stranger has sent. RE2 matches in a time that grows with the line
 * alone; it is loaded with the first search, so that nothing else pays for it.
 */
import { CommandError } from './command-error.js'

/** A pattern that was read. */
export interface LineMatcher {
  hasMatch(line: string): boolean
  /** Steps that a character of a line costs at most. */
  readonly steps: number
}

const LONGEST_PATTERN = 500

/**
 * Makes a matcher of a JavaScript regular expression; `(?i)` in front of it ignores case.
 * @throws CommandError `search_failed` for what is none, and for look-around and back references
 */
export async function createLineMatcher(pattern: string): Promise<LineMatcher> {
  if (pattern === '' || pattern.length > LONGEST_PATTERN) {
    throw new CommandError('search_failed', `A pattern has 1 to ${LONGEST_PATTERN} characters.`)
  }
  const { RE2JS, RE2JSException } = await import('re2js')
  try {
    const expression = RE2JS.compile(RE2JS.translateRegExp(pattern))
    return { hasMatch: (line) => expression.test(line), steps: expression.programSize() }
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    throw new CommandError('search_failed', `'${pattern}' cannot be searched for: ${error.message}.`)
  }
}
