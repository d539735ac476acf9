/** `--settings FILE` of serve and `--limits FILE` of verify: limits and time spans that differ from the spec's defaults. */
import { checkSettings, isSettings, type Settings } from '../mocks/settings.js'
import { fileError, readInputFile } from './input-file.js'

/**
 * Reads settings.
 * @param what what the user calls them, for messages
 * @throws KitError for a file that cannot be used, an unknown setting or a value out of range
 */
export async function readSettings(name: string, what: 'settings' | 'limits' = 'settings'): Promise<Partial<Settings>> {
  const file = await readInputFile(name, what)
  const { value } = file
  if (isSettings(value)) return value
  const [problem] = typeof value === 'object' && value !== null && !Array.isArray(value) ? checkSettings(value) : []
  if (problem === undefined) {
    throw fileError(file, what, { path: [], expected: 'settings by name, such as `heartbeat_ttl_seconds: 5`' })
  }
  throw fileError(file, what, {
    path: [problem.name],
    // JSON has no word for what YAML calls .inf and .nan.
    value: typeof problem.value === 'number' ? String(problem.value) : JSON.stringify(problem.value),
    expected: problem.expected,
  })
}
