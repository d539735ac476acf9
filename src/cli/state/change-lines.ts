/** What has become of a record that has changed, as lines: read from the world at the moment at which it is written. */
import type { World } from '../../mocks/world/world.js'
import type { Change } from './changes.js'
import { entriesIn } from './entries.js'
import { commandLine, entryLine, goneLine, jobLine, logLine, runnerVitals, wholeRunner } from './lines.js'

/** The lines for one change. None for a moved clock: the commit tells the time. */
export function changeLines(change: Change, world: World): string[] {
  const { kind, id, place } = change
  switch (kind) {
    case 'clock':
      return []
    case 'runner': {
      const runner = world.runners.get(id)
      if (runner === undefined) return [goneLine(kind, id, place)]
      const isReordered = change.isReordered === true
      if (change.isWhole !== true) return [runnerVitals(runner, isReordered)]
      return isReordered ? [wholeRunner(runner), runnerVitals(runner, true)] : [wholeRunner(runner)]
    }
    case 'job': {
      const job = world.jobs.get(id)
      if (job === undefined) return [goneLine(kind, id, place)]
      const log = change.logFrom === undefined ? [] : [logLine(job, change.logFrom)]
      return change.isWhole === true ? [jobLine(job), ...log] : log
    }
    case 'command': {
      const command = world.runners.get(place)?.bridge.all.get(id)
      return [command === undefined ? goneLine(kind, id, place) : commandLine(command)]
    }
    case 'entry': {
      const of = change.of ?? ''
      const entry = entriesIn(world, of, place)?.get(id)
      if (entry === undefined) return [goneLine(kind, id, place, of)]
      const line = entryLine(of, place, entry)
      return change.wasGone === true ? [goneLine(kind, id, place, of), line] : [line]
    }
  }
}
