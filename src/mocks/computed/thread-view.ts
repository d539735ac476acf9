/**
 * Threads: nothing keeps them, they are what traces with the same `thread_id` come to. One is active, unless it was
 * closed, for some time after its last change.
 */
import { hashText } from '../../kernel/id-source.js'
import { listOf } from '../../kernel/json-value.js'
import { addTo } from '../../kernel/group-by.js'
import { omitUndefined } from '../base/omit-undefined.js'
import { microsecondsOf, millisecondsOf, secondsOf } from '../collections/field-values.js'
import type { KeptContext, MakeEntries, EntryView } from '../engine/collection-code.js'
import type { Entry } from '../world/collection.js'
import { withAnnotations } from './annotations.js'
import { durationOf, oncePerList } from './shown-fields.js'
import { costOf, spanSums, usageOf } from './trace-view.js'

/** The threads of the traces that count, the one with the newest change first. */
export const makeThreads: MakeEntries = (where, context, isPart) => {
  const groups = new Map<string, Entry[]>()
  for (const trace of context.world.collections.traces.list(context.caller, where).entries) {
    const { thread_id: thread } = trace
    if (typeof thread === 'string') addTo(groups, thread, trace)
  }
  const threads = Array.from(groups).flatMap(([thread, traces]) => {
    const parts = traces.filter(isPart)
    if (parts.length === 0) return []
    const entry = threadOf(thread, parts, traces, context)
    return [{ changed: microsecondsOf(entry['last_updated_at']), entry }]
  })
  const made = threads.toSorted((a, b) => b.changed - a.changed).map(({ entry }) => entry)
  return context.world.hasQuirk('thread-ids-folded') ? withoutDoubles(made) : made
}

/** Of threads whose ids differ in case alone, all but the one that began first lose the id that the server gives. */
function withoutDoubles(threads: readonly Entry[]): Entry[] {
  const oldest = new Map<string, Entry>()
  for (const thread of threads) {
    const id = String(thread['id']).toLowerCase()
    const known = oldest.get(id)
    if (known === undefined || String(thread['first_trace_id']) < String(known['first_trace_id']))
      oldest.set(id, thread)
  }
  const kept = new Set(oldest.values())
  return threads.map((thread) => {
    if (kept.has(thread)) return thread
    const { thread_model_id: _lost, ...left } = thread
    return left
  })
}

/** Without what times ask for alone. */
export const viewThread: EntryView = ({ first_trace_id: _first, ...thread }) => thread

/**
 * @param traces those of which it is made
 * @param all all of its traces, newest first
 */
function threadOf(id: string, traces: readonly Entry[], all: readonly Entry[], context: KeptContext): Entry {
  const first = extreme(traces, 'start_time', -1)
  const ended = extreme(traces, 'end_time', 1)
  const sums = traces.map((trace): Entry => ({ ...spanSums(trace, context) }))
  const state = stateOfThread(String(first?.['project_id']), id, context)
  const tags = listOf(state?.['tags'])
  const thread = omitUndefined({
    id,
    thread_model_id: modelId(String(all.at(-1)?.['id']), id),
    project_id: first?.['project_id'],
    start_time: first?.['start_time'],
    end_time: ended?.['end_time'],
    duration: durationOf({ start_time: first?.['start_time'], end_time: ended?.['end_time'] }),
    first_message: first?.['input'],
    last_message: ended?.['output'],
    number_of_messages: 2 * traces.length,
    usage: usageOf(sums),
    total_estimated_cost: costOf(sums),
    environment: traces.find(({ environment }) => environment !== undefined)?.['environment'],
    first_trace_id: all.at(-1)?.['id'],
    ...stampsOf(all, state),
    status: statusOfThread(state, millisecondsOf(extreme(all, 'last_updated_at', 1)?.['last_updated_at']), context),
    tags: tags.length === 0 ? undefined : tags,
  })
  return withAnnotations(thread, 'thread', context)
}

/** When and by whom the first trace was made, and one of them, or the thread itself, was changed last. */
function stampsOf(traces: readonly Entry[], state: Entry | undefined): Entry {
  const made = extreme(traces, 'created_at', -1)
  const last = extreme(state === undefined ? traces : [...traces, state], 'last_updated_at', 1)
  return {
    created_at: made?.['created_at'],
    created_by: made?.['created_by'],
    last_updated_at: last?.['last_updated_at'],
    last_updated_by: last?.['last_updated_by'],
  }
}

/**
 * The trace with the least (-1) or greatest (1) time in a field, of several the oldest or newest; undefined where none
 * has it.
 * @param traces newest first
 */
function extreme(traces: readonly Entry[], field: string, turn: 1 | -1): Entry | undefined {
  let found: Entry | undefined
  let best = -Infinity
  for (const trace of traces) {
    const moment = turn * microsecondsOf(trace[field])
    if (moment > best || (turn < 0 && moment === best)) [found, best] = [trace, moment]
  }
  return found
}

/** An id that a thread keeps while its oldest trace is there: with the time of that one, and a mark of the thread's own. */
function modelId(oldest: string, thread: string): string {
  return `${oldest.slice(0, -12)}0000${hashText(thread).toString(16).padStart(8, '0')}`
}

/** What is kept of a thread beside its traces. */
export function stateOfThread(project_id: string, thread: string, { world, caller }: KeptContext): Entry | undefined {
  return statesByThread(world.collections.threadStates.list(caller, { project_id }).entries).get(thread)
}

const statesByThread = oncePerList((states) => new Map(states.map((state) => [String(state['thread_id']), state])))

/** How long after its last change a thread is inactive, unless the workspace is configured otherwise. */
const INACTIVE_AFTER = 'PT15M'

function inactiveAfterMs({ world, caller }: KeptContext): number {
  const [configuration] = world.collections.configurations.list(caller).entries
  const timeout = configuration?.['timeout_to_mark_thread_as_inactive']
  return 1000 * secondsOf(typeof timeout === 'string' ? timeout : INACTIVE_AFTER)
}

/** @param changed when a trace of it changed last, in milliseconds */
function statusOfThread(state: Entry | undefined, changed: number, context: KeptContext): 'active' | 'inactive' {
  const { status, status_at } = state ?? {}
  const told = Number(status_at ?? -Infinity)
  if (status === 'inactive' && told >= changed) return 'inactive'
  const last = status === 'active' ? Math.max(told, changed) : changed
  return context.world.now() - last < inactiveAfterMs(context) ? 'active' : 'inactive'
}
