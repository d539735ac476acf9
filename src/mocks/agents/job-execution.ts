// One job in the hands of a simulated runner: reports that it runs, streams its logs, computes the result and reports
// that, with a trace, as the SDKs do it. Everything goes through the public API. What has happened is written down, so
// that another life of the runner can take the job up: its agent starts again, and passes over what it did before.
import { SleepOptions as SleepForm } from '../../generated/kit-page.js'
import { expectForm } from '../../kernel/validate-options.js'
import type { RequestBodyOf } from '../../kernel/operation.js'
import type { AgentContext, AgentHandler, SleepOptions } from './agent.js'
import { readConfiguration, readPrompt } from './job-setup.js'
import { createLogStream, JobTrace, type JobOutcome, type JobReportParts } from './report-job.js'
import type { SavedExecution } from './saved-runners.js'
import { ScriptedFailure } from './agent-script.js'

interface ExecutionParts extends JobReportParts {
  die: () => void
}

export class JobRun {
  readonly execution: SavedExecution
  private readonly handler: AgentHandler | undefined
  private readonly parts: ExecutionParts
  private readonly cancelling = new AbortController()
  private readonly ending = new AbortController()
  private readonly finished = new AbortController()
  private readonly abandoned = new AbortController()
  private sleepsBegun = 0
  private diesAfterwards = false

  constructor(execution: SavedExecution, handler: AgentHandler | undefined, parts: ExecutionParts) {
    this.execution = execution
    this.handler = handler
    this.parts = parts
  }

  /** Executes the job to its end. Never throws; a refused report means that the job is gone, and ends the execution. */
  async go(): Promise<void> {
    const { execution, handler, parts } = this
    const { call, die } = parts
    const { job, traceId } = execution
    const path = { jobId: job.id }
    const stopped = this.ending.signal
    const report = (body: RequestBodyOf<'reportJobResult'>) => call('reportJobResult', { path, body })
    if (handler === undefined) {
      await report({ status: 'failed', error: `Unknown agent: ${job.agent_name}` })
      return
    }
    if (execution.isReported !== true) await report({ status: 'running', trace_id: traceId })
    execution.isReported = true
    const logs = createLogStream(call, execution, stopped)
    const trace = new JobTrace(execution, parts, stopped)
    const outcome = await this.work(handler, logs.write, trace)
    if (outcome !== undefined) {
      const steps = [() => trace.finish(outcome), logs.flush, () => report({ ...outcome, trace_id: traceId })]
      for (const step of steps) if (!stopped.aborted) await step()
      if (this.diesAfterwards) die()
    }
    this.cancelling.abort()
  }

  cancel(): void {
    this.execution.cancelledAfter ??= this.sleepsBegun
    this.cancelling.abort()
  }

  end(): void {
    this.ending.abort()
    this.cancelling.abort()
  }

  private async work(
    handler: AgentHandler,
    log: AgentContext['log'],
    trace: JobTrace,
  ): Promise<JobOutcome | undefined> {
    const { execution, finished, abandoned, cancelling, ending, parts } = this
    const { span } = trace.begin()
    const context: AgentContext = {
      inputs: execution.job.inputs,
      job: execution.job,
      count: execution.count,
      log: (text, stream) => {
        if (!finished.signal.aborted) log(text, stream)
      },
      sleep: (ms, options) => this.sleep(ms, options),
      span,
      trace: (change) => trace.change(change),
      configuration: async () => {
        const found = await readConfiguration(execution.job, parts.call)
        if (found !== undefined) trace.tellConfiguration(found.note)
        return found?.configuration
      },
      prompt: (name, which) => readPrompt({ name, ...which }, execution.job, parts),
      signal: cancelling.signal,
      abandon() {
        abandoned.abort()
        return new Promise(() => undefined)
      },
      die: (when) => {
        if (when === 'now') parts.die()
        else this.diesAfterwards = true
      },
    }
    if (execution.cancelledAfter === 0) cancelling.abort()
    const outcome = await Promise.race([
      compute(handler, context),
      this.timeOut(),
      aborted(abandoned.signal),
      aborted(ending.signal),
    ])
    finished.abort()
    return outcome
  }

  private async sleep(ms: number, options: SleepOptions = {}): Promise<boolean> {
    expectForm(SleepForm, options, 'sleep')
    const { execution, finished, cancelling } = this
    const { clock } = this.parts
    const sleep = (execution.sleeps[this.sleepsBegun++] ??= { until: Math.min(clock.now() + ms, LAST_MOMENT) })
    const signal = options.ignoreCancellation === true ? finished.signal : cancelling.signal
    const sleeping = sleep.passed ?? clock.sleep(sleep.until - clock.now(), signal)
    // In an earlier life the cancellation came at this place.
    if (this.sleepsBegun === execution.cancelledAfter) cancelling.abort()
    sleep.passed = await sleeping
    return sleep.passed
  }

  /** The SDKs give a job up by themselves when its timeout has passed; an abandoned job has no watcher. */
  private async timeOut(): Promise<JobOutcome | undefined> {
    const { clock } = this.parts
    const { job, startedAt } = this.execution
    const { timeout } = job
    const waitMs = startedAt + timeout * 1000 - clock.now()
    const passed = timeout > 0 && (await clock.sleep(waitMs, this.finished.signal))
    if (passed && !this.abandoned.signal.aborted) {
      return { status: 'failed', error: `Job timed out after ${timeout}s` }
    }
    return aborted(this.abandoned.signal)
  }
}

/** Later than any time that a clock can show, and still a number in JSON. */
const LAST_MOMENT = Number.MAX_SAFE_INTEGER

async function compute(handler: AgentHandler, context: AgentContext): Promise<JobOutcome> {
  try {
    return { status: 'completed', result: (await handler(context)) ?? null }
  } catch (error) {
    return { status: 'failed', error: describeError(error) }
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}

function describeError(error: unknown): string {
  if (error instanceof ScriptedFailure) return error.message
  return error instanceof Error ? `${error.name}: ${error.message}` : `Error: ${String(error)}`
}
