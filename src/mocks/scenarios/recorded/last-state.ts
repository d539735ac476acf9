/** What a recording has shown of a server's state so far, and its calls. The scenario is read from this state. */
import { type RecordedCaller, callerIn, operationIn } from '../../../kernel/recording/recorded-call.js'
import { textAt, type JsonObject } from '../../../kernel/json-value.js'
import { createWorld, type TrackedWorld } from '../../../lifecycle/tracker/tracked-world.js'
import type { Settings } from '../../base/settings.js'
import { requestBodies } from '../../../generated/request-validators.js'
import { runnerOperations, type OperationId } from '../../../kernel/operation.js'
import type {
  RecordedExchange,
  RecordedMessage,
  Recording,
  RecordingHeader,
} from '../../../kernel/recording/recording.js'
import type { Validator } from '../../../kernel/schema.js'
import { LOCAL_USER } from '../../base/identity.js'
import { readValue } from '../../engine/body.js'
import { bytesOf, NS_PER_MS } from '../../../kernel/recording/recorder.js'

/** Collections whose entries are followed. */
export const entryKinds = ['projects', 'traces', 'spans', 'blueprints', 'prompts', 'promptVersions'] as const
export type EntryKind = (typeof entryKinds)[number]

/** An entry of a collection, whole, and whose it is. */
export interface LastEntry {
  readonly owner: RecordedCaller
  readonly fields: JsonObject
}

export interface LastState extends Record<EntryKind, Map<string, LastEntry>> {
  /** What the tracker knows of sessions, runners, jobs and commands. */
  readonly world: TrackedWorld
  /** How often each owner has called, by the name that the tracker has for him. */
  readonly callers: Map<string, number>
}

export function createLastState(limits: Settings): LastState {
  const start = { limits, workspaces: {}, projects: new Map(), isShared: true, earlier: new Set<string>() }
  return {
    ...{ world: createWorld(start), callers: new Map() },
    ...{ projects: new Map(), traces: new Map(), spans: new Map(), blueprints: new Map() },
    ...{ prompts: new Map(), promptVersions: new Map() },
  }
}

export type Follow = (state: LastState, call: AnsweredCall) => void

/** The owner with a name that the tracker has. */
export function ownerNamed(caller: string): RecordedCaller {
  const [workspace = '', user = ''] = caller.split('\n')
  return { workspace, user }
}

export type AnsweredCall = NonNullable<Awaited<ReturnType<typeof readCall>>>

/**
 * Reads the calls of a recording; requests outside the API and refused callers are skipped.
 * @param at seconds after the first one began: of what ends later nothing is read
 * @returns the calls in the order in which they ended; `end`: when the last exchange did, or the moment that was asked
 *   for, in milliseconds since 1970; `hungUp`: how many callers hung up
 */
export async function readCalls(recording: Recording, at?: number) {
  const { header } = recording
  const zero = header.wall_clock_ms_at_zero ?? zeroOf(recording.exchanges)
  const begin = recording.exchanges.reduce((least, { at_start_ns }) => Math.min(least, at_start_ns), Infinity)
  const until = at === undefined || begin === Infinity ? Infinity : begin + at * 1000 * NS_PER_MS
  const exchanges = recording.exchanges.filter(({ at_end_ns }) => at_end_ns <= until)
  const last = exchanges.reduce((most, { at_end_ns }) => Math.max(most, at_end_ns), 0)
  const calls: AnsweredCall[] = []
  for (const exchange of exchanges) {
    const call = await readCall(header, exchange, zero)
    if (call !== undefined) calls.push(call)
  }
  const end = until === Infinity ? last : until
  const hungUp = exchanges.filter(({ aborted }) => aborted === true).length
  return { calls: calls.toSorted((a, b) => a.to - b.to), end: zero + end / NS_PER_MS, hungUp }
}

async function readCall(header: RecordingHeader, exchange: RecordedExchange, zero: number) {
  const { query = '', status, request, response } = exchange
  if (status === undefined || status === 401 || status === 403) return undefined
  const asked = operationIn(header, exchange)
  const caller = callerIn(header, request)
  if (asked === undefined || caller === undefined) return undefined
  const operation: OperationId = asked.operation.id
  const owner = { ...caller, user: caller.user || LOCAL_USER }
  const body = await jsonOf(request)
  validators[operation]?.(body)
  return {
    ...{ operation, status, body, answer: await jsonOf(response), query: new URLSearchParams(query) },
    /** In small letters. */
    path: asked.path,
    owner,
    /** The name of the owner, for the tracker. */
    caller: [owner.workspace, owner.user].join('\n'),
    /** The id at the end of `Location`; '' for none. */
    madeId: response?.headers['location']?.split('/').at(-1)?.toLowerCase() ?? '',
    /** Between these it was under way, in milliseconds since 1970. */
    from: zero + exchange.at_start_ns / NS_PER_MS,
    to: zero + exchange.at_end_ns / NS_PER_MS,
  }
}

/** Where times are 0 if nobody says it: what was just made tells its time in an answer. */
function zeroOf(exchanges: readonly RecordedExchange[]): number {
  let zero = 0
  for (const { response, at_end_ns } of exchanges) {
    for (const [, instant = ''] of (response?.body ?? '').matchAll(STAMP)) {
      const at = Date.parse(instant) - at_end_ns / NS_PER_MS
      if (at > zero) zero = at
    }
  }
  return zero
}

const STAMP = /"(?:connected|created|started|completed|submitted|picked_up)_at":"([^"]{20,35})"/g

/** They take out of a body the fields that are null and count as left out. */
const validators: Readonly<Partial<Record<OperationId, Validator>>> = requestBodies

/** The JSON of a message; undefined for none, or for what is none. */
async function jsonOf(message: RecordedMessage | undefined): Promise<unknown> {
  const body = message === undefined ? undefined : bytesOf(message)
  if (message === undefined || body === undefined) return undefined
  // Any operation that takes JSON reads it.
  const read = await readValue(runnerOperations.createJob, { method: 'POST', url: '', headers: message.headers, body })
  return 'refusal' in read ? undefined : read.value
}

/** The moment that a text of an object tells, in milliseconds since 1970. */
export function momentAt(value: unknown, name: string): number | undefined {
  const at = Date.parse(textAt(value, name))
  return Number.isNaN(at) ? undefined : at
}
