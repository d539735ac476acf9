/** Projects, traces and spans alike: records that belong to a workspace, read without copying. */
import type { World } from '../../mocks/world/world.js'

/** Kinds of records that belong to a workspace. */
export type EntryKind = 'project' | 'trace' | 'span'

type Entries = ReadonlyMap<string, object>

/** The workspaces that have a kind, and what they have of it by id. */
export function* workspacesOf(world: World, kind: EntryKind): Generator<readonly [string, Entries], void> {
  if (kind === 'project') for (const [name, { byId }] of world.projects.workspaces) yield [name, byId]
  else yield* bookOf(world, kind).byWorkspace
}

/** What a workspace has of a kind, by id. */
export function entriesIn(world: World, kind: EntryKind, workspace: string): Entries | undefined {
  if (kind === 'project') return world.projects.workspaces.get(workspace)?.byId
  return bookOf(world, kind).byWorkspace.get(workspace)
}

function bookOf(world: World, kind: 'trace' | 'span'): World['traces'] | World['spans'] {
  return kind === 'trace' ? world.traces : world.spans
}
