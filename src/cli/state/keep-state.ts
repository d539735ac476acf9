/**
 * `--state FILE`: the mock's state kept over restarts. What has changed is written behind what the file holds, every
 * half second; when that has made it several times as large as it need be, a new file is made beside it, and replaces it.
 */
import { rm } from 'node:fs/promises'
import { setImmediate as turnOfTheLoop, setTimeout as delay } from 'node:timers/promises'
import { realTime } from '../../kernel/clock.js'
import type { RunnerMock } from '../../mocks/mock/runner-mock.js'
import { Changes, type Taken } from './changes.js'
import { changedParts, commitLine, frameOf, HEADER, worldLines, type Frame } from './lines.js'
import { LogFile } from './log-file.js'

/** How to keep a state. */
export interface KeepOptions {
  /** The file, where it holds the state that the mock has begun with. Default: it is made anew. */
  log?: LogFile | undefined
  /** Milliseconds between two looks at what has changed. Default 500. */
  everyMs?: number
  /** Told when saving fails and when it works again; the mock serves on. Default: nobody is told. */
  tell?: (trouble: string) => void
}

/** Bytes by which a file may grow besides becoming three times as large as it need be. */
const LEAST_GROWTH = 65_536

/** What is done before requests have their turn, some milliseconds' worth; and turns whose lines are held in memory. */
const TURN = { records: 500, characters: 262_144, held: 16 }

/** Changes that were taken out, and the lines that make them count; no commit where nothing is due. */
interface Batch {
  readonly taken: Taken
  readonly lines: readonly Uint8Array[]
  readonly commit: readonly Uint8Array[]
  readonly frame: Frame
}

/** Watches a mock at once, and keeps its state in a file that nobody else writes, from `start` to `close`. */
export class StateKeeper {
  private readonly file: string
  private readonly mock: RunnerMock
  private readonly changes: Changes
  private readonly everyMs: number
  private readonly tell: (trouble: string) => void
  /** The file as it can be gone on with; undefined when it must be made anew. */
  private log: LogFile | undefined
  /** What it has beside records, and which of the mock's worlds it is about. */
  private known: Frame = new Map()
  private generation = 0
  private readonly stopping = new AbortController()
  private saving: Promise<void> | undefined
  private isFailing = false

  constructor(file: string, mock: RunnerMock, { log, everyMs = 500, tell = () => undefined }: KeepOptions = {}) {
    this.file = file
    this.mock = mock
    this.changes = new Changes(mock)
    this.log = log
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
    await this.save((log) => log.length > log.compactLength)
  }

  private async saveOn(): Promise<void> {
    const { signal } = this.stopping
    while (!signal.aborted) {
      await delay(this.everyMs, undefined, { signal, ref: false }).catch(() => undefined)
      await this.save()
    }
  }

  /** Never rejects; the first failure in a row is told. */
  private async save(isOverdue = isLarge): Promise<void> {
    try {
      if (this.log !== undefined) await this.append(this.log)
      if (this.log === undefined) await this.writeAnew()
      else if (isOverdue(this.log)) await this.writeAnew().catch((error: unknown) => this.postpone(error))
      if (this.isFailing) this.tell(`The state is saved to ${this.file} again.`)
      this.isFailing = false
    } catch (error) {
      if (!this.isFailing) this.tell(`The state cannot be saved to ${this.file}: ${String(error)}. Serving goes on.`)
      this.isFailing = true
    }
  }

  /** It is tried again when the file has grown by half. */
  private postpone(error: unknown): void {
    if (this.log === undefined) throw error
    this.log.compactLength = this.log.length / 2
    this.tell(
      `The state file ${this.file} cannot be made anew: ${String(error)}. Saving goes on, and it grows meanwhile.`,
    )
  }

  /** Writes what has changed behind what the file holds, and gives the lines; where it is not as it was left, it is lost. */
  private async append(log: LogFile): Promise<readonly Uint8Array[]> {
    const batch = await this.takeBatch(this.known)
    if (batch === undefined || !(await this.write(batch, () => log.append([...batch.lines, ...batch.commit])))) {
      this.log = undefined
    } else if (batch.commit.length > 0) this.known = batch.frame
    return batch?.lines ?? []
  }

  /** Makes a new file beside the earlier one, in turns. What changes meanwhile is written to both. */
  private async writeAnew(): Promise<void> {
    const { changes, everyMs, file } = this
    const draft = `${file}.draft`
    // The earlier file may be about another world.
    if (this.generation !== changes.generation) this.log = undefined
    this.generation = changes.generation
    try {
      const made = await LogFile.create(draft)
      const lines = this.mock.inspect(worldLines)
      const parts = [toBytes([HEADER])]
      for (let [part, savedAt] = [gather(lines), realTime()]; part !== undefined; part = gather(lines)) {
        parts.push(part)
        await turnOfTheLoop()
        if (this.generation !== changes.generation) return
        if (this.log !== undefined && realTime() - savedAt >= everyMs) {
          parts.push(...(await this.append(this.log)))
          savedAt = realTime()
        }
        if (parts.length >= TURN.held) await made.append(parts.splice(0))
      }
      const batch = await this.takeBatch(new Map())
      if (batch === undefined) return
      const isMade = await this.write(batch, async () => {
        const isWhole = await made.append([...parts, ...batch.lines, ...batch.commit])
        if (isWhole) await made.replace(file)
        return isWhole
      })
      if (!isMade) return
      this.log = made
      this.known = batch.frame
    } finally {
      await rm(draft, { force: true }).catch(() => undefined)
    }
  }

  /** Takes all changes out, in turns: at the commit none is left, so that lines agree. Undefined for another world. */
  private async takeBatch(known: Frame): Promise<Batch | undefined> {
    const [taken, lines]: [Taken, Uint8Array[]] = [new Map(), []]
    const due = this.changes.take(taken)
    for (let part = gather(due); part !== undefined; part = gather(due)) {
      lines.push(part)
      await turnOfTheLoop()
    }
    if (this.generation !== this.changes.generation) return undefined
    const frame = frameOf(this.mock)
    const parts = changedParts(frame, known)
    // Time goes on by itself; that alone is nothing to write.
    const isDue = taken.size > 0 || parts.some(([name]) => name !== 'clock')
    return { taken, lines, commit: isDue ? [toBytes([commitLine(parts)])] : [], frame }
  }

  /** Puts changes back when they could not be written. */
  private async write({ taken }: Batch, work: () => Promise<boolean>): Promise<boolean> {
    let isWritten = false
    try {
      isWritten = await work()
    } finally {
      if (!isWritten && this.generation === this.changes.generation) this.changes.putBack(taken)
    }
    return isWritten
  }
}

const isLarge = ({ length, compactLength }: LogFile): boolean => length > 3 * compactLength + LEAST_GROWTH

/** Takes lines until a turn's work is done; none when there are no more. */
function gather(lines: Iterator<string, unknown>): Uint8Array | undefined {
  const gathered: string[] = []
  for (let length = 0; gathered.length < TURN.records && length < TURN.characters;) {
    const next = lines.next()
    if (next.done === true) break
    gathered.push(next.value)
    length += next.value.length
  }
  return gathered.length === 0 ? undefined : toBytes(gathered)
}

const encoder = new TextEncoder()

const toBytes = (lines: readonly string[]): Uint8Array => encoder.encode(`${lines.join('\n')}\n`)
