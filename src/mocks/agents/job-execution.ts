/**
 * One job in the hands of a simulated runner: reports that it runs, streams its logs, computes the result and reports
 * that, with a trace, as the SDKs do it. Everything goes through the public API. What has happened is written down, so
 * that another life of the runner can take the job up: its agent begins anew, and passes over what it did before.
 */
import { SleepOptions as SleepForm } from '../../generated/kit-page.js'
import { expectForm } from '../../kernel/form.js'
import type { BlueprintValue, LocalRunnerJob } from '../../kernel/types.js'
import type { AgentContext, AgentHandler, SleepOptions, AgentConfiguration } from './agent.js'
import { createLogStream, JobTrace, type ConfigurationNote, type JobOutcome, type ReportParts } from './report-job.js'
import type { SavedExecution } from './saved-runners.js'
import { ScriptedFailure } from './agent-script.js'
import type { DirectCall } from './call-api.js'

/** What an execution needs of its runner. */
interface ExecutionParts extends ReportParts {
  /** Ends the runner. */
  die: () => void
}

/** What became of the agent's work: an outcome to report, or none. */
interface Work {
  outcome: JobOutcome | undefined
  diesAfterwards: boolean
}

/** One job in work. */
export class JobRun {
  /** How far it has come. */
  readonly execution: SavedExecution
  private readonly handler: AgentHandler | undefined
  private readonly parts: ExecutionParts
  private readonly cancelling = new AbortController()
  private readonly ending = new AbortController()
  private readonly finished = new AbortController()
  private readonly abandoned = new AbortController()
  private sleepsBegun = 0

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
    if (handler === undefined) {
      await call('reportJobResult', { path, body: { status: 'failed', error: `Unknown agent: ${job.agent_name}` } })
      return
    }
    if (execution.isReported !== true) {
      await call('reportJobResult', { path, body: { status: 'running', trace_id: traceId } })
      execution.isReported = true
    }
    const logs = createLogStream(call, execution, stopped)
    const trace = new JobTrace(execution, parts, stopped)
    const { outcome, diesAfterwards } = await this.work(handler, logs.write, trace)
    if (outcome !== undefined) {
      const reports = [
        () => trace.finish(outcome),
        () => logs.flush(),
        () => call('reportJobResult', { path, body: { ...outcome, trace_id: traceId } }),
      ]
      for (const report of reports) if (!stopped.aborted) await report()
      if (diesAfterwards) die()
    }
    this.cancelling.abort()
  }

  /** The job was cancelled. */
  cancel(): void {
    this.execution.cancelledAfter ??= this.sleepsBegun
    this.cancelling.abort()
  }

  /** The runner has ended; nothing is reported from now on. */
  end(): void {
    this.ending.abort()
    this.cancelling.abort()
  }

  private async work(handler: AgentHandler, log: AgentContext['log'], trace: JobTrace): Promise<Work> {
    const { execution, finished, abandoned, cancelling, ending, parts } = this
    let diesAfterwards = false
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
      signal: cancelling.signal,
      abandon() {
        abandoned.abort()
        return new Promise(() => undefined)
      },
      die(when) {
        if (when === 'now') parts.die()
        else diesAfterwards = true
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
    return { outcome, diesAfterwards }
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

  /** The SDKs give a job up by themselves when its timeout has passed; an abandoned one nobody watches. */
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

/** Resolves, with nothing, when the signal aborts. */
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

/** A configuration, and how a trace tells of it. */
interface ReadConfiguration {
  readonly configuration: AgentConfiguration
  readonly note: ConfigurationNote
}

/** Where an agent looks when its job names no version. */
const ENVIRONMENT = 'prod'

/**
 * Reads the configuration that a job is to run with, as the SDKs read it: the version that the job names, or the one in
 * `prod`, with the values of the job's mask laid over. undefined where the project has no such version.
 */
async function readConfiguration(job: LocalRunnerJob, call: DirectCall): Promise<ReadConfiguration | undefined> {
  const { project_id, blueprint_name: name, mask_id } = job
  const query = mask_id === undefined ? {} : { mask_id }
  const { body: version } =
    name === undefined
      ? await call('getBlueprintByEnv', { path: { project_id, env_name: ENVIRONMENT }, query })
      : await call('getBlueprintByName', { path: { project_id, name }, query })
  if (!isVersion(version)) return undefined
  const mask =
    mask_id === undefined ? undefined : (await call('getDeltaById', { path: { blueprint_id: mask_id } })).body
  const masked = isVersion(mask) ? mask.values : []
  const values = version.values.map((each) => [each.key, { value: typed(each), type: each.type }] as const)
  return {
    configuration: { version: version.name, values: plain(version.values), masked: plain(masked) },
    note: {
      ...{ _blueprint_id: version.id, blueprint_version: version.name },
      ...(mask_id === undefined ? {} : { _mask_id: mask_id }),
      values: Object.fromEntries(values),
    },
  }
}

interface Version {
  readonly id: string
  readonly name: string
  readonly values: readonly BlueprintValue[]
}

function isVersion(body: unknown): body is Version {
  return typeof body === 'object' && body !== null && 'values' in body && Array.isArray(body.values)
}

function plain(values: readonly BlueprintValue[]): Record<string, unknown> {
  return Object.fromEntries(values.map((each) => [each.key, typed(each)]))
}

/** Values are kept as text, whatever they are. */
function typed({ value = '', type }: BlueprintValue): unknown {
  if (type === 'boolean') return value.toLowerCase() === 'true'
  const isNumber = (type === 'integer' || type === 'float') && value.trim() !== '' && Number.isFinite(Number(value))
  return isNumber ? Number(value) : value
}
