/** Rules on what a runner does with its work: jobs, commands and how their ends are reported. */
import { LOST, asksAgain, keepNewest, type AnsweredCall } from './conduct-trace.js'
import { awake, inSeconds, type ObservedRunner, type Tell, type Watcher } from './conduct-rule.js'
import { isEnd, lastEnd, mayHaveCounted } from './work-ledger.js'

/** Milliseconds in which a refused result is sent again. The SDK's longest pause is 8 s. */
const RESEND_MS = 10_000
/** Milliseconds for which the server waits beyond the timeout of a command: what comes by then is late, and no breach. */
const LATE_MS = 10_000
/** Hand-outs and refusals whose outcome is awaited. */
const MOST_AWAITED = 200

/** work/once: an accepted end is not reported again, unless the server has handed the same out once more. */
export function watchOnce({ work }: ObservedRunner, tell: Tell): Watcher {
  return {
    begin(call) {
      const seen = work.find(call.subject)
      const accepted = lastEnd(seen)
      if (!isEnd(call) || seen === undefined || accepted === undefined) return
      // A hand-out that nobody heard may have been the second one.
      const isDue = seen.accepted.length < seen.handOuts.length
      if (isDue || (seen.handOuts.length === 0 && !work.isWhole(call.subject))) return
      const note = `reported as ${call.reports ?? ''} again`
      tell.breach({ call, note, expected: 'one report of its end', because: [...seen.handOuts.slice(-1), accepted] })
    },
    end(call) {
      if (isEnd(call) && call.answer.status === 204) tell.exercise()
    },
  }
}

/** work/twice: what comes a second time is known, and not done again. */
export function watchTwice({ work }: ObservedRunner, tell: Tell): Watcher {
  return {
    end(call) {
      const ids = [call.subject, ...call.answer.handsOut.map(({ id }) => id)]
      if (ids.some((id) => (work.find(id)?.handOuts.length ?? 0) > 1)) tell.exercise()
      const { handOuts = [], settled = [] } = work.find(call.subject) ?? {}
      if (handOuts.length < 2 || !isEnd(call) || !settled.some((end) => end !== call)) return
      const because = [...handOuts.slice(-2), ...settled.slice(0, 1)].filter((each) => each !== call)
      tell.breach({ call, note: 'was handed out twice, and done twice', expected: 'one report of its end', because })
    },
  }
}

/** work/reported: what was taken comes to an end in time; a cancelled job may be dropped. */
export function watchReported(runner: ObservedRunner, tell: Tell): Watcher {
  const awaited = new Map<string, { call: AnsweredCall; timeoutMs: number }>()
  // A refused attempt is no report; of one whose answer is lost nobody knows.
  const underWay = new Map<string, number>()
  const judge = (now: number, lateMs: number): void => {
    // Whoever has lost its runner, or has left, has nobody to report to.
    const until = runner.farewell?.answer.at ?? runner.goodbye?.at ?? now
    for (const [id, { call, timeoutMs }] of awaited) {
      if (underWay.has(id) || awake(call.answer.at, until, runner.sleeps) <= timeoutMs + lateMs) continue
      awaited.delete(id)
      const expected = `its end within ${inSeconds(timeoutMs)}`
      tell.breach({ call, note: `took ${id} and has reported no end of it within ${inSeconds(timeoutMs)}`, expected })
    }
  }
  return {
    begin(call) {
      if (isEnd(call) && call.subject !== undefined) underWay.set(call.subject, (underWay.get(call.subject) ?? 0) + 1)
    },
    end(call) {
      for (const { id, timeoutMs } of call.answer.handsOut) {
        if (timeoutMs !== undefined) awaited.set(id, { call, timeoutMs })
        keepNewest(awaited, MOST_AWAITED)
      }
      for (const id of call.answer.announces) awaited.delete(id)
      if (!isEnd(call) || call.subject === undefined) return
      const left = (underWay.get(call.subject) ?? 1) - 1
      if (left === 0) underWay.delete(call.subject)
      else underWay.set(call.subject, left)
      if (!mayHaveCounted(call)) return
      tell.exercise()
      awaited.delete(call.subject)
    },
    pass: (now) => judge(now, LATE_MS),
    finish: (now) => judge(now, runner.isSilenceTelling ? 0 : LATE_MS),
  }
}

/** work/resent: a result that was refused for the moment, or whose answer was lost, is sent again. */
export function watchResent(runner: ObservedRunner, tell: Tell): Watcher {
  const refused = new Map<string, AnsweredCall>()
  return {
    begin(call) {
      if (isEnd(call) && refused.delete(call.subject ?? '')) tell.exercise()
    },
    end(call) {
      if (runner.farewell !== undefined) refused.clear()
      else if (isEnd(call) && asksAgain(call)) refused.set(call.subject ?? '', call)
      keepNewest(refused, MOST_AWAITED)
    },
    pass(now) {
      for (const [subject, call] of refused) {
        if (awake(call.answer.at, now, runner.sleeps) <= RESEND_MS) continue
        refused.delete(subject)
        const status = call.answer.status === LOST ? 'a lost answer' : String(call.answer.status)
        const note = `was not sent again within ${inSeconds(RESEND_MS)}`
        tell.breach({ call, note, expected: `the same report again after ${status}` })
      }
    },
  }
}
