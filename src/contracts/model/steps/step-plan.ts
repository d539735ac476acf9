/** Turns the steps of a random sequence into calls, one after the other, as the model then knows what there is. */
import type { Intent, Kind, Planner } from './intent.js'
import { pairing, runnerPlans } from './plan-runners.js'
import { workPlans } from './plan-work.js'

const single: Readonly<Record<Exclude<Kind, 'pair' | 'pass'>, Planner>> = { ...runnerPlans, ...workPlans }

/** The planners of a step: one call, or the calls of a whole pairing; none for time that passes. */
export function plannersOf({ kind }: Intent): readonly Planner[] {
  if (kind === 'pass') return []
  return kind === 'pair' ? pairing : [single[kind]]
}
