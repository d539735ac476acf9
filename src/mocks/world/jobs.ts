/**
 * Jobs: the queue of each runner, exactly-once hand-out to waiting pollers, results, logs, cancellation, and what
 * becomes of jobs when time runs out or their runner is gone. An operation comes with the rule that has accepted it; for
 * everything else the lifecycle tables are asked here.
 */
import { copySharedFields, carriedFields, take } from '../../kernel/shared-fields.js'
import { effectOf } from '../../lifecycle/rule-effects.js'
import { jobTimeout } from '../../lifecycle/facts.js'
import { decide, type Decision, type Rule } from '../../lifecycle/table.js'
import { spanMs } from '../../lifecycle/timers.js'
import type {
  CreateLocalRunnerJobRequest,
  LocalRunnerJob,
  LocalRunnerJobResultRequest,
  LocalRunnerLogEntry,
} from '../../kernel/types.js'
import type { Identity } from '../base/identity.js'
import { keepNumbers } from './stored-json.js'
import { move, newId, type Parts } from './world-parts.js'
import type { TransitionSubject } from './events.js'
import type { RecordPage, Delivery, JobRecord, RunnerRecord } from './records.js'
import { isOf, placeOf, type Runners } from './runners.js'
import { WorkStore } from './work-store.js'

/** The rule for every job that is made. */
const CREATED = decide('job', 'none', 'createJob')

/** All jobs that can still be read. */
export class Jobs extends WorkStore<JobRecord, LocalRunnerJob> {
  private readonly byId = new Map<string, JobRecord>()

  constructor(parts: Parts, runners: Runners) {
    super(parts, runners, {
      ...{ machine: 'job', poll: 'nextJob', pollTimer: 'next_job_poll', expiry: 'completed_job_ttl', subjectOf },
      ...{ idOf: ({ wire }) => wire.id, lineOf: ({ jobs }) => jobs },
    })
  }

  /** Number of jobs that can still be read. */
  get count(): number {
    return this.byId.size
  }

  /** Every job, in the order of creation. */
  values(): Iterable<JobRecord> {
    return this.byId.values()
  }

  /** A job of any owner. */
  get(id: string): JobRecord | undefined {
    return this.byId.get(id)
  }

  /** A job of one of the caller's runners. */
  find(caller: Identity, id: string): JobRecord | undefined {
    const job = this.byId.get(id)
    return job !== undefined && isOf(job.runner, caller) ? job : undefined
  }

  /** createJob: queues a job on a runner, and hands it on if one polls. */
  create(runner: RunnerRecord, request: CreateLocalRunnerJobRequest): JobRecord {
    const agentTimeout = runner.agents.get(request.agent_name)?.timeout
    const job: JobRecord = {
      runner,
      // Its first rule sets `created_at`.
      wire: copySharedFields('CreateLocalRunnerJobRequest', request, {
        id: newId(this.parts),
        runner_id: runner.id,
        status: 'pending' as const,
        project_id: runner.projectId,
        timeout: jobTimeout(agentTimeout, (name) => this.parts.settings[name]),
        created_at: '',
      }),
      logs: [],
      startedAt: 0,
      delivery: undefined,
      isExpired: false,
    }
    move(this.parts, CREATED, job.wire)
    keepNumbers(job.wire, request)
    this.add(job, CREATED)
    return job
  }

  /** Whether a runner may take one more job. */
  hasRoomOn({ jobs }: RunnerRecord): boolean {
    return jobs.pending.size < this.parts.settings.max_pending_jobs_per_runner
  }

  /** listJobs: newest first. Every job of a runner is of the runner's project. */
  page(
    runner: RunnerRecord,
    query: { projectId?: string | undefined; page: number; size: number },
  ): RecordPage<LocalRunnerJob> {
    const { page, size } = query
    if (query.projectId !== undefined && query.projectId !== runner.projectId)
      return { page, size, total: 0, content: [] }
    const { view } = runner.jobs
    const existing = runner.jobs.all.length - runner.jobs.expired
    const counted = query.projectId === undefined ? this.parts.deviations.totalOf?.(runner, existing) : undefined
    const total = counted ?? existing
    if (view?.page === page && view.size === size && view.total === total) return view
    runner.jobs.view = Object.freeze({ page, size, total, content: newest(runner, page * size, size) })
    return runner.jobs.view
  }

  /** reportJobResult. */
  report(job: JobRecord, { rule }: Decision, report: LocalRunnerJobResultRequest): void {
    job.delivery = undefined
    this.move(job, job.wire.status, rule, copySharedFields('LocalRunnerJobResultRequest', report, {}))
    // A job that has ended stays as it is.
    if (rule.set !== undefined) keepNumbers(job.wire, report)
  }

