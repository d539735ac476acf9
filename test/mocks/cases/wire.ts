// Cases of ids in paths that are no UUIDs, in any spelling.
import { expect, it } from 'vitest'
import { operations } from '../../../src/kernel/all-operations.js'
import { pathParametersOf } from '../../../src/kernel/operation.js'
import { NOBODY, type Stage } from '../harness.js'
import { goodInput, runnerOperations } from '../requests.js'

const withPath = runnerOperations.filter((id) => pathParametersOf(operations[id]).length > 0)
const WRONG = ['1', 'not-a-uuid', NOBODY.replaceAll('-', ''), `${NOBODY}0`, `{${NOBODY}}`, '%00']

export function wireCases({ open }: Stage): void {
  it.each(withPath)('%s answers 404 to an id that is no UUID', async (id) => {
    const { api } = await open()
    const input = goodInput(id)
    for (const name of Object.keys(input.path)) {
      for (const value of WRONG) {
        expect(await api.status(id, { ...input, path: { ...input.path, [name]: value } }), value).toBe(404)
      }
    }
  })
}
