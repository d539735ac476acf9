// Who is calling: the workspace and the user behind a request's headers, in three modes. The pair (workspace, user) is
// the owner of runners; nothing else in the mock reads these headers.
import { headerOf, type Headers } from './exchange.js'
import type { ApiKeyEntry } from '../../generated/kit-schema.js'
import { refuse, type Refusal } from '../../kernel/errors.js'

export type { ApiKeyEntry } from '../../generated/kit-schema.js'

export interface Identity {
  readonly workspace: string
  readonly user: string
  readonly owner: string
  /** What the caller may do, by name; undefined for everything. */
  readonly permissions?: readonly string[] | undefined
}

/**
 * How identity is decided.
 * - `open`: nothing is refused; a user per distinct key, `admin` without one; any workspace.
 * - `local`: as a local install: user `admin`, only the workspace `default`, keys ignored.
 * - a table from API key to its user and workspaces: as the cloud, with its 401 and 403.
 */
export type AuthMode = 'open' | 'local' | Readonly<Record<string, ApiKeyEntry>>

/** Finds the caller, or returns the refusal. */
export type Authenticate = (headers: Headers) => Identity | Refusal<401 | 403 | 404>

/** The workspace of a caller that names none, and the user of a caller without a key. */
export const DEFAULT_WORKSPACE = 'default'
export const LOCAL_USER = 'admin'

/** Builds the decision for one mode. Answers are remembered, since a client sends the same headers every time. */
export function createAuthenticate(mode: AuthMode): Authenticate {
  const decideFresh = mode === 'open' ? openMode : mode === 'local' ? localMode : keysMode(mode)
  const known = new Map<string, Identity | Refusal<401 | 403 | 404>>()
  return (headers) => {
    const actor: unknown = Reflect.get(headers, ACTOR)
    if (isIdentity(actor)) return actor
    const key = headerOf(headers, 'authorization').trim()
    const workspace = headerOf(headers, 'comet-workspace').trim()
    const remembered = `${workspace}\n${key}`
    const decided = known.get(remembered)
    if (decided !== undefined) return decided
    const fresh = decideFresh(key, workspace)
    // A client that sends a new key each time must not fill the memory.
    if (known.size >= MAX_REMEMBERED) known.clear()
    known.set(remembered, fresh)
    return fresh
  }
}

const MAX_REMEMBERED = 10_000

/** Where headers name a caller outright. No client can: what comes over a wire has no symbols. */
const ACTOR = Symbol('actor')

/** Headers under which a request is `actor`'s, whatever else they say. For those who may do anything anyway. */
export function actAs(actor: Identity, headers: Headers): Headers {
  return Object.assign({ ...headers }, { [ACTOR]: actor })
}

function isIdentity(value: unknown): value is Identity {
  return typeof value === 'object' && value !== null && 'owner' in value
}

export function createIdentity(workspace: string, user: string, permissions?: readonly string[]): Identity {
  return { workspace, user, owner: `${workspace}\n${user}`, permissions }
}

function openMode(key: string, workspace: string): Identity {
  return createIdentity(workspace || DEFAULT_WORKSPACE, key === '' ? LOCAL_USER : `user-${fingerprint(key)}`)
}

function localMode(_key: string, workspace: string): Identity | Refusal<404> {
  if (workspace === '' || workspace === DEFAULT_WORKSPACE) return createIdentity(DEFAULT_WORKSPACE, LOCAL_USER)
  return refuse(404, `Workspace '${workspace}' does not exist; a local install has only '${DEFAULT_WORKSPACE}'.`)
}

function keysMode(table: Readonly<Record<string, ApiKeyEntry>>) {
  return (key: string, workspace: string): Identity | Refusal<401 | 403> => {
    if (workspace === '') return refuse(403, "Name a workspace in the header 'Comet-Workspace'.")
    const entry = Object.hasOwn(table, key) ? table[key] : undefined
    if (entry === undefined) return refuse(401, "The header 'Authorization' holds no API key that is known here.")
    if (entry.workspaces.includes(workspace)) return createIdentity(workspace, entry.user, entry.permissions)
    return refuse(403, `The API key's user is no member of workspace '${workspace}'.`)
  }
}

/** A short, stable name for a key that does not reveal it (cyrb53, 53 bits). */
function fingerprint(key: string): string {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let index = 0; index < key.length; index++) {
    const code = key.charCodeAt(index)
    high = Math.imul(high ^ code, 0x9e3779b1)
    low = Math.imul(low ^ code, 0x5f356495)
  }
  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35)
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35)
  return (0x100000000 * (low & 0x1fffff) + (high >>> 0)).toString(36)
}
