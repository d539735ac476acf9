/**
 * What each preset is about, and how that is brought about when dice have not: a run under a preset exercises its rules,
 * or says why it has not.
 */
import { presets } from '../../generated/kit-preset-exercises.js'
import type { Fault } from '../../generated/kit-schema.js'
import { isPresetName } from '../../mocks/engine/faults/faults.js'
import type { RunnerMock } from '../../mocks/mock/runner-mock.js'
import { pause } from './retry-until-answered.js'

interface Demand {
  /** Rules that the preset is there to exercise. */
  readonly rules: readonly string[]
  /** Trouble that exercises them once it strikes. Default: the preset itself does. */
  readonly fault?: Fault
  /** What must happen for it to strike. */
  readonly needs: string
  /** Whether it ends the work, and so comes late. Default false. */
  readonly last?: true
}

/** The preset that is no fault of the server. */
export const SLEEPY = 'sleepy-laptop'

/** The demands of presets, by their names. */
export const demands: Readonly<Record<string, Demand>> = {
  ...presets,
  [SLEEPY]: { rules: ['heartbeat/interval'], needs: 'the runner beats before it sleeps and afterwards' },
}

/** Milliseconds between looks at what was exercised, and thus between troubles. */
const LOOK_MS = 1500

/** Parts of the time after which trouble begins at the latest, is brought about, and ends the work. */
const FIRST = 0.5
const SOON = 0.3
const LATE = 0.6

export interface Exercise {
  readonly presets: readonly string[]
  /** The part of the time given that is over, 0 to 1. */
  readonly partOver: () => number
  readonly giveMoreWork: () => void
}

/**
 * Makes trouble until `signal` aborts. It injects the presets once a runner has been given work: a client that meets them
 * earlier may give up, and a poll that hangs may be its last. Then it looks now and then which rules were exercised, injects
 * the faults that chance has not brought about, and asks for more work.
 */
export async function exercise(mock: RunnerMock, plan: Exercise, signal: AbortSignal): Promise<void> {
  const { partOver } = plan
  while (isGoingOn(signal) && !hasGivenWork(mock) && partOver() < FIRST) await pause(LOOK_MS / 10, signal)
  if (!isGoingOn(signal)) return
  for (const preset of plan.presets) if (isPresetName(preset)) mock.faults.preset(preset)
  while (isGoingOn(signal)) {
    for (const preset of plan.presets) {
      const { rules = [], fault, last } = demands[preset] ?? {}
      const isDue = partOver() >= (last === true ? LATE : SOON)
      if (fault === undefined || !isDue || isExercised(mock, rules)) continue
      const id = `${preset}-due`
      mock.faults.clear(id)
      mock.faults.inject({ ...fault, id })
      plan.giveMoreWork()
    }
    await pause(LOOK_MS, signal)
  }
}

function isGoingOn(signal: AbortSignal): boolean {
  return !signal.aborted
}

function hasGivenWork(mock: RunnerMock): boolean {
  const calls = mock.conduct.record().runners.flatMap((runner) => runner.calls)
  return calls.some(({ answer }) => answer !== undefined && answer.handsOut.length > 0)
}

function isExercised(mock: RunnerMock, rules: readonly string[]): boolean {
  const verdicts = mock.conduct.report().runners.flatMap((runner) => runner.verdicts)
  return rules.every((rule) => verdicts.some((each) => each.rule === rule && each.outcome !== 'not exercised'))
}

export function reasonsFor(presets: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    presets.flatMap((preset) => {
      const { rules = [], needs = '' } = demands[preset] ?? {}
      return rules.map((rule) => [
        rule,
        `${preset} exercises it when ${needs}: that has not happened in the time given`,
      ])
    }),
  )
}
