/** Polls whose runner has gone away: they end with it or, where a server lets them, when their own time is up. */
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
