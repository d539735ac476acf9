/** `--auth FILE`: API keys with their users and workspaces, for the `keys` mode. */
import { problemsOf } from '../../kernel/form.js'
import { ApiKeys as form } from '../../generated/kit-page.js'
import type { ApiKeyEntry, AuthMode } from '../../mocks/base/identity.js'
import { fileError, readInputFile } from './input-file.js'

/**
 * The mode that `--auth` names: a built-in one, or the table in a file.
 * @throws KitError for a file that cannot be used
 */
export async function readAuth(named: string): Promise<AuthMode> {
  if (named === 'open' || named === 'local') return named
  const file = await readInputFile(named, 'keys')
  const { value } = file
  const [problem] = problemsOf(form, value)
  if (problem !== undefined || !isTable(value)) {
    throw await fileError(file, 'keys', problem ?? { path: [], value, expected: 'keys' })
  }
  return value
}

/** What the form has let pass. */
function isTable(value: unknown): value is Readonly<Record<string, ApiKeyEntry>> {
  return typeof value === 'object'
}
