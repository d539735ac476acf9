/**
 * Random sequences of steps for fast-check, with a way of their own to get shorter; and the kinds of sequences: how often
 * each step comes in one, and how long they are.
 */
import type * as FastCheck from 'fast-check'
import type { Arbitrary, Random, Stream, Value } from 'fast-check'
import type { MachineName } from '../../../lifecycle/table.js'
import { decidedOperations, roleOf, type OperationRole } from '../../../lifecycle/roles.js'
import { bounds, type Intent, type Kind, kinds, OWNER_UP_TO, weightOf } from './step.js'

export interface SequencePlace {
  phase: 'beginnings' | 'stretches' | 'steps'
  /** Length of the stretch that is left out. */
  size: number
  /** Where the next stretch begins, or the position of the next step. */
  from: number
  /** Whether this round has found something, so that another one is worth while. */
  hasFound: boolean
}

/** A shorter or plainer sequence, and where to go on from it. */
export interface SequenceCandidate {
  sequence: readonly Intent[]
  place: SequencePlace
}

export const START: SequencePlace = { phase: 'beginnings', size: 0, from: 0, hasFound: false }

export function placeIn(context: unknown): SequencePlace {
  return isPlace(context) ? context : START
}

function isPlace(context: unknown): context is SequencePlace {
  return typeof context === 'object' && context !== null && 'phase' in context && 'hasFound' in context
}

/** Sequences to try next, the most promising first. */
export function* shorter(sequence: readonly Intent[], place: SequencePlace): Iterable<SequenceCandidate> {
  if (place.phase === 'beginnings') yield* beginnings(sequence)
  const stretch = place.phase === 'stretches' ? place : firstStretch(sequence, false)
  if (place.phase !== 'steps') yield* withoutStretches(sequence, stretch)
  const hasFound = place.phase !== 'beginnings' && place.hasFound
  yield* plainerSteps(sequence, place.phase === 'steps' ? place : { ...START, phase: 'steps', hasFound })
  if (hasFound) yield* shorter(sequence, firstStretch(sequence, false))
}

function firstStretch({ length }: readonly Intent[], hasFound: boolean): SequencePlace {
  return { phase: 'stretches', size: 2 ** Math.floor(Math.log2(Math.max(1, length / 2))), from: 0, hasFound }
}

/** Half of it, three quarters, seven eighths, down to all but the last step. */
function* beginnings(sequence: readonly Intent[]): Iterable<SequenceCandidate> {
  for (let less = sequence.length >> 1; less > 0; less >>= 1) {
    yield { sequence: sequence.slice(0, sequence.length - less), place: START }
  }
}

function* withoutStretches(sequence: readonly Intent[], start: SequencePlace): Iterable<SequenceCandidate> {
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

function* plainerSteps(sequence: readonly Intent[], start: SequencePlace): Iterable<SequenceCandidate> {
  const place: SequencePlace = { ...start, hasFound: true }
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

type Fc = typeof FastCheck

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

    private *values(candidates: Iterable<SequenceCandidate>): IterableIterator<Value<readonly Intent[]>> {
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

export interface Profile {
  form: SequenceForm
  hasClock: boolean
}

function weightsOf(holds: (role: OperationRole) => boolean): Weights {
  const chosen = decidedOperations.filter((id) => holds(roleOf(id)))
  return Object.fromEntries(chosen.map((id) => [id, weightOf(id)]))
}

/** Whether an operation is about the work of a machine. */
function isAbout({ machine, creates, handsOut, lists }: OperationRole, of: MachineName): boolean {
  return [machine, creates, handsOut, lists].includes(of)
}

const reads = weightsOf(({ isRead }) => isRead)
const jobSteps = { ...weightsOf((role) => isAbout(role, 'job')), heartbeat: 2, registerAgents: 0.3 }
const commandSteps = { ...weightsOf((role) => isAbout(role, 'bridgeCommand')), heartbeat: 1 }
const runnerSteps = {
  ...weightsOf(
    ({ machine, creates, handsOut, lists }) =>
      machine === 'pairingSession' ||
      (machine === 'runner' && creates === undefined && handsOut === undefined && lists !== 'job'),
  ),
  ...{ disconnectRunner: 2, pair: 2 },
}

type Weights = Partial<Record<Kind, number>>

/** Sequences that begin with some pairings of one type, or of any. */
function profile(
  weights: Weights,
  pairings: number,
  steps: number,
  more: Partial<SequenceForm & Profile> & { type?: number } = {},
): Profile {
  const { owners = 7, hasClock = false, type } = more
  const toForm = (form: number): number => (type === undefined ? form : form - (form % 2) + type)
  return { form: { weights, steps, owners, first: { kind: 'pair', most: pairings, form: toForm } }, hasClock }
}

const ENDPOINT = 0
const CONNECT = 1

export const profiles = {
  jobs: profile({ ...jobSteps, pair: 1, disconnectRunner: 0.3 }, 2, 90, { type: ENDPOINT, owners: 9 }),
  commands: profile({ ...commandSteps, pair: 0.5, disconnectRunner: 0.3 }, 2, 80, { type: CONNECT, owners: 9 }),
  runners: profile({ ...runnerSteps, createJob: 1, createBridgeCommand: 1 }, 2, 80),
  callers: profile({ ...reads, ...runnerSteps, ...commandSteps, ...jobSteps }, 3, 90, { owners: 4 }),
  everything: profile({ ...reads, ...runnerSteps, ...commandSteps, ...jobSteps }, 3, 100),
  time: profile(
    { ...runnerSteps, ...commandSteps, ...jobSteps, heartbeat: 6, pass: 9, pair: 1, disconnectRunner: 0.5 },
    3,
    60,
    { hasClock: true, owners: 9 },
  ),
} as const satisfies Record<string, Profile>

export type SequenceProfile = keyof typeof profiles
