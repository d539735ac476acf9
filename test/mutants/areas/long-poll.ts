// Mistakes in waiting for work: missed wake-ups, waits of another length, work that gets lost.
import { defineMutant, type Mutant, type Spoil, defineShould } from '../mutant.js'
import { hasWork, isEmpty, nothing, runnerIdOf } from '../polls.js'
import { answer, withBody } from '../reply.js'
import { editReply } from '../spoils.js'

const JOB_POLL = 10
const COMMAND_POLL = 30

/** The poll of a runner that goes meanwhile is left waiting. */
function neverAnswered(): Spoil {
  return (stage) => async (call) => {
    const isThere = (): boolean => stage.stateOf('runner', runnerIdOf(call)) !== 'none'
    const wasThere = isThere()
    const reply = await call.proceed()
    if (wasThere && !isThere()) await stage.sleep(10_000, call.exchange.signal)
    return reply
  }
}

export const longPollMutants: readonly Mutant[] = [
  defineMutant('long-poll/nothing-as-no-content', 'nextJob answers 204 without a body when there is nothing to do.', {
    touches: ['nextJob'],
    spoil: editReply((reply) => (reply.body === 'null' ? answer(204) : reply)),
  }),
  defineMutant('long-poll/nothing-as-empty-object', 'nextJob answers an empty object when there is nothing to do.', {
    touches: ['nextJob'],
    spoil: editReply((reply) => (reply.body === 'null' ? withBody(reply, {}) : reply)),
  }),
  defineMutant('long-poll/no-wait-for-jobs', 'nextJob answers at once, also when there is nothing to do.', {
    settings: { next_job_poll_timeout_seconds: 0 },
  }),
  defineMutant('long-poll/pending-job-after-a-wait', 'A poll begins to look when its time is nearly over.', {
    touches: ['nextJob'],
    spoil: (stage) => async (call) => {
      await stage.sleep(JOB_POLL - 1, call.exchange.signal)
      return call.proceed()
    },
  }),
  defineMutant('long-poll/ended-poll-takes-next-job', 'A poll that has ended takes the next job.', {
    touches: ['nextJob', 'createJob'],
    spoil: (stage) => {
      const stale = new Set<string>()
      return async (call) => {
        const reply = await call.proceed()
        if (call.operation === 'nextJob') {
          if (reply.body === 'null') stale.add(runnerIdOf(call))
          return reply
        }
        const runnerId = stage.takerOf(call)?.id ?? ''
        if (stale.delete(runnerId)) await call.ask('nextJob', { path: { runnerId } })
        return reply
      }
    },
  }),
  defineShould('long-poll/disconnect-leaves-job-poll', 'The poll of a runner that is disconnected is never answered.', {
    touches: ['nextJob'],
    spoil: neverAnswered(),
  }),
  defineMutant('long-poll/no-wait-for-commands', 'nextBridgeCommands never waits.', {
    settings: { bridge_poll_timeout_seconds: 0 },
  }),
  defineMutant('long-poll/nothing-as-null-batch', 'nextBridgeCommands answers null when there is nothing to do.', {
    touches: ['nextBridgeCommands'],
    spoil: editReply((reply) => (isEmpty(reply) && reply.status === 200 ? withBody(reply, null) : reply)),
  }),
  defineMutant('long-poll/batch-waits-to-fill', 'A poll waits until its time is over or its batch is full.', {
    touches: ['nextBridgeCommands'],
    spoil: (stage) => async (call) => {
      if (stage.isAlive(runnerIdOf(call))) await stage.sleep(COMMAND_POLL, call.exchange.signal)
      return hasWork(call, stage) ? call.proceed() : nothing(call)
    },
  }),
  defineShould(
    'long-poll/disconnect-leaves-command-poll',
    'The command poll of a runner that goes is never answered.',
    {
      touches: ['nextBridgeCommands'],
      spoil: neverAnswered(),
    },
  ),
]
