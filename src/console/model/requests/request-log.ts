/** The requests that the console lists: those that the server still knows, and those that come while it looks. */
import { computed, signal } from '@preact/signals'
import type { EventView, RequestView } from '../../../kernel/admin-views.js'
import { beforeNextFrame, gather } from '../platform.js'
import { readAdmin } from '../admin-api.js'
import { ALL } from './log-filters.js'
import { onEvents } from '../live.js'
import { isObject, memberOf } from '../../../kernel/json-value.js'

/** Rows that are kept. */
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

/** The rows that pass the filters, the newest first. */
export const shownRequests = computed<readonly RequestView[]>(() => {
  void revision.value
  const words = requestSearch.value
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  const passes = (row: RequestView): boolean =>
    (requestOperation.value === ALL || row.operation === requestOperation.value) &&
    isOutcome(row, requestOutcome.value) &&
    !(isQuiet.value && requestOperation.value === ALL && isRoutine(row)) &&
    words.every((word) => `${row.method} ${row.path} ${row.operation ?? ''} ${row.status}`.toLowerCase().includes(word))
  return rows.filter(passes).reverse()
})

/** How many are known. */
export function knownRequests(): number {
  void revision.value
  return rows.length
}

/** A successful call of a runner that has nothing to tell. */
function isRoutine({ operation, status, faults }: RequestView): boolean {
  return ROUTINE.has(operation ?? '') && status === 200 && faults === undefined
}

function isOutcome({ status, operation, faults }: RequestView, wanted: string): boolean {
  switch (wanted) {
    case 'good':
      return status >= 200 && status < 300
    case 'refused':
      return status >= 400 && status < 500
    case 'broken':
      return status === 0 || status >= 500
    case 'faulty':
      return faults !== undefined
    case 'unmatched':
      return operation === undefined
    default:
      return true
  }
}

/** Reads what the server knows and follows it from then on; the second time nothing happens. */
export function followRequests(): void {
  if (isFollowing) return
  isFollowing = true
  onEvents((events) => add(events.filter((event) => event.type === 'request')))
  void readAdmin(`/history?type=request&limit=${MAX_ROWS}`).then(({ body }) => {
    const events: unknown = memberOf(body, 'events')
    if (!Array.isArray(events)) return
    const known = new Set(rows.map(({ entry }) => entry))
    const earlier = events.filter(isRequest).filter(({ entry }) => !known.has(entry))
    rows.unshift(...earlier)
    tell()
  })
}

/** Forgets all rows. */
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

const tell = gather(beforeNextFrame, () => revision.value++)

function isRequest(value: unknown): value is RequestView & EventView {
  return isObject(value) && value['type'] === 'request'
}
