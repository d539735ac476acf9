// Mistakes about capabilities, and about the cancellations that heartbeats announce.
import { defineMutant, type Mutant } from '../mutant.js'
import { answer, isObject, isSuccess, itemsOf, membersIn, textIn, withBody } from '../reply.js'
import type { Stage } from '../stage.js'
import { editReply, editRequest, editRequestBody, refuseWhen } from '../spoils.js'

function capabilitiesIn(body: unknown): unknown[] {
  return isObject(body) ? itemsOf(body['capabilities']) : []
}

const isInvalid = (capability: unknown): boolean => typeof capability !== 'string' || !/^[a-z_]+$/.test(capability)

/** Reads the capabilities with a pattern that lets too much through; what it lets through is stored shortened. */
function laxPattern(what: string, pattern: RegExp, mistake: string): Mutant {
  return defineMutant(`heartbeat/${what}`, mistake, {
    touches: ['heartbeat'],
    spoil: editRequestBody((body) => ({
      ...body,
      capabilities: capabilitiesIn(body).map((each) => (isInvalid(each) && pattern.test(String(each)) ? 'jobs' : each)),
    })),
  })
}

/** Jobs that were cancelled, with the runner that they belong to and the state in which that met them. */
interface Cancelled {
  readonly id: string
  readonly runnerId: string
  readonly from: string
}

function noteCancelled(cancelled: Cancelled[], id: string, stage: Stage): void {
  cancelled.push({ id, runnerId: stage.jobs.get(id)?.runnerId ?? '', from: stage.stateOf('job', id) })
}

function announcesToo(what: string, mistake: string, states: readonly string[]): Mutant {
  return defineMutant(`heartbeat/${what}`, mistake, {
    touches: ['heartbeat', 'cancelJob'],
    spoil: (stage) => {
      let cancelled: Cancelled[] = []
      return async (call) => {
        if (call.operation === 'cancelJob') noteCancelled(cancelled, call.path['jobId'] ?? '', stage)
        const reply = await call.proceed()
        if (call.operation !== 'heartbeat' || !isSuccess(reply)) return reply
        const runnerId = call.path['runnerId'] ?? ''
        const own = cancelled.filter((each) => each.runnerId === runnerId)
        cancelled = cancelled.filter((each) => each.runnerId !== runnerId)
        const more = own.flatMap(({ id, from }) => (states.includes(from) ? [id] : []))
        return withBody(reply, { cancelled_job_ids: [...itemsOf(membersIn(reply)['cancelled_job_ids']), ...more] })
      }
    },
  })
}

export const heartbeatMutants: readonly Mutant[] = [
  defineMutant('heartbeat/announces-again-and-again', 'A cancelled job is announced by every heartbeat that follows.', {
    touches: ['heartbeat'],
    spoil: () => {
      const announced = new Map<string, Set<unknown>>()
      return async (call) => {
        const reply = await call.proceed()
        if (!isSuccess(reply)) return reply
        const known = announced.get(call.path['runnerId'] ?? '') ?? new Set()
        for (const id of itemsOf(membersIn(reply)['cancelled_job_ids'])) known.add(id)
        announced.set(call.path['runnerId'] ?? '', known)
        return withBody(reply, { cancelled_job_ids: [...known] })
      }
    },
  }),
  announcesToo('announces-pending', 'Jobs cancelled before they were handed out are announced, too.', ['pending']),
  announcesToo('announces-late-cancel', 'A cancellation that came after the end of a job is announced.', ['completed']),
  announcesToo('announces-second-cancel', 'Cancelling a job twice announces it twice.', ['cancelled']),
  defineMutant('heartbeat/announces-to-anybody', 'A heartbeat announces whatever was cancelled, whoever runs it.', {
    touches: ['heartbeat', 'cancelJob'],
    oneByOne: true,
    spoil: (stage) => {
      const cancelled: Cancelled[] = []
      return async (call) => {
        if (call.operation === 'cancelJob') noteCancelled(cancelled, call.path['jobId'] ?? '', stage)
        const reply = await call.proceed()
        if (call.operation !== 'heartbeat' || !isSuccess(reply)) return reply
        const ids = cancelled.splice(0).flatMap(({ id, from }) => (from === 'running' ? [id] : []))
        return withBody(reply, { cancelled_job_ids: ids })
      }
    },
  }),
  defineMutant('heartbeat/capabilities-merged', 'A list of capabilities is added to the stored one.', {
    touches: ['heartbeat'],
    spoil: () => async (call) => {
      const named = capabilitiesIn(call.body)
      if (named.length === 0) return call.proceed()
      const { body } = await call.ask('getRunner', { path: call.path })
      return call.proceed({ body: { capabilities: [...new Set([...capabilitiesIn(body), ...named])] } })
    },
  }),
  defineMutant('heartbeat/capabilities-forgotten', 'A heartbeat without capabilities resets them.', {
    touches: ['heartbeat'],
    spoil: editRequest((call) =>
      isObject(call.body) && 'capabilities' in call.members ? undefined : { body: { capabilities: ['jobs'] } },
    ),
  }),
  defineMutant('heartbeat/known-capabilities-only', 'Capabilities other than jobs and bridge are refused.', {
    touches: ['heartbeat'],
    spoil: refuseWhen(400, ({ body }) => capabilitiesIn(body).some((each) => each !== 'jobs' && each !== 'bridge')),
  }),
  laxPattern(
    'pattern-not-anchored',
    /[a-z_]\d|\d[a-z_]|[a-z]-[a-z]/,
    'A capability need only contain letters, not consist of them.',
  ),
  laxPattern('pattern-allows-newline', /^[a-z_]+\n$/, 'The pattern of capabilities lets a line end behind it pass.'),
  laxPattern('pattern-in-any-case', /^[A-Za-z_]+$/, 'Capabilities may be written in any letter case.'),
  laxPattern('pattern-of-any-letters', /^[\p{L}_]+$/u, 'Letters of any script make a capability.'),
  laxPattern(
    'capabilities-trimmed',
    /^\s+[a-z_]+$|^[a-z_]+ [a-z_]+$/,
    'The space in and around capabilities is ignored.',
  ),
  laxPattern('empty-capability-ignored', /^$/, 'An empty capability is ignored.'),
  defineMutant('heartbeat/body-demanded', 'A heartbeat without a body is refused (422).', {
    touches: ['heartbeat'],
    spoil: refuseWhen(422, ({ text }) => text === ''),
  }),
  defineMutant('heartbeat/capabilities-demanded', 'A heartbeat must name capabilities (422).', {
    touches: ['heartbeat'],
    spoil: refuseWhen(422, ({ text, members }) => text !== '' && !('capabilities' in members)),
  }),
  defineMutant('heartbeat/answers-runner', 'A heartbeat answers the runner instead of the cancellations.', {
    touches: ['heartbeat'],
    spoil: () => async (call) => {
      const reply = await call.proceed()
      if (!isSuccess(reply)) return reply
      return answer(200, (await call.ask('getRunner', { path: call.path })).body)
    },
  }),
  defineMutant('heartbeat/cancelled-jobs-left-out', 'A heartbeat with nothing to announce answers an empty object.', {
    touches: ['heartbeat'],
    spoil: editReply((reply) => {
      const isEmpty =
        textIn(membersIn(reply), 'code') === '' && itemsOf(membersIn(reply)['cancelled_job_ids']).length === 0
      return isSuccess(reply) && isEmpty ? withBody(reply, {}) : reply
    }),
  }),
]
