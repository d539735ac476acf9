/** Rules on when a runner may call: its heartbeat, its polls, its retries and its end. */
import type { Call } from './conduct-trace.js'
import {
  awake,
  GONE,
  inSeconds,
  isAfter,
  isAnswered,
  keyOf,
  NOTHING,
  type AnsweredCall,
  type Breach,
  type Finding,
  type ObservedRunner,
} from './conduct-rule.js'

/** A heartbeat may use this part of the time to live; the rest is for the way and for one that gets lost. */
const PART_OF_TTL = 2 / 3
/** Milliseconds in which a stop must have happened: what was on its way may still arrive. */
const STOP_GRACE_MS = 1000
/** Shortest pause after 429 and 5xx, in milliseconds. The SDKs wait half a second and more. */
const SHORTEST_BACKOFF_MS = 400
/** Polls that bring nothing, and heartbeats, in any one second. The SDKs send two polls, and a heartbeat every five. */
const MOST_PER_SECOND = 5
/** Part of `Retry-After` that must have passed: clocks and timers differ a little. */
const PART_OF_RETRY_AFTER = 0.9

const POLLS: ReadonlySet<string> = new Set(['nextJob', 'nextBridgeCommands'])
/** What a runner that is gone may still do: report what it was at, and say goodbye. */
const AFTERMATH: ReadonlySet<string> = new Set([
  'reportJobResult',
  'appendJobLogs',
  'reportBridgeResult',
  'disconnectRunner',
])

/**
 * heartbeat/interval: attempts count, since a refused or lost one is not the client's fault; whoever of its processes
 * makes them. Who waits for the answer to one is not silent, and nobody beats in his sleep.
 */
export function judgeHeartbeats({ living, now, ttlMs, askedToEnd, sleeps }: ObservedRunner): Finding {
  const limit = ttlMs * PART_OF_TTL
  const busy = living.filter(({ at }) => at <= askedToEnd)
  const beats = busy.filter(({ operation }) => operation === 'heartbeat')
  const [first] = busy
  const last = busy.filter(({ operation }) => operation !== 'disconnectRunner').at(-1)
  if (first === undefined || last === undefined) return NOTHING
  const marks = beats.includes(last) ? beats : [...beats, last]
  const breaches: Breach[] = []
  let heardUntil = first.at
  for (const mark of marks) {
    const gap = awake(heardUntil, Math.max(heardUntil, mark.at), sleeps)
    if (gap > limit) {
      const note = `${inSeconds(gap)} without a heartbeat; ${inSeconds(limit)} at most keep clear of the time to live`
      breaches.push({ call: mark, note })
    }
    heardUntil = Math.max(heardUntil, mark.answer?.at ?? now)
  }
  return { isExercised: beats.some((beat) => beat !== first) || last.at - first.at > limit, breaches }
}

/**
 * gone/stop: a heartbeat answered 410 ends everything but the aftermath. Of several processes that beat for a runner
 * each is told by its own heartbeat, or by the others.
 */
export function judgeStop({ calls, living, farewell, ttlMs, sleeps }: ObservedRunner): Finding {
  if (farewell === undefined) return NOTHING
  const goneAt = farewell.answer.at
  const beats = living.filter(({ operation, at }) => operation === 'heartbeat' && at > goneAt - ttlMs)
  const stops = new Map<string, number>()
  for (const key of beats.map(keyOf)) {
    const told = calls.find((call) => call.answer?.status === GONE && keyOf(call) === key)
    stops.set(key, told?.answer === undefined ? goneAt + ttlMs * PART_OF_TTL : told.answer.at + STOP_GRACE_MS)
  }
  const lastStop = Math.max(...stops.values())
  const late = calls.filter(
    (call) =>
      isAfter(call, farewell) &&
      goneAt + awake(goneAt, call.at, sleeps) >
        (call.operation === 'heartbeat' ? (stops.get(keyOf(call)) ?? lastStop) : lastStop) &&
      !AFTERMATH.has(call.operation),
  )
  const toBreach = (call: Call): Breach => ({ call, note: `sent ${inSeconds(call.at - goneAt)} after the answer 410` })
  return { isExercised: true, breaches: late.map(toBreach) }
}

