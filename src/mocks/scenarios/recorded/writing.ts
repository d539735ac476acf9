/** What the parts of a scenario are written with. */
import type { RecordedCaller } from '../../../kernel/recording/recorded-call.js'
import type { ScenarioOwner } from '../scenario.js'
import type { LastState } from './last-state.js'
import type { Texts } from './replace-texts.js'

export interface Writing {
  readonly state: LastState
  /** When the recording ended, in milliseconds since 1970. */
  readonly end: number
  readonly texts: Texts
  /** Whose it is, as members of a scenario. */
  ownerOf: (owner: RecordedCaller) => ScenarioOwner
  /** Its project by id or, with '', by name, as a member of a scenario; none for the default one. */
  projectOf: (owner: RecordedCaller, id: string, name?: string) => { project?: string }
  /** Counts what is not as it was. */
  note: (what: string) => void
}

/** An id that something of a scenario may have; undefined for any other. */
export function ownId(id: string): string | undefined {
  return /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/.test(id) ? id : undefined
}

/** Ten years. */
const MAX_SPAN_MS = 315_360_000_000

/** A span of time as a scenario says it; nothing for none. */
export function spanOf<Name extends string>(
  name: Name,
  from: number | undefined,
  to: number | undefined,
): { [Each in Name]?: number } {
  const span: { [Each in Name]?: number } = {}
  const ms = Math.round(Math.min(Math.max((to ?? 0) - (from ?? to ?? 0), 0), MAX_SPAN_MS))
  if (ms > 0) span[name] = ms
  return span
}
