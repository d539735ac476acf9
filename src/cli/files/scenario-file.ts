/** `--scenario NAME|FILE`: a built-in scenario, or one in a file, which is loaded again when it changes. */
import { unwatchFile, watchFile } from 'node:fs'
import { parse as parsePath } from 'node:path'
import { scenarioNames, type Scenario } from '../../mocks/scenarios/scenario.js'
import { ScenarioError } from '../../mocks/scenarios/play-scenario.js'
import { isPlayable, problemsOfScenario } from '../../mocks/scenarios/scenario-links.js'
import { fileError, readInputFile } from './input-file.js'

const WHAT = 'scenario'

/** A scenario, and how to tell the user what the API refuses of it. */
export interface ChosenScenario {
  scenario: string | Scenario
  /** Turns an error into one that names the place in the file; others stay as they are. */
  explain: (error: unknown) => Promise<unknown>
}

/**
 * Reads a scenario.
 * @throws KitError for a file that cannot be used, or any flaw in it
 */
export async function readScenario(named: string): Promise<ChosenScenario> {
  if (scenarioNames.includes(named)) return { scenario: named, explain: (error) => Promise.resolve(error) }
  const file = await readInputFile(named, WHAT)
  // An empty file is a scenario without anything.
  const value = file.value ?? {}
  if (!isPlayable(value)) {
    const [problem] = problemsOfScenario(value)
    throw await fileError(file, WHAT, problem ?? { path: [], value, expected: 'a scenario' })
  }
  return {
    scenario: { name: nameOf(named), ...value },
    explain: async (error) => (error instanceof ScenarioError ? await fileError(file, WHAT, error.problem) : error),
  }
}

/** Milliseconds between two looks at the file, which may be replaced as well as written. */
const LOOKS_MS = 200

/**
 * Loads a file again whenever it changes. Returns what ends that.
 * @param load gets what the file holds now; what it throws is told
 * @param tell hears why a file could not be used: then everything stays as it is
 */
export function followScenario(
  named: string,
  load: (scenario: Scenario) => Promise<void>,
  tell: (trouble: string) => void,
): () => void {
  let loading = Promise.resolve()
  const loadAgain = async (): Promise<void> => {
    try {
      const { scenario, explain } = await readScenario(named)
      if (typeof scenario === 'object')
        await load(scenario).catch(async (error: unknown) => {
          throw await explain(error)
        })
    } catch (error) {
      tell(`${error instanceof Error ? error.message : String(error)} The world stays as it is.`)
    }
  }
  const changed = (): void => void (loading = loading.then(loadAgain))
  watchFile(named, { interval: LOOKS_MS }, changed)
  return () => unwatchFile(named, changed)
}

/** A file takes no built-in scenario's name away. */
function nameOf(file: string): string {
  const { name, base } = parsePath(file)
  return (scenarioNames.includes(name) ? base : name).slice(0, 128)
}
