/** Walks through every state of a small world, the nearest first, and keeps the shortest story of all that is worth telling. */
import type { InvariantId } from '../../src/generated/invariants.js'
import { createBehaviour, type Behaviour } from '../../src/lifecycle/states/behaviour.js'
import { createJudge, invariantEntries, isUnfinished, type Judge } from './judge-step.js'
import { actionsIn, isWithin, startOf, type Scope } from './scopes.js'
import { emptyWorld, type SmallWorld, type Action } from '../../src/lifecycle/states/small-world.js'
import { stepOf } from '../../src/lifecycle/states/world-step.js'

/** What a walk has seen. */
export interface Walk {
  readonly scope: Scope
  readonly states: number
  /** Steps that were tried. */
  readonly steps: number
  /** Steps of the longest way from the start to a state. */
  readonly depth: number
  /** Whether nothing is left to see. */
  readonly isComplete: boolean
  /** The shortest story that breaks an invariant, by the invariant. */
  readonly broken: ReadonlyMap<InvariantId, readonly Action[]>
  /** The shortest story in which a rule decides something, by the number of the rule in its state. */
  readonly edges: ReadonlyMap<number, readonly Action[]>
}

/** How far a walk goes. */
export interface WalkOptions {
  /** Default: that of the spec. */
  readonly behaviour?: Behaviour
  /** It ends after so many states. Default: when it has seen all. */
  readonly maxStates?: number
  /** Whether it ends when these are broken. Default: it goes on. */
  readonly until?: readonly InvariantId[]
}

/** Walks. */
export function walk(
  scope: Scope,
  { behaviour = createBehaviour(), maxStates = Infinity, until }: WalkOptions = {},
): Walk {
  const walker = new Walker(scope, behaviour)
  while (walker.hasNext && walker.states < maxStates && !walker.hasBroken(until)) walker.expandNext()
  return walker.finish()
}

/**
 * Walks through several small worlds, and leaves out of the stories that break something whatever they do not need.
 * @returns the shortest of these stories, by what they break
 */
export function findBreaks(
  among: readonly Scope[],
  { behaviour = createBehaviour(), ...options }: WalkOptions = {},
): ReadonlyMap<InvariantId, readonly Action[]> {
  const found = new Map<InvariantId, readonly Action[]>()
  for (const scope of among) {
    const until = options.until?.filter((id) => !found.has(id))
    if (until?.length === 0) break
    for (const [id, long] of walk(scope, { ...options, behaviour, ...(until !== undefined && { until }) }).broken) {
      const story = shorten(long, (shorter) => breaksAtEnd(shorter, behaviour).includes(id))
      if ((found.get(id)?.length ?? Infinity) > story.length) found.set(id, story)
    }
  }
  return found
}

/** The invariants that the last step of a story breaks. */
export function breaksAtEnd(story: readonly Action[], behaviour: Behaviour): readonly InvariantId[] {
  const judge = createJudge()
  let world = emptyWorld()
  let broken: readonly InvariantId[] = []
  for (const action of story) {
    const step = stepOf(world, action, behaviour)
    broken = judge({ before: world, action, step, hasChanged: keyOf(step.world) !== keyOf(world), behaviour })
    world = step.world
  }
  return endsByTime(world, behaviour) ? broken : [...broken, ...ofWorlds]
}

const ofWorlds = invariantEntries.flatMap(([id, { of }]) => (of.includes('world') ? [id] : []))

/** Whether time alone ends all work and all waits. */
function endsByTime(world: SmallWorld, behaviour: Behaviour): boolean {
  const seen = new Set<string>()
  for (let at = world; isUnfinished(at); at = stepOf(at, { on: 'pass' }, behaviour).world) {
    const key = keyOf(at)
    if (seen.has(key)) return false
    seen.add(key)
  }
  return true
}

/** A story without the steps without which it still holds. */
function shorten(story: readonly Action[], holds: (story: readonly Action[]) => boolean): readonly Action[] {
  for (let at = story.length - 1; at >= 0; at--) {
    const shorter = story.toSpliced(at, 1)
    if (holds(shorter)) return shorten(shorter, holds)
  }
  return story
}

/** A way to a state: the state before, and what happened there. */
interface Way {
  readonly parent: number
  readonly action: Action
}

class Walker {
  private readonly known = new Map<string, number>()
  /** By state; that of the first state is missing. */
  private readonly ways: (Way | undefined)[] = [undefined]
  private readonly depths: number[] = [0]
  /** By state, the state to which time alone leads. */
  private readonly later: number[] = []
  private readonly unfinished: boolean[] = []
  /** Worlds that have not been expanded yet, by state. */
  private frontier: (SmallWorld | undefined)[] = []
  private next = 0
  private steps = 0
  private readonly broken = new Map<InvariantId, Way>()
  private readonly edges = new Map<number, Way>()
  private readonly scope: Scope
  private readonly behaviour: Behaviour
  private readonly judge: Judge

