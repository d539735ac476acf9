/**
 * `--state FILE`: the mock's state kept over restarts. What has changed is written behind what the file holds, every
 * half second; when that has made it several times as large as it need be, or cannot be done, it is made anew.
 */
import type { FileHandle } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { realTime } from '../../kernel/clock.js'
import type { RunnerMock } from '../../mocks/mock/runner-mock.js'
import { Changes } from './changes.js'
import { extendFile, replaceFile, type LeftFile } from './state-file.js'
import { commitLine, everyRecord, frameOf, HEADER, lineOf, type Frame } from './state-lines.js'

/** How to keep a state. */
export interface KeepOptions {
  /** Milliseconds between two looks at what has changed. Default 500. */
  everyMs?: number
  /** Told when saving fails and when it works again; the mock serves on. Default: nobody is told. */
  tell?: (trouble: string) => void
}

/** Bytes by which a file may grow besides becoming three times as large as it need be. */
const LEAST_GROWTH = 65_536n

/** Records that are written before requests have their turn: some milliseconds' worth. */
const RECORDS_AT_ONCE = 500

/** Watches a mock at once, and keeps its state in a file that nobody else writes, from `start` to `close`. */
export class StateKeeper {
  private readonly file: string
  private readonly mock: RunnerMock
  private readonly changes: Changes
  private readonly everyMs: number
  private readonly tell: (trouble: string) => void
  /** The file as it can be written on; undefined when it must be made anew. */
  private left: LeftFile | undefined
  /** Which of the mock's worlds it holds, what beside records, and its size when it held each record once. */
  private generation = 0
  private known: Frame = new Map()
  private leastSize = 0n
  private readonly stopping = new AbortController()
  private saving: Promise<void> | undefined
  private isFailing = false

  constructor(file: string, mock: RunnerMock, { everyMs = 500, tell = () => undefined }: KeepOptions = {}) {
    this.file = file
    this.mock = mock
    this.changes = new Changes(mock)
    this.everyMs = everyMs
    this.tell = tell
  }

  /** Saves, and goes on to do so in real time, whatever the mock's clock does, without keeping the process alive. */
  async start(): Promise<void> {
    await this.save()
    this.saving = this.saveOn()
  }

  /** Saves once more, leaves each record in the file once, and stops. */
  async close(): Promise<void> {
    this.stopping.abort()
    await this.saving
    await this.save((size) => size > this.leastSize)
  }

  private async saveOn(): Promise<void> {
    const { signal } = this.stopping
    while (!signal.aborted) {
      await delay(this.everyMs, undefined, { signal, ref: false }).catch(() => undefined)
      await this.save()
    }
  }

  /** Never rejects; the first failure in a row is told. */
  private async save(isLarge = (size: bigint) => size > 3n * this.leastSize + LEAST_GROWTH): Promise<void> {
    try {
      await this.append()
      if (this.left === undefined || isLarge(this.left.size)) await this.writeAnew()
      if (this.isFailing) this.tell(`The state is saved to ${this.file} again.`)
      this.isFailing = false
    } catch (error) {
      if (!this.isFailing) this.tell(`The state cannot be saved to ${this.file}: ${String(error)}. Serving goes on.`)
      this.isFailing = true
    }
  }

  /** Takes out what has changed, and writes it behind what the file holds if that is as it was left. */
  private async append(): Promise<{ lines: string[]; frame: Frame; generation: number }> {
    const { known, left, changes } = this
    const [generation, due, frame] = [changes.generation, changes.take(), frameOf(this.mock)]
    // Time goes on by itself; that alone is nothing to write.
    const isDue = due !== undefined || [...frame].some(([name, text]) => name !== 'clock' && text !== known.get(name))
    const lines = due ?? []
    this.left = undefined
    if (left !== undefined && generation === this.generation) {
      this.left = await extendFile(this.file, left, isDue ? toText([...lines, commitLine(frame, known)]) : '')
    }
    this.known = frame
    return { lines, frame, generation }
  }

  /** Makes the file anew; if that fails, it is tried again when the file has grown by half. */
  private async writeAnew(): Promise<void> {
    if (this.left !== undefined) this.leastSize = this.left.size / 2n
    this.left = await replaceFile(this.file, async (draft) => {
      while (!(await this.fill(draft))) await draft.truncate()
    })
    this.leastSize = this.left.size
  }

  /** Writes in turns; what changes meanwhile is written to the earlier file as well. False when the world is another one. */
  private async fill(draft: FileHandle): Promise<boolean> {
    const begun = this.changes.generation
    if (begun !== this.generation) this.left = undefined
    this.generation = begun
    const all = this.mock.inspect(everyRecord)
    await draft.appendFile(toText([HEADER]))
    for (let [at, savedAt] = [0, realTime()]; at < all.length; at += RECORDS_AT_ONCE) {
      const due = all.slice(at, at + RECORDS_AT_ONCE)
      await draft.appendFile(toText(this.mock.inspect((world) => due.flatMap((change) => lineOf(world, change) ?? []))))
      if (realTime() - savedAt < this.everyMs) continue
      await draft.appendFile(toText((await this.append()).lines))
      savedAt = realTime()
    }
    const { lines, frame, generation } = await this.append()
    await draft.appendFile(toText([...lines, commitLine(frame)]))
    return generation === begun
  }
}

const toText = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')
