/** Threads: nothing keeps them, they are what traces with the same `thread_id` come to. */
import type { KeptContext, MakeEntries, View } from '../engine/collection-code.js'
import { microsecondsOf } from '../collections/parse-instant.js'
import type { Entry } from '../world/collection.js'
import { isPartial, present } from './shown-fields.js'
import { costOf, spanSums, usageOf } from './trace-view.js'

/** How long after its last change a thread is inactive. */
const INACTIVE_AFTER_MS = 15 * 60_000

/** The threads of the traces whose time counts, the one with the newest change first. */
export const makeThreads: MakeEntries = (where, context, isInTime) => {
  const groups = new Map<string, Entry[]>()
  for (const trace of context.world.collections.traces.list(context.caller, where).entries) {
    const { thread_id: thread } = trace
    if (typeof thread !== 'string' || isPartial(trace) || !isInTime(String(trace['id']))) continue
    const group = groups.get(thread)
    if (group === undefined) groups.set(thread, [trace])
    else group.push(trace)
  }
  const threads = Array.from(groups, ([thread, traces]) => {
    const changed = Math.max(...traces.map(({ last_updated_at: at }) => microsecondsOf(at)))
    return { changed, entry: threadOf(thread, traces, changed, context) }
  })
  return threads.toSorted((a, b) => b.changed - a.changed).map(({ entry }) => entry)
}

/** Without the source, which filters ask for alone. */
export const viewThread: View = ({ source: _source, ...thread }) => thread

function threadOf(id: string, traces: readonly Entry[], changed: number, context: KeptContext): Entry {
  const first = extreme(traces, 'start_time', -1)
  const latest = extreme(traces, 'start_time', 1)
  const ended = extreme(traces, 'end_time', 1)
  const made = extreme(traces, 'created_at', -1)
  const last = traces.find(({ last_updated_at: at }) => microsecondsOf(at) === changed)
  const sums = traces.map((trace): Entry => ({ ...spanSums(trace, context) }))
  const duration = (microsecondsOf(ended?.['end_time']) - microsecondsOf(first?.['start_time'])) / 1000
  return present({
    id,
    thread_model_id: modelId(String(traces.at(-1)?.['id']), id),
    project_id: first?.['project_id'],
    start_time: first?.['start_time'],
    end_time: ended?.['end_time'],
    duration: Number.isNaN(duration) ? undefined : duration,
    first_message: first?.['input'],
    last_message: latest?.['output'],
    number_of_messages: 2 * traces.length,
    status: context.world.now() - changed / 1000 < INACTIVE_AFTER_MS ? 'active' : 'inactive',
    usage: usageOf(sums),
    total_estimated_cost: costOf(sums),
    created_at: made?.['created_at'],
    created_by: made?.['created_by'],
    last_updated_at: last?.['last_updated_at'],
    last_updated_by: last?.['last_updated_by'],
    source: traces.find(({ source }) => source !== undefined)?.['source'],
  })
}

/** The trace with the least (-1) or greatest (1) time in a field; undefined where none has it. */
function extreme(traces: readonly Entry[], field: string, turn: 1 | -1): Entry | undefined {
  let found: Entry | undefined
  let best = -Infinity
  for (const trace of traces) {
    const moment = turn * microsecondsOf(trace[field])
    if (moment > best) [found, best] = [trace, moment]
  }
  return found
}

/** An id that a thread keeps while its oldest trace is there: with the time of that one, and a mark of the thread's own. */
function modelId(oldest: string, thread: string): string {
  let mark = 0x811c9dc5
  for (let place = 0; place < thread.length; place++) mark = Math.imul(mark ^ thread.charCodeAt(place), 0x01000193)
  return `${oldest.slice(0, -12)}0000${(mark >>> 0).toString(16).padStart(8, '0')}`
}
