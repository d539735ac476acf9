/** Times as servers show them: what a server stores it may round. */

const ROUNDING_MS = 1

/** Whether a shown time is the one that was shown before, if any was. */
export function isSameTime(known: number | undefined, shown: string): boolean {
  return known === undefined || Math.abs(Date.parse(shown) - known) <= ROUNDING_MS
}
