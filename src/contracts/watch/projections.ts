/** What each call is to a runner, a job or a command by itself: the model's rules, as far as the call is about the thing. */
import type { AccidentId } from '../check/seen-accidents.js'
import { isObject, memberOf, objectsAt, textAt } from '../../kernel/json-value.js'
import type { ModelAnswer, ModelCall } from '../model/rules/call.js'
import { among, judge } from '../model/rules/judge-call.js'
import { Mismatch } from '../model/rules/mismatch.js'
import { ownRunner, type World, SOME_TEXT } from '../model/rules/model-world.js'
import type { Happening } from '../model/rules/serial-order.js'
import { mayBePurged, mayHaveWaited } from '../model/rules/time-bounds.js'
import { inWords, type HeardCall } from './heard-call.js'

type Apply = Happening['apply']

/** Something that a call does. What an aborted one does may not happen at all. */
export function happening(heard: HeardCall, apply: Apply, more: Partial<Happening> = {}): Happening {
  return { what: `#${heard.id} ${inWords(heard)}`, isOptional: heard.isAborted, ...more, apply }
}

/** The answer of a call that was not heard, if it has succeeded. */
function answerOf({ operation, answer, isAborted }: HeardCall): ModelAnswer {
  if (!isAborted) return answer
  if (operation === 'heartbeat') return { ...answer, status: 200, body: { cancelled_job_ids: [] } }
  return { ...answer, status: operation === 'getRunner' ? 200 : 204 }
}

/** The call held against the model, as it was or as far as it is about the thing. */
export function judged(heard: HeardCall, call: Partial<ModelCall> = {}, answer: Partial<ModelAnswer> = {}): Happening {
  const asked = { ...heard.call, ...call }
  const told = { ...answerOf(heard), ...answer }
  return happening(heard, (world) => judge(world, asked, told, heard.now))
}

/** A heartbeat to its runner: what it announces, the jobs judge. */
export function beat(heard: HeardCall): Happening {
  return judged(heard, {}, heard.answer.status === 200 ? { body: { cancelled_job_ids: [] } } : {})
}

/**
 * A call that only tells whether the runner is the caller's.
 * @param wasGone whether it was surely gone when the call began
 */
export function owning({ ...heard }: HeardCall, id: string, wasGone: boolean): Happening {
  const { status } = heard.answer
  return happening(heard, (world) => {
    const isThere = ownRunner(world, heard.call.identity, id) !== undefined
    if (isThere === (status !== 404)) return undefined
    // A poll that waits when its runner goes ends in one way or the other.
    if (!isThere && !wasGone && heard.waitMs !== undefined && isNothing(heard.answer.body)) return undefined
    if (isThere && status === 404)
      return judge(world, { ...heard.call, operation: 'getRunner' }, heard.answer, heard.now)
    return new Mismatch('404 (the caller has no such runner)', String(status))
  })
}

function isNothing(body: unknown): boolean {
  const commands = memberOf(body, 'commands')
  return body === null || (Array.isArray(commands) && commands.length === 0)
}

/** A submission to its runner, which it tells of; what comes of it has a history of its own. */
export function submission(heard: HeardCall, id: string): Happening {
  const plain = judged(heard)
  return {
    ...plain,
    apply(world) {
      const outcome = plain.apply(world)
      if (outcome instanceof Mismatch || outcome === undefined) return outcome
      for (const next of outcome) empty(next, id)
      return outcome
    },
  }
}

function empty(world: World, id: string): void {
  world.commands.clear()
  world.jobs.clear()
  const runner = world.runners.get(id)
  if (runner === undefined) return
  Object.assign(runner, { commands: [], commandQueue: [], jobs: [], queue: [], takenPerhaps: [] })
  runner.accepted = { all: 0, writes: 0, refusedWrites: 0 }
}

/** An activation. What a second one finds nobody knows where the runner may have been purged by then. */
export function activation(heard: HeardCall, id: string): Happening {
  return happening(heard, (world) => {
    const runner = world.runners.get(id)
    const isOpen = runner !== undefined && !runner.isGone && mayBePurged(world, runner, heard.now)
    const purged = isOpen ? [{ ...world, runners: new Map(world.runners).set(id, { ...runner, isGone: true }) }] : []
    return among([world, ...purged], (each) => judge(each, heard.call, heard.answer, heard.now))
  })
}

/** The end of a runner's work, which may be seen before the runner is gone. */
export function workEnds(heard: HeardCall): Happening {
  return happening(
    heard,
    ({ jobs, commands }) => {
      for (const job of jobs.values()) {
        job.faces = job.faces.flatMap((face) => {
          if (face.ended !== undefined) return [face]
          const failed = { ...face, status: 'failed' as const, error: SOME_TEXT }
          return [failed, { ...failed, ended: job.created }]
        })
      }
      for (const command of commands.values()) {
        if (command.ended === undefined) Object.assign(command, { status: 'timed_out', ended: command.submitted })
      }
      return undefined
    },
    { isOptional: true, isRepeatable: true },
  )
}

