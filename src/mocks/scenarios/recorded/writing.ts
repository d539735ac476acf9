/** What the parts of a scenario are written with. */
import { OwnId } from '../../../generated/kit-later.js'
import type { RecordedCaller } from '../../../kernel/recording/recorded-call.js'
import { textAt } from '../../../kernel/json-value.js'
import { hasForm } from '../../../kernel/validate-options.js'
import type { ScenarioOwner } from '../scenario.js'
import type { LastEntry, LastState } from './last-state.js'
import type { FormTaker } from './take-form.js'

export interface Writing extends FormTaker {
  readonly state: LastState
  /** When the recording ended, in milliseconds since 1970. */
  readonly end: number
  ownerOf: (owner: RecordedCaller) => ScenarioOwner
  /** Its project by id or, with '', by name, as a member of a scenario; none for the default one. */
  projectOf: (owner: RecordedCaller, id: string, name?: string) => { project?: string }
}

/** Project, workspace and id of an entry; it belongs to the workspace, not to its author. */
export function headOf({ ownerOf, projectOf }: Writing, { owner, fields }: LastEntry) {
  return {
    ...{ project: undefined, ...projectOf(owner, textAt(fields, 'project_id'), textAt(fields, 'project_name')) },
    ...{ workspace: ownerOf(owner).workspace, api_key: undefined, id: ownId(textAt(fields, 'id')) },
  }
}

/** An id that something of a scenario may have; undefined for any other. */
export function ownId(id: string): string | undefined {
  return hasForm(OwnId, id) ? id : undefined
}

/** A span of time in milliseconds; undefined for none. */
export function spanOf(from: number | undefined, to: number | undefined): number | undefined {
  return Math.round(Math.max((to ?? 0) - (from ?? to ?? 0), 0)) || undefined
}
