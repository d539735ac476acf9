/** The requests that the console lists: those that the server still knows, and those that come while it looks. */
import { computed, signal } from '@preact/signals'
import type { RequestView } from '../../../kernel/admin-views.js'
import { FRAME, gather } from '../platform.js'
import { readHistory } from '../admin-api.js'
import { ALL, fits, isChosen } from './log-filters.js'
import { onEvents } from '../live.js'

const MAX_ROWS = 5000

/** Newest last. */
const rows: RequestView[] = []
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
  onEvents((events) => add(events.filter((event) => event.type === 'request')))
  void readHistory(`type=request&limit=${MAX_ROWS}`).then((events = []) => {
    const known = new Set(rows.map(({ entry }) => entry))
    rows.unshift(...events.filter((event) => event.type === 'request').filter(({ entry }) => !known.has(entry)))
    tell()
  })
}

export function forgetRequests(): void {
  rows.length = 0
  tell()
}

function add(requests: readonly RequestView[]): void {
  if (requests.length === 0) return
  rows.push(...requests)
  if (rows.length > MAX_ROWS * 1.2) rows.splice(0, rows.length - MAX_ROWS)
  tell()
}

const tell = gather(FRAME, () => revision.value++)
