// Mistakes in waiting for work: missed wake-ups, waits of another length, work that gets lost.
import { defineMutant, type Mutant, type Spoil } from '../mutant.js'
import { hasWork, isEmpty, nothing, notWoken, runnerIdOf, takesAlong, tellsOthers, theSame } from '../polls.js'
import { answer, itemsOf, membersIn, refusal, textIn, withBody } from '../reply.js'
import { editReply, refuseWhen } from '../spoils.js'

const JOB_POLL = 10
const COMMAND_POLL = 30

/** Ends the polls of a runner when something happens that does not concern it. */
function endsPollsWhen(operation: 'createJob' | 'createBridgeCommand', poll: 'nextJob' | 'nextBridgeCommands'): Spoil {
  return (stage) => {
    const waiting = new Map<AbortController, string>()
    return async (call) => {
      if (call.operation === poll) {
        const controller = new AbortController()
        waiting.set(controller, runnerIdOf(call))
        const reply = await call.proceed({ signal: controller.signal })
        waiting.delete(controller)
        return reply
      }
      const reply = await call.proceed()
      if (call.operation !== operation) return reply
      const target = stage.takerOf(call)?.id ?? runnerIdOf(call)
      for (const [controller, runnerId] of waiting) if (runnerId !== target) controller.abort()
      return reply
    }
  }
}

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

