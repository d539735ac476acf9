/** Runners, jobs and commands of which nothing is known but how an answer has shown them. */
import { isObject, memberOf, objectsAt, textAt, textsOf, type JsonObject } from '../../kernel/json-value.js'
import { carryUntyped } from '../../kernel/shared-fields.js'
import { isEnd } from '../rule-effects.js'
import type { WorkMachine } from '../roles.js'
import { machines } from '../table.js'
import type { TimeRange } from './time-range.js'
import { ANY_TEXT, createWork, isTime, machineFacts, shownValue } from './tracked-states.js'
import { createRunner, type TrackedRunner, type TrackedWork } from './tracked-world.js'

/** A runner as it was shown to its owner, who may have had it for any time. */
export function runnerAsShown(shown: unknown, owner: string, now: TimeRange): TrackedRunner {
  const [id = '', name = '', projectId = ''] = ['id', 'name', 'project_id'].map((field) => textAt(shown, field))
  const type = textAt(shown, 'type') === 'connect' ? 'connect' : 'endpoint'
  const checklist = memberOf(shown, 'checklist')
  const agents = objectsAt(shown, 'agents').map((each) => ({ ...each, name: textAt(each, 'name') }))
  return {
    ...createRunner({ id, owner, projectId, type, name, activated: { from: -Infinity, to: now.to } }),
    agents: Object.fromEntries(agents.map((each) => [each.name, each])),
    capabilities: textsOf(memberOf(shown, 'capabilities')),
    checklist: isObject(checklist) ? checklist : undefined,
    firstDeath: -Infinity,
  }
}

/** A job or command as it was shown, not older than its runner; undefined for what has no state. */
export function workAsShown(
  machine: WorkMachine,
  { id: runnerId, activated }: TrackedRunner,
  record: JsonObject,
  now: TimeRange,
): TrackedWork | undefined {
  const before = { from: activated.from, to: now.to }
  const { idField, startedField, timeoutField, written, request: asked } = machineFacts[machine]
  const [id, status] = [textAt(record, idField), textAt(record, 'status')]
  if (!Object.hasOwn(machines[machine].states, status)) return undefined
  const ended = isEnd(machine, status) ? before : undefined
  const isShownTime = (field: string): boolean => isTime(field) && Object.hasOwn(record, field)
  const fields = written.map((field) => [field, isShownTime(field) ? ANY_TEXT : shownValue(record, field)] as const)
  const endedBefore = ended === undefined && Object.hasOwn(record, 'completed_at') ? before : undefined
  const names = asked.names.filter((name) => name !== timeoutField && Object.hasOwn(record, name))
  const request = carryUntyped(asked.feeds, Object.fromEntries(names.map((name) => [name, record[name]])))
  const timeoutMs = 1000 * Number(record[timeoutField] ?? 0)
  return {
    ...createWork({ machine, id, runnerId, created: before, request, timeoutMs }),
    started: Object.hasOwn(record, startedField) ? before : undefined,
    states: [{ status, fields: Object.fromEntries(fields), ended, endedBefore, wasCutOff: status === 'cancelled' }],
  }
}

/** Whether a poll may still get what was shown in a state. */
export function mayBeHandedOut({ machine, started, states: [state] }: TrackedWork): boolean {
  return state?.status === 'pending' || (machine === 'job' && started === undefined && state?.wasCutOff !== true)
}
