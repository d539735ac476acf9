/** Rules on what a runner does with its work: jobs, commands, logs, cancellations, and what it says it can do. */
import type { Call } from './conduct-trace.js'
import {
  inSeconds,
  isAfter,
  isAnswered,
  type AnsweredCall,
  type Breach,
  type Finding,
  type ObservedRunner,
} from './conduct-rule.js'

/** Statuses that end a job or a command. */
const ENDS: ReadonlySet<string> = new Set(['completed', 'failed'])
/** Milliseconds in which a cancellation may cross with a result that is already on its way. */
const CROSSING_MS = 1000

/** work/once: an accepted end is not reported again. */
export function judgeOnce({ calls }: ObservedRunner): Finding {
  const ends = calls.filter(isEnd)
  const accepted = acceptedEnds(calls)
  const breaches = ends.flatMap((call): Breach[] => {
    const earlier = accepted.find((end) => end.subject === call.subject && isAfter(call, end))
    const note = `reported as ${call.reports ?? ''} again`
    return earlier === undefined ? [] : [{ call, note }]
  })
  return { isExercised: accepted.length > 0, breaches }
}

/** work/reported: what was taken comes to an end in time; a cancelled job may be dropped. */
export function judgeReported({ calls, living, farewell, now }: ObservedRunner): Finding {
  // Whoever has lost its runner, or has left, has nobody to report to.
  const left = living.find(({ operation }) => operation === 'disconnectRunner')
  const until = farewell?.answer.at ?? left?.at ?? now
  const reported = new Set(calls.filter(isEnd).map(({ subject }) => subject))
  const cancelled = new Set(calls.flatMap(({ answer }) => answer?.announces ?? []))
  const taken = calls.filter(isAnswered).flatMap((call) => call.answer.handsOut.map((item) => ({ call, item })))
  const breaches = taken
    .filter(({ call, item: { id, timeoutMs } }) => {
      const isOver = call.answer.at + timeoutMs < until
      return isOver && !reported.has(id) && !cancelled.has(id)
    })
    .map(({ call, item: { id, timeoutMs } }) => ({
      call,
      note: `took ${id} and has reported no end of it within ${inSeconds(timeoutMs)}`,
    }))
  return { isExercised: reported.size > 0 || breaches.length > 0, breaches }
}

/** job/cancellation: no success of a job after its cancellation was announced. */
export function judgeCancellation({ calls }: ObservedRunner): Finding {
  const announcements = calls.filter(isAnswered).filter(({ answer }) => answer.announces.length > 0)
  const breaches = announcements.flatMap((announcement): Breach[] =>
    calls
      .filter(
        (call) =>
          call.operation === 'reportJobResult' &&
          call.reports === 'completed' &&
          call.subject !== undefined &&
          announcement.answer.announces.includes(call.subject) &&
          isAfter(call, announcement) &&
          call.at > announcement.answer.at + CROSSING_MS,
      )
      .map((call) => ({
        call,
        note: `reported as completed ${inSeconds(call.at - announcement.answer.at)} after its cancellation was announced`,
      })),
  )
  return { isExercised: announcements.length > 0, breaches }
}

/** job/logs-first: no logs of a job whose end was accepted. */
export function judgeLogs({ calls }: ObservedRunner): Finding {
  const accepted = acceptedEnds(calls)
  const logs = calls.filter(({ operation }) => operation === 'appendJobLogs')
  const breaches = logs
    .filter((call) => accepted.some((end) => end.subject === call.subject && isAfter(call, end)))
    .map((call) => ({ call, note: 'logs that follow the result: who waits for the result has gone by then' }))
  return { isExercised: logs.length > 0, breaches }
}

/** capabilities/fit: an endpoint runner takes jobs only, a connect runner says that it takes commands. */
export function judgeCapabilities({ trace: { type }, living }: ObservedRunner): Finding {
  const beats = living.filter(({ operation, answer }) => operation === 'heartbeat' && answer?.status !== 410)
  const [first] = beats
  if (type === undefined || first === undefined) return { isExercised: false, breaches: [] }
  const declaring = beats.filter(({ capabilities = [] }) => capabilities.length > 0)
  if (type === 'connect' && declaring.length === 0) {
    const note = "declares nothing, so that nobody can send it commands; a connect runner declares 'bridge'"
    return { isExercised: true, breaches: [{ call: first, note }] }
  }
  const breaches = declaring.flatMap((call): Breach[] => {
    const { capabilities = [] } = call
    const wanted = type === 'connect' ? 'bridge' : 'jobs'
    const isStray = type === 'endpoint' && capabilities.includes('bridge')
    if (capabilities.includes(wanted) && !isStray) return []
    return [{ call, note: `declares ${capabilities.join(', ')}; a runner of type ${type} declares '${wanted}'` }]
  })
  return { isExercised: true, breaches }
}

function isEnd({ operation, reports }: Call): boolean {
  return (operation === 'reportJobResult' || operation === 'reportBridgeResult') && ENDS.has(reports ?? '')
}

/** Reports of an end that the caller knows to have arrived. */
function acceptedEnds(calls: readonly Call[]): AnsweredCall[] {
  return calls.filter(isAnswered).filter((call) => isEnd(call) && call.answer.status === 204)
}
