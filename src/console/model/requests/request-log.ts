/** The requests that the console lists: those that the server still knows, and those that come while it looks. */
import { computed, signal } from '@preact/signals'
import type { RequestEvent } from '../../../generated/kit-schema.js'
import type { EventView } from '../admin-api.js'
import { operationIds } from '../../../kernel/operation.js'
import { ALL, choiceOf, narrow, type Filter } from '../list-filters.js'
import { createHistory } from '../live.js'

const MAX_ROWS = 5000

const history = createHistory(`type=request,reset&limit=${MAX_ROWS}`, {
  // With a reset the journal is emptied; it outlives a snapshot that is restored.
  isStart: (event) => event.type === 'reset' && event.cause === 'reset',
  isAbout: ({ type }) => type === 'request',
})

export const followRequests = history.follow

/** The latest one when the journal was cleared. */
const cleared = signal<EventView | undefined>(undefined)

/** Newest last. */
export const knownRequests = computed<readonly RequestEvent[]>(() => {
  const events = history.events.value
  const start = events.findLastIndex((event) => event === cleared.value)
  return events.slice(Math.max(start + 1, events.length - MAX_ROWS)).filter((event) => event.type === 'request')
})

export function forgetRequests(): void {
  cleared.value = history.events.value.at(-1)
}

/** Whether heartbeats and polls are left out: they are most of the requests. */
export const isQuiet = signal(true)

const operation = choiceOf<RequestEvent>(
  'Operation',
  operationIds.map((id) => [id, id] as const),
  (row) => row.operation ?? '',
)

export const filter: Filter<RequestEvent> = {
  label: 'Search requests',
  search: signal(''),
  text: ({ method, path, operation: id = '', status }) => `${method} ${path} ${id} ${status}`,
  choices: [
    operation,
    choiceOf(
      'Outcome',
      [
        ['2', '2xx'],
        ['4', '4xx'],
        ['broken', '5xx and lost'],
        ['faulty', 'Met a fault'],
        ['unmatched', 'No operation'],
      ],
      outcomesOf,
    ),
  ],
}

function outcomesOf({ status, operation: id, faults }: RequestEvent): string[] {
  const outcome = status === 0 || status >= 500 ? 'broken' : String(Math.floor(status / 100))
  return [outcome, faults === undefined ? '' : 'faulty', id === undefined ? 'unmatched' : '']
}

/** Operations that a living runner calls all the time. */
const ROUTINE: ReadonlySet<string> = new Set(['heartbeat', 'nextJob', 'nextBridgeCommands'])

/** The newest first. */
export const shownRequests = computed<readonly RequestEvent[]>(() => {
  const isHidden = isQuiet.value && operation.chosen.value === ALL ? isRoutine : () => false
  return narrow(knownRequests.value, filter)
    .filter((row) => !isHidden(row))
    .reverse()
})

/** A successful call of a runner that has nothing to tell. */
function isRoutine({ operation: id, status, faults }: RequestEvent): boolean {
  return id !== undefined && ROUTINE.has(id) && status === 200 && faults === undefined
}
