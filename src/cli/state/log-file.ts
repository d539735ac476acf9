/**
 * The file that lines are written behind, as it was left. It is opened anew for each batch, so that a file which somebody
 * has replaced, removed or written to is noticed instead of written to.
 */
import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { writeParts } from './write-parts.js'

/** How far a file is known. */
export interface Extent {
  readonly ino: bigint
  /** Bytes. What stands behind them does not count. */
  readonly length: number
  /** Bytes that it had when it held each record once. */
  readonly compactLength: number
  /** Its last line has no end yet. */
  readonly isOpen?: boolean
}

/** A file that grows by batches, each of which is there as a whole or not at all. */
export class LogFile {
  readonly compactLength: number
  private readonly path: string
  private readonly ino: bigint
  private size: number
  private isOpen: boolean
  /** Something may stand behind what counts. */
  private isTorn = true

  constructor(path: string, { ino, length, compactLength, isOpen = false }: Extent) {
    this.path = path
    this.ino = ino
    this.size = length
    this.compactLength = compactLength
    this.isOpen = isOpen
  }

  /** Bytes that count. */
  get length(): number {
    return this.size
  }

  /**
   * Writes a batch behind what counts, and waits until the disk has it. False, with nothing written, when the file is
   * not as it was left. After an error the batch does not count, and what there is of it is cut off by the next one.
   */
  async append(batch: readonly Uint8Array[]): Promise<boolean> {
    const handle = await this.reopen()
    if (handle === undefined) return false
    try {
      if (!(await this.isOurs(handle))) return false
      if (this.isTorn) await handle.truncate(this.size)
      this.isTorn = true
      const chunks = this.isOpen ? [NEWLINE, ...batch] : batch
      await writeParts(handle, chunks)
      await handle.datasync()
      for (const { byteLength } of chunks) this.size += byteLength
      this.isTorn = false
      this.isOpen = false
      return true
    } finally {
      await handle.close()
    }
  }

  /** Whether the file is there, and as it was left. */
  async isUntouched(): Promise<boolean> {
    const handle = await this.reopen()
    try {
      return handle !== undefined && (await this.isOurs(handle))
    } finally {
      await handle?.close()
    }
  }

  private async isOurs(handle: FileHandle): Promise<boolean> {
    const { ino, size } = await handle.stat({ bigint: true })
    return ino === this.ino && (this.isTorn ? size >= BigInt(this.size) : size === BigInt(this.size))
  }

  private async reopen(): Promise<FileHandle | undefined> {
    try {
      return await open(this.path, constants.O_WRONLY | constants.O_APPEND)
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw error
    }
  }
}

const NEWLINE = new TextEncoder().encode('\n')