/** backoff/pause: no repetition right after 429 and 5xx. */
export function judgeBackoff({ living }: ObservedRunner): Finding {
  const failures = retriesIn(living, ({ answer: { status } }) => status === 429 || status >= 500)
  return {
    isExercised: failures.length > 0,
    breaches: failures
      .filter(({ pauseMs }) => pauseMs < SHORTEST_BACKOFF_MS)
      .map(({ retry, failed, pauseMs }) => ({
        call: retry,
        note: `repeated ${inSeconds(pauseMs)} after the answer ${failed.answer.status}`,
      })),
  }
}

/** backoff/retry-after: waits as long as it is told. */
export function judgeRetryAfter({ living }: ObservedRunner): Finding {
  const told = retriesIn(living, ({ answer }) => answer.retryAfterMs !== undefined)
  return {
    isExercised: told.length > 0,
    breaches: told
      .filter(({ failed, pauseMs }) => pauseMs < (failed.answer.retryAfterMs ?? 0) * PART_OF_RETRY_AFTER)
      .map(({ retry, failed, pauseMs }) => ({
        call: retry,
        note: `repeated after ${inSeconds(pauseMs)}; Retry-After said ${inSeconds(failed.answer.retryAfterMs ?? 0)}`,
      })),
  }
}

/**
 * poll/pace: a bounded number of polls and heartbeats per second. Polls that brought work are free, since more may
 * wait; answers that ask for a pause have a rule of their own.
 */
export function judgePace({ living }: ObservedRunner): Finding {
  const polls = living.filter((call) => POLLS.has(call.operation) && !isWelcome(call))
  const beats = living.filter((call) => call.operation === 'heartbeat' && !isWelcome(call))
  const breaches = [...overPace(polls), ...overPace(beats)].sort((a, b) => a.call.order - b.call.order)
  return { isExercised: polls.length + beats.length > 1, breaches }
}

/** exit/goodbye: a runner that falls silent has said so. */
export function judgeGoodbye({ trace, calls, farewell, now, ttlMs, hasEnded, sleeps }: ObservedRunner): Finding {
  const last = calls.at(-1)
  if (last === undefined || farewell !== undefined) return NOTHING
  if (calls.some((call) => call.operation === 'disconnectRunner')) return { isExercised: true, breaches: [] }
  const isSilent = calls.every(isAnswered) && awake(last.answer?.at ?? now, now, sleeps) > ttlMs
  if (!hasEnded && !isSilent) return NOTHING
  const note = `the last call; no DELETE of ${trace.runnerId} has followed`
  return { isExercised: true, breaches: [{ call: last, note }] }
}

interface Retry {
  failed: AnsweredCall
  retry: Call
  pauseMs: number
}

/**
 * Failed calls, each with the same call when it was sent again in knowledge of the failure. A further batch of logs is
 * another call.
 */
function retriesIn(calls: readonly Call[], hasFailed: (call: AnsweredCall) => boolean): Retry[] {
  return calls.flatMap((failed, place): Retry[] => {
    if (!isAnswered(failed) || failed.operation === 'appendJobLogs' || !hasFailed(failed)) return []
    const key = keyOf(failed)
    const retry = calls.slice(place + 1).find((call) => isAfter(call, failed) && keyOf(call) === key)
    return retry === undefined ? [] : [{ failed, retry, pauseMs: retry.at - failed.answer.at }]
  })
}

function isWelcome({ answer }: Call): boolean {
  if (answer === undefined) return false
  return answer.handsOut.length > 0 || answer.status === 429 || answer.status >= 500
}

/** Every call that is one too many within a second. */
function overPace(calls: readonly Call[]): Breach[] {
  return calls.flatMap((call, place): Breach[] => {
    const earlier = calls[place - MOST_PER_SECOND]
    if (earlier === undefined || call.at - earlier.at >= 1000) return []
    return [{ call, note: `number ${MOST_PER_SECOND + 1} within ${inSeconds(call.at - earlier.at)}` }]
  })
}
