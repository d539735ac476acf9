/** The door to making scenarios of recordings: what that takes is loaded when it is asked for. */
import type { Recording } from '../../../kernel/recording/recording.js'
import type { ScenarioFromOptions } from '../../../generated/kit-schema.js'
import type { RecordedScenario } from './make-scenario.js'

export type { RecordedScenario, ScenarioFromOptions }

/**
 * Makes a scenario of a recording, which brings a mock into the state that the recording has shown last: runners, jobs,
 * bridge commands, open pairing sessions, projects, traces and configurations, under their ids, as long ago as they were
 * when it ended. Runners that were connected keep their heartbeat and leave everything as it is.
 *
 * Names and texts are replaced, the same ones by the same ones, unless `verbatim` is set. Keys are never in it.
 *
 * @param recording as `readRecording` of `opik-runner-kit/watch` reads it
 * @throws KitError `options/invalid`
 * @example
 * import { createRunnerMock } from 'opik-runner-kit'
 * import { scenarioFrom } from 'opik-runner-kit/node'
 * import { readRecording } from 'opik-runner-kit/watch'
 *
 * const recording = await readRecording('{"format":"opik-runner-recording/1","settings":{},"base_path":"/api"}')
 * const { scenario, notes } = await scenarioFrom(recording)
 * const mock = createRunnerMock({ scenario })
 * await mock.ready
 * await mock.close()
 */
export async function scenarioFrom(recording: Recording, options: ScenarioFromOptions = {}): Promise<RecordedScenario> {
  const { makeScenario } = await import('./make-scenario.js')
  return makeScenario(recording, options)
}
