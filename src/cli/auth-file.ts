/** `--auth FILE`: API keys with their users and workspaces, for the `keys` mode. */
import type { ApiKeyEntry, AuthMode } from '../mocks/identity.js'
import { fileError, readInputFile, type FileProblem } from './input-file.js'

const WHAT = 'keys'

/**
 * The mode that `--auth` names: a built-in one, or the table in a file.
 * @throws KitError for a file that cannot be used
 */
export async function readAuth(named: string): Promise<AuthMode> {
  if (named === 'open' || named === 'local') return named
  const file = await readInputFile(named, WHAT)
  const table = toTable(file.value)
  if ('path' in table) throw fileError(file, WHAT, table)
  return table.keys
}

function toTable(value: unknown): { keys: Record<string, ApiKeyEntry> } | FileProblem {
  const form = 'keys as `KEY: { user: name, workspaces: [name] }`'
  if (!isObject(value) || Object.keys(value).length === 0) return { path: [], expected: form }
  const keys: [string, ApiKeyEntry][] = []
  for (const [key, entry] of Object.entries(value)) {
    // Who sends none must not be somebody, and no header ends in blanks.
    if (key === '' || key !== key.trim())
      return { path: [key], expected: 'a key that is neither empty nor begins or ends with blanks' }
    if (!isObject(entry)) return { path: [key], expected: `an object { user, workspaces }` }
    const { user, workspaces, ...others } = entry
    const [other] = Object.keys(others)
    if (other !== undefined) return { path: [key, other], expected: 'no fields but user and workspaces' }
    if (typeof user !== 'string' || user.trim() === '') return { path: [key, 'user'], expected: 'the name of a user' }
    if (!isNames(workspaces)) return { path: [key, 'workspaces'], expected: 'a list of one or more workspace names' }
    keys.push([key, { user, workspaces }])
  }
  return { keys: Object.fromEntries(keys) }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string' && name !== '')
}
