// Everything random in the package: a small seeded generator whose whole state is one integer (so that a snapshot
// can keep it), and UUIDs of version 7 made from it. Two sources with the same seed and clock give the same ids.
import { v7 } from 'uuid'

/** Pattern of a UUID of any version, for texts that hold some. */
export const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'

const WHOLE = new RegExp(`^${UUID}$`, 'i')

/** Whether a text is a UUID, in letters of either case. */
export function isUuid(text: string): boolean {
  return WHOLE.test(text)
}

/** A seeded stream of numbers. */
export type Random = ReturnType<typeof createRandom>

/** Makes ids; time-ordered, also within one millisecond. */
export type IdSource = ReturnType<typeof createIdSource>

export interface IdSourceState {
  random: number
  lastMs: number
  sequence: number
}

/** Creates a seeded generator (mulberry32: 32 bits of state, passes the usual small statistical tests). */
export function createRandom(seed: number) {
  let state = seed >>> 0
  /** A number from 0 (included) to 1 (excluded). */
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x100000000
  }
  return {
    next,
    /** A whole number from 0 (included) to `bound` (excluded). */
    below: (bound: number): number => Math.floor(next() * bound),
    save: (): number => state,
    load(saved: number): void {
      state = saved >>> 0
    },
  }
}

export function createIdSource(seed: number) {
  const random = createRandom(seed)
  const bytes = new Uint8Array(16)
  let lastMs = 0
  let sequence = 0
  const fill = (): void => {
    const high = random.below(0x1000000)
    const low = random.below(0x1000000)
    bytes[10] = high >>> 16
    bytes[11] = high >>> 8
    bytes[12] = high
    bytes[13] = low >>> 16
    bytes[14] = low >>> 8
    bytes[15] = low
  }
  return {
    /** A new UUID version 7 for the given time (milliseconds since 1970), greater than every one before. */
    next: (now: number): string => {
      const ms = Math.floor(now)
      // A clock that was set back must not make ids go back.
      if (ms > lastMs) {
        lastMs = ms
        sequence = random.below(0x1000000)
      } else {
        sequence++
      }
      fill()
      return v7({ msecs: lastMs, seq: sequence, random: bytes })
    },
    save: (): IdSourceState => ({ random: random.save(), lastMs, sequence }),
    load(saved: IdSourceState): void {
      random.load(saved.random)
      lastMs = saved.lastMs
      sequence = saved.sequence
    },
  }
}

/** A number of 32 bits that follows from a text and a seed alone (FNV-1a). */
export function hashText(text: string, seed = 0): number {
  let hash = 0x811c9dc5 ^ seed
  for (let place = 0; place < text.length; place++) hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193)
  return hash >>> 0
}

/** Whether a UUID is of version 7, whose first 48 bits tell a time. */
export function isVersion7(id: string): boolean {
  return /^[\da-f]{8}-[\da-f]{4}-7/i.test(id)
}
