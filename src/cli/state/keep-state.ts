/**
 * `--state FILE`: the mock's state kept over restarts, as one snapshot. After a change the file is written again, at
 * most once a second and never for more than a tenth of the time.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { realTime } from '../../kernel/clock.js'
import { copyJson, writeJson } from '../../kernel/json-text.js'
import type { RunnerMock } from '../../mocks/mock/runner-mock.js'
import { keylessCrew } from '../../mocks/mock/snapshot-links.js'
import { saveCollections } from '../../mocks/world/collection.js'
import { saveJob, saveRunner } from '../../mocks/world/snapshot.js'
import { isAsLeft, replaceFile, type LeftFile } from './state-file.js'

export interface KeepOptions {
  /** The least real milliseconds between two looks at what has changed. Default 1000. */
  everyMs?: number
  /** Told when saving fails and when it works again; the mock serves on. Default: nothing is told. */
  tell?: (trouble: string) => void
}

/** Times as long as the last save took, the next one waits. */
const REST = 9

/** Watches a mock at once, and keeps its state in a file that no other process writes, from `start` to `close`. */
export class StateKeeper {
  private readonly file: string
  private readonly mock: RunnerMock
  private readonly options: Required<KeepOptions>
  private left: LeftFile | undefined
  private hasChanged = true
  /** What is not in records, as it was saved. */
  private frame = ''
  private tookMs = 0
  private readonly stopping = new AbortController()
  private saving: Promise<void> | undefined
  private isFailing = false

  constructor(file: string, mock: RunnerMock, options: KeepOptions = {}) {
    this.file = file
    this.mock = mock
    this.options = { everyMs: 1000, tell: () => undefined, ...options }
    this.attend()
    mock.on('*', (event) => {
      if (event.type === 'reset') this.attend()
      if (event.type === 'clock' || ('machine' in event && event.machine !== 'pairingSession')) this.hasChanged = true
    })
  }

  /** Saves, and goes on to do so in real time, whatever the mock's clock does, without keeping the process alive. */
  async start(): Promise<void> {
    await this.save()
    this.saving = this.saveOn()
  }

  async close(): Promise<void> {
    this.stopping.abort()
    await this.saving
    await this.save()
  }

  /** Another world has changed as a whole. */
  private attend(): void {
    this.hasChanged = true
    this.mock.inspect((world) => {
      world.onTouch = () => (this.hasChanged = true)
    })
  }

  private async saveOn(): Promise<void> {
    const { signal } = this.stopping
    while (!signal.aborted) {
      const wait = Math.max(this.options.everyMs, REST * this.tookMs)
      await delay(wait, undefined, { signal, ref: false }).catch(() => undefined)
      await this.save()
    }
  }

  /** Never rejects; the first failure in a row is told. */
  private async save(): Promise<void> {
    const { file, isFailing, left, options } = this
    const startedAt = realTime()
    try {
      // Time goes on by itself; that alone is nothing to write.
      const { clock: _, ...rest } = this.mock.frame()
      const frame = writeJson(rest)
      if (!this.hasChanged && frame === this.frame && left !== undefined && (await isAsLeft(file, left))) return
      this.left = undefined
      this.hasChanged = false
      this.frame = frame
      this.left = await replaceFile(file, `${writeJson(keptState(this.mock))}\n`)
      if (isFailing) options.tell(`The state is saved to ${file} again.`)
      this.isFailing = false
    } catch (error) {
      if (!isFailing) options.tell(`The state cannot be saved to ${file}: ${String(error)}. Serving goes on.`)
      this.isFailing = true
    }
    this.tookMs = realTime() - startedAt
  }
}

/**
 * A snapshot without keys and signatures: open sessions are gone after a restart, and untaken commands are unsigned. It
 * is written at once, so nothing is copied.
 */
function keptState(mock: RunnerMock): object {
  const { crew, ...frame } = mock.frame()
  return mock.inspect((world) => {
    const commands = Array.from(world.commands.values(), ({ wire, startedAt: pickedUpAt }) => {
      return { wire: copyJson(wire, '_hmac'), pickedUpAt }
    })
    const kept = {
      collections: saveCollections(world.collections),
      sessions: [],
      runners: Array.from(world.runners.values(), saveRunner),
      jobs: Array.from(world.jobs.values(), saveJob),
      commands,
      reaper: world.reaper.save(),
    }
    return { ...frame, saved_at: realTime(), world: kept, crew: crew && keylessCrew(crew, world) }
  })
}
