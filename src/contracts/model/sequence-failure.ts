/** The steps of a sequence that was played: calls, their answers and how one was judged wrong. */
import { pointerOfOperation } from '../../kernel/all-operations.js'
import { type ApiCall, describeCall } from '../../kernel/recording/api-call.js'
import type { Answer } from '../target/answer.js'
import type { Finding } from '../target/expectation.js'
import type { Exchange } from '../target/recorded-exchange.js'

export type SequenceStep =
  /** A call that was sent and not waited for. */
  | { kind: 'poll'; call: ApiCall }
  /** The answer to a call, or to one that has waited; without one when none came. */
  | { kind: 'call' | 'woken'; call: ApiCall; answer: Answer | undefined }
  | { kind: 'pass'; seconds: number }

/** A step in a line, such as `createJob as colleague: 201`. */
function describeStep(step: SequenceStep): string {
  if (step.kind === 'pass') return `${Math.ceil(step.seconds)} s pass`
  const call = describeCall(step.call)
  if (step.kind === 'poll') return `${call} waits`
  const told = step.answer?.status ?? 'no answer'
  return step.kind === 'woken' ? `${call} has waited: ${told}` : `${call}: ${told}`
}

/** The steps of each lane, those that made what others waited for, and those after all of them. */
export interface RaceSteps {
  lanes: readonly (readonly SequenceStep[])[]
  feeder: readonly SequenceStep[]
  after: readonly SequenceStep[]
}

/** Ends a sequence: an answer that the model does not accept, with the steps up to it. */
export class SequenceFailure extends Error {
  override readonly name = 'SequenceFailure'
  /** The last is the decisive one. */
  steps: readonly SequenceStep[]
  /** What then happened at once; undefined when all came one after the other. */
  race: RaceSteps | undefined
  /** Whether the last call had to succeed. */
  readonly wasSuccessDue: boolean
  private readonly wrong: Wrong

  constructor(wrong: Wrong, steps: readonly SequenceStep[], wasSuccessDue = false) {
    super(`expected ${wrong.expected}; got ${wrong.actual}`)
    this.wrong = wrong
    this.steps = steps
    this.wasSuccessDue = wasSuccessDue
  }

  /** A request that was not answered; with those of the steps, it shows what went wrong. */
  private get unanswered(): Exchange | undefined {
    return this.wrong.exchanges?.find(({ status }) => status === null)
  }

  /** Whether the target kept us waiting for an answer: then it is no use to try again and again. */
  get isSlow(): boolean {
    return (this.unanswered?.tookMs ?? 0) > SLOW_MS
  }

  get finding(): Finding {
    const { steps, race, unanswered } = this
    const { expected, actual, pointer } = this.wrong
    const answered = allSteps(this).flatMap((step) => ('answer' in step && step.answer?.exchange) || [])
    const decisive = race === undefined ? steps.at(-1) : undefined
    const place =
      decisive === undefined || decisive.kind === 'pass' ? null : pointerOfOperation(decisive.call.operation)
    const exchanges = answered.toSorted((one, other) => one.startedMs - other.startedMs)
    return {
      expected,
      actual,
      pointer: pointer ?? place,
      exchanges: [...exchanges, ...(unanswered ? [unanswered] : [])],
    }
  }
}

/** All steps as lines; those of a race begin with their lane. */
export function describeSteps({ steps, race }: Pick<SequenceFailure, 'steps' | 'race'>): string[] {
  const inLane = (lane: string, own: readonly SequenceStep[]): string[] =>
    own.map((step) => `${lane}: ${describeStep(step)}`)
  return [
    ...steps.map(describeStep),
    ...(race?.lanes.flatMap((own, at) => inLane(`lane ${at + 1}`, own)) ?? []),
    ...inLane('feeder', race?.feeder ?? []),
    ...inLane('after', race?.after ?? []),
  ]
}

type Wrong = Pick<Finding, 'expected' | 'actual'> & Partial<Finding>

const SLOW_MS = 5000

/** The steps of a story, those of its race after the others. */
export function allSteps({ steps, race }: Pick<SequenceFailure, 'steps' | 'race'>): readonly SequenceStep[] {
  return [...steps, ...(race === undefined ? [] : [...race.lanes.flat(), ...race.feeder, ...race.after])]
}
