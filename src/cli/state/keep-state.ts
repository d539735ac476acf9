/**
 * `--state FILE`: the mock's state kept over restarts. What has changed is written behind what the file holds, every
 * half second; when that has made it several times as large as it need be, a new file is made beside it, and replaces it.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { RunnerMock } from '../../mocks/mock/runner-mock.js'
import { takeBatch, type BatchSource } from './batch.js'
import { Changes } from './changes.js'
import { Checkpoint } from './checkpoint.js'
import type { Frame } from './lines.js'
import { LogFile, type Extent } from './log-file.js'
import type { Stint } from './turns.js'

/** Keeps a mock's state in a file. */
export interface StateKeeper {
  /** Begins to write: a new file, or behind what the file holds. */
  start(): void
  /** Writes what has changed by now. Never rejects; trouble is told. */
  save(): Promise<void>
  /** Saves once more, leaves each record in the file once, and stops. */
  close(): Promise<void>
}

/** How to keep a state. */
export interface KeepOptions {
  /** How far the file holds the state that the mock has begun with. Default: it does not, and is written anew. */
  extent?: Extent | undefined
  /** Told when saving fails and when it works again; the mock serves on. Default: nobody is told. */
  onTrouble?: (message: string) => void
  /** Milliseconds between two looks at what has changed. Default 500. */
  everyMs?: number
  /** How much is done before requests have their turn. Default: some milliseconds' worth. */
  stint?: Stint
  /** Bytes by which a file may grow however small it was. Default 65,536. */
  leastGrowth?: number
}

/** Watches a mock at once, and keeps its state in a file from `start` on. */
export function keepState(file: string, mock: RunnerMock, options: KeepOptions = {}): StateKeeper {
  return new Keeper(file, mock, options)
}

/** A file is made anew when it has this many times the size that it would have then, and some more. */
const MOST_GROWTH = 2

class Keeper implements StateKeeper {
  private readonly file: string
  private readonly source: BatchSource
  private readonly options: Required<Omit<KeepOptions, 'extent' | 'stint'>>
  private readonly stopping = new AbortController()
  /** The file as it can be gone on with; undefined when it must be made anew. */
  private log: LogFile | undefined
  /** Which of the mock's worlds it holds, and what beside records. */
  private generation: number
  private known: Frame = new Map()
  /** A new file in the making, which takes what changes meanwhile. */
  private checkpoint: Checkpoint | undefined
  private filling: Promise<void> = Promise.resolve()
  private saving: Promise<void> = Promise.resolve()
  private isFailing = false
  /** Length that the file must reach before it is made anew once more, after that has failed. */
  private postponedTo = 0

  constructor(file: string, mock: RunnerMock, { extent, stint = STINT, ...options }: KeepOptions) {
    this.file = file
    this.source = { mock, changes: new Changes(mock), stint }
    this.options = { onTrouble: () => undefined, everyMs: 500, leastGrowth: 65_536, ...options }
    this.generation = this.source.changes.generation
    if (extent !== undefined) this.log = new LogFile(file, extent)
  }

  start(): void {
    void this.saveEvery()
  }

  save(): Promise<void> {
    return this.inTurn(() => this.saveOnce())
  }

  async close(): Promise<void> {
    await this.inTurn(() => this.saveForGood())
    if (this.log !== undefined && this.log.length > this.log.compactLength) this.compact()
    await this.filling
    this.stopping.abort()
    await this.save()
    this.source.changes.close()
  }

