/**
 * Rules on what a runner does with its work: jobs, commands and how their ends are reported; on single jobs (cancellations,
 * logs); and on what it says it can do.
 */
import { LOST, asksAgain, type AnsweredTrace, type TracedCall } from './conduct-trace.js'
import { keepNewest } from '../kernel/group-by.js'
import { awake, inSeconds, GONE, isEnd, lastEnd, mayHaveCounted } from './conduct-rule.js'
import type { FollowedRunner, Rule, Tell, Watcher } from './conduct-rule.js'

/** Milliseconds in which a refused result is sent again. The SDK's longest pause is 8 s. */
const RESEND_MS = 10_000
/** Milliseconds for which the server waits beyond the timeout of a command: what comes by then is late, and no breach. */
const LATE_MS = 10_000
const MAX_AWAITED = 200

/** What watches over each rule, by its id. */
export const workWatchers = {
  /** An accepted end is not reported again, unless the server has handed the same out once more. */
  'work/once'({ work, facts }, tell) {
    return {
      begin(call) {
        const seen = work.find(call.subject)
        const accepted = lastEnd(seen)
        if (!isEnd(call) || seen === undefined || accepted === undefined) return
        // A hand-out that was not heard may have been the second one.
        const isDue = seen.accepted.length < seen.handOuts.length
        if (isDue || (seen.handOuts.length === 0 && !facts.isWholeOf(call.subject ?? ''))) return
        const note = `reported as ${call.reports ?? ''} again`
        tell.breach({ call, note, expected: 'one report of its end', because: [...seen.handOuts.slice(-1), accepted] })
      },
      end(call) {
        if (isEnd(call) && call.answer.status === 204) tell.exercise()
      },
    }
  },
  /** What comes a second time is known, and not done again. */
  'work/twice'({ work }, tell) {
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
  },
  /** What was taken comes to an end in time; a cancelled job may be dropped. */
  'work/reported'(runner, tell) {
    const awaited = new Map<string, { call: AnsweredTrace; timeoutMs: number }>()
    // A refused attempt is no report; one whose answer is lost may be.
    const underWay = new Map<string, number>()
    const judge = (now: number, lateMs: number): void => {
      // A runner that is gone or has disconnected need not report any more.
      const until = runner.goneResponse?.answer.at ?? runner.disconnectCall?.at ?? now
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
          keepNewest(awaited, MAX_AWAITED)
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
      finish: (now) => judge(now, runner.facts.isSilenceTelling ? 0 : LATE_MS),
    }
  },
  /** A result that was refused for the moment, or whose answer was lost, is sent again. */
  'work/resent'(runner, tell) {
    const refused = new Map<string, AnsweredTrace>()
    return {
      begin(call) {
        if (isEnd(call) && refused.delete(call.subject ?? '')) tell.exercise()
      },
      end(call) {
        if (runner.goneResponse !== undefined) refused.clear()
        else if (isEnd(call) && asksAgain(call)) refused.set(call.subject ?? '', call)
        keepNewest(refused, MAX_AWAITED)
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
  },
  /** No success of a job after its cancellation was announced. */
  'job/cancellation'(runner, tell) {
    return watchAnnounced(runner, tell, CROSSING_MS, ({ operation, reports }) => {
      if (operation !== 'reportJobResult' || reports !== 'completed') return undefined
      return { what: 'reported as completed', expected: 'no success of a cancelled job' }
    })
  },
  /** Work whose cancellation was announced says nothing more after a while; its end has a rule of its own. */
  'job/stops'(runner, tell) {
    return watchAnnounced(runner, tell, STOP_MS, ({ operation, reports }) => {
      const isRunning = operation === 'reportJobResult' && reports !== 'completed'
      if (operation !== 'appendJobLogs' && !isRunning) return undefined
      return { what: 'still at work', expected: 'that cancelled work stops' }
    })
  },
  /** No logs of a job whose end was accepted. */
  'job/logs-first'({ work }, tell) {
    return {
      begin(call) {
        if (call.operation !== 'appendJobLogs') return
        tell.exercise()
        const accepted = lastEnd(work.find(call.subject))
        if (accepted === undefined) return
        const note = 'logs that follow the result: who waits for the result has gone by then'
        tell.breach({ call, note, expected: 'logs before the result', because: [accepted] })
      },
    }
  },
  /** No line of log holds the key with which the runner calls. */
  'job/secrets'(_runner, tell) {
    return {
      begin(call) {
        if (call.leaks !== undefined) tell.exercise()
        const note = 'a line holds the API key with which the runner calls'
        if (call.leaks === true) tell.breach({ call, note, expected: 'lines without the key' })
      },
    }
  },
  /** An endpoint runner takes jobs only, a connect runner says that it takes commands. */
  'capabilities/fit'(runner, tell) {
    const { facts } = runner
    let first: TracedCall | undefined
    let hasDeclared = false
    return {
      end(call) {
        if (call.operation !== 'heartbeat' || call.answer.status === GONE || facts.type === undefined) return
        tell.exercise()
        first ??= call
        const { capabilities = [] } = call
        if (capabilities.length === 0) return
        hasDeclared = true
        const wanted = facts.type === 'connect' ? 'bridge' : 'jobs'
        const isStray = facts.type === 'endpoint' && capabilities.includes('bridge')
        if (capabilities.includes(wanted) && !isStray) return
        const note = `declares ${capabilities.join(', ')}; a runner of type ${facts.type} declares '${wanted}'`
        tell.breach({ call, note, expected: wanted })
      },
      finish() {
        if (facts.type !== 'connect' || hasDeclared || first === undefined || !facts.isWhole) return
        const note = "declares nothing, so it can be sent no commands; a connect runner declares 'bridge'"
        tell.breach({ call: first, note, expected: 'bridge' })
      },
    }
  },
} satisfies Record<string, Rule['watch']>

/** Milliseconds in which a cancellation may cross with a result that is already on its way. */
const CROSSING_MS = 1000
/** Milliseconds after which cancelled work has stopped. */
const STOP_MS = 5000

/**
 * Hears what follows the announcement that a job is cancelled.
 * @param graceMs for so long a call and the announcement may have crossed
 */
function watchAnnounced(
  runner: FollowedRunner,
  tell: Tell,
  graceMs: number,
  flawOf: (call: TracedCall) => { what: string; expected: string } | undefined,
): Watcher {
  return {
    begin(call) {
      const flaw = flawOf(call)
      const announced = runner.work.find(call.subject)?.announced
      if (flaw === undefined || announced === undefined) return
      if (awake(announced.answer.at, call.at, runner.sleeps) <= graceMs) return
      const note = `${flaw.what} ${inSeconds(call.at - announced.answer.at)} after its cancellation was announced`
      tell.breach({ call, note, expected: flaw.expected, because: [announced] })
    },
    end({ answer }) {
      if (answer.announces.length > 0) tell.exercise()
    },
  }
}
