/** Writing several parts as one. */
import type { FileHandle } from 'node:fs/promises'

/** Writes parts one behind the other, from where the file stands; with as few calls as the platform allows. */
export async function writeParts(handle: FileHandle, parts: readonly Uint8Array[]): Promise<void> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.byteLength, 0))
  let place = 0
  for (const part of parts) {
    whole.set(part, place)
    place += part.byteLength
  }
  await handle.writeFile(whole)
}
