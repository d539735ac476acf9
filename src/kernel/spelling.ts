/** What somebody may have meant: the known name that a misspelt one resembles. */

/** Letters to add, remove or change (Levenshtein). */
export function distance(given: string, wanted: string): number {
  let row = Array.from({ length: wanted.length + 1 }, (_, index) => index)
  for (let place = 0; place < given.length; place++) {
    const next = [place + 1]
    for (let column = 0; column < wanted.length; column++) {
      const change = (row[column] ?? 0) + (given[place] === wanted[column] ? 0 : 1)
      next.push(Math.min(change, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

/** The known name that `given` is a misspelling of, however it is cased; undefined when it resembles none. */
export function nearest(given: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Math.max(2, Math.floor(given.length / 3)) + 1
  for (const name of known) {
    const letters = distance(plain(given), plain(name))
    // Of two that come as near, the one that is written alike.
    const rank = letters + distance(given.slice(0, LONGEST), name) / 1000
    // Names that share no letter resemble each other in nothing but length.
    if (rank < least && letters < name.length) {
      best = name
      least = rank
    }
  }
  return best
}

/** What strangers send can be long. */
const LONGEST = 60

function plain(name: string): string {
  return name.slice(0, LONGEST).replaceAll(/[_-]/g, '').toLowerCase()
}
