/** What a script is made of: the steps that led to a wrong answer, and what must be known to make them again. */
import type { Context } from '../../check/context.js'
import type { RaceSteps, Step } from './step.js'

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
