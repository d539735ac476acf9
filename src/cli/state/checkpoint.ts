/**
 * A new file with every record once, made in turns while the world goes on changing. What has been passed is changed by
 * later lines, what is still to come is met as it is by then; the iterators of maps allow it.
 */
import { collectionNames } from '../../mocks/world/collections.js'
import type { World } from '../../mocks/world/world.js'
import type { Batch, BatchSource } from './batch.js'
import { Draft } from './draft.js'
import { shelvesOf } from './entries.js'
import { emptyShelf, HEADER, placeCommand, placeEntry, placeJob, placeRunner } from './lines.js'
import type { LogFile } from './log-file.js'
import { gather, toBytes, turnOfTheLoop } from './turns.js'

/** A file that is being made to replace another one. */
export class Checkpoint {
  private readonly source: BatchSource
  private readonly draft: Draft
  private readonly generation: number
  private isCancelled = false

  constructor(file: string, source: BatchSource) {
    this.source = source
    this.draft = new Draft(file)
    this.generation = source.changes.generation
    this.draft.add(toBytes([HEADER]))
  }

  /** Whether it is of no use any more. */
  get isVoid(): boolean {
    return this.isCancelled || this.generation !== this.source.changes.generation
  }

  /** Adds lines of what has changed meanwhile. */
  add(lines: Uint8Array): void {
    this.draft.add(lines)
  }

  /** Writes every record and waits until the disk has them; ends early when it is of no use any more. */
  async fill(): Promise<void> {
    const { mock, stint } = this.source
    const lines = mock.inspect((world) => worldLines(world))
    for (let part = gather(lines, stint); part !== undefined; part = gather(lines, stint)) {
      this.draft.add(part)
      await this.draft.write()
      await turnOfTheLoop()
      if (this.isVoid) return
    }
    await this.draft.sync()
  }

  /** Makes it count, and puts it in the place of the earlier file. */
  async publish({ commit }: Batch): Promise<LogFile> {
    this.draft.add(commit)
    return this.draft.publish()
  }

  /** Ends `fill` at its next turn. */
  cancel(): void {
    this.isCancelled = true
  }

  /** Leaves nothing behind. */
  async discard(): Promise<void> {
    await this.draft.discard()
  }
}

/** Every record of a world, in the order in which they were made. */
export function* worldLines(world: World): Generator<string, void> {
  for (const collection of collectionNames) yield* entryLines(world, collection)
  for (const runner of world.runners.values()) yield placeRunner(runner)
  for (const job of world.jobs.values()) yield placeJob(job)
  for (const command of world.commands.values()) yield placeCommand(command)
}

function* entryLines(world: World, collection: string): Generator<string, void> {
  for (const [scope, entries] of shelvesOf(world, collection)) {
    yield emptyShelf(collection, scope)
    for (const entry of entries.values()) yield placeEntry(collection, scope, entry)
  }
}
