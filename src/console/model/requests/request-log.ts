/** The requests that the console lists: those that the server still knows, and those that come while it looks. */
import { computed, signal } from '@preact/signals'
import type { EventView, RequestView } from '../../../kernel/admin-views.js'
import { FRAME, gather } from '../platform.js'
import { operationIds } from '../../../kernel/operation.js'
import { ALL, choiceOf, narrow, type Filter } from '../list-filters.js'
import { followHistory } from '../live.js'

const MAX_ROWS = 5000

/** Newest last. */
let rows: RequestView[] = []
const revision = signal(0)
let isFollowing = false

/** Whether heartbeats and polls are left out: they are most of the requests. */
export const isQuiet = signal(true)

const operation = choiceOf<RequestView>(
  'Operation',
  operationIds.map((id) => [id, id] as const),
  (row) => row.operation ?? '',
)

export const filter: Filter<RequestView> = {
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

function outcomesOf({ status, operation: id, faults }: RequestView): string[] {
  const outcome = status === 0 || status >= 500 ? 'broken' : String(Math.floor(status / 100))
  return [outcome, faults === undefined ? '' : 'faulty', id === undefined ? 'unmatched' : '']
}

/** Operations that a living runner calls all the time. */
const ROUTINE: ReadonlySet<string> = new Set(['heartbeat', 'nextJob', 'nextBridgeCommands'])

/** The newest first. */
export const shownRequests = computed<readonly RequestView[]>(() => {
  void revision.value
  const isHidden = isQuiet.value && operation.chosen.value === ALL ? isRoutine : () => false
  return narrow(rows, filter)
    .filter((row) => !isHidden(row))
    .reverse()
})

export function knownRequests(): number {
  void revision.value
  return rows.length
}

/** A successful call of a runner that has nothing to tell. */
function isRoutine({ operation: id, status, faults }: RequestView): boolean {
  return id !== undefined && ROUTINE.has(id) && status === 200 && faults === undefined
}

/** Reads what the server knows and follows it from then on; the second time nothing happens. */
export function followRequests(): void {
  if (isFollowing) return
  isFollowing = true
  // With a reset the journal is emptied; it outlives a snapshot that is restored.
  const isStart = (event: EventView): boolean => event.type === 'reset' && event.cause === 'reset'
  followHistory(`type=request,reset&limit=${MAX_ROWS}`, isStart, (events, isBeginning) => {
    const requests = events.filter((event) => event.type === 'request')
    if (isBeginning) rows = []
    if (requests.length === 0 && !isBeginning) return
    rows = [...rows, ...requests].slice(-MAX_ROWS)
    tell()
  })
}

export function forgetRequests(): void {
  rows = []
  tell()
}

const tell = gather(FRAME, () => revision.value++)
