/**
 * Judges a scenario as a whole before anything of it is played: its form, then what no member shows by itself (see
 * scenario-links.ts).
 */
import { problemsOf } from '../../kernel/form.js'
import { Scenario as form } from '../../generated/kit-later.js'
import type { Problem } from '../../kernel/problem.js'
import { linkProblems } from './scenario-links.js'
import type { Scenario } from './scenario.js'

/** Everything that is wrong with a scenario; empty when it can be played. */
export function problemsOfScenario(value: unknown): Problem[] {
  const problems = problemsOf(form, value)
  return hasForm(value, problems) ? linkProblems(value) : problems
}

function hasForm(_value: unknown, problems: readonly Problem[]): _value is Scenario {
  return problems.length === 0
}

/** Whether a value that came from outside is a scenario. */
export function isPlayable(value: unknown): value is Scenario {
  return problemsOfScenario(value).length === 0
}
