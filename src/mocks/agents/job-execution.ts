// One job in the hands of a simulated runner, as the SDKs do it, all through the public API: what it is to run with,
// logs, trace and result. What has happened is written down, so that another life of the runner can take the job up.
import { SleepOptions as SleepForm } from '../../generated/kit-page.js'
import { expectForm } from '../../kernel/validate-options.js'
import type { RequestBodyOf } from '../../kernel/operation.js'
import type { SleepOptions } from '../../generated/kit-schema.js'
import type { AgentContext, AgentHandler, AgentPrompt, PromptChoice } from './agent.js'
import { createLogStream, JobTrace, type JobOutcome, type JobReportParts } from './report-job.js'
import type { SavedExecution } from './simulated-runner.js'
import { ScriptedFailure } from './agent-script.js'
import { omitUndefined } from '../base/omit-undefined.js'
import { memberOf, textAt, textOf } from '../../kernel/json-value.js'
import type { Blueprint, BlueprintValue, LocalRunnerJob } from '../../kernel/types.js'
import type { AgentCall } from './call-api.js'

export class JobRun {
  readonly execution: SavedExecution
  private readonly handler: AgentHandler | undefined
  private readonly parts: JobReportParts
  private readonly cancelling = new AbortController()
  private readonly finished = new AbortController()
  private sleepsBegun = 0
  private diesAfterwards = false

  constructor(execution: SavedExecution, handler: AgentHandler | undefined, parts: JobReportParts) {
    this.execution = execution
    this.handler = handler
    this.parts = parts
  }

  /** Executes the job to its end. Never throws; a refused report means that the job is gone, and ends the execution. */
  async go(): Promise<void> {
    const { execution, handler, parts } = this
    const { call, die, stopped } = parts
    const { job, traceId } = execution
    const path = { jobId: job.id }
    const report = (body: RequestBodyOf<'reportJobResult'>) => call('reportJobResult', { path, body })
    if (handler === undefined) {
      await report({ status: 'failed', error: `Unknown agent: ${job.agent_name}` })
      return
    }
    if (execution.isReported !== true) await report({ status: 'running', trace_id: traceId })
    execution.isReported = true
    const logs = createLogStream(execution, parts)
    const trace = new JobTrace(execution, parts)
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

  /** Resolves when the agent is done, its time is over, or nothing is to be reported: it has given up, or its runner has ended. */
  private async work(
    handler: AgentHandler,
    log: AgentContext['log'],
    trace: JobTrace,
  ): Promise<JobOutcome | undefined> {
    const { cancelling, execution, finished, parts } = this
    const { span } = trace.begin()
    let end = (): void => undefined
    const outcome = await new Promise<JobOutcome | undefined>((settle) => {
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
          settle(undefined)
          return new Promise(() => undefined)
        },
        die: (when) => {
          if (when === 'now') parts.die()
          else this.diesAfterwards = true
        },
      }
      end = () => {
        settle(undefined)
        cancelling.abort()
      }
      parts.stopped.addEventListener('abort', end)
      if (execution.cancelledAfter === 0) cancelling.abort()
      void compute(handler, context).then(settle)
      void this.timeOut(settle)
    })
    finished.abort()
    parts.stopped.removeEventListener('abort', end)
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

  /** The SDKs give a job up by themselves when its timeout has passed. */
  private async timeOut(settle: (outcome: JobOutcome) => void): Promise<void> {
    const { clock } = this.parts
    const { job, startedAt } = this.execution
    const { timeout } = job
    if (timeout > 0 && (await clock.sleep(startedAt + timeout * 1000 - clock.now(), this.finished.signal)))
      settle({ status: 'failed', error: `Job timed out after ${timeout}s` })
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

function describeError(error: unknown): string {
  if (error instanceof ScriptedFailure) return error.message
  return error instanceof Error ? `${error.name}: ${error.message}` : `Error: ${String(error)}`
}

/** Where an agent looks when its job names no version. */
const ENVIRONMENT = 'prod'

/**
 * Reads the configuration that a job is to run with, as the SDKs read it: the version that the job names, or the one in
 * `prod`, with the values of the job's mask laid over; and how a trace tells of it. undefined where the project has no
 * such version.
 */
async function readConfiguration(job: LocalRunnerJob, call: AgentCall) {
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

type Version = Pick<Blueprint, 'id' | 'name' | 'values'>

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

/** Reads a version of a prompt, or the draft that the job has for it. undefined where there is no such version. */
async function readPrompt(
  { name, environment, version }: PromptChoice & { name: string },
  { prompt_masks: masks = {} }: LocalRunnerJob,
  { call, projectName }: Pick<JobReportParts, 'call' | 'projectName'>,
): Promise<AgentPrompt | undefined> {
  const which = omitUndefined({ environment, version_number: version })
  const { body: found } = await call('retrievePromptVersion', { body: { name, project_name: projectName, ...which } })
  const mask = masks[textAt(found, 'prompt_id')]
  const { body } = mask === undefined ? { body: found } : await call('getPromptVersionById', { path: { id: mask } })
  const template = textOf(memberOf(body, 'template'))
  return template === undefined ? undefined : { template, version: textOf(memberOf(body, 'version_number')) }
}
