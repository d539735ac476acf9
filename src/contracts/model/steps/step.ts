/** A step as it was played: the call, its answer, how it was judged; and the reads that close a sequence. */
import type { Context } from '../../check/context.js'
import type { Answer } from '../../target/answer.js'
import type { Exchange } from '../../target/recorded-exchange.js'
import type { ModelCall } from '../rules/call.js'
import type { Runner, World } from '../rules/model-world.js'
import { type Participants, toCall } from './intent.js'

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

/** A story to tell. */
export interface RecordedSteps {
  context: Pick<Context, 'url' | 'seed'>
  /** Id of the check. */
  check: string
  path: string
  expected: string
  actual: string
  steps: readonly Step[]
  /** What then happened at once, and what after it; undefined when all came one after the other. */
  race?: RaceSteps | undefined
  /** Projects by their id, with the identity that makes each. */
  projects: ReadonlyMap<string, string>
  /** What each identity sends, secrets masked. */
  headers: ReadonlyMap<string, Readonly<Record<string, string>>>
  /** Whether the projects are given, and not to be made. */
  isShared: boolean
}

const EVERYTHING = 100

/** The reads, in an order that depends on the world alone. */
export function closingReads(world: World, participants: Participants): readonly ModelCall[] {
  const runners = [...world.runners.values()].filter(({ isGone }) => !isGone)
  return [...runners.flatMap((runner) => readsOf(world, participants, runner)), ...listsOf(participants, runners)]
}

function readsOf(
  world: World,
  participants: Participants,
  { id: runnerId, owner, type, jobs, commands }: Runner,
): ModelCall[] {
  const path = { runnerId }
  const [foreign] = participants.identities.filter((each) => each !== owner)
  const jobId = jobs.at(-1)
  const commandId = commands.at(-1)
  const logged = jobs.filter((id) => (world.jobs.get(id)?.logs.length ?? 0) > 0)
  return [
    toCall('getRunner', owner, { path }),
    ...(foreign === undefined ? [] : [toCall('getRunner', foreign, { path })]),
    ...(foreign === undefined || jobId === undefined ? [] : [toCall('getJob', foreign, { path: { jobId } })]),
    ...(foreign === undefined || commandId === undefined
      ? []
      : [toCall('getBridgeCommand', foreign, { path: { runnerId, commandId } })]),
    ...(jobs.length === 0 ? [] : [toCall('listJobs', owner, { path, query: { size: EVERYTHING } })]),
    ...logged.map((id) => toCall('getJobLogs', owner, { path: { jobId: id } })),
    ...commands.map((id) => toCall('getBridgeCommand', owner, { path: { runnerId, commandId: id } })),
    ...(type === 'endpoint' ? [toCall('heartbeat', owner, { path })] : []),
  ]
}

/** Each list in which a runner stands. */
function listsOf(participants: Participants, runners: readonly Runner[]): ModelCall[] {
  return participants.identities.flatMap((identity) =>
    participants
      .projectsOf(identity)
      .filter((project) => runners.some(({ projectId, owner }) => projectId === project && owner === identity))
      .map((project_id) => toCall('listRunners', identity, { query: { project_id } })),
  )
}