const jobMutants = [
  defineMutant({
    id: 'long-poll/nothing-as-no-content',
    mistake: 'nextJob answers 204 without a body when there is nothing to do.',
    touches: ['nextJob'],
    spoil: editReply((reply) => (reply.body === 'null' ? answer(204) : reply)),
  }),
  defineMutant({
    id: 'long-poll/nothing-as-empty-object',
    mistake: 'nextJob answers an empty object when there is nothing to do.',
    touches: ['nextJob'],
    spoil: editReply((reply) => (reply.body === 'null' ? withBody(reply, {}) : reply)),
  }),
  defineMutant({
    id: 'long-poll/nothing-as-not-found',
    mistake: 'nextJob answers 404 when there is nothing to do.',
    touches: ['nextJob'],
    spoil: editReply((reply) => (reply.body === 'null' ? refusal(404) : reply)),
  }),
  defineMutant({
    id: 'long-poll/job-wakes-nobody',
    mistake: 'A job that is created while a poll waits is not noticed by it.',
    touches: ['nextJob'],
    spoil: notWoken(JOB_POLL),
  }),
  defineMutant({
    id: 'long-poll/job-wakes-early-polls-only',
    mistake: 'A poll that has waited for half its time no longer notices a new job.',
    touches: ['nextJob'],
    spoil: (stage) => async (call) => {
      const half = new AbortController()
      void stage.sleep(JOB_POLL / 2).then(() => half.abort())
      const started = stage.now()
      const reply = await call.proceed({ signal: half.signal })
      const left = JOB_POLL - (stage.now() - started) / 1000
      if (!isEmpty(reply) || !half.signal.aborted || !stage.isAlive(runnerIdOf(call))) return reply
      await stage.sleep(left, call.exchange.signal)
      return nothing(call)
    },
  }),
  defineMutant({
    id: 'long-poll/no-wait-for-jobs',
    mistake: 'nextJob answers at once, also when there is nothing to do.',
    settings: { next_job_poll_timeout_seconds: 0 },
  }),
  defineMutant({
    id: 'long-poll/short-wait-for-jobs',
    mistake: 'nextJob waits for half the time.',
    settings: { next_job_poll_timeout_seconds: 5 },
  }),
  defineMutant({
    id: 'long-poll/long-wait-for-jobs',
    mistake: 'nextJob waits for a minute.',
    settings: { next_job_poll_timeout_seconds: 60 },
  }),
  defineMutant({
    id: 'long-poll/jobs-looked-for-in-intervals',
    mistake: 'A poll looks for jobs every eight seconds only.',
    touches: ['nextJob'],
    spoil: (stage) => async (call) => {
      if (!hasWork(call, stage) && stage.isAlive(runnerIdOf(call))) await stage.sleep(8, call.exchange.signal)
      return call.proceed()
    },
  }),
  defineMutant({
    id: 'long-poll/pending-job-after-a-wait',
    mistake: 'A poll begins to look when its time is nearly over.',
    touches: ['nextJob'],
    spoil: (stage) => async (call) => {
      await stage.sleep(JOB_POLL - 1, call.exchange.signal)
      return call.proceed()
    },
  }),
  defineMutant({
    id: 'long-poll/job-to-every-poll',
    mistake: 'A job is handed to every poll that waits.',
    touches: ['nextJob'],
    spoil: tellsOthers(theSame),
  }),
  defineMutant({
    id: 'long-poll/job-ends-every-poll',
    mistake: 'A job that is handed to one poll sends the others away with null.',
    touches: ['nextJob'],
    spoil: tellsOthers((_, call) => nothing(call)),
  }),
  defineMutant({
    id: 'long-poll/any-job-ends-polls',
    mistake: 'A job for one runner ends the polls of the others.',
    touches: ['nextJob', 'createJob'],
    oneByOne: true,
    spoil: endsPollsWhen('createJob', 'nextJob'),
  }),
  defineMutant({
    id: 'long-poll/ended-poll-takes-next-job',
    mistake: 'A poll that has ended with null stays in line and takes the next job.',
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
  defineMutant({
    id: 'long-poll/connect-runner-refused',
    mistake: 'A connect runner may not poll for jobs (404).',
    touches: ['nextJob'],
    spoil: refuseWhen(404, (call, stage) => stage.runnerOf(call)?.session.type === 'connect'),
  }),
  defineMutant({
    id: 'long-poll/connect-runner-gets-neighbours-jobs',
    mistake: "A connect runner's poll is handed the jobs of its project's endpoint runner.",
    touches: ['nextJob'],
    spoil: (stage) => async (call) => {
      const runner = stage.runnerOf(call)
      if (runner?.session.type !== 'connect') return call.proceed()
      for (let waited = 0; waited < JOB_POLL; waited += 0.25) {
        const neighbour = stage.neighbourOf(runner)
        if (neighbour !== undefined && stage.jobsOf(neighbour.id, 'pending').length > 0)
          return call.proceed({ path: { runnerId: neighbour.id } })
        if (!(await stage.sleep(0.25, call.exchange.signal))) break
      }
      return nothing(call)
    },
  }),
  defineMutant({
    id: 'long-poll/hung-up-job-poll-blocks',
    mistake: 'A poller that hangs up keeps its place, and nobody behind it gets a job.',
    touches: ['nextJob'],
    spoil: (stage) => {
      const blocked = new Set<string>()
      return async (call) => {
        if (blocked.has(runnerIdOf(call))) {
          await stage.sleep(JOB_POLL, call.exchange.signal)
          return nothing(call)
        }
        const { signal } = call.exchange
        const reply = await call.proceed()
        if (signal?.aborted === true) blocked.add(runnerIdOf(call))
        return reply
      }
    },
  }),
  defineMutant({
    id: 'long-poll/hung-up-job-poll-takes-two',
    mistake: 'A poller that hangs up takes the next two jobs along.',
    touches: ['nextJob', 'createJob'],
    spoil: takesAlong(2),
  }),
  defineMutant({
    id: 'long-poll/disconnect-leaves-job-poll',
    mistake: 'The poll of a runner that is disconnected is never answered.',
    severity: 'should',
    touches: ['nextJob'],
    spoil: neverAnswered(),
  }),
  defineMutant({
    id: 'long-poll/disconnect-hands-out-job',
    mistake: 'The poll of a runner that is disconnected ends with an empty object.',
    severity: 'should',
    touches: ['nextJob'],
    spoil: (stage) => async (call) => {
      const reply = await call.proceed()
      return stage.stateOf('runner', runnerIdOf(call)) === 'none' && reply.body === 'null' ? withBody(reply, {}) : reply
    },
  }),
]

const commandMutants = [
  defineMutant({
    id: 'long-poll/command-wakes-nobody',
    mistake: 'A command that is submitted while a poll waits is not noticed by it.',
    touches: ['nextBridgeCommands'],
    spoil: notWoken(COMMAND_POLL),
  }),
  defineMutant({
    id: 'long-poll/no-wait-for-commands',
    mistake: 'nextBridgeCommands answers at once, also when there is nothing to do.',
    settings: { bridge_poll_timeout_seconds: 0 },
  }),
  defineMutant({
    id: 'long-poll/commands-polled-as-long-as-jobs',
    mistake: 'nextBridgeCommands waits as long as nextJob.',
    settings: { bridge_poll_timeout_seconds: JOB_POLL },
  }),
  defineMutant({
    id: 'long-poll/commands-waited-for-forever',
    mistake: 'nextBridgeCommands waits until there is something to do.',
    settings: { bridge_poll_timeout_seconds: 100_000 },
  }),
  defineMutant({
    id: 'long-poll/nothing-as-null-batch',
    mistake: 'nextBridgeCommands answers null when there is nothing to do.',
    touches: ['nextBridgeCommands'],
    spoil: editReply((reply) => (isEmpty(reply) && reply.status === 200 ? withBody(reply, null) : reply)),
  }),
  defineMutant({
    id: 'long-poll/batch-waits-to-fill',
    mistake: 'A poll waits for its time to be over, lest a batch go out half full.',
    touches: ['nextBridgeCommands'],
    spoil: (stage) => async (call) => {
      if (stage.isAlive(runnerIdOf(call))) await stage.sleep(COMMAND_POLL, call.exchange.signal)
      return hasWork(call, stage) ? call.proceed() : nothing(call)
    },
  }),
  defineMutant({
    id: 'long-poll/one-command-at-a-time',
    mistake: 'A poll is handed one command, however many are pending.',
    touches: ['nextBridgeCommands'],
    spoil: () => (call) => call.proceed({ body: { max_commands: 1 } }),
  }),
  defineMutant({
    id: 'long-poll/command-to-every-poll',
    mistake: 'A command is handed to every poll that waits.',
    touches: ['nextBridgeCommands'],
    spoil: tellsOthers(theSame),
  }),
  defineMutant({
    id: 'long-poll/command-ends-every-poll',
    mistake: 'A command that is handed to one poll sends the others away with nothing.',
    touches: ['nextBridgeCommands'],
    spoil: tellsOthers((_, call) => nothing(call)),
  }),
  defineMutant({
    id: 'long-poll/hung-up-command-poll-takes-two',
    mistake: 'A poller that hangs up takes the next two commands along.',
    touches: ['nextBridgeCommands', 'createBridgeCommand'],
    spoil: takesAlong(2),
  }),
  defineMutant({
    id: 'long-poll/disconnect-leaves-command-poll',
    mistake: 'The command poll of a runner that is disconnected is never answered.',
    severity: 'should',
    touches: ['nextBridgeCommands'],
    spoil: neverAnswered(),
  }),
  defineMutant({
    id: 'long-poll/pick-up-after-answer',
    mistake: 'A command that wakes a poll is marked as picked up with the next poll only.',
    touches: ['nextBridgeCommands', 'getBridgeCommand'],
    spoil: (stage) => {
      const late = new Set<string>()
      return async (call) => {
        const waits = call.operation === 'nextBridgeCommands' && !hasWork(call, stage)
        const reply = await call.proceed()
        if (waits) for (const each of itemsOf(membersIn(reply)['commands'])) late.add(textIn(each, 'command_id'))
        const command = membersIn(reply)
        const isLate = call.operation === 'getBridgeCommand' && late.has(textIn(command, 'command_id'))
        return isLate && command['status'] === 'picked_up' ? withBody(reply, { ...command, status: 'pending' }) : reply
      }
    },
  }),
]

export const longPollMutants: readonly Mutant[] = [...jobMutants, ...commandMutants]
