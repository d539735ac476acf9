/**
 * Jobs: the queue of each runner, exactly-once hand-out to waiting pollers, results, logs, cancellation, and what
 * becomes of jobs when time runs out or their runner is gone. An operation comes with the rule that has accepted it; for
 * everything else the lifecycle tables are asked here.
 */
import { copySharedFields, carriedFields, take } from '../../kernel/shared-fields.js'
import type { StopSignal } from '../../kernel/clock.js'
import { jobTimeout } from '../../lifecycle/facts.js'
import { decide, findRule, type Decision, type Rule, type StateOf } from '../../lifecycle/table.js'
import { spanMs, waitSeconds } from '../../lifecycle/timers.js'
import type {
  CreateLocalRunnerJobRequest,
  LocalRunnerJob,
  LocalRunnerJobResultRequest,
  LocalRunnerLogEntry,
} from '../../kernel/types.js'
import type { Identity } from '../base/identity.js'
import { keepNumbers } from './stored-json.js'
import { ExpiryQueue, OrphanedPolls, requeue } from './work-queue.js'
import { announce, announceTimer, move, newId, type Parts } from './world-parts.js'
import type { TransitionSubject } from './events.js'
import type { RecordPage, Delivery, JobRecord, RunnerRecord } from './records.js'
import { isOf, placeOf, subjectOf as subjectOfRunner, type Runners } from './runners.js'

type JobState = Exclude<StateOf<'job'>, 'none'>
type MoveTrigger = 'nextJob' | 'delivery.failed' | 'timer.job_timeout' | 'runner.gone' | 'timer.completed_job_ttl'

/** The rule for every job that is made. */
const CREATED = decide('job', 'none', 'createJob')

/** All jobs that can still be read. */
export class Jobs {
  private readonly byId = new Map<string, JobRecord>()
  private readonly ended: ExpiryQueue<JobRecord>
  private readonly parts: Parts
  private readonly runners: Runners
  private readonly orphans = new OrphanedPolls()

  constructor(parts: Parts, runners: Runners) {
    this.parts = parts
    this.runners = runners
    this.ended = new ExpiryQueue(
      parts.clock,
      () => spanMs('completed_job_ttl', parts.settings),
      (job) => this.expire(job),
    )
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
    this.index(job)
    runner.jobs.pending.set(job.wire.id, job)
    announce(this.parts, 'job', CREATED, 'none', () => subjectOf(job))
    this.wakePoller(runner)
    return job
  }

  /** Whether a runner may take one more job. */
  hasRoomOn({ jobs }: RunnerRecord): boolean {
    return jobs.pending.size < this.parts.settings.max_pending_jobs_per_runner
  }

