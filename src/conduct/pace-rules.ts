/** Rules on when a runner may call: its heartbeat, its polls, its retries and its end. */
import { LOST, type TracedCall, isAfter, type AnsweredTrace } from './conduct-trace.js'
import { keepNewest } from '../kernel/group-by.js'
import { findRole } from '../lifecycle/roles.js'
import { awake, GONE, inSeconds, keyOf } from './conduct-rule.js'
import type { Breach, FollowedRunner, Rule, Tell, Watcher } from './conduct-rule.js'

/** A heartbeat may use this part of the time to live; the rest is for the way and for one that gets lost. */
const PART_OF_TTL = 2 / 3
/** Milliseconds in which a stop must have happened: what was on its way may still arrive. */
const STOP_GRACE_MS = 1000
/** Shortest pause after 429 and 5xx, in milliseconds. The SDKs wait half a second and more. */
const MIN_BACKOFF_MS = 400
/** Polls that bring nothing, and heartbeats, in any one second. The SDKs send two polls, and a heartbeat every five. */
const MAX_PER_SECOND = 5
/** Part of `Retry-After` that must have passed: clocks and timers differ a little. */
const PART_OF_RETRY_AFTER = 0.9
/** For so many times as long as a server holds a poll a client may wait for its answer. */
const MAX_POLL_SHARE = 1.5
/** Failures whose repetition is awaited, and processes that beat for a runner. */
const MAX_KEYS = 50

const isPoll = ({ operation }: TracedCall): boolean => findRole(operation)?.handsOut !== undefined
/** What a runner that is gone may still do: report what it was at, and say goodbye. */
const AFTERMATH: readonly string[] = ['reportJobResult', 'appendJobLogs', 'reportBridgeResult', 'disconnectRunner']

