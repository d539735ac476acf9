/** The requests that the console lists: those that the server still knows, and those that come while it looks. */
import { computed, signal } from '@preact/signals'
import type { EventView, RequestView } from '../../../kernel/admin-views.js'
import { FRAME, gather } from '../platform.js'
import { ALL, fits, isChosen } from './log-filters.js'
import { followHistory } from '../live.js'

const MAX_ROWS = 5000

/** Newest last. */
let rows: RequestView[] = []
const revision = signal(0)
let isFollowing = false

export const requestSearch = signal('')
export const requestOperation = signal(ALL)
export const requestOutcome = signal(ALL)
/** Whether heartbeats and polls are left out: they are most of the requests. */
export const isQuiet = signal(true)

/** Operations that a living runner calls all the time. */
const ROUTINE: ReadonlySet<string> = new Set(['heartbeat', 'nextJob', 'nextBridgeCommands'])

export const shownRequests = computed<readonly RequestView[]>(() => {
  void revision.value
  const passes = (row: RequestView): boolean =>
    isChosen(requestOperation.value, row.operation ?? '') &&
    isOutcome(row, requestOutcome.value) &&
    !(isQuiet.value && requestOperation.value === ALL && isRoutine(row)) &&
    fits(`${row.method} ${row.path} ${row.operation ?? ''} ${row.status}`, requestSearch.value)
  return rows.filter(passes).reverse()
})

export function knownRequests(): number {
  void revision.value
  return rows.length
}

/** A successful call of a runner that has nothing to tell. */
function isRoutine({ operation, status, faults }: RequestView): boolean {
  return ROUTINE.has(operation ?? '') && status === 200 && faults === undefined
}

function isOutcome({ status, operation, faults }: RequestView, wanted: string): boolean {
  const outcomes: Readonly<Record<string, boolean>> = {
    good: status >= 200 && status < 300,
    refused: status >= 400 && status < 500,
    broken: status === 0 || status >= 500,
    faulty: faults !== undefined,
    unmatched: operation === undefined,
  }
  return outcomes[wanted] ?? true
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
