/** Rules on single jobs (cancellations, logs) and on what a runner says it can do. */
import type { OperationId } from '../kernel/operation.js'
import {
  awake,
  inSeconds,
  isAfter,
  isAnswered,
  type Breach,
  type Finding,
  type ObservedRunner,
} from './conduct-rule.js'
import { acceptedEnds } from './work-rules.js'

/** Milliseconds in which a cancellation may cross with a result that is already on its way. */
const CROSSING_MS = 1000
/** Milliseconds after which cancelled work has stopped. */
const STOP_MS = 5000

/** job/cancellation: no success of a job after its cancellation was announced. */
export function judgeCancellation({ calls, sleeps }: ObservedRunner): Finding {
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
          awake(announcement.answer.at, call.at, sleeps) > CROSSING_MS,
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

/** job/stops: work whose cancellation was announced says nothing more after a while; its end has a rule of its own. */
export function judgeStops({ calls, sleeps }: ObservedRunner): Finding {
  const announcements = calls.filter(isAnswered).filter(({ answer }) => answer.announces.length > 0)
  const breaches = announcements.flatMap(({ answer: { at, announces } }) =>
    calls
      .filter(({ operation, reports }) => operation === 'appendJobLogs' || isRunning(operation, reports))
      .filter((call) => announces.includes(call.subject ?? '') && awake(at, call.at, sleeps) > STOP_MS)
      .map((call) => ({ call, note: `still at work ${inSeconds(call.at - at)} after its cancellation was announced` })),
  )
  return { isExercised: announcements.length > 0, breaches }
}

function isRunning(operation: OperationId, reports: string | undefined): boolean {
  return operation === 'reportJobResult' && reports !== 'completed'
}

/** job/secrets: no line of log holds the key with which the runner calls. */
export function judgeSecrets({ calls }: ObservedRunner): Finding {
  const logs = calls.filter(({ leaks }) => leaks !== undefined)
  const breaches = logs
    .filter(({ leaks }) => leaks === true)
    .map((call) => ({ call, note: 'a line holds the API key with which the runner calls' }))
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
