/** Finds the facts that the invariants of the spec turn on, one function each, and says which invariants a step breaks. */
import { invariants, type InvariantEntry, type InvariantId } from '../../src/generated/invariants.js'
import { workMachines } from '../../src/lifecycle/roles.js'
import { spanMs } from '../../src/lifecycle/timers.js'
import type { Behaviour } from '../../src/lifecycle/states/behaviour.js'
import {
  COMMAND_SECONDS,
  isEnded,
  type Action,
  type Step,
  type SmallRunner,
  type SmallWorld,
  type Wait,
  type SmallWork,
} from '../../src/lifecycle/states/small-world.js'

/** One step of a walk. */
export interface Transition {
  readonly before: SmallWorld
  readonly action: Action
  readonly step: Step
  /** Whether the world is another one after it. */
  readonly hasChanged: boolean
  readonly behaviour: Behaviour
}

type Facts<Subject> = Readonly<Record<string, (subject: Subject, view: Transition) => string>>

interface Pair<Resource> {
  readonly now: Resource
  readonly was: Resource | undefined
}

const workFacts: Facts<Pair<SmallWork>> = {
  handouts: ({ now }) => (now.handouts > 1 ? 'more' : now.handouts === 1 ? 'once' : 'none'),
  state: ({ now }) => now.status,
  holder: ({ now }) => now.holder,
  time: ({ now: { age, machine } }, { behaviour: { limits } }) => {
    if (age < 0) return 'none'
    const fields = { timeout: limits.job_timeout_seconds, timeout_seconds: COMMAND_SECONDS }
    const span = spanMs(machine === 'job' ? 'job_timeout' : 'command_timeout', limits, fields) / 1000
    return age > span + limits.reaper_interval_seconds ? 'overdue' : 'within'
  },
  keeping: ({ now }) => (!isEnded(now) ? 'none' : now.left <= 0 ? 'forever' : 'a while'),
  end: ({ now, was }) =>
    was === undefined || !isEnded(was)
      ? 'none'
      : now.status === was.status || now.status === 'none'
        ? 'kept'
        : 'undone',
}

const runnerFacts: Facts<Pair<SmallRunner>> = {
  end: ({ now, was }) => (was?.isGone === true ? (now.isGone ? 'kept' : 'undone') : 'none'),
  purge: ({ now }, { step }) => (step.purgedEarly.includes(now) ? 'early' : 'none'),
}

const waitFacts: Facts<Wait> = {
  sought: (wait, { step }) =>
    step.ended.some((each) => each.wait === wait && each.isPassedOver) || isThere(wait, step.world)
      ? 'there'
      : 'absent',
  runner: ({ runner: id, on }, { step: { world } }) =>
    on !== 'getBridgeCommand' && world.runners.some((each) => each.id === id && each.isGone) ? 'gone' : 'there',
}

const callFacts: Facts<Action> = {
  decision: (_, { step: { told } }) => (told !== undefined && told.status >= 400 ? 'refused' : 'accepted'),
  change: (_, { hasChanged }) => (hasChanged ? 'some' : 'none'),
  shows: (action, { step: { shown } }) =>
    shown === undefined || !('caller' in action) ? 'nothing' : shown.founder === action.caller ? 'own' : 'others',
  shown: (_, { step: { isStale } }) => (isStale ? 'stale' : 'current'),
}

/** Whether what a call waits for is there while it waits. */
function isThere(wait: Wait, { runners, waits }: SmallWorld): boolean {
  if (!waits.includes(wait) || wait.hasHungUp) return false
  const runner = runners.find(({ id }) => id === wait.runner)
  if (runner === undefined || runner.isGone) return false
  if (wait.on === 'nextJob') return runner.job.some(({ status }) => status === 'pending')
  if (wait.on === 'nextBridgeCommands') return runner.bridgeCommand.some(({ status }) => status === 'pending')
  return runner.bridgeCommand.every((work) => work.id !== wait.work || isEnded(work))
}

/** Whether something is unfinished or waits. */
export function isUnfinished({ runners, waits }: SmallWorld): boolean {
  return (
    waits.length > 0 ||
    runners.some(({ job, bridgeCommand }) => [...job, ...bridgeCommand].some((work) => !isEnded(work)))
  )
}

/** Says which invariants a step breaks. */
export type Judge = (transition: Transition) => readonly InvariantId[]

/**
 * Judges steps by the invariants of the spec. What is said of a whole world only a walk can judge.
 * @throws Error for a fact that is not known
 */
export function createJudge(): Judge {
  const work = workMachines.map((machine) => [machine, conditionsOn(machine, workFacts)] as const)
  const runner = conditionsOn('runner', runnerFacts)
  const wait = conditionsOn('wait', waitFacts)
  const call = conditionsOn('call', callFacts)
  return (transition) => {
    const { before, step } = transition
    const broken: InvariantId[] = []
    for (const now of step.world.runners) {
      const was = before.runners.find(({ id }) => id === now.id)
      collect(broken, runner, { now, was }, transition)
      for (const [machine, conditions] of work) {
        for (const each of now[machine]) {
          const earlier = was?.[machine].find(({ id }) => id === each.id)
          collect(broken, conditions, { now: each, was: earlier }, transition)
        }
      }
    }
    for (const each of step.world.waits) collect(broken, wait, each, transition)
    for (const each of step.ended) if (each.isPassedOver) collect(broken, wait, each.wait, transition)
    collect(broken, call, transition.action, transition)
    return broken
  }
}

interface Condition<Subject> {
  readonly id: InvariantId
  readonly never: readonly (readonly [(subject: Subject, view: Transition) => string, readonly string[]])[]
}

/** Every invariant with its name. */
export const invariantEntries: readonly (readonly [InvariantId, InvariantEntry])[] = Object.entries<InvariantEntry>(
  invariants,
).flatMap(([id, entry]) => (isInvariantId(id) ? [[id, entry] as const] : []))

function isInvariantId(id: string): id is InvariantId {
  return Object.hasOwn(invariants, id)
}

function conditionsOn<Subject>(of: string, facts: Facts<Subject>): readonly Condition<Subject>[] {
  return invariantEntries
    .filter(([, entry]) => entry.of.includes(of))
    .map(([id, { never }]) => ({
      id,
      never: Object.entries(never).map(([name, values]) => {
        const fact = facts[name]
        if (fact === undefined) throw new Error(`Nothing finds the fact ${name} of ${of}, which ${id} turns on.`)
        return [fact, values] as const
      }),
    }))
}

function collect<Subject>(
  broken: InvariantId[],
  conditions: readonly Condition<Subject>[],
  subject: Subject,
  view: Transition,
): void {
  for (const { id, never } of conditions) {
    if (!broken.includes(id) && never.every(([fact, values]) => values.includes(fact(subject, view)))) broken.push(id)
  }
}
