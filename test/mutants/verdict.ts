// What the outcomes of all mutants say together: which of them live, which checks are of no use, what broke down.
import { checks } from '../../src/contracts/suites/all-checks.js'
import type { Mutant } from './mutant.js'
import { wasKilled, type Outcomes } from './run-mutant.js'

export interface Verdict {
  /** Mutants that no check noticed that had to. */
  readonly survivors: readonly string[]
  /** Checks of severity `must` that noticed no mutant. */
  readonly idle: readonly string[]
  /** What went wrong other than by a mistake, by mutant. */
  readonly crashes: readonly string[]
}

/** Judges a run. With `isWhole`, every `must` check must have noticed something. */
export function judgeRun(mutants: readonly Mutant[], outcomes: Outcomes, isWhole: boolean): Verdict {
  const killers = new Set([...outcomes.values()].flatMap((outcome) => outcome.killers))
  return {
    survivors: mutants.filter((mutant) => !wasKilled(mutant, outcomes.get(mutant.id))).map(({ id }) => id),
    idle: isWhole
      ? checks.filter(({ id, severity }) => severity === 'must' && !killers.has(id)).map(({ id }) => id)
      : [],
    crashes: [...outcomes.values()].flatMap(({ mutant, crashes }) =>
      [...new Set(crashes)].slice(0, 3).map((crash) => `${mutant}: ${crash}`),
    ),
  }
}

/** Whether all is well. */
export function isClean({ survivors, idle, crashes }: Verdict): boolean {
  return survivors.length + idle.length + crashes.length === 0
}