/** What watches over each rule, by its id. */
export const paceWatchers = {
  /**
   * Attempts of all its processes count, since a refused or lost one is not the client's fault. A pending
   * heartbeat counts as activity; time asleep does not count.
   */
  'heartbeat/interval'(runner, tell) {
    const { facts } = runner
    const limit = facts.ttlMs * PART_OF_TTL
    let first: TracedCall | undefined
    let beat: TracedCall | undefined
    let heardUntil = 0
    let beatsUnderWay = 0
    let isTold = false
    return {
      begin(call) {
        if (runner.goneResponse !== undefined || call.at > facts.stopRequestedAt) return
        if (first === undefined) heardUntil = call.at
        first ??= call
        if (call.operation === 'disconnectRunner') return
        if ((call.operation === 'heartbeat' && call !== first) || call.at - first.at > limit) tell.exercise()
        const gap = beatsUnderWay > 0 ? 0 : awake(heardUntil, call.at, runner.sleeps)
        if (gap > limit && !isTold) {
          const expected = `${inSeconds(limit)} at most`
          const note = `${inSeconds(gap)} without a heartbeat; ${expected} keep clear of the time to live`
          tell.breach({ call, note, expected, because: beat === undefined ? [] : [beat] })
          isTold = true
        }
        if (call.operation !== 'heartbeat') return
        beat = call
        beatsUnderWay++
        isTold = false
        heardUntil = Math.max(heardUntil, call.at)
      },
      end(call) {
        if (call.operation !== 'heartbeat' || first === undefined || call.order < first.order) return
        beatsUnderWay = Math.max(0, beatsUnderWay - 1)
        heardUntil = Math.max(heardUntil, call.answer.at)
      },
    }
  },
  /**
   * A heartbeat answered 410 ends everything but the aftermath. Of several processes that beat for a runner
   * each is told by its own heartbeat, or by the others.
   */
  'gone/stop'(runner, tell) {
    /** When each process began its last heartbeat, and by when it stops. */
    const beats = new Map<string, number>()
    const stops = new Map<string, number>()
    let told: AnsweredTrace | undefined
    return {
      begin(call) {
        const { goneResponse, sleeps } = runner
        const { ttlMs } = runner.facts
        if (goneResponse === undefined) {
          told = undefined
          if (call.operation === 'heartbeat') beats.set(keyOf(call), call.at)
          keepNewest(beats, MAX_KEYS)
          return
        }
        const goneAt = goneResponse.answer.at
        if (told !== goneResponse) {
          told = goneResponse
          stops.clear()
          for (const [key, at] of beats) if (at > goneAt - ttlMs) stops.set(key, goneAt + ttlMs * PART_OF_TTL)
          stops.set(keyOf(goneResponse), goneAt + STOP_GRACE_MS)
        }
        if (AFTERMATH.includes(call.operation)) return
        const lastStop = Math.max(...stops.values())
        const stop = call.operation === 'heartbeat' ? (stops.get(keyOf(call)) ?? lastStop) : lastStop
        if (goneAt + awake(goneAt, call.at, sleeps) <= stop) return
        const note = `sent ${inSeconds(call.at - goneAt)} after the answer 410`
        tell.breach({ call, note, expected: 'nothing but late results and a goodbye', because: [goneResponse] })
      },
      end(call) {
        if (call.operation !== 'heartbeat' || call.answer.status !== GONE) return
        tell.exercise()
        const key = keyOf(call)
        if (told !== undefined && told !== call)
          stops.set(key, Math.min(stops.get(key) ?? Infinity, call.answer.at + STOP_GRACE_MS))
      },
    }
  },
  /** No repetition right after 429 and 5xx. */
  'backoff/pause'(runner, tell) {
    const hasFailed = ({ answer: { status } }: AnsweredTrace): boolean => status === 429 || status >= 500
    return watchRetries(runner, tell, hasFailed, (call, failed) => {
      const pauseMs = call.at - failed.answer.at
      if (pauseMs >= MIN_BACKOFF_MS) return undefined
      const note = `repeated ${inSeconds(pauseMs)} after the answer ${failed.answer.status}`
      return { call, note, expected: `a pause of ${inSeconds(MIN_BACKOFF_MS)}`, because: [failed] }
    })
  },
  /** Waits as long as it is told. */
  'backoff/retry-after'(runner, tell) {
    return watchRetries(runner, tell, ({ answer }) => answer.retryAfterMs !== undefined, judgeRetry)
  },
  /**
   * No more polls and heartbeats than a server can stand. Polls that brought work are free, since more may
   * wait; answers that ask for a pause have a rule of their own.
   */
  'poll/pace'(runner, tell) {
    const [polls, beats] = [new CallPace(tell), new CallPace(tell)]
    return {
      end(call) {
        const { handsOut, status } = call.answer
        if (handsOut.length > 0 || status === 429 || status >= 500) return
        if (runner.goneResponse !== undefined && isAfter(call, runner.goneResponse)) return
        if (isPoll(call)) polls.add(call)
        if (call.operation === 'heartbeat') beats.add(call)
      },
    }
  },
  /** A poll is given up that the server should have answered long ago. */
  'poll/time-limit'(runner, tell) {
    const { pollMs, stopRequestedAt } = runner.facts
    const open = new Map<number, TracedCall>()
    const isLate = (call: TracedCall, at: number, part: number): boolean =>
      awake(call.at, at, runner.sleeps) > part * (pollMs[call.operation] ?? Infinity)
    return {
      begin(call) {
        if (isPoll(call)) open.set(call.order, call)
      },
      end(call) {
        if (open.delete(call.order) && call.answer.status === LOST && isLate(call, call.answer.at, 1)) tell.exercise()
      },
      finish(now) {
        const until = Math.min(now, stopRequestedAt)
        const late = [...open.values()].find((call) => isLate(call, until, MAX_POLL_SHARE))
        if (late === undefined) return
        const seconds = inSeconds(MAX_POLL_SHARE * (pollMs[late.operation] ?? 0))
        const note = `open for ${inSeconds(until - late.at)} without an answer`
        tell.breach({ call: late, note, expected: `a time limit of ${seconds} at most` })
      },
    }
  },
  /** A runner that falls silent has said so. */
  'exit/goodbye'(runner, tell) {
    let last: TracedCall | undefined
    return {
      begin(call) {
        last = call
      },
      finish(now) {
        if (last === undefined || runner.goneResponse !== undefined) return
        if (runner.disconnectCall !== undefined) {
          tell.exercise()
          return
        }
        const { answer } = last
        const { ttlMs, isSilenceTelling, hasEnded, runnerId } = runner.facts
        const isOver = runner.underWay === 0 && awake(answer?.at ?? now, now, runner.sleeps) > ttlMs
        if (!hasEnded && !(isOver && (isSilenceTelling || answer?.status === LOST))) return
        tell.exercise()
        const note = `the last call; no DELETE of ${runnerId} has followed`
        tell.breach({ call: last, note, expected: 'a goodbye' })
      },
    }
  },
} satisfies Record<string, Rule['watch']>

