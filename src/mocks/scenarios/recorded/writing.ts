/** What the parts of a scenario are written with. */
import type { RecordedCaller } from '../../../kernel/recording/recorded-call.js'
import { listOf, textAt } from '../../../kernel/json-value.js'
import { omitUndefined } from '../../base/omit-undefined.js'
import type { ScenarioOwner } from '../scenario.js'
import type { LastEntry, LastState } from './last-state.js'
import type { Texts } from './replace-texts.js'

export interface Writing {
  readonly state: LastState
  /** When the recording ended, in milliseconds since 1970. */
  readonly end: number
  readonly texts: Texts
  ownerOf: (owner: RecordedCaller) => ScenarioOwner
  /** Its project by id or, with '', by name, as a member of a scenario; none for the default one. */
  projectOf: (owner: RecordedCaller, id: string, name?: string) => { project?: string }
  /** Counts what is not as it was. */
  note: (what: string) => void
}

/** Project, workspace and id of an entry; it belongs to the workspace, not to its author. */
export function headOf({ ownerOf, projectOf }: Writing, { owner, fields }: LastEntry) {
  return {
    ...projectOf(owner, textAt(fields, 'project_id'), textAt(fields, 'project_name')),
    ...omitUndefined({ workspace: ownerOf(owner).workspace, id: ownId(textAt(fields, 'id')) }),
  }
}

/** An id that something of a scenario may have; undefined for any other. */
export function ownId(id: string): string | undefined {
  return /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/.test(id) ? id : undefined
}

export function someOf<Item>(items: readonly Item[]): readonly Item[] | undefined {
  return items.length === 0 ? undefined : items
}

export function tagsOf(tags: unknown, replace: (tag: string) => string): readonly string[] | undefined {
  const all = listOf(tags).map(String)
  return someOf(all.filter((tag) => tag.trim() !== '').map(replace))
}

/** Any JSON of the caller's; undefined for none, which null is as well. */
export function jsonOf(value: unknown, texts: Texts): unknown {
  return value === null || value === undefined ? undefined : texts.json(value)
}

/** Ten years. */
const MAX_SPAN_MS = 315_360_000_000

/** A span of time in milliseconds, as a scenario says it; undefined for none. */
export function spanOf(from: number | undefined, to: number | undefined): number | undefined {
  return Math.round(Math.min(Math.max((to ?? 0) - (from ?? to ?? 0), 0), MAX_SPAN_MS)) || undefined
}
