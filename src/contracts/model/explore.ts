/**
 * Draws random sequences by fast-check, which is loaded when it is first needed; and once one has failed, searches among shorter
 * ones, a fixed number of them, so that what comes out hangs on no machine's speed. And the kinds of sequences: how often each
 * step comes in one, how long they are.
 */
import type * as FastCheck from 'fast-check'
import type { Arbitrary } from 'fast-check'
import type { RunnerOperationId } from '../../kernel/operation.js'
import type { RunnerType } from '../../kernel/types.js'
import { decidedOperations, roleOf, type OperationRole, type WorkMachine } from '../../lifecycle/roles.js'
import { bounds, type Intent, type Kind, kinds, OWNER_UP_TO } from '../../lifecycle/steps/step-plan.js'
import type { SequenceFailure } from './sequence-failure.js'

type Weights = Partial<Record<Kind, number>>

export interface SequenceForm {
  /** Pairings that each sequence begins with, from one to so many. */
  pairings: number
  /** Their type; undefined for any. */
  type?: RunnerType | undefined
  /** Of each kind of step its share. */
  weights: Weights
  /** Steps after the first ones: from half as many to so many. */
  steps: number
  /** Of ten steps, how many are made by the owner or the main identity. */
  owners: number
  /** Whether most steps are made at once, in lanes. Default: one by one. */
  isRace?: true
}

/** Random sequences of a kind. */
function sequencesOf(fc: typeof FastCheck, form: SequenceForm): Arbitrary<readonly Intent[]> {
  const { pairings, type, weights, steps, owners } = form
  const who = fc.oneof(
    { arbitrary: fc.constant(0), weight: owners },
    { arbitrary: fc.integer({ min: OWNER_UP_TO + 1, max: bounds.who }), weight: 10 - owners },
  )
  const anyForm = fc.nat({ max: bounds.form })
  const step = (kind: Arbitrary<Kind>, numbers: Arbitrary<number>): Arbitrary<Intent> =>
    fc.record({ kind, who, which: fc.nat({ max: bounds.which }), form: numbers })
  const shares = kinds.map((kind) => ({ arbitrary: fc.constant(kind), weight: Math.round(10 * (weights[kind] ?? 0)) }))
  // Odd forms of a pairing are those of connect runners.
  const firstForm =
    type === undefined ? anyForm : anyForm.map((number) => number - (number % 2) + (type === 'connect' ? 1 : 0))
  const firstStep = step(fc.constant('pair'), firstForm)
  const beginning = fc.array(firstStep, { minLength: 1, maxLength: pairings, size: 'max' })
  const rest = fc.array(step(fc.oneof(...shares), anyForm), { minLength: steps >> 1, maxLength: steps, size: 'max' })
  // Long ones, without bias: short sequences are for the search for the shortest.
  return fc.noBias(fc.tuple(beginning, rest).map(([one, other]) => [...one, ...other]))
}

/** How often an operation comes in a sequence about what it does: what makes and takes work most, what reads it least. */
function weightOf(operation: RunnerOperationId): number {
  const { creates, handsOut, isRead, machine } = roleOf(operation)
  if ((creates !== undefined && machine !== 'pairingSession') || handsOut !== undefined) return 6
  return isRead ? 2 : 3
}

function weightsOf(holds: (role: OperationRole) => boolean): Weights {
  const chosen = decidedOperations.filter((id) => holds(roleOf(id)))
  return Object.fromEntries(chosen.map((id) => [id, weightOf(id)]))
}

/** The weights of the operations about the work of a machine. */
function weightsOfWork(of: WorkMachine): Weights {
  return weightsOf(({ machine, creates, handsOut, lists }) => [machine, creates, handsOut, lists].includes(of))
}

const reads = weightsOf(({ isRead }) => isRead)
const jobSteps = { ...weightsOfWork('job'), heartbeat: 2, registerAgents: 0.3 }
const commandSteps = { ...weightsOfWork('bridgeCommand'), heartbeat: 1 }
const runnerSteps = {
  ...weightsOf(
    ({ machine, creates, handsOut, lists }) =>
      machine === 'pairingSession' ||
      (machine === 'runner' && creates === undefined && handsOut === undefined && lists !== 'job'),
  ),
  ...{ disconnectRunner: 2, pair: 2 },
}

const all = { ...reads, ...runnerSteps, ...commandSteps, ...jobSteps }

/** On the one queue of a runner. */
const lanes = { pairings: 1, steps: 24, owners: 1, isRace: true } as const

