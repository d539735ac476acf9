/**
 * Files that `serve` alone is given: `--faults FILE`, `--auth FILE`, `--cert FILE --key FILE`, and `--scenario
 * NAME|FILE`, a built-in scenario or one in a file, which is loaded again when it changes.
 */
import { unwatchFile, watchFile } from 'node:fs'
import { parse as parsePath } from 'node:path'
import type { FaultEntry, ServeCommand } from '../../generated/kit-schema.js'
import { isFaultDocument, readFaults as judgeFaults } from '../../mocks/engine/faults/faults.js'
import { fileError, readForm, readInputFile, readText } from './input-file.js'
import { ApiKeys as form } from '../../generated/kit-page.js'
import type { AuthMode } from '../../mocks/base/identity.js'
import { omitUndefined } from '../../mocks/base/omit-undefined.js'
import { scenarioNames, type Scenario } from '../../mocks/scenarios/scenario.js'
import { ScenarioError } from '../../mocks/scenarios/play-scenario.js'
import { isPlayable, problemsOfScenario } from '../../mocks/scenarios/scenario-links.js'
import { messageOf } from '../../kernel/errors.js'

/**
 * Reads faults and presets in the form that the admin API takes, or such a list under `faults`.
 * @throws KitError for a file that cannot be used, or a fault with any flaw
 */
export async function readFaults(name: string): Promise<FaultEntry | readonly FaultEntry[]> {
  const file = await readInputFile(name, 'faults')
  const { value, at } = listIn(file.value)
  if (isFaultDocument(value)) return value
  const judged = judgeFaults(value)
  const [problem = { path: [], value, expected: 'a list of faults' }] = 'problems' in judged ? judged.problems : []
  throw await fileError(file, 'faults', { ...problem, path: [...at, ...problem.path] })
}

/** A list has no room for `$schema`; an object around it has. */
function listIn(value: unknown): { value: unknown; at: readonly string[] } {
  const isAround = typeof value === 'object' && value !== null && Object.keys(value).join() === 'faults'
  return isAround ? { value: Reflect.get(value, 'faults'), at: ['faults'] } : { value, at: [] }
}

/** The mode that `--auth` names: a built-in one, or the table in a file: API keys with their users and workspaces. */
export async function readAuth(named: string): Promise<AuthMode> {
  if (named === 'open' || named === 'local') return named
  return await readForm(named, 'keys', form)
}

/** @throws KitError `file/unreadable` */
export async function readCertificate({ cert, key }: Pick<ServeCommand, 'cert' | 'key'>) {
  return omitUndefined({
    cert: cert === undefined ? undefined : await readText(cert, 'certificate'),
    key: key === undefined ? undefined : await readText(key, 'key'),
  })
}

const SCENARIO = 'scenario'

/**
 * A scenario, and `explain`, which turns what the API refuses of it into an error that names the place in the file.
 * @throws KitError for a file that cannot be used, or any flaw in it
 */
export async function readScenario(named: string) {
  if (scenarioNames.includes(named)) return { scenario: named, explain: (error: unknown) => Promise.resolve(error) }
  const file = await readInputFile(named, SCENARIO)
  // An empty file is a scenario without anything.
  const value = file.value ?? {}
  if (!isPlayable(value)) {
    const [problem] = problemsOfScenario(value)
    throw await fileError(file, SCENARIO, problem ?? { path: [], value, expected: 'a scenario' })
  }
  return {
    scenario: { ...value, name: value.name ?? nameOf(named) },
    explain: async (error: unknown): Promise<unknown> =>
      error instanceof ScenarioError ? await fileError(file, SCENARIO, error.problem) : error,
  }
}

/** Milliseconds between two looks at the file, which may be replaced as well as written. */
const LOOKS_MS = 200

/**
 * Loads a file again whenever it changes. Returns what ends that.
 * @param load gets the new scenario; `tell` hears what it throws
 * @param tell hears why a file could not be used; the world then stays unchanged
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
      tell(`${messageOf(error)} The world stays as it is.`)
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
