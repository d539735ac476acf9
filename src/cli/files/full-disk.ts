/** What to say when there is no room for a file. */
import { codeOf } from '../../kernel/errors.js'

/** Whether a file could not be written for lack of room. */
export function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '')
}

export const FULL_DISK = 'Its disk is full: free some space, or name a file on another disk.'
