/**
 * Lets checks that wait for time start a few at once: a check holds its place until it waits for the first time or ends.
 * All may wait together, yet the requests that set them up do not crowd each other, which keeps their timing exact.
 */

/** Hands out places. */
export interface StartGate {
  /** Resolves when there is a place; the returned function gives it back, once. */
  enter(): Promise<() => void>
}

/** Creates a gate with so many places. */
export function createStartGate(places: number): StartGate {
  let free = places
  const queue: (() => void)[] = []
  const leave = (): void => {
    const next = queue.shift()
    if (next === undefined) free++
    else next()
  }
  return {
    async enter() {
      if (free > 0) free--
      else await new Promise<void>((resolve) => queue.push(resolve))
      let hasLeft = false
      return () => {
        if (!hasLeft) leave()
        hasLeft = true
      }
    },
  }
}
