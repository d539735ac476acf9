/** How a bridge command fails: one of the codes that daemons report, and words for people. */

/** The codes that daemons report. */
export const commandErrorCodes = [
  'path_traversal',
  'file_not_found',
  'binary_file',
  'match_not_found',
  'match_ambiguous',
  'edits_overlap',
  'no_change',
  'permission_denied',
  'limit_reached',
  'not_supported',
  'blocked',
  'invalid_command',
  'timeout',
  'search_failed',
  'not_a_git_repository',
  'git_not_available',
  'auth_failed',
  'unknown_type',
  'internal',
] as const

/** The error codes of bridge commands. */
export type CommandErrorCode = (typeof commandErrorCodes)[number]

/** Thrown while a command is executed; becomes its `error`. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly code: CommandErrorCode

  constructor(code: CommandErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
