// The stories that are told of walks: the shortest that break something by a quirk, and those that meet every rule.
import { quirks, type QuirkEntry } from '../../src/generated/quirks.js'
import { invariants } from '../../src/generated/invariants.js'
import type { StoryFile, StoryStep } from '../../src/generated/kit-schema.js'
import { roleOf } from '../../src/lifecycle/roles.js'
import { createBehaviour, walkedQuirks, type Behaviour } from '../../src/lifecycle/states/behaviour.js'
import { emptyWorld, type Action } from '../../src/lifecycle/states/small-world.js'
import { scopes, type Scope } from './scopes.js'
import { stepOf } from '../../src/lifecycle/states/world-step.js'
import type { CallStory } from '../../src/lifecycle/states/story-calls.js'
import { findBreaks, walk } from './walk.js'
import { describeDecision, listCandidates, type Candidate } from '../../src/lifecycle/table.js'

/** Small worlds in which no answer gets lost: over HTTP nothing says when that is so. */
const delivered: readonly Scope[] = scopes.map((scope) => ({
  ...scope,
  calls: scope.calls.filter(({ isLost }) => isLost !== true),
}))

/** What may have to follow before an answer shows what was broken. */
const sequels: readonly (readonly Action[])[] = [[], [{ on: 'pass' }], [{ on: 'pass' }, { on: 'pass' }]]

/** One story for each quirk, by its id: the shortest that breaks what the quirk breaks, and shows it. */
export function quirkStories(): ReadonlyMap<string, StoryFile> {
  const table: Readonly<Record<string, QuirkEntry>> = quirks
  return new Map(
    walkedQuirks.map((quirk) => {
      const until = table[quirk]?.breaks ?? []
      const behaviour = createBehaviour({ deviations: [quirk] })
      const found = [...findBreaks(delivered, { behaviour, until, maxStates: 4000 })]
        .flatMap(([id, steps]) => {
          const sequel = sequels.find((each) => isSeen([...steps, ...each], behaviour))
          return sequel === undefined ? [] : [{ id, steps: [...steps, ...sequel] }]
        })
        .toSorted((one, other) => one.steps.length - other.steps.length)
      const [shortest] = found
      if (shortest === undefined) throw new Error(`No story of ${quirk} shows what it breaks.`)
      return [quirk, writeStory({ story: invariants[shortest.id].says, steps: shortest.steps })] as const
    }),
  )
}

/** Whether answers in a story, or what is read after it, are others than by the rules. */
function isSeen(steps: readonly Action[], behaviour: Behaviour): boolean {
  const [one, other] = [behaviour, createBehaviour()].map((each) => {
    let world = emptyWorld()
    const told = steps.map((action) => {
      const step = stepOf(world, action, each)
      world = step.world
      return [step.told, step.ended.map(({ wait, told: end }) => [wait.id, end])]
    })
    const shown = world.runners.map(({ id, isGone, isShared, beat, job, bridgeCommand }) => [
      ...[id, isGone, isShared, !isGone && beat > 0],
      [...job, ...bridgeCommand].map((work) => [work.id, work.status]),
    ])
    return JSON.stringify([told, shown])
  })
  return one !== other
}

/** What a walk through all small worlds meets over HTTP: rules in their states, each with its shortest story. */
export function shortestStories(): ReadonlyMap<number, readonly Action[]> {
  const shortest = new Map<number, readonly Action[]>()
  for (const scope of delivered) {
    for (const [edge, story] of walk(scope, { maxStates: 4000 }).edges) {
      if (story.some(({ on }) => on === 'hangUp')) continue
      if ((shortest.get(edge)?.length ?? Infinity) > story.length) shortest.set(edge, story)
    }
  }
  return shortest
}

/** Steps of a story at most, so that one that fails can be read. */
const MAX_STEPS = 30

/** Rules that no story over HTTP can meet, and why. */
export const unmet: Readonly<Record<string, string>> = {
  'bridgeCommand delivery.failed: picked_up -> pending': 'only the server knows that an answer got lost',
  'job delivery.failed: running -> pending': 'only the server knows that an answer got lost',
}

interface Told {
  steps: readonly Action[]
  readonly first: Candidate | undefined
}

/**
 * Stories that together meet all these rules. What a rule needs is put into a story that is there already, where nothing in
 * it is lost by that.
 */
export function coveringStories(shortest: ReadonlyMap<number, readonly Action[]>): readonly StoryFile[] {
  const edges = new Map(listCandidates().map((edge) => [edge.number, edge]))
  const met = new Set<number>()
  const told: Told[] = []
  for (const [edge, steps] of [...shortest].toSorted(([, one], [, other]) => other.length - one.length)) {
    if (met.has(edge)) continue
    const joined = joinInto(told, steps.at(-1), edges.get(edge))
    if (joined === undefined) told.push({ steps, first: edges.get(edge) })
    for (const each of edgesMet(joined?.steps ?? steps)) met.add(each)
  }
  return told.map(({ steps, first }) => writeStory({ story: describe(first), steps }))
}

/**
 * Puts an action into the first story in which it meets a rule and takes nothing away. A limit comes last: on a target it is
 * reached by many more calls, and nothing is as foreseen after them.
 */
function joinInto(told: readonly Told[], action: Action | undefined, edge: Candidate | undefined): Told | undefined {
  if (action === undefined || edge === undefined || isLimit(edge)) return undefined
  for (const each of told) {
    if (each.steps.length >= MAX_STEPS) continue
    const before = edgesMet(each.steps)
    for (let at = each.steps.length - (isLimit(each.first) ? 1 : 0); at > 0; at--) {
      const steps = each.steps.toSpliced(at, 0, action)
      const after = edgesMet(steps)
      if (!after.has(edge.number) || ![...before].every((earlier) => after.has(earlier))) continue
      each.steps = steps
      return each
    }
  }
  return undefined
}

/** Whether a rule refuses because something is full. */
function isLimit(edge: Candidate | undefined): boolean {
  return edge?.rule.answer === 429
}

/** The rules that decide something in a story. */
export function edgesMet(steps: readonly Action[]): ReadonlySet<number> {
  const behaviour = createBehaviour()
  const met = new Set<number>()
  let world = emptyWorld()
  for (const action of steps) {
    const step = stepOf(world, action, behaviour)
    for (const edge of step.edges) met.add(edge)
    world = step.world
  }
  return met
}

function describe(edge: Candidate | undefined): string {
  return edge === undefined ? '' : describeDecision(edge)
}

/** A story as a file holds it: things are counted from one there. */
function writeStory({ story, steps }: CallStory): StoryFile {
  return { story, steps: steps.map(writeStep) }
}

function writeStep(action: Action): StoryStep {
  if (action.on === 'pass') return { do: 'pass' }
  if (action.on === 'hangUp') return { do: 'hangUp', wait: action.wait + 1 }
  const { on, caller, runner, work, form, isLost } = action
  const { machine } = roleOf(on)
  return {
    do: on,
    ...(caller > 0 && { caller: caller + 1 }),
    ...(runner >= 0 && { runner: runner + 1 }),
    ...(work >= 0 && { [machine === 'job' ? 'job' : 'command']: work + 1 }),
    ...(Object.keys(form).length > 0 && { with: form }),
    ...(isLost === true && { lost: true }),
  }
}
