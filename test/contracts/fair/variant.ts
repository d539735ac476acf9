// What a fair variant is: the mock as it might be just as well. It differs from ours in something that the rules leave
// open, so that no check may fail on it. Built like the mutants, from outside.
import type { AlternativeName } from '../../../src/contracts/target/answer.js'
import type { Settings } from '../../../src/mocks/base/settings.js'
import type { OperationId } from '../../../src/kernel/operation.js'
import { createRandom, type Random } from '../../../src/kernel/id-source.js'
import type { Layer } from '../../mutants/broken-mock.js'
import type { Spoil } from '../../mutants/mutant.js'

/** Creates what meddles with calls, for dice. */
export type FairSpoil = (dice: Dice) => Spoil

export interface VariantOptions {
  /** The row of the table of alternatives that it plays. Default: none, it plays what no row needs to name. */
  row?: AlternativeName
  /** Operations whose calls it meddles with. Default: all. */
  touches?: readonly OperationId[] | 'all'
  /** Default: it lives in the settings. */
  spoil?: FairSpoil
  /** Settings of the mock that it declares. Default: none. */
  declared?: Partial<Settings>
  /** Patterns of the checks that show it, for the run that meets it alone. Default: a choice from every area. */
  checks?: readonly string[]
  /** Reasons for which checks may be left out there. Default: none. */
  mayNotRun?: RegExp
  /** Ids of the checks that are about the difference itself, and fail. Default: none. */
  judged?: RegExp
  /** Whether it can be played together with all others. Default: true. */
  joins?: boolean
}

export interface Variant extends Required<Omit<VariantOptions, 'row' | 'spoil' | 'mayNotRun' | 'judged'>> {
  /** In kebab-case. */
  readonly id: string
  /** What it does, in a sentence. */
  readonly what: string
  readonly row: AlternativeName | undefined
  readonly spoil: FairSpoil | undefined
  readonly mayNotRun: RegExp | undefined
  readonly judged: RegExp | undefined
}

/** Checks that see a little of everything. */
const USUAL = ['wire/errors', 'schema/*', 'runner/*', 'job/*', 'bridge/*']

/** Declares a fair variant. */
export function defineVariant(id: string, what: string, options: VariantOptions): Variant {
  const { touches = 'all', declared = {}, checks = USUAL, joins = true } = options
  const { row, spoil, mayNotRun, judged } = options
  return { id, what, row, spoil, mayNotRun, judged, touches, declared, checks, joins }
}

/** A variant as a layer before a mock. */
export const layerOf = ({ touches, spoil }: Variant, dice: Dice): Layer => ({
  touches: touches === 'all' ? touches : new Set(touches),
  spoil: spoil?.(dice),
})

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
