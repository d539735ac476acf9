/** A simulated runner that keeps its heartbeat, or does so with silences, and takes no work. */
import { perhaps } from '../base/words.js'
import type { RunnerAgent } from './agents.js'
import type { PairedRunner } from './pair-runner.js'
import type { PollTimes } from './saved-runners.js'
import { startSimulation, type LiveRunner, type SimulationParts } from './simulated-runner.js'

/**
 * Starts it.
 * @param rhythm where it stood in an earlier life
 * @param flaps whether it falls silent again and again
 */
export function startIdle(
  runner: PairedRunner,
  parts: SimulationParts,
  rhythm?: PollTimes,
  flaps: boolean = false,
): LiveRunner {
  const save = () => ({ kind: 'heartbeat' as const, ...perhaps('flaps', flaps || undefined) })
  return startSimulation(runner, parts, { capabilities: [], flaps, save }, rhythm)
}

/** Keeps a runner coming and going. */
export const flapping: RunnerAgent = {
  startOn: (runner, parts, saved) => startIdle(runner, parts, saved?.rhythm, true),
}