  /** nextJob: the oldest pending job, or a wait for one. */
  next(
    runner: RunnerRecord,
    signal: StopSignal | undefined,
  ): Delivery<LocalRunnerJob> | Promise<Delivery<LocalRunnerJob> | undefined> {
    const [oldest] = runner.jobs.pending.values()
    if (oldest !== undefined) return this.handOut(oldest)
    const waitMs = 1000 * (waitSeconds('nextJob', {}, this.parts.settings) ?? 0)
    const onTimeout = (): void => announceTimer(this.parts, 'next_job_poll', () => subjectOfRunner(runner))
    const noticed = this.parts.deviations.ignoresHangUps === true ? undefined : signal
    return runner.jobs.pollers.wait(this.parts.clock, waitMs, { signal: noticed, onTimeout })
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
    if (announcesCancellation(rule)) job.runner.jobs.cancelled.push(job.wire.id)
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
    for (const job of [...runner.jobs.running]) {
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
    this.orphans.add(runner.jobs.pollers, this.parts.deviations)
  }

  /** Sets the timer for the next job that expires again, after the clock was set back. */
  rearm(): void {
    this.ended.rearm()
  }

  /** Sends every waiting poller away with nothing. */
  dissolve(): void {
    for (const runner of this.runners.values()) runner.jobs.pollers.dissolve()
    this.orphans.dissolve()
  }

  /** Puts restored jobs in their places, in order of creation. */
  load(jobs: readonly JobRecord[]): void {
    for (const job of jobs) {
      this.index(job)
      if (job.wire.status === 'pending') job.runner.jobs.pending.set(job.wire.id, job)
      if (job.wire.status === 'running') job.runner.jobs.running.add(job)
    }
    const ended = jobs.filter((job) => job.wire.completed_at !== undefined)
    const byEnd = ended
      .map((job) => [job, Date.parse(job.wire.completed_at ?? '')] as const)
      .sort((a, b) => a[1] - b[1])
    for (const [job, endedAt] of byEnd) if (this.parts.deviations.expires?.(job) ?? true) this.ended.add(job, endedAt)
  }

  private index(job: JobRecord): void {
    this.byId.set(job.wire.id, job)
    const { jobs } = job.runner
    jobs.all.push(job)
    jobs.view = undefined
  }

  /** Gives the oldest pending job to the poll that has waited longest. */
  private wakePoller(runner: RunnerRecord): void {
    if (runner.jobs.pollers.length === 0) return
    const [oldest] = runner.jobs.pending.values()
    if (oldest !== undefined) runner.jobs.pollers.give(this.handOut(oldest))
  }

  /** What is handed out is the job as it is now: it may be cancelled before the answer has been written. */
  private handOut(job: JobRecord): Delivery<LocalRunnerJob> {
    if (job.wire.status === 'pending') this.moveBy(job, 'nextJob')
    else this.rerun(job)
    const item = { ...job.wire }
    keepNumbers(item, job.wire)
    const delivery: Delivery<LocalRunnerJob> = {
      item,
      failed: () => {
        // The job may have ended, been reported or been handed out again by now; then there is nothing to undo.
        if (job.delivery === delivery && this.parts.deviations.ignoresHangUps !== true) this.putBack(job)
      },
    }
    job.delivery = delivery
    return delivery
  }

  /** Lets a job run that has ended in the queue. */
  private rerun(job: JobRecord): void {
    const { pending, running } = job.runner.jobs
    pending.delete(job.wire.id)
    this.parts.deviations.restart?.(job, this.parts.clock.iso())
    job.startedAt = this.parts.clock.now()
    job.runner.jobs.view = undefined
    running.add(job)
    this.parts.touch('job', job.wire.id)
  }

  private putBack(job: JobRecord): void {
    this.moveBy(job, 'delivery.failed')
    requeue(job.runner.jobs.pending, [[job.wire.id, job]])
    this.wakePoller(job.runner)
  }

  private moveBy(job: JobRecord, trigger: MoveTrigger, values?: Partial<LocalRunnerJob>): void {
    const rule = findRule('job', job.wire.status, trigger)
    if (rule !== undefined) this.move(job, job.wire.status, rule, values)
  }

  /** Carries a rule out, and keeps the runner's queue in step with the job's new state. */
  private move(
    job: JobRecord,
    from: JobState,
    rule: Parameters<typeof move>[1],
    values?: Partial<LocalRunnerJob>,
  ): void {
    move(this.parts, rule, job.wire, values)
    job.runner.jobs.view = undefined
    if (rule.to === null) {
      this.parts.touch('job', job.wire.id)
      return
    }
    const { pending, running } = job.runner.jobs
    const isKept = rule.on === 'reportJobResult' && this.parts.deviations.keepsReportedJob?.(job) === true
    if (from === 'pending' && !isKept) pending.delete(job.wire.id)
    if (from === 'running') running.delete(job)
    if (rule.to === 'running') {
      job.startedAt = this.parts.clock.now()
      running.add(job)
    } else {
      job.delivery = undefined
    }
    if (rule.to !== 'running' && rule.to !== 'pending') {
      if (this.parts.deviations.expires?.(job) ?? true) this.ended.add(job, this.parts.clock.now())
    }
    announce(this.parts, 'job', rule, from, () => subjectOf(job))
  }

  private expire(job: JobRecord): void {
    const rule = findRule('job', job.wire.status, 'timer.completed_job_ttl')
    if (rule === undefined || job.isExpired) return
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
    announce(this.parts, 'job', rule, job.wire.status, () => subjectOf(job))
  }
}

function announcesCancellation({ emits }: Rule): boolean {
  return emits?.includes('job.cancellation_announced') === true
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
