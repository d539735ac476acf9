/** Rules on single jobs (cancellations, logs) and on what a runner says it can do. */
import type { AnsweredCall, Call } from './conduct-trace.js'
import { awake, GONE, inSeconds, type ObservedRunner, type Tell, type Watcher } from './conduct-rule.js'
import { lastEnd } from './work-ledger.js'

/** Milliseconds in which a cancellation may cross with a result that is already on its way. */
const CROSSING_MS = 1000
/** Milliseconds after which cancelled work has stopped. */
const STOP_MS = 5000

/** job/cancellation: no success of a job after its cancellation was announced. */
export function watchCancellation(runner: ObservedRunner, tell: Tell): Watcher {
  return {
    ...exercisedByAnnouncements(tell),
    begin(call) {
      if (call.operation !== 'reportJobResult' || call.reports !== 'completed') return
      const announced = announcementBefore(call, runner, CROSSING_MS)
      if (announced === undefined) return
      const note = `reported as completed ${inSeconds(call.at - announced.answer.at)} after its cancellation was announced`
      tell.breach({ call, note, expected: 'no success of a cancelled job', because: [announced] })
    },
  }
}

/** job/stops: work whose cancellation was announced says nothing more after a while; its end has a rule of its own. */
export function watchStops(runner: ObservedRunner, tell: Tell): Watcher {
  return {
    ...exercisedByAnnouncements(tell),
    begin(call) {
      const isRunning = call.operation === 'reportJobResult' && call.reports !== 'completed'
      if (call.operation !== 'appendJobLogs' && !isRunning) return
      const announced = announcementBefore(call, runner, STOP_MS)
      if (announced === undefined) return
      const note = `still at work ${inSeconds(call.at - announced.answer.at)} after its cancellation was announced`
      tell.breach({ call, note, expected: 'that cancelled work stops', because: [announced] })
    },
  }
}

function exercisedByAnnouncements(tell: Tell): Watcher {
  return {
    end({ answer }) {
      if (answer.announces.length > 0) tell.exercise()
    },
  }
}

/** The announcement that a job is cancelled, if it came so long before a call that they have not crossed. */
function announcementBefore(
  { subject, at }: Call,
  { work, sleeps }: ObservedRunner,
  graceMs: number,
): AnsweredCall | undefined {
  const announced = work.find(subject)?.announced
  return announced === undefined || awake(announced.answer.at, at, sleeps) <= graceMs ? undefined : announced
}

/** job/logs-first: no logs of a job whose end was accepted. */
export function watchLogs({ work }: ObservedRunner, tell: Tell): Watcher {
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
}

/** job/secrets: no line of log holds the key with which the runner calls. */
export function watchSecrets(_runner: ObservedRunner, tell: Tell): Watcher {
  return {
    begin(call) {
      if (call.leaks !== undefined) tell.exercise()
      const note = 'a line holds the API key with which the runner calls'
      if (call.leaks === true) tell.breach({ call, note, expected: 'lines without the key' })
    },
  }
}

/** capabilities/fit: an endpoint runner takes jobs only, a connect runner says that it takes commands. */
export function watchCapabilities(runner: ObservedRunner, tell: Tell): Watcher {
  let first: Call | undefined
  let hasDeclared = false
  return {
    end(call) {
      if (call.operation !== 'heartbeat' || call.answer.status === GONE || runner.type === undefined) return
      tell.exercise()
      first ??= call
      const { capabilities = [] } = call
      if (capabilities.length === 0) return
      hasDeclared = true
      const wanted = runner.type === 'connect' ? 'bridge' : 'jobs'
      const isStray = runner.type === 'endpoint' && capabilities.includes('bridge')
      if (capabilities.includes(wanted) && !isStray) return
      const note = `declares ${capabilities.join(', ')}; a runner of type ${runner.type} declares '${wanted}'`
      tell.breach({ call, note, expected: wanted })
    },
    finish() {
      if (runner.type !== 'connect' || hasDeclared || first === undefined || !runner.isWhole) return
      const note = "declares nothing, so that nobody can send it commands; a connect runner declares 'bridge'"
      tell.breach({ call: first, note, expected: 'bridge' })
    },
  }
}
