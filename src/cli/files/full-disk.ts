/** What to say when there is no room for a file. */
import { codeOf } from '../../kernel/errors.js'

export function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '')
}

export const FULL_DISK = 'Its disk is full: free some space, or name a file on another disk.'