  constructor(scope: Scope, behaviour: Behaviour) {
    this.scope = scope
    this.behaviour = behaviour
    this.judge = createJudge()
    const first = startOf(scope, behaviour)
    this.known.set(keyOf(first), 0)
    this.frontier.push(first)
    this.unfinished.push(isUnfinished(first))
  }

  get states(): number {
    return this.ways.length
  }

  get hasNext(): boolean {
    return this.next < this.states
  }

  hasBroken(ids: readonly InvariantId[] | undefined): boolean {
    return ids !== undefined && ids.every((id) => this.broken.has(id))
  }

  expandNext(): void {
    const state = this.next++
    const before = this.frontier[state]
    this.frontier[state] = undefined
    if (before === undefined) return
    const key = keyOf(before)
    for (const action of actionsIn(before, this.scope)) {
      const step = stepOf(before, action, this.behaviour)
      if (!isWithin(step.world, this.scope)) continue
      this.steps++
      const way = { parent: state, action }
      const after = keyOf(step.world)
      for (const id of this.judge({ before, action, step, hasChanged: after !== key, behaviour: this.behaviour })) {
        if (!this.broken.has(id)) this.broken.set(id, way)
      }
      for (const edge of step.edges) if (!this.edges.has(edge)) this.edges.set(edge, way)
      const reached = this.known.get(after) ?? this.add(after, step.world, way)
      if (action.on === 'pass') this.later[state] = reached
    }
  }

  finish(): Walk {
    const { scope, states, steps } = this
    const stuck = this.findStuck()
    const tell = (ways: ReadonlyMap<InvariantId, Way>): [InvariantId, readonly Action[]][] =>
      [...ways].map(([id, way]) => [id, this.storyOf(way)])
    const broken = new Map(tell(this.broken))
    if (stuck !== undefined) for (const id of ofWorlds) broken.set(id, this.storyTo(stuck))
    return {
      ...{ scope, states, steps, broken, isComplete: !this.hasNext },
      depth: this.depths.at(-1) ?? 0,
      edges: new Map([...this.edges].map(([edge, way]) => [edge, this.storyOf(way)])),
    }
  }

  private add(key: string, world: SmallWorld, way: Way): number {
    const state = this.states
    this.known.set(key, state)
    this.ways.push(way)
    this.depths.push((this.depths[way.parent] ?? 0) + 1)
    this.unfinished.push(isUnfinished(world))
    this.frontier.push(world)
    return state
  }

  /** The first state in which time alone ends nothing more and something is unfinished. */
  private findStuck(): number | undefined {
    const ends: (boolean | undefined)[] = this.unfinished.map((is) => (is ? undefined : true))
    for (let state = 0; state < this.next; state++) {
      const path: number[] = []
      let at: number | undefined = state
      while (at !== undefined && ends[at] === undefined && !path.includes(at)) {
        path.push(at)
        at = this.later[at]
      }
      // The last one of the way may not have been expanded.
      const last = this.frontier[path.at(-1) ?? 0]
      const isEnd = at === undefined ? last === undefined || endsByTime(last, this.behaviour) : ends[at] === true
      for (const each of path) ends[each] = isEnd
      if (!isEnd) return state
    }
    return undefined
  }

  private storyOf({ parent, action }: Way): readonly Action[] {
    return [...this.storyTo(parent), action]
  }

  private storyTo(state: number): readonly Action[] {
    const actions: Action[] = []
    for (let way = this.ways[state]; way !== undefined; way = this.ways[way.parent]) actions.push(way.action)
    return [...this.scope.start, ...actions.toReversed()]
  }
}

/** What worlds share which can do the same: callers may be exchanged, and the numbers of jobs, commands and waits are names. */
function keyOf(world: SmallWorld): string {
  const [one, other] = [partsOf(world, 0), partsOf(world, 1)]
  return one < other ? one : other
}

/** All that decides what a world can do, with the callers exchanged or not. */
function partsOf({ sessions, runners, waits, reaper }: SmallWorld, exchange: 0 | 1): string {
  const parts: (number | boolean | string)[] = [reaper]
  for (const { left, isActivated } of sessions) parts.push(left, isActivated)
  for (const runner of runners) {
    const { id, owner, founder, cancelled, job, bridgeCommand } = runner
    parts.push('runner', id, owner ^ exchange, founder ^ exchange, runner.isShared, runner.isGone)
    parts.push(runner.beat, runner.dead, runner.hasAgent, runner.hasBridge)
    let unseen = cancelled.length
    for (const work of [...job, ...bridgeCommand]) {
      const { machine, status, isQueued, age, left, handouts, holder, isKept } = work
      const isAnnounced = machine === 'job' && cancelled.includes(work.id)
      if (isAnnounced) unseen--
      parts.push(machine, status, isQueued, age, left, handouts, holder, isKept, isAnnounced)
    }
    parts.push(unseen)
  }
  for (const { on, runner: id, work, most, left, hasHungUp, seen } of waits) {
    const commands = runners.find((each) => each.id === id)?.bridgeCommand ?? []
    parts.push(
      on,
      id,
      commands.findIndex((each) => each.id === work),
      most,
      left,
      hasHungUp,
      seen,
    )
  }
  return parts.join(' ')
}
