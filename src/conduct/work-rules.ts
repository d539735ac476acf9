/** Rules on what a runner does with its work: jobs, commands and how their ends are reported. */
import type { Call } from './conduct-trace.js'
import {
  asksAgain,
  awake,
  inSeconds,
  isAfter,
  isAnswered,
  NOTHING,
  type AnsweredCall,
  type Breach,
  type Finding,
  type ObservedRunner,
} from './conduct-rule.js'

/** Statuses that end a job or a command. */
const ENDS: ReadonlySet<string> = new Set(['completed', 'failed'])
/** Answers to a report after which there is nothing left to report: taken, or over already. */
const SETTLED: ReadonlySet<number> = new Set([204, 404, 409, 410])
/** Milliseconds in which a refused result is sent again. The SDK's longest pause is 8 s. */
const RESEND_MS = 10_000

/** work/once: an accepted end is not reported again, unless the server has handed the same out once more. */
export function judgeOnce({ calls }: ObservedRunner): Finding {
  const accepted = acceptedEnds(calls)
  const breaches = calls.filter(isEnd).flatMap((call): Breach[] => {
    const earlier = accepted.filter((end) => end.subject === call.subject && isAfter(call, end))
    const isDue = earlier.length < handOutsIn(calls, call.subject ?? '').length
    return earlier.length === 0 || isDue ? [] : [{ call, note: `reported as ${call.reports ?? ''} again` }]
  })
  return { isExercised: accepted.length > 0, breaches }
}

/** work/twice: what comes a second time is known, and not done again. */
export function judgeTwice({ calls }: ObservedRunner): Finding {
  const ids = new Set(calls.flatMap(({ answer }) => answer?.handsOut.map(({ id }) => id) ?? []))
  const twice = [...ids].filter((id) => handOutsIn(calls, id).length > 1)
  const breaches = twice.flatMap((id) =>
    calls
      .filter((call) => isEnd(call) && call.subject === id)
      .filter((_call, place, ends) => ends.slice(0, place).some((end) => isAnswered(end) && !asksAgain(end)))
      .map((call) => ({ call, note: 'was handed out twice, and done twice' })),
  )
  return { isExercised: twice.length > 0, breaches }
}

function handOutsIn(calls: readonly Call[], id: string): AnsweredCall[] {
  return calls.filter(isAnswered).filter(({ answer }) => answer.handsOut.some((item) => item.id === id))
}

/** work/reported: what was taken comes to an end in time; a cancelled job may be dropped. */
export function judgeReported({ calls, living, farewell, now, sleeps }: ObservedRunner): Finding {
  // Whoever has lost its runner, or has left, has nobody to report to.
  const left = living.find(({ operation }) => operation === 'disconnectRunner')
  const until = farewell?.answer.at ?? left?.at ?? now
  // A refused attempt is no report; of one whose answer is lost nobody knows.
  const hasCounted = ({ answer }: Call): boolean => !answer?.status || SETTLED.has(answer.status)
  const reported = new Set(calls.filter((call) => isEnd(call) && hasCounted(call)).map(({ subject }) => subject))
  const cancelled = new Set(calls.flatMap(({ answer }) => answer?.announces ?? []))
  const taken = calls.filter(isAnswered).flatMap((call) => call.answer.handsOut.map((item) => ({ call, item })))
  const breaches = taken.flatMap(({ call, item: { id, timeoutMs = Infinity } }): Breach[] => {
    const isOver = awake(call.answer.at, until, sleeps) > timeoutMs
    if (!isOver || reported.has(id) || cancelled.has(id)) return []
    return [{ call, note: `took ${id} and has reported no end of it within ${inSeconds(timeoutMs)}` }]
  })
  return { isExercised: reported.size > 0 || breaches.length > 0, breaches }
}

/** work/resent: a result that was refused for the moment, or whose answer was lost, is sent again. */
export function judgeResent({ calls, farewell, now, sleeps }: ObservedRunner): Finding {
  if (farewell !== undefined) return NOTHING
  const refused = calls.filter(isAnswered).filter((call) => isEnd(call) && asksAgain(call))
  const again = (failed: AnsweredCall): boolean =>
    calls.some((call) => isEnd(call) && call.subject === failed.subject && isAfter(call, failed))
  const isOverdue = ({ answer }: AnsweredCall): boolean => awake(answer.at, now, sleeps) > RESEND_MS
  return {
    isExercised: refused.some((call) => again(call) || isOverdue(call)),
    breaches: refused
      .filter((call) => !again(call) && isOverdue(call))
      .map((call) => ({ call, note: `was not sent again within ${inSeconds(RESEND_MS)}` })),
  }
}

/** Whether a call reports the end of a job or command. */
export function isEnd({ operation, reports }: Call): boolean {
  return (operation === 'reportJobResult' || operation === 'reportBridgeResult') && ENDS.has(reports ?? '')
}

/** Reports of an end that the caller knows to have arrived. */
export function acceptedEnds(calls: readonly Call[]): AnsweredCall[] {
  return calls.filter(isAnswered).filter((call) => isEnd(call) && call.answer.status === 204)
}
