/** `--faults FILE`: faults and presets in the form that the admin API takes, or such a list under `faults`. */
import type { FaultEntry } from '../../mocks/base/fault.js'
import { isFaultDocument, readFaults as judgeFaults } from '../../mocks/engine/faults/read-faults.js'
import { fileError, readInputFile } from './input-file.js'

/**
 * Reads faults.
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
