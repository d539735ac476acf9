/**
 * A step of a random sequence: first small numbers that say what kind of call comes next, who makes it, on which thing and
 * in which form; then the call that was played, its answer and how it was judged; and the reads that close a sequence. What
 * the numbers mean is decided when the call is due, by what the model then knows; so a sequence stays meaningful when calls
 * are taken out of it, and the same seed gives the same sequence for every target.
 */
import type { IdentityName } from '../../target/target.js'
import type { ApiCall } from '../../../kernel/recording/api-call.js'
import type { RunnerOperationId } from '../../../kernel/operation.js'
import { decidedOperations } from '../../../lifecycle/roles.js'
import type { TrackedRunner, TrackedWorld } from '../../../lifecycle/tracker/tracked-world.js'
import type { Answer } from '../../target/answer.js'
import { toRawRequest } from '../../target/client.js'
import type { Finding } from '../../target/expectation.js'
import type { Exchange } from '../../target/recorded-exchange.js'

/** Kinds of steps: each operation, a whole pairing, and time that passes. */
export const kinds: readonly Kind[] = [...decidedOperations, 'pair', 'pass']

export type Kind = RunnerOperationId | 'pair' | 'pass'

/** One step of a sequence, before it is known what there is to act on. */
export interface Intent {
  kind: Kind
  /** 0 to 9: who. Most of them mean the owner, or the main identity. */
  who: number
  /** 0 to 9: on which thing, counted from the newest; 8 is one that is gone, 9 one that never was. */
  which: number
  /** In which form, the plainest first. */
  form: number
}

/** Bounds of an intent's numbers, both included. */
export const bounds = { who: 9, which: 9, form: 95 } as const

/** Who may call, where, and what there is to name. */
export interface Participants {
  /** The main identity first. */
  identities: readonly [IdentityName, ...IdentityName[]]
  projectsOf: (caller: string) => readonly string[]
  unknownId: string
}

/** Decides what an intent means now; undefined when there is nothing that it could mean. */
export type Planner = (world: TrackedWorld, participants: Participants, intent: Intent) => ApiCall | undefined

/** `who` up to here means the owner, or the main identity; beyond it another identity. */
export const OWNER_UP_TO = 5

/** The owner in most cases, else another identity. */
export function ownerOrOther(participants: Participants, owner: string, who: number): string {
  if (who <= OWNER_UP_TO) return owner
  const others = participants.identities.filter((each) => each !== owner)
  return others[(who - OWNER_UP_TO - 1) % Math.max(1, others.length)] ?? owner
}

/** The main identity in most cases, else another one. */
export function anybody(participants: Participants, who: number): string {
  return ownerOrOther(participants, participants.identities[0], who)
}

/** `which` that stands for a thing that is gone, if one is, and for one that never was. */
export const GONE = 8
export const NEVER_WAS = 9

/** The thing that `which` means, counted from the end of the list. */
export function pick<Thing>(things: readonly Thing[], which: number): Thing | undefined {
  return things[things.length - 1 - (which % Math.max(1, things.length))]
}

/** What `which` means of things that are there or were: those that suit are counted first, `GONE` is one that was. */
export function chooseAmong<Thing>(
  things: readonly Thing[],
  which: number,
  isThere: (thing: Thing) => boolean,
  suits: (thing: Thing) => boolean = () => true,
): Thing | undefined {
  const gone = things.filter((each) => !isThere(each))
  if (which === GONE && gone.length > 0) return pick(gone, which)
  const there = things.filter(isThere)
  return pick([...there.filter((each) => !suits(each)), ...there.filter(suits)], which)
}

export function formOf<Form>(forms: readonly [Form, ...Form[]], form: number): Form {
  return forms[form % forms.length] ?? forms[0]
}

/** A call with the parts that are usual. */
export function toCall(
  operation: RunnerOperationId,
  caller: string,
  parts: Partial<Pick<ApiCall, 'path' | 'query' | 'body' | 'secret'>> = {},
): ApiCall {
  return { operation, caller, path: {}, query: {}, body: undefined, ...parts }
}

export function targetOf({ operation, path, query }: ApiCall): string {
  return toRawRequest(operation, { path, query }).path
}

export type SequenceStep =
  /** A call and its answer; without one when none came. */
  | { kind: 'call'; call: ApiCall; answer: Answer | undefined }
  /** A call that was sent and not waited for. */
  | { kind: 'poll'; poll: number; call: ApiCall }
  /** The answer to it, or its lack. */
  | { kind: 'woken'; poll: number; call: ApiCall; answer: Answer | undefined }
  | { kind: 'pass'; seconds: number }

/** The steps of each lane, those that made what others waited for, and those after all of them. */
export interface RaceSteps {
  lanes: readonly (readonly SequenceStep[])[]
  feeder: readonly SequenceStep[]
  after: readonly SequenceStep[]
}

/** Ends a sequence: an answer that the model does not accept, with the steps up to it. */
export class SequenceFailure extends Error {
  override readonly name = 'SequenceFailure'
  readonly expected: string
  readonly actual: string
  readonly pointer: string | null
  /** The last is the decisive one. */
  steps: readonly SequenceStep[]
  /** What then happened at once; undefined when all came one after the other. */
  race: RaceSteps | undefined
  /** A request that was not answered; with those of the steps, it shows what went wrong. */
  readonly unanswered: Exchange | undefined
  /** Whether the last call had to succeed. */
  readonly wasSuccessDue: boolean

  constructor(
    { expected, actual, pointer = null, exchanges }: Wrong,
    steps: readonly SequenceStep[],
    wasSuccessDue = false,
  ) {
    super(`expected ${expected}; got ${actual}`)
    this.expected = expected
    this.actual = actual
    this.pointer = pointer
    this.unanswered = exchanges?.find(({ status }) => status === null)
    this.steps = steps
    this.wasSuccessDue = wasSuccessDue
  }

  /** Whether the target kept us waiting for an answer: then it is no use to try again and again. */
  get isSlow(): boolean {
    return (this.unanswered?.tookMs ?? 0) > SLOW_MS
  }
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
