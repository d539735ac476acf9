/** Random sequences of steps for fast-check, with a way of their own to get shorter. */
import type * as FastCheck from 'fast-check'
import type { Arbitrary, Random, Stream, Value } from 'fast-check'
import { OWNER_UP_TO, bounds, kinds, type Intent, type Kind } from './intent.js'
import { START, placeIn, shorter, type Candidate } from './shorter.js'

/** fast-check's functions. */
type Fc = typeof FastCheck

/** What sequences are made of. */
export interface SequenceForm {
  /** Steps that each sequence begins with, from one to so many. */
  first: { kind: Kind; most: number; form: (form: number) => number }
  /** Of each kind of step its share. */
  weights: Partial<Record<Kind, number>>
  /** Steps after the first ones: from half as many to so many. */
  steps: number
  /** Of ten steps, how many are made by the owner or the main identity. */
  owners: number
}

/** Sequences of a form. */
export function sequencesOf(fc: Fc, form: SequenceForm): Arbitrary<readonly Intent[]> {
  const inner = plainSequencesOf(fc, form)
  class Sequences extends fc.Arbitrary<readonly Intent[]> {
    generate(random: Random, bias: number | undefined): Value<readonly Intent[]> {
      return new fc.Value(inner.generate(random, bias).value, START)
    }

    canShrinkWithoutContext(value: unknown): value is readonly Intent[] {
      return inner.canShrinkWithoutContext(value)
    }

    shrink(value: readonly Intent[], context: unknown): Stream<Value<readonly Intent[]>> {
      return fc.stream(this.values(shorter(value, placeIn(context))))
    }

    private *values(candidates: Iterable<Candidate>): IterableIterator<Value<readonly Intent[]>> {
      for (const { sequence, place } of candidates) yield new fc.Value(sequence, place)
    }
  }
  return new Sequences()
}

function plainSequencesOf(fc: Fc, { first, weights, steps, owners }: SequenceForm): Arbitrary<readonly Intent[]> {
  const who = fc.oneof(
    { arbitrary: fc.constant(0), weight: owners },
    { arbitrary: fc.integer({ min: OWNER_UP_TO + 1, max: bounds.who }), weight: 10 - owners },
  )
  const anyForm = fc.nat({ max: bounds.form })
  const step = (kind: Arbitrary<Kind>, form: Arbitrary<number>): Arbitrary<Intent> =>
    fc.record({
      kind,
      who,
      which: fc.nat({ max: bounds.which }),
      form,
    })
  const shares = kinds.map((kind) => ({ arbitrary: fc.constant(kind), weight: Math.round(10 * (weights[kind] ?? 0)) }))
  const firstStep = step(fc.constant(first.kind), anyForm.map(first.form))
  const beginning = fc.array(firstStep, { minLength: 1, maxLength: first.most, size: 'max' })
  const rest = fc.array(step(fc.oneof(...shares), anyForm), { minLength: steps >> 1, maxLength: steps, size: 'max' })
  // Long ones, without bias: short sequences are for the search for the shortest.
  return fc.noBias(fc.tuple(beginning, rest).map(([one, other]) => [...one, ...other]))
}
