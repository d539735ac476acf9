/**
 * Makes sequences shorter: by their beginnings first, since what comes after a wrong answer does not matter, then by
 * leaving stretches out, then by plainer steps. A search goes on where its last success left it, and depends on nothing
 * but the sequence, so that a path alone leads to the same sequence on any target.
 */
import type { Intent } from './intent.js'

/** Where a search stands. */
export interface Place {
  phase: 'beginnings' | 'stretches' | 'steps'
  /** Length of the stretch that is left out. */
  size: number
  /** Where the next stretch begins, or the position of the next step. */
  from: number
  /** Whether this round has found something, so that another one is worth while. */
  hasFound: boolean
}

/** A shorter or plainer sequence, and where to go on from it. */
export interface Candidate {
  sequence: readonly Intent[]
  place: Place
}

/** Where a search begins. */
export const START: Place = { phase: 'beginnings', size: 0, from: 0, hasFound: false }

/** The place that a value of fast-check carries. */
export function placeIn(context: unknown): Place {
  return isPlace(context) ? context : START
}

function isPlace(context: unknown): context is Place {
  return typeof context === 'object' && context !== null && 'phase' in context && 'hasFound' in context
}

/** Sequences to try next, the most promising first. */
export function* shorter(sequence: readonly Intent[], place: Place): Iterable<Candidate> {
  if (place.phase === 'beginnings') yield* beginnings(sequence)
  const stretch = place.phase === 'stretches' ? place : firstStretch(sequence, false)
  if (place.phase !== 'steps') yield* withoutStretches(sequence, stretch)
  const hasFound = place.phase !== 'beginnings' && place.hasFound
  yield* plainerSteps(sequence, place.phase === 'steps' ? place : { ...START, phase: 'steps', hasFound })
  if (hasFound) yield* shorter(sequence, firstStretch(sequence, false))
}

function firstStretch({ length }: readonly Intent[], hasFound: boolean): Place {
  return { phase: 'stretches', size: 2 ** Math.floor(Math.log2(Math.max(1, length / 2))), from: 0, hasFound }
}

/** Half of it, three quarters, seven eighths, down to all but the last step. */
function* beginnings(sequence: readonly Intent[]): Iterable<Candidate> {
  for (let less = sequence.length >> 1; less > 0; less >>= 1) {
    yield { sequence: sequence.slice(0, sequence.length - less), place: START }
  }
}

function* withoutStretches(sequence: readonly Intent[], start: Place): Iterable<Candidate> {
  let { from } = start
  for (let { size } = start; size > 0; size >>= 1) {
    for (; from + size <= sequence.length; from += size) {
      const rest = [...sequence.slice(0, from), ...sequence.slice(from + size)]
      yield { sequence: rest, place: { phase: 'stretches', size, from, hasFound: true } }
    }
    from = 0
  }
}

/** Forms beyond these repeat others. */
const LAST_FORM = 12

function* plainerSteps(sequence: readonly Intent[], start: Place): Iterable<Candidate> {
  const place: Place = { ...start, hasFound: true }
  for (let at = start.from; at < sequence.length; at++) {
    const step = sequence[at]
    if (step === undefined) continue
    for (const field of ['who', 'which', 'form'] as const) {
      for (let number = 0; number < Math.min(step[field], LAST_FORM); number++) {
        yield { sequence: sequence.with(at, { ...step, [field]: number }), place: { ...place, from: at } }
      }
    }
  }
}