  /** In real time, whatever the mock's clock does, and without keeping the process alive. */
  private async saveEvery(): Promise<void> {
    const { signal } = this.stopping
    while (!signal.aborted) {
      await this.save()
      await delay(this.options.everyMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  /** One after the other; the first failure in a row is told. */
  private inTurn(work: () => Promise<void>): Promise<void> {
    const { onTrouble } = this.options
    this.saving = this.saving.then(async () => {
      try {
        await work()
        if (this.isFailing) onTrouble(`The state is saved to ${this.file} again.`)
        this.isFailing = false
      } catch (error) {
        if (this.isFailing) return
        this.isFailing = true
        onTrouble(`The state cannot be saved to ${this.file}: ${String(error)}. Serving goes on without it.`)
      }
    })
    return this.saving
  }

  private async saveOnce(): Promise<void> {
    if (this.generation !== this.source.changes.generation) this.log = undefined
    if (this.log === undefined || !(await this.append(this.log))) await this.writeAnew()
    else if (this.isOverdue(this.log)) this.compact()
  }

  /** Whoever has removed or replaced the file meanwhile finds the state in it all the same. */
  private async saveForGood(): Promise<void> {
    if ((await this.log?.isUntouched()) === false) this.log = undefined
    await this.saveOnce()
  }

  /** Writes behind what the file holds. False when the file is not as it was left, or the world was replaced. */
  private async append(log: LogFile): Promise<boolean> {
    const { changes } = this.source
    const parts: Uint8Array[] = []
    const batch = await takeBatch(this.source, this.known, (lines) => {
      parts.push(lines)
      this.checkpoint?.add(lines)
    })
    if (batch === undefined || !batch.isDue) return batch !== undefined
    let isWritten = false
    try {
      isWritten = await log.append([...parts, batch.commit])
    } finally {
      if (!isWritten) changes.unshift(batch.taken)
    }
    if (isWritten) this.known = batch.frame
    return isWritten
  }

  /** Makes a new file while nothing is written behind the earlier one, which holds another world or is not there. */
  private async writeAnew(): Promise<void> {
    this.log = undefined
    this.checkpoint?.cancel()
    await this.filling
    await this.checkpoint?.discard()
    const checkpoint = new Checkpoint(this.file, this.source)
    this.checkpoint = checkpoint
    try {
      await checkpoint.fill()
    } catch (error) {
      await this.drop(checkpoint)
      throw error
    }
    const isThere = await this.publish(checkpoint)
    if (!isThere) await this.writeAnew()
  }

  private isOverdue({ length, compactLength }: LogFile): boolean {
    const most = (1 + MOST_GROWTH) * compactLength + this.options.leastGrowth
    return this.checkpoint === undefined && length > Math.max(most, this.postponedTo)
  }

  /** Makes a new file, while what changes is still written behind the earlier one. */
  private compact(): void {
    if (this.checkpoint !== undefined) return
    const checkpoint = new Checkpoint(this.file, this.source)
    this.checkpoint = checkpoint
    const publish = async (): Promise<void> => {
      if (this.checkpoint === checkpoint) await this.publish(checkpoint).catch((error: unknown) => this.postpone(error))
    }
    this.filling = checkpoint.fill().then(
      // Not waited for: whoever has its turn may be waiting for this.
      () => void this.inTurn(publish),
      async (error: unknown) => {
        await this.drop(checkpoint)
        this.postpone(error)
      },
    )
  }

  /** Saving goes on without: the next attempt comes when the file has grown by half. */
  private postpone(error: unknown): void {
    if (this.postponedTo === 0) {
      this.options.onTrouble(
        `The state file ${this.file} cannot be made anew: ${String(error)}. Saving goes on, and it grows meanwhile.`,
      )
    }
    this.postponedTo = 1.5 * (this.log?.length ?? 0)
  }

  /** Puts a filled file in its place, with all that has changed meanwhile. False when it is of no use: the world was replaced. */
  private async publish(checkpoint: Checkpoint): Promise<boolean> {
    const { changes } = this.source
    const batch = checkpoint.isVoid
      ? undefined
      : await takeBatch(this.source, new Map(), (lines) => checkpoint.add(lines))
    if (batch === undefined) {
      await this.drop(checkpoint)
      return false
    }
    try {
      this.log = await checkpoint.publish(batch)
    } catch (error) {
      changes.unshift(batch.taken)
      await this.drop(checkpoint)
      throw error
    }
    this.known = batch.frame
    this.generation = batch.generation
    this.checkpoint = undefined
    this.postponedTo = 0
    return true
  }

  private async drop(checkpoint: Checkpoint): Promise<void> {
    if (this.checkpoint === checkpoint) this.checkpoint = undefined
    await checkpoint.discard()
  }
}

/** Some milliseconds' worth. */
const STINT: Stint = { records: 500, characters: 262_144 }
