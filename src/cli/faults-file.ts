/** `--faults FILE`: faults and presets in the form that the admin API takes. */
import type { FaultEntry } from '../mocks/faults/fault.js'
import { isFaultDocument, readFaults as judgeFaults } from '../mocks/faults/fault-form.js'
import { fileError, readInputFile } from './input-file.js'

const WHAT = 'faults'

/**
 * Reads faults.
 * @throws KitError for a file that cannot be used, or a fault with any flaw
 */
export async function readFaults(name: string): Promise<FaultEntry | readonly FaultEntry[]> {
  const file = await readInputFile(name, WHAT)
  const { value } = file
  if (isFaultDocument(value)) return value
  const judged = judgeFaults(value)
  const [problem] = 'problems' in judged ? judged.problems : []
  const text = problem?.value === undefined ? undefined : JSON.stringify(problem.value)
  throw fileError(file, WHAT, {
    path: problem?.path ?? [],
    ...(text === undefined ? {} : { value: text }),
    expected: problem?.expected ?? 'a list of faults',
  })
}