/** The end of a runner. */
export function runnerEnds(heard: HeardCall, id: string, isSure: boolean): Happening {
  return happening(
    heard,
    (world) => {
      const runner = world.runners.get(id)
      const isOwn = heard.operation !== 'disconnectRunner' || ownRunner(world, heard.call.identity, id) !== undefined
      if (runner !== undefined && isOwn) runner.isGone = true
      return undefined
    },
    { isOptional: !isSure || heard.isAborted },
  )
}

/** Heartbeats, as far as they could announce a job. One that overlaps the cancellation may leave it to a later one. */
export function announcement(heard: HeardCall, id: string, isDuring: () => boolean): Happening {
  const told = memberOf(heard.answer.body, 'cancelled_job_ids')
  const isTold = Array.isArray(told) && told.includes(id)
  const call = { ...heard.call, body: undefined }
  const answer = { ...heard.answer, body: { cancelled_job_ids: isTold ? [id] : [] } }
  return happening(heard, (world) => {
    if (heard.isAborted) {
      for (const runner of world.runners.values()) runner.unannounced = []
      return undefined
    }
    if (isDuring() && !isTold) return undefined
    return judge(world, call, answer, heard.now)
  })
}

/** What a poll was given whose caller had hung up, or whom nobody has heard. */
export function lostHandOut(heard: HeardCall, id: string, isUnheard = false): Happening {
  return happening(
    heard,
    (world) => {
      const job = world.jobs.get(id)
      const command = world.commands.get(id)
      const runner = world.runners.get((job ?? command)?.runnerId ?? '')
      if (runner === undefined) return new Mismatch('something to hand out', 'nothing')
      if (job !== undefined && runner.queue.includes(id)) {
        runner.queue = []
        Object.assign(job, { started: heard.now, startedAt: undefined })
        job.faces = job.faces.map((face) => ({ ...face, status: 'running', hasStarted: true }))
      } else if (command !== undefined && command.status === 'pending') {
        runner.commandQueue = []
        Object.assign(command, { status: 'picked_up', pickedUp: { from: heard.now.from, to: heard.until } })
      } else return new Mismatch('something that is pending', 'nothing')
      if (!isUnheard) world.excused.add(LOST)
      return undefined
    },
    { isOptional: true, isRepeatable: true },
  )
}

const LOST: AccidentId = 'hung-up-poller-swallows'

/** What a report brings may be seen before the end that it reports. */
export function firstHalf(heard: HeardCall): Happening {
  const body = { ...(isObject(heard.call.body) ? heard.call.body : {}), status: 'running' }
  return { ...judged(heard, { body }), isOptional: true }
}

/** A reader of a command. One whose time is over may tell what was so when it began. */
export function reading(heard: HeardCall, runnerId: string, hasRival: () => boolean): Happening {
  const plain = judged(heard)
  // An end is told as soon as there is one; what is still open was so to the last.
  const isLate = OPEN.includes(textAt(heard.answer.body, 'status'))
  return heard.call.query['wait'] === true
    ? { ...plain, isLate, apply: (world) => wait(world, heard, runnerId, hasRival) ?? plain.apply(world) }
    : plain
}

/** What only the end of a wait may tell; undefined where it is a read like any other. */
function wait(
  world: World,
  { call, answer, now, waitMs = 0 }: HeardCall,
  runnerId: string,
  hasRival: () => boolean,
): ReturnType<Apply> {
  const shown = textAt(answer.body, 'status')
  const isGone = world.runners.get(runnerId)?.isGone === true
  if (isGone && shown === 'timed_out') return [world]
  const { status, ended } = world.commands.get(call.path['commandId'] ?? '') ?? {}
  const isStale =
    OPEN.includes(shown) && (isGone ? mayHaveWaited(answer, waitMs) : status !== undefined && status !== shown)
  if (isStale) world.excused.add('stale-wait')
  if (isStale && isGone) return [world]
  const isLate = ended !== undefined && now.from < ended.from && now.to - ended.to > WAKE_MS
  if (isLate && !hasRival()) return new Mismatch('the reader to wake at the end of the command', 'later')
  if (isLate) world.excused.add('one-waiter-wakes')
  return undefined
}

/** Longer than any server takes to wake who waits. */
export const WAKE_MS = 2000

const OPEN: readonly string[] = ['pending', 'picked_up']

/** The items of a batch, as one command meets it. */
export function handOutOf(heard: HeardCall, id: string): Happening {
  const items = objectsAt(heard.answer.body, 'commands').filter((each) => each['command_id'] === id)
  return judged(heard, { body: undefined }, { body: { commands: items } })
}

/** A list, as one thing meets it. */
export function listed(heard: HeardCall, read: Pick<ModelCall, 'operation' | 'path'>, body: unknown): Happening {
  return judged(heard, { ...read, query: {} }, { body })
}

/** A list without a thing that it would hold if it were there. */
export function unlisted(heard: HeardCall, isThere: (world: World) => boolean, what: string): Happening {
  return happening(heard, (world) =>
    isThere(world) ? new Mismatch(`${what} in the list`, 'a list without it') : undefined,
  )
}
