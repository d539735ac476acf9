/** `--settings FILE`: limits and time spans that differ from the spec's defaults. */
import { checkSettings, isSettings, type Settings } from '../mocks/settings.js'
import { fileError, readInputFile } from './input-file.js'

const WHAT = 'settings'

/**
 * Reads settings.
 * @throws KitError for a file that cannot be used, an unknown setting or a value out of range
 */
export async function readSettings(name: string): Promise<Partial<Settings>> {
  const file = await readInputFile(name, WHAT)
  const { value } = file
  if (isSettings(value)) return value
  const [problem] = typeof value === 'object' && value !== null && !Array.isArray(value) ? checkSettings(value) : []
  if (problem === undefined) {
    throw fileError(file, WHAT, { path: [], expected: 'settings by name, such as `heartbeat_ttl_seconds: 5`' })
  }
  throw fileError(file, WHAT, {
    path: [problem.name],
    value: JSON.stringify(problem.value),
    expected: problem.expected,
  })
}
