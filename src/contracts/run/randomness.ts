/** Random values for one check, from the seed and the check's id alone. */
import { createIdSource, createRandom } from '../../kernel/id-source.js'
import type { Randomness } from '../check/context.js'

/** Creates the numbers of one check; `now` dates its UUIDs. */
export function createRandomness(seed: number, checkId: string, now: number): Randomness {
  const own = mix(seed, checkId)
  const random = createRandom(own)
  const ids = createIdSource(own ^ 0x5bd1e995)
  return {
    next: () => random.next(),
    below: (bound) => random.below(bound),
    pick: (values) => values[random.below(values.length)] ?? values[0],
    bytes: (length) => Uint8Array.from({ length }, () => random.below(256)),
    uuid: () => ids.next(now),
  }
}

/** FNV-1a over the id, started from the seed. */
function mix(seed: number, text: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0
  return hash
}
