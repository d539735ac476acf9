/**
 * Queues that lose a side: work that was handed out in vain goes back to its place, and polls whose runner has gone away
 * end with it or, where a server lets them, when their own time is up.
 */
import type { WorldDeviations } from './world-deviations.js'

interface Line {
  dissolve(): void
}

/** The polls of runners that are gone. */
export class OrphanedPolls {
  private readonly lines = new Set<Line>()

  /** Sends the pollers of a runner away that is gone now. */
  add(line: Line, { pollsOutliveRunners }: WorldDeviations): void {
    if (pollsOutliveRunners === true) this.lines.add(line)
    else line.dissolve()
  }

  /** Sends away whoever waits on. */
  dissolve(): void {
    for (const line of this.lines) line.dissolve()
  }
}

/** Puts things back into a queue to where they stood: ids grow with age, so their order is the queue's order. */
export function requeue<Item>(queue: Map<string, Item>, returned: readonly (readonly [string, Item])[]): void {
  const inOrder = [...returned, ...queue].sort(([a], [b]) => (a < b ? -1 : 1))
  queue.clear()
  for (const [id, item] of inOrder) queue.set(id, item)
}
