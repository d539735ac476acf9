/** A file that is written beside the one that it is to replace, in the order in which it is given its parts. */
import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { LogFile } from './log-file.js'
import { writeParts } from './write-parts.js'

/** A file in the making. `publish` or `discard` ends it; `add` may be called at any time, the rest one after the other. */
export class Draft {
  private readonly target: string
  private readonly path: string
  private handle: FileHandle | undefined
  private waiting: Uint8Array[] = []
  private length = 0

  constructor(target: string) {
    this.target = target
    this.path = `${target}.${process.pid}.tmp`
  }

  /** Adds a part; `write` brings it to the disk. */
  add(part: Uint8Array): void {
    this.waiting.push(part)
    this.length += part.byteLength
  }

  /** Writes what was added. */
  async write(): Promise<void> {
    this.handle ??= await open(this.path, 'w', 0o600)
    const parts = this.waiting
    this.waiting = []
    await writeParts(this.handle, parts)
  }

  /** Writes what was added, and waits until the disk has all of it. */
  async sync(): Promise<void> {
    await this.write()
    await this.handle?.sync()
  }

  /** Puts the whole file in its place. */
  async publish(): Promise<LogFile> {
    await this.sync()
    const extent = { ino: await this.close(), length: this.length, compactLength: this.length }
    await rename(this.path, this.target)
    await syncFolder(dirname(this.target))
    return new LogFile(this.target, extent)
  }

  /** Leaves nothing behind. */
  async discard(): Promise<void> {
    await this.close().catch(() => undefined)
    await rm(this.path, { force: true }).catch(() => undefined)
  }

  private async close(): Promise<bigint> {
    const { handle } = this
    this.handle = undefined
    try {
      return (await handle?.stat({ bigint: true }))?.ino ?? 0n
    } finally {
      await handle?.close()
    }
  }
}

/** Lets a rename outlive a loss of power, where the platform can do that. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close().catch(() => undefined)
}
