/** Work on many records in turns of the loop, so that requests are answered in between. */
import { setImmediate as nextTurn } from 'node:timers/promises'

/** How much one turn does. */
export interface Stint {
  /** Records at most. */
  readonly records: number
  /** Characters of text, after which no further record is begun. */
  readonly characters: number
}

/** Takes lines until a turn's work is done, and gives them as bytes; none when there are no more. */
export function gather(lines: Iterator<string, unknown>, { records, characters }: Stint): Uint8Array | undefined {
  const gathered: string[] = []
  for (let length = 0; gathered.length < records && length < characters;) {
    const next = lines.next()
    if (next.done === true) break
    gathered.push(next.value)
    length += next.value.length
  }
  return gathered.length === 0 ? undefined : toBytes(gathered)
}

/** Lines as they stand in a file. */
export function toBytes(lines: readonly string[]): Uint8Array {
  return encoder.encode(`${lines.join('\n')}\n`)
}

/** Lets everything else have its turn. */
export async function turnOfTheLoop(): Promise<void> {
  await nextTurn()
}

const encoder = new TextEncoder()