/** The kinds of sequences. In those of time it passes on the target. */
export const profiles = {
  jobs: {
    ...{ type: 'endpoint', pairings: 2, steps: 90, owners: 9 },
    weights: { ...jobSteps, pair: 1, disconnectRunner: 0.3 },
  },
  commands: {
    ...{ type: 'connect', pairings: 2, steps: 80, owners: 9 },
    weights: { ...commandSteps, pair: 0.5, disconnectRunner: 0.3 },
  },
  runners: { pairings: 2, steps: 80, owners: 7, weights: { ...runnerSteps, createJob: 1, createBridgeCommand: 1 } },
  callers: { pairings: 3, steps: 90, owners: 4, weights: all },
  everything: { pairings: 3, steps: 100, owners: 7, weights: all },
  time: {
    ...{ pairings: 3, steps: 60, owners: 9 },
    weights: { ...runnerSteps, ...commandSteps, ...jobSteps, heartbeat: 6, pass: 9, pair: 1, disconnectRunner: 0.5 },
  },
  'concurrent-jobs': { ...lanes, type: 'endpoint', weights: { ...weightsOfWork('job'), heartbeat: 2 } },
  'concurrent-commands': { ...lanes, type: 'connect', weights: weightsOfWork('bridgeCommand') },
} as const satisfies Record<string, SequenceForm>

export type SequenceProfile = keyof typeof profiles

type Intents = readonly Intent[]

/** Shorter sequences that are tried once one has failed. */
const ATTEMPTS_AT_SHRINKING = 300

/** A sequence that may fail, and how the search has come to it. */
export interface DrawnSequence {
  readonly sequence: Intents
  /** Its number, and which of the shorter ones it was each time. It leads to the same one only from the same seed. */
  readonly path: string
  /** Steps that the next shorter ones lack. */
  readonly size: number
}

/**
 * Loads fast-check.
 * @returns what draws the sequence of a number, counted from 0: it depends on the seed alone
 */
export async function createDraw(seed: number, form: SequenceForm): Promise<(at: number) => DrawnSequence> {
  const fc = await import('fast-check')
  const arbitrary = sequencesOf(fc, form)
  return (at) => {
    const [sequence = []] = fc.sample(arbitrary, { seed, path: String(at), numRuns: 1 })
    return { sequence, path: String(at), size: sequence.length >> 1 }
  }
}

/** The candidate to which a path leads. */
export function follow(path: string, draw: (at: number) => DrawnSequence): DrawnSequence {
  const [first = 0, ...choices] = path.split(':').map(Number)
  return choices.reduce((from, choice) => [...shorterThan(from)][choice] ?? from, draw(first))
}

export interface FailedSequence {
  readonly failure: SequenceFailure
  readonly path: string
}

/**
 * Goes on to whatever fails first among shorter ones, until none of them does. It is tried itself, too: it may have failed
 * beside others, and now is played alone.
 * @param play undefined when all was right
 */
export async function shrink(
  found: FailedSequence,
  first: DrawnSequence,
  play: (sequence: Intents) => Promise<SequenceFailure | undefined>,
  isOver: () => boolean,
): Promise<FailedSequence> {
  let best = found
  let candidates: Iterator<DrawnSequence> = [first][Symbol.iterator]()
  for (let left = ATTEMPTS_AT_SHRINKING; left > 0 && !isOver(); left--) {
    const next = candidates.next()
    if (next.done === true) break
    const candidate = next.value
    // What has been found is not lost because shorter sequences cannot be tried any more.
    const failure = await play(candidate.sequence).catch(() => 'none' as const)
    // What was found tells more than a target that keeps us waiting.
    if (failure === 'none' || failure?.isSlow === true) break
    if (failure === undefined) continue
    best = { failure, path: candidate.path }
    candidates = shorterThan(candidate)
  }
  return best
}

function* shorterThan({ sequence, path, size }: DrawnSequence): Generator<DrawnSequence> {
  let at = 0
  for (const [shorter, next] of shorten(sequence, size))
    yield { sequence: shorter, path: `${path}:${at++}`, size: next }
}

/** Without a stretch, the last ones first; then with plainer steps, all at once or one; each with where to go on. */
function* shorten(sequence: Intents, most: number): Generator<[Intents, number]> {
  for (let size = most; size > 0; size >>= 1) {
    for (let from = sequence.length - size; from > -size; from -= size)
      yield [sequence.toSpliced(Math.max(0, from), Math.min(size, size + from)), size]
  }
  const plain = { which: 0, form: 0 }
  if (sequence.some(({ which, form }) => which + form > 0)) yield [sequence.map((step) => ({ ...step, ...plain })), 0]
  for (const [at, step] of sequence.entries()) {
    for (const field of ['who', 'which', 'form'] as const)
      for (const number of [0, 1]) if (number < step[field]) yield [sequence.with(at, { ...step, [field]: number }), 0]
  }
}
