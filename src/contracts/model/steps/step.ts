/** What happened in a sequence, in order: enough to tell the story again, as a script does. */
import type { Answer } from '../../target/answer.js'
import type { Exchange } from '../../target/recorded-exchange.js'
import type { ModelCall } from '../rules/call.js'

/** One step of a sequence that was played. */
export type Step =
  /** A call and its answer; without one when none came. */
  | { kind: 'call'; call: ModelCall; answer: Answer | undefined }
  /** A call that was sent and not waited for. */
  | { kind: 'poll'; poll: number; call: ModelCall }
  /** The answer to it, or its lack. */
  | { kind: 'woken'; poll: number; call: ModelCall; answer: Answer | undefined }
  | { kind: 'pass'; seconds: number }

/** The steps of each lane, those that made what others waited for, and those after all of them. */
export interface RaceSteps {
  lanes: readonly (readonly Step[])[]
  feeder: readonly Step[]
  after: readonly Step[]
}

/** Ends a sequence: an answer that the model does not accept, with the steps up to it. */
export class SequenceFailure extends Error {
  override readonly name = 'SequenceFailure'
  readonly expected: string
  readonly actual: string
  readonly pointer: string | null
  /** The last is the decisive one. */
  readonly steps: readonly Step[]
  /** A request that was not answered; with those of the steps, it shows what went wrong. */
  readonly unanswered: Exchange | undefined
  /** Which of the closing reads it was; undefined for a step of the sequence itself. */
  closingRead: number | undefined

  constructor(what: Wrong, steps: readonly Step[]) {
    super(`expected ${what.expected}; got ${what.actual}`)
    this.expected = what.expected
    this.actual = what.actual
    this.pointer = what.pointer ?? null
    this.unanswered = what.exchanges?.find(({ status }) => status === null)
    this.steps = steps
  }

  /** Whether the target kept us waiting for an answer: then it is no use to try again and again. */
  get isSlow(): boolean {
    return (this.unanswered?.tookMs ?? 0) > SLOW_MS
  }
}

/** What is wrong with an answer. */
interface Wrong {
  expected: string
  actual: string
  pointer?: string | null
  exchanges?: readonly Exchange[]
}

const SLOW_MS = 5000

/** The exchanges of steps, in the order in which they began. */
export function exchangesOf(steps: readonly Step[], unanswered: Exchange | undefined): Exchange[] {
  const answered = steps.flatMap((step) =>
    'answer' in step && step.answer !== undefined ? [step.answer.exchange] : [],
  )
  const inOrder = answered.toSorted((one, other) => one.startedMs - other.startedMs)
  return unanswered === undefined ? inOrder : [...inOrder, unanswered]
}
