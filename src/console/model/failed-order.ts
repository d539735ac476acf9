/** An order that `explore` has found to fail, as its file tells it: the kept run, or the report `explore.json`. */
import { signal } from '@preact/signals'
import { memberOf, objectsAt, textAt, textOf, type JsonObject } from '../../kernel/json-value.js'
import { isStoryKind, type StoryEvent } from '../../report/order-story.js'

export const failedOrder = signal<ReturnType<typeof readFailedOrder>>(undefined)

export function readFailedOrder(file: string, value: unknown) {
  const failure = memberOf(value, 'failure')
  const [kind, message] = [textAt(failure, 'kind'), textAt(failure, 'message')]
  const events = objectsAt(value, 'events').flatMap(readEvent)
  if (kind === '' || events.length === 0) return undefined
  // The report of a run is none for `--replay`.
  const isReplayable = memberOf(value, 'explore_run') === 1
  return { file, kind, message, isReplayable, departures: objectsAt(value, 'departures').length, events }
}

function readEvent(event: JsonObject): StoryEvent[] {
  const { at, call, insteadOf } = event
  const kind = textAt(event, 'kind')
  if (!isStoryKind(kind) || typeof at !== 'number') return []
  const number = typeof call === 'number' ? call : undefined
  return [{ kind, at, text: textAt(event, 'text'), call: number, insteadOf: textOf(insteadOf) }]
}
