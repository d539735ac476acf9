/**
 * `--state FILE`: the mock's state kept over restarts. What has changed is written behind what the file holds, every
 * half second; when that has made it several times as large as it need be, or cannot be done, it is made anew.
 */
import type { FileHandle } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { realTime } from '../../kernel/clock.js'
import { writeJson } from '../../kernel/json-text.js'
import type { RunnerMock } from '../../mocks/mock/runner-mock.js'
import { extendFile, replaceFile, type LeftFile } from './state-file.js'
import { Changes, everyRecord, frameOf, HEADER, linesOf } from './state-lines.js'

/** How to keep a state. */
export interface KeepOptions {
  /** Milliseconds between two looks at what has changed. Default 500. */
  everyMs?: number
  /** Told when saving fails and when it works again; the mock serves on. Default: nobody is told. */
  tell?: (trouble: string) => void
}

/** Bytes by which a file may always grow, and records that are written before requests have their turn. */
const [LEAST_GROWTH, AT_ONCE] = [65_536n, 500]

/** Watches a mock at once, and keeps its state in a file that nobody else writes, from `start` to `close`. */
export class StateKeeper {
  private readonly file: string
  private readonly mock: RunnerMock
  private readonly changes: Changes
  private readonly options: Required<KeepOptions>
  /** The file as it can be written on; undefined when it must be made anew. */
  private left: LeftFile | undefined
  /** Which of the mock's worlds it holds, what beside records, and its size when it held each record once. */
  private generation = 0
  private known = ''
  private leastSize = 0n
  private readonly stopping = new AbortController()
  private saving: Promise<void> | undefined
  private isFailing = false

  constructor(file: string, mock: RunnerMock, options: KeepOptions = {}) {
    this.file = file
    this.mock = mock
    this.changes = new Changes(mock)
    this.options = { everyMs: 500, tell: () => undefined, ...options }
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
      // What cannot be written on must be written as a whole: less often.
      const wait = this.options.everyMs * (this.left === undefined ? 10 : 1)
      await delay(wait, undefined, { signal, ref: false }).catch(() => undefined)
      await this.save()
    }
  }

  /** Never rejects; the first failure in a row is told. */
  private async save(isLarge = (size: bigint) => size > 3n * this.leastSize + LEAST_GROWTH): Promise<void> {
    const { file, isFailing, options } = this
    try {
      await this.append()
      if (this.left === undefined || isLarge(this.left.size)) await this.writeAnew()
      if (isFailing) options.tell(`The state is saved to ${file} again.`)
      this.isFailing = false
    } catch (error) {
      if (!isFailing) options.tell(`The state cannot be saved to ${file}: ${String(error)}. Serving goes on.`)
      this.isFailing = true
    }
  }

  /** Takes out what has changed, and writes it behind what the file holds if that is as it was left. Gives its text. */
  private async append(): Promise<{ text: string; generation: number }> {
    const [{ known, left }, { generation }] = [this, this.changes]
    const [due, { clock, ...frame }] = [this.changes.take(), frameOf(this.mock)]
    this.known = membersOf(frame).join(',')
    const commit = `{"commit":{${[...membersOf({ saved_at: realTime(), clock }), this.known].join(',')}}}`
    const text = toText([...(due ?? []), commit])
    // Time goes on by itself; that alone is nothing to write.
    const isDue = due !== undefined || this.known !== known
    this.left = undefined
    if (left && generation === this.generation) this.left = await extendFile(this.file, left, isDue ? text : '')
    return { text, generation }
  }

  /** Makes the file anew; if that fails, it is tried again when the file has grown by half. */
  private async writeAnew(): Promise<void> {
    if (this.left !== undefined) this.leastSize = this.left.size / 2n
    this.left = await replaceFile(this.file, async (draft) => {
      while (!(await this.fill(draft))) await draft.truncate()
    })
    this.leastSize = this.left.size
  }

  /** Writes in turns; what changes meanwhile is written to the earlier file as well. False for a world that is gone. */
  private async fill(draft: FileHandle): Promise<boolean> {
    if (this.generation !== this.changes.generation) this.left = undefined
    this.generation = this.changes.generation
    const all = this.mock.inspect((world) => [...everyRecord(world)])
    await draft.appendFile(toText([HEADER]))
    for (let [at, savedAt] = [0, realTime()]; at < all.length; at += AT_ONCE) {
      await draft.appendFile(toText(linesOf(this.mock, all.slice(at, at + AT_ONCE))))
      if (realTime() - savedAt < this.options.everyMs) continue
      await draft.appendFile((await this.append()).text)
      savedAt = realTime()
    }
    const { text, generation } = await this.append()
    await draft.appendFile(text)
    return generation === this.generation
  }
}

const toText = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')

/** Each as text of its own, which keeps the digits of numbers far down in it. */
const membersOf = (parts: object): string[] =>
  Object.entries(parts).map(([name, value]) => `"${name}":${writeJson(value ?? null)}`)
