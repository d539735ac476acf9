/**
 * A file that grows by batches, each of which is there as a whole or does not count. It is opened anew for each, through
 * no link, so that a file which somebody has removed, replaced or cut is noticed instead of written to.
 */
import { constants } from 'node:fs'
import { lstat, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

const { O_WRONLY, O_APPEND, O_NOFOLLOW } = constants

/** A file as it was left. */
export class LogFile {
  /** Bytes that count. What stands behind them is the rest of a batch that has failed. */
  length: number
  /** Bytes that it had when it held each record once. */
  compactLength: number
  private path: string
  private readonly ino: bigint

  constructor(path: string, ino: bigint, length = 0, compactLength = 0) {
    this.path = path
    this.ino = ino
    this.length = length
    this.compactLength = compactLength
  }

  /** Makes an empty one that its owner alone may read; what an earlier process has left there is removed. */
  static async create(path: string): Promise<LogFile> {
    await rm(path, { force: true })
    const handle = await open(path, 'wx', 0o600)
    await handle.close()
    return new LogFile(path, (await lstat(path, { bigint: true })).ino)
  }

  /** Writes a batch and waits until the disk has it. False, with nothing written, when the file is not as it was left. */
  async append(batch: readonly Uint8Array[]): Promise<boolean> {
    const handle = await open(this.path, O_WRONLY | O_APPEND | O_NOFOLLOW).catch(unlessMissing)
    if (handle === undefined) return false
    try {
      const { ino, size } = await handle.stat({ bigint: true })
      if (ino !== this.ino || size < this.length) return false
      if (batch.length === 0) return true
      await handle.truncate(this.length)
      const bytes = Buffer.concat(batch)
      await handle.writeFile(bytes)
      await handle.datasync()
      this.length += bytes.length
      return true
    } finally {
      await handle.close()
    }
  }

  /** Moves it over another file. It holds each record once by now. */
  async replace(file: string): Promise<void> {
    await rename(this.path, file)
    this.path = file
    this.compactLength = this.length
    // Lets the move outlive a loss of power, where the platform can do that.
    const folder = await open(dirname(file)).catch(() => undefined)
    await folder?.sync().catch(() => undefined)
    await folder?.close()
  }
}

/** To catch errors with: undefined for a file that is not there. */
export function unlessMissing(error: unknown): undefined {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
}
