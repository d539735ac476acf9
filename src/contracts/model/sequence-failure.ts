/**
 * The steps of a sequence that was played: calls, their answers and how one was judged wrong; and the reads that close a
 * sequence.
 */
import type { IdentityName } from '../target/target.js'
import { pointerOfOperation } from '../../kernel/all-operations.js'
import { type ApiCall, describeCall } from '../../kernel/recording/api-call.js'
import type { RunnerOperationId } from '../../kernel/operation.js'
import type { TrackedRunner, TrackedWorld } from '../../lifecycle/tracker/tracked-world.js'
import type { Answer } from '../target/answer.js'
import type { Finding } from '../target/expectation.js'
import type { Exchange } from '../target/recorded-exchange.js'

/** Who may call, where, and what there is to name. */
export interface Participants {
  /** The main identity first. */
  identities: readonly [IdentityName, ...IdentityName[]]
  projectsOf: (caller: string) => readonly string[]
  unknownId: string
}

/** A call with the parts that are usual. */
export function toCall(
  operation: RunnerOperationId,
  caller: string,
  parts: Partial<Pick<ApiCall, 'path' | 'query' | 'body' | 'secret'>> = {},
): ApiCall {
  return { operation, caller, path: {}, query: {}, body: undefined, ...parts }
}

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

export const WHOLE_LIST = { size: 100 }

/** Reads of everything that there is, in an order that depends on the world alone. */
export function closingReads(world: TrackedWorld, participants: Participants): readonly ApiCall[] {
  const runners = [...world.runners.values()].filter(({ isGone }) => !isGone)
  return [...runners.flatMap((runner) => readsOf(world, participants, runner)), ...listsOf(participants, runners)]
}

function readsOf(world: TrackedWorld, { identities }: Participants, runner: TrackedRunner): ApiCall[] {
  const { id: runnerId, owner, type, job, bridgeCommand } = runner
  const path = { runnerId }
  const logged = job.ids.filter((id) => (world.work.get(id)?.logs.length ?? 0) > 0)
  const commands = (caller: string, ids: readonly string[]): ApiCall[] =>
    ids.map((commandId) => toCall('getBridgeCommand', caller, { path: { runnerId, commandId } }))
  const foreign = identities.filter((each) => each !== owner).slice(0, 1)
  return [
    ...[owner, ...foreign].map((caller) => toCall('getRunner', caller, { path })),
    ...foreign.flatMap((caller) => [
      ...job.ids.slice(-1).map((jobId) => toCall('getJob', caller, { path: { jobId } })),
      ...commands(caller, bridgeCommand.ids.slice(-1)),
    ]),
    ...(job.ids.length === 0 ? [] : [toCall('listJobs', owner, { path, query: WHOLE_LIST })]),
    ...logged.map((jobId) => toCall('getJobLogs', owner, { path: { jobId } })),
    ...commands(owner, bridgeCommand.ids),
    ...(type === 'endpoint' ? [toCall('heartbeat', owner, { path })] : []),
  ]
}

/** Each list in which a runner stands. */
function listsOf({ identities, projectsOf }: Participants, runners: readonly TrackedRunner[]): ApiCall[] {
  return identities.flatMap((caller) =>
    projectsOf(caller)
      .filter((project) => runners.some(({ projectId, owner }) => projectId === project && owner === caller))
      .map((project_id) => toCall('listRunners', caller, { query: { project_id } })),
  )
}
