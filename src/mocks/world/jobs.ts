/** Jobs: how they are made and listed, their logs and cancellation. What they share with commands is in `work-store`. */
import { copySharedFields } from '../../kernel/shared-fields.js'
import { effectOf } from '../../lifecycle/rule-effects.js'
import { jobTimeout } from '../../lifecycle/facts.js'
import { decide, type Decision } from '../../lifecycle/table.js'
import { spanMs } from '../../lifecycle/timers.js'
import type { CreateLocalRunnerJobRequest, LocalRunnerJob, LocalRunnerLogEntry } from '../../kernel/types.js'
import { hasQuirk, newId, type Parts } from './world-parts.js'
import { JobRecord, keepNumbers, type RecordPage, type RunnerRecord } from './records.js'
import type { Runners } from './runners.js'
import { WorkStore } from './work-store.js'

/** All jobs that can still be read. */
export class Jobs extends WorkStore<JobRecord, LocalRunnerJob, 'LocalRunnerJobResultRequest'> {
  constructor(parts: Parts, runners: Runners) {
    super(parts, runners, {
      ...{ machine: 'job', poll: 'nextJob', pollTimer: 'next_job_poll', expiry: 'completed_job_ttl' },
      ...{ created: decide('job', 'none', 'createJob'), room: 'max_pending_jobs_per_runner' },
      ...{ report: 'LocalRunnerJobResultRequest', nameOf: ({ wire }) => wire.agent_name },
      sources: ['CreateLocalRunnerJobRequest', 'LocalRunnerJobResultRequest'],
      ...{
        idOf: ({ wire }) => wire.id,
        lineOf: ({ jobs }) => jobs,
        itemOf: ({ wire }) => keepNumbers({ ...wire }, wire),
        gone: { error: 'Runner disconnected' },
      },
      // In whole seconds, so its last one is never cut short.
      isOverdue: ({ wire }, elapsed) => Math.floor(elapsed / 1000) * 1000 > spanMs('job_timeout', parts.settings, wire),
    })
  }

  /** createJob: queues a job on a runner, and hands it on if one polls. */
  create(runner: RunnerRecord, request: CreateLocalRunnerJobRequest): JobRecord {
    const agentTimeout = runner.agents.get(request.agent_name)?.timeout
    // Its first rule sets `created_at`.
    const wire = copySharedFields('CreateLocalRunnerJobRequest', request, {
      id: newId(this.parts),
      runner_id: runner.id,
      status: 'pending' as const,
      project_id: runner.projectId,
      timeout: jobTimeout(agentTimeout, (name) => this.parts.settings[name]),
      created_at: '',
    })
    return this.add(new JobRecord(runner, wire), request)
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
    const all = this.listOf(runner)
    const isExpiredCounted = query.projectId === undefined && hasQuirk(this.parts, 'total-counts-expired')
    const total = all.length + (isExpiredCounted ? runner.jobs.everExpired : 0)
    if (view?.page === page && view.size === size && view.total === total) return view
    const end = Math.max(all.length - page * size, 0)
    const content = all.slice(Math.max(end - size, 0), end).map(({ wire }) => wire)
    runner.jobs.view = Object.freeze({ page, size, total, content: content.reverse() })
    return runner.jobs.view
  }

  /** cancelJob: a running job is announced to its runner by the next heartbeat. */
  cancel(job: JobRecord, { rule }: Decision): void {
    if (effectOf('job', job.wire.status, rule).isAnnounced) job.runner.jobs.cancelled.push(job.wire.id)
    this.move(job, job.wire.status, rule)
  }

  /** appendJobLogs. */
  appendLogs(job: JobRecord, entries: readonly LocalRunnerLogEntry[]): void {
    this.parts.touch()
    for (const entry of entries) job.logs.push(copySharedFields('LocalRunnerLogEntry', entry, {}))
  }

  override timeOut(job: JobRecord): void {
    this.moveBy(job, 'timer.job_timeout', { error: `Job timed out after ${job.wire.timeout}s` })
  }

  protected override onChange({ runner }: JobRecord): void {
    runner.jobs.view = undefined
  }

  protected override expires({ wire }: JobRecord): boolean {
    const isStopped = wire.status === 'cancelled' && wire.started_at !== undefined
    return !(isStopped && hasQuirk(this.parts, 'cancelled-running-never-expires'))
  }

  protected override isOffered(): boolean {
    return true
  }

  protected override take(job: JobRecord): void {
    if (job.wire.status === 'pending') super.take(job)
    else this.rerun(job)
  }

  /** Lets a job run that has ended and stays in the queue; it takes a second result. */
  private rerun(job: JobRecord): void {
    const { pending, inHand } = job.runner.jobs
    pending.delete(job.wire.id)
    Object.assign(job.wire, { status: 'running', started_at: this.parts.clock.iso() })
    job.startedAt = this.parts.clock.now()
    job.runner.jobs.view = undefined
    inHand.add(job)
    this.parts.touch()
  }
}
