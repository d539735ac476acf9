/** All that has changed by one moment, as the lines of one batch: taken in turns, and complete when the last turn ends. */
import type { RunnerMock, SnapshotFrame } from '../../mocks/mock/runner-mock.js'
import type { World } from '../../mocks/world/world.js'
import { changeLines } from './change-lines.js'
import type { Change, Changes } from './changes.js'
import { keylessCrew } from './keyless-crew.js'
import { changedParts, commitLine, frameOf, type Frame } from './lines.js'
import { gather, toBytes, turnOfTheLoop, type Stint } from './turns.js'

/** What a batch is made from. */
export interface BatchSource {
  readonly mock: RunnerMock
  readonly changes: Changes
  readonly stint: Stint
}

/** Changes that were taken out, and the commit that makes their lines count. */
export interface Batch {
  /** To be put back when they cannot be written. */
  readonly taken: readonly Change[]
  readonly commit: Uint8Array
  /** Whether there is anything to write. */
  readonly isDue: boolean
  /** What the file has beside records when the batch is in it. */
  readonly frame: Frame
  /** Which of the mock's worlds it is about. */
  readonly generation: number
}

/**
 * Takes all changes out. At the moment at which the commit is made nothing is left, so that lines which were made in
 * different turns agree; undefined when the world was replaced between two turns.
 * @param known what the file has beside records
 * @param add given the lines, turn by turn
 */
export async function takeBatch(
  { mock, changes, stint }: BatchSource,
  known: Frame,
  add: (lines: Uint8Array) => void,
): Promise<Batch | undefined> {
  const { generation } = changes
  const taken: Change[] = []
  for (;;) {
    const lines = mock.inspect((world) => gather(takeLines(changes, world, taken), stint))
    if (lines !== undefined) add(lines)
    if (changes.size === 0) break
    await turnOfTheLoop()
    if (generation !== changes.generation) return undefined
  }
  const frame = mock.inspect((world) => frameOf(keyless(mock.frame(), world), world.reaper.save()))
  const parts = changedParts(frame, known)
  // Time goes on by itself; that alone is nothing to write.
  const isDue = taken.length > 0 || parts.some(([name]) => name !== 'clock')
  return { taken, commit: toBytes([commitLine(parts)]), isDue, frame, generation }
}

function keyless(frame: SnapshotFrame, world: World): SnapshotFrame {
  const { crew } = frame
  return crew === undefined ? frame : { ...frame, crew: keylessCrew(crew, (id) => world.runners.get(id)?.owner) }
}

/** The lines of one change are made together. */
function* takeLines(changes: Changes, world: World, taken: Change[]): Generator<string, void> {
  for (let change = changes.shift(); change !== undefined; change = changes.shift()) {
    taken.push(change)
    const lines = changeLines(change, world)
    if (lines.length > 0) yield lines.join('\n')
  }
}