  /** cancelJob: a running job is announced to its runner by the next heartbeat. */
  cancel(job: JobRecord, { rule }: Decision): void {
    if (effectOf('job', job.wire.status, rule).isAnnounced) job.runner.jobs.cancelled.push(job.wire.id)
    this.move(job, job.wire.status, rule)
  }

  /** appendJobLogs. */
  appendLogs(job: JobRecord, entries: readonly LocalRunnerLogEntry[]): void {
    this.parts.touch('log', job.wire.id, job.logs.length)
    for (const entry of entries) job.logs.push(take('LocalRunnerLogEntry', entry))
  }

  /** Hands a pending job out without a poll, whichever others are waiting. */
  start(id: string): void {
    const job = this.byId.get(id)
    if (job?.wire.status === 'pending') this.handOut(job)
  }

  /** Fails the running jobs of a runner whose time is over; part of the reaper's run. */
  failTimedOut(runner: RunnerRecord): void {
    const now = this.parts.clock.now()
    for (const job of [...runner.jobs.inHand]) {
      // In whole seconds, so its last one is never cut short.
      if (Math.floor((now - job.startedAt) / 1000) * 1000 <= spanMs('job_timeout', this.parts.settings, job.wire))
        continue
      this.moveBy(job, 'timer.job_timeout', { error: `Job timed out after ${job.wire.timeout}s` })
    }
  }

  /** Ends the jobs of a runner that is gone: later reads are 404. */
  removeOf(runner: RunnerRecord): void {
    for (const job of [...runner.jobs.unlisted, ...runner.jobs.all]) {
      if (job.isExpired) continue
      this.moveBy(job, 'runner.gone', { error: 'Runner disconnected' })
      job.isExpired = true
      this.byId.delete(job.wire.id)
    }
    this.releasePolls(runner)
  }

  protected override index(job: JobRecord): void {
    this.byId.set(job.wire.id, job)
    const { jobs } = job.runner
    jobs.all.push(job)
    jobs.view = undefined
  }

  protected override unindex(job: JobRecord): boolean {
    if (job.isExpired) return false
    job.isExpired = true
    this.byId.delete(job.wire.id)
    const { jobs } = job.runner
    jobs.view = undefined
    if (!jobs.unlisted.delete(job)) {
      jobs.expired++
      jobs.everExpired++
    }
    if (jobs.expired * 4 > jobs.all.length) {
      jobs.all = jobs.all.filter((kept) => !kept.isExpired)
      jobs.expired = 0
    }
    return true
  }

  protected override handNext({ jobs }: RunnerRecord): Delivery<LocalRunnerJob> | undefined {
    const [oldest] = jobs.pending.values()
    return oldest && this.handOut(oldest)
  }

  protected override onMove({ runner, wire }: JobRecord, { to }: Rule): void {
    runner.jobs.view = undefined
    if (to === null) this.parts.touch('job', wire.id)
  }

  protected override retain(job: JobRecord, endedAt: number): void {
    if (this.parts.deviations.expires?.(job) ?? true) super.retain(job, endedAt)
  }

  /** What is handed out is the job as it is now: it may be cancelled before the answer has been written. */
  private handOut(job: JobRecord): Delivery<LocalRunnerJob> {
    if (job.wire.status === 'pending') this.moveBy(job, 'nextJob')
    else this.rerun(job)
    const item = { ...job.wire }
    keepNumbers(item, job.wire)
    return this.deliver([job], item)
  }

  /** Lets a job run that has ended in the queue. */
  private rerun(job: JobRecord): void {
    const { pending, inHand } = job.runner.jobs
    pending.delete(job.wire.id)
    this.parts.deviations.restart?.(job, this.parts.clock.iso())
    job.startedAt = this.parts.clock.now()
    job.runner.jobs.view = undefined
    inHand.add(job)
    this.parts.touch('job', job.wire.id)
  }
}

/** The jobs of a runner from the newest on, expired ones passed over. */
function newest({ jobs }: RunnerRecord, skip: number, most: number): LocalRunnerJob[] {
  const found: LocalRunnerJob[] = []
  // Without expired jobs in between, the page can be reached in one step.
  let left = jobs.expired === 0 ? 0 : skip
  const start = jobs.all.length - 1 - (jobs.expired === 0 ? skip : 0)
  for (let place = start; place >= 0 && found.length < most; place--) {
    const job = jobs.all[place]
    if (job === undefined || job.isExpired) continue
    if (left > 0) left--
    else found.push(job.wire)
  }
  return found
}

function subjectOf({ wire, runner }: JobRecord): TransitionSubject {
  return {
    id: wire.id,
    ...placeOf(runner),
    name: wire.agent_name,
    // Of a job there is always something to tell: its agent.
    fields: carriedFields(SOURCES, wire).fields ?? {},
  }
}

const SOURCES = ['CreateLocalRunnerJobRequest', 'LocalRunnerJobResultRequest'] as const
