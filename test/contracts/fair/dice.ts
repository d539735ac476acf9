// Chance for fair variants, from a seed: whether an alternative is played where it could be, and in which form. Notes
// what was played, so that a variant which never does what it is for is found out.
import { createRandom, type Random } from '../../../src/kernel/id-source.js'

export class Dice {
  /** How often something was played. */
  count = 0
  private readonly seed: number
  private readonly share: number
  private readonly random: Random

  /** @param share of the occasions that are used: 1 for a variant that stands alone */
  constructor(seed: number, share: number, name: string) {
    this.seed = hash(seed, name)
    this.share = share
    this.random = createRandom(this.seed)
  }

  /** Whether to play now. The same `key` always gets the same answer; without one, each throw is another. */
  plays(key?: string): boolean {
    const doesPlay = this.number(key) < this.share
    if (doesPlay) this.count++
    return doesPlay
  }

  /** Notes that something is played which a server does always or never. */
  always(): true {
    this.count++
    return true
  }

  /** One of several forms. */
  pick<Form>(forms: readonly [Form, ...Form[]]): Form {
    return forms[Math.floor(this.random.next() * forms.length)] ?? forms[0]
  }

  /** From 0 (included) to 1 (excluded). */
  number(key?: string): number {
    return key === undefined ? this.random.next() : createRandom(hash(this.seed, key)).next()
  }
}

/** FNV-1a over the text, started from the seed. */
function hash(seed: number, text: string): number {
  let value = (0x811c9dc5 ^ seed) >>> 0
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193) >>> 0
  return value
}
