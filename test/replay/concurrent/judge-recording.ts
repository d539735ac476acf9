// Judges a recording of calls that overlapped: the history of each thing must have a serial order, and what must hold in
// any order does. What the manifest names as an accident or a race is excused.
import { readVisits } from './history.js'
import type { Recording } from '../recording.js'
import { findImpossible } from './any-order.js'
import { findOrder } from './serial-order.js'
import { tellStory } from './story.js'
import { commandThings, jobThings, runnerThings, type Thing } from './things.js'

/** What came of it. */
export interface Verdict {
  /** What neither the model nor the manifest explains. */
  flaws: string[]
  exchanges: number
  /** Exchanges in an order that the model explains. */
  ordered: number
  /** Things whose history is explained without the exchanges that the manifest names, and those that are not searched. */
  excused: number
  tooLarge: number
}

/** Judges a recording; `excused` are the exchanges that the manifest names. */
export function judgeRecording(recording: Recording, excused: ReadonlySet<number>): Verdict {
  const story = tellStory(recording.header.settings, readVisits(recording))
  const ordered = new Set<number>()
  const verdict: Verdict = { flaws: [], exchanges: story.visits.length, ordered: 0, excused: 0, tooLarge: 0 }
  for (const thing of [...jobThings(story), ...commandThings(story), ...runnerThings(story)]) {
    for (const id of judgeThing(thing, excused, verdict)) ordered.add(id)
  }
  for (const { ids, what } of findImpossible(story)) {
    if (!ids.some((id) => excused.has(id))) verdict.flaws.push(`#${ids[0]}: ${what}`)
  }
  return { ...verdict, ordered: ordered.size }
}

/** The exchanges that have found their places. */
function judgeThing({ what, world, happenings }: Thing, excused: ReadonlySet<number>, verdict: Verdict): number[] {
  const order = findOrder(world, happenings)
  if (order.kind === 'found') return happenings.map(({ id }) => id)
  const others = happenings.filter(({ id }) => !excused.has(id))
  if (others.length < happenings.length) {
    verdict.excused++
    return findOrder(world, others).kind === 'found' ? others.map(({ id }) => id) : []
  }
  if (order.kind === 'too-large') verdict.tooLarge++
  else verdict.flaws.push(`${what}: ${order.problems.join('; ')}`)
  return []
}