/** What is wrong with a repetition that came before the server was ready for it. */
export function judgeRetry(call: TracedCall, failed: AnsweredTrace): Breach | undefined {
  const { at, retryAfterMs = 0 } = failed.answer
  const pauseMs = call.at - at
  if (pauseMs >= retryAfterMs * PART_OF_RETRY_AFTER) return undefined
  const note = `repeated after ${inSeconds(pauseMs)}; Retry-After said ${inSeconds(retryAfterMs)}`
  return { call, note, expected: `a pause of ${inSeconds(retryAfterMs)}`, because: [failed] }
}

/** Counts calls by the second in which they began. */
export class CallPace {
  private readonly latest: TracedCall[] = []
  private readonly told = new WeakSet<TracedCall>()
  private readonly tell: Tell

  constructor(tell: Tell) {
    this.tell = tell
  }

  /** A call has ended; calls end in any order. */
  add(call: TracedCall): void {
    const { latest } = this
    const place = 1 + latest.findLastIndex(({ order }) => order <= call.order)
    latest.splice(place, 0, call)
    if (latest.length > 1) this.tell.exercise()
    for (let at = place; at < latest.length; at++) this.judge(latest[at] ?? call, latest[at - MAX_PER_SECOND])
    if (latest.length > 4 * MAX_PER_SECOND) latest.shift()
  }

  private judge(call: TracedCall, earlier: TracedCall | undefined): void {
    if (earlier === undefined || call.at - earlier.at >= 1000 || this.told.has(call)) return
    this.told.add(call)
    const note = `number ${MAX_PER_SECOND + 1} within ${inSeconds(call.at - earlier.at)}`
    this.tell.breach({ call, note, expected: `${MAX_PER_SECOND} a second`, because: [earlier] })
  }
}

/** Finds failed calls that are sent again after the failure was known. A further batch of logs is another call. */
export function watchRetries(
  runner: FollowedRunner,
  tell: Tell,
  hasFailed: (call: AnsweredTrace) => boolean,
  judge: (call: TracedCall, failed: AnsweredTrace) => Breach | undefined,
): Watcher {
  const failures = new Map<string, AnsweredTrace[]>()
  return {
    begin(call) {
      // A client that is asked to end says at once what is left to say.
      if (runner.goneResponse !== undefined || call.at > runner.facts.stopRequestedAt) return
      const key = keyOf(call)
      const failed = failures.get(key) ?? []
      failures.delete(key)
      for (const each of failed) {
        if (!isAfter(call, each)) continue
        tell.exercise()
        const breach = judge(call, each)
        if (breach !== undefined) tell.breach(breach)
      }
    },
    end(call) {
      if (call.operation === 'appendJobLogs' || !hasFailed(call)) return
      const key = keyOf(call)
      failures.set(key, [...(failures.get(key) ?? []), call].slice(-MAX_KEYS))
      keepNewest(failures, MAX_KEYS)
    },
  }
}
