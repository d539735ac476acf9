// Variants in jobs: what servers in use do besides the rules.
import type { Call, Caller } from '../../mutants/call.js'
import { runnerIdOf, takesAlong } from '../../mutants/polls.js'
import {
  answer,
  isSuccess,
  itemsOf,
  membersIn,
  membersOf,
  textIn,
  withBody,
  type Members,
} from '../../mutants/reply.js'
import { isSameCaller, type Stage } from '../../mutants/stage.js'
import { defineVariant, type Variant } from './variant.js'

const jobIdOf = ({ path }: Call): string => (path['jobId'] ?? '').toLowerCase()

/** A job that is kept though its time is over. */
interface Kept {
  readonly runnerId: string
  readonly owner: Caller
  readonly job: Members
  logs: unknown[]
}

/** Jobs cancelled while they ran, and what is answered about them once the mock has forgotten them. */
class KeptJobs {
  private readonly kept = new Map<string, Kept>()
  private readonly stage: Stage

  constructor(stage: Stage) {
    this.stage = stage
  }

  /** Notes a job that has just been cancelled while it ran, and its log whenever that grows. */
  async note(call: Call): Promise<void> {
    const id = jobIdOf(call)
    const { body } = await call.ask('getJob', { path: { jobId: id } })
    const logs = await call.ask('getJobLogs', { path: { jobId: id } })
    const job = membersOf(body)
    this.kept.set(id, { runnerId: textIn(job, 'runner_id'), owner: call.caller, job, logs: itemsOf(logs.body) })
  }

  has(call: Call): boolean {
    return this.kept.has(jobIdOf(call))
  }

  /** The job of a call, if only we still have it. */
  ownOf(call: Call): Kept | undefined {
    const kept = this.kept.get(jobIdOf(call))
    return kept !== undefined && isSameCaller(kept.owner, call.caller) && this.isForgotten(kept) ? kept : undefined
  }

  of(runnerId: string): Members[] {
    return [...this.kept.values()]
      .filter((each) => each.runnerId === runnerId && this.isForgotten(each))
      .map(({ job }) => job)
  }

  private isForgotten({ runnerId, job }: Kept): boolean {
    return this.stage.stateOf('runner', runnerId) !== 'none' && this.stage.stateOf('job', textIn(job, 'id')) === 'none'
  }
}

function answerFor(call: Call, kept: Kept): ReturnType<typeof answer> {
  if (call.operation === 'getJob') return answer(200, kept.job)
  if (call.operation === 'getJobLogs') return answer(200, kept.logs.slice(Number(call.query.get('offset') ?? 0)))
  if (call.operation === 'appendJobLogs') kept.logs.push(...itemsOf(call.body))
  return answer(204)
}

/** A page of a list that holds what is kept as well, newest first. */
async function withKept(call: Call, kept: readonly Members[]): Promise<ReturnType<typeof answer>> {
  const query = { project_id: call.query.get('project_id') ?? undefined, size: '10000' }
  const { body } = await call.ask('listJobs', { path: call.path, query })
  const others = kept.filter((job) => query.project_id === undefined || job['project_id'] === query.project_id)
  const all = [...itemsOf(membersOf(body)['content']).map(membersOf), ...others]
  all.sort((a, b) => (textIn(a, 'id') < textIn(b, 'id') ? 1 : -1))
  const [page, size] = [Number(call.query.get('page') ?? 0), Number(call.query.get('size') ?? 25)]
  return answer(200, { page, size, total: all.length, content: all.slice(page * size, (page + 1) * size) })
}

export const jobVariants: readonly Variant[] = [
  defineVariant({
    id: 'total-of-all-times',
    what: 'The total of an unfiltered list of jobs counts expired ones.',
    touches: ['listJobs'],
    checks: ['paging/*', 'time/expired-job-not-listed', 'time/*-job-expires', 'runner/*', 'model/time'],
    spoil: (dice) => (stage) => async (call) => {
      const reply = await call.proceed()
      if (!isSuccess(reply) || call.query.has('project_id')) return reply
      const runnerId = runnerIdOf(call).toLowerCase()
      const total = [...stage.jobs.values()].filter((job) => job.runnerId === runnerId).length
      const body = membersIn(reply)
      return body['total'] !== total && dice.plays() ? withBody(reply, { ...body, total }) : reply
    },
  }),
  defineVariant({
    id: 'cancelled-jobs-kept',
    what: 'A job that was cancelled while it ran is kept for good.',
    touches: ['cancelJob', 'getJob', 'getJobLogs', 'appendJobLogs', 'reportJobResult', 'listJobs'],
    checks: ['time/*-job-*', 'job-reports/*', 'job-logs/*', 'model/time'],
    spoil: (dice) => (stage) => {
      const kept = new KeptJobs(stage)
      return async (call) => {
        const wasRunning = stage.stateOf('job', jobIdOf(call)) === 'running'
        const reply = await call.proceed()
        if (call.operation === 'listJobs') {
          const forgotten = kept.of(runnerIdOf(call).toLowerCase())
          return isSuccess(reply) && forgotten.length > 0 ? withKept(call, forgotten) : reply
        }
        const ends = call.operation === 'cancelJob' && wasRunning && stage.stateOf('job', jobIdOf(call)) === 'cancelled'
        if (
          isSuccess(reply) &&
          ((ends && dice.plays(jobIdOf(call))) || (kept.has(call) && call.operation === 'appendJobLogs'))
        )
          await kept.note(call)
        const own = reply.status === 404 ? kept.ownOf(call) : undefined
        return own === undefined ? reply : answerFor(call, own)
      }
    },
  }),
  defineVariant({
    id: 'hung-up-polls-take-along',
    what: 'A poller that hung up takes along what comes while it would have waited.',
    touches: ['createJob', 'createBridgeCommand', 'nextJob', 'nextBridgeCommands'],
    checks: ['long-poll/*', 'model/jobs', 'model/commands', 'model/concurrent-*'],
    spoil: (dice) => takesAlong(1, { doesTake: () => dice.plays() }),
  }),
]
