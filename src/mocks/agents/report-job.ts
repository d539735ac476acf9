// What a simulated runner sends about a job while it works on it and when it is done, as the SDKs do it: log lines, and
// the trace: it and its spans when they begin, and again, whole, when they end. What was sent in an earlier life of the
// runner is not sent again.
import { SpanEnd as EndForm, SpanStart as StartForm, TraceChange as ChangeForm } from '../../generated/kit-later.js'
import type { JsonObject } from '../../kernel/json-value.js'
import { expectForm } from '../../kernel/validate-options.js'
import type { RequestBodyOf } from '../../kernel/operation.js'
import type { LocalRunnerJob, LocalRunnerLogEntry } from '../../kernel/types.js'
import { omitUndefined } from '../base/omit-undefined.js'
import type { SpanEnd, SpanStart, TraceChange } from '../../generated/kit-schema.js'
import type { OpenSpan, AgentContext } from './agent.js'
import type { SavedExecution, RunningSimulation, SimulationParts } from './simulated-runner.js'
import { toIso } from '../../kernel/instant.js'

export interface JobReportParts extends Pick<SimulationParts, 'clock' | 'newId'>, RunningSimulation {
  projectName: string
}

export interface JobOutcome extends Pick<LocalRunnerJob, 'result' | 'error'> {
  status: 'completed' | 'failed'
}

/** Sends what is added, in order; what comes within one turn shares a call. */
function createOutbox<Item>(send: (items: readonly Item[]) => Promise<void>) {
  const waiting: Item[] = []
  let sent: Promise<void> = Promise.resolve()
  const add = (item: Item): void => {
    waiting.push(item)
    if (waiting.length === 1) sent = sent.then(() => send(waiting.splice(0)))
  }
  return { add, flush: () => sent }
}

/** Sends log lines while the agent runs. */
export function createLogStream(
  execution: SavedExecution,
  { call, stopped }: JobReportParts,
): { write: AgentContext['log']; flush: () => Promise<void> } {
  let written = 0
  const { add, flush } = createOutbox<LocalRunnerLogEntry>(async (body) => {
    if (stopped.aborted) return
    await call('appendJobLogs', { path: { jobId: execution.job.id }, body: [...body] })
    execution.lines += body.length
  })
  return {
    write(text, stream = 'stdout') {
      // What was sent in an earlier life is there already.
      if (text.trim() !== '' && ++written > execution.lines) add({ stream, text })
    },
    flush,
  }
}

type WrittenSpan = RequestBodyOf<'createSpans'>['spans'][number]
type WrittenTrace = RequestBodyOf<'createTraces'>['traces'][number]

interface Work {
  readonly span: WrittenSpan
  readonly saved: SavedExecution['spans'][number]
}

export class JobTrace {
  private readonly execution: SavedExecution
  private readonly parts: JobReportParts
  private readonly works: Work[] = []
  private trace: WrittenTrace
  private readonly outbox = createOutbox<WrittenSpan | 'trace'>((items) => this.send(items))
  private note: JsonObject | undefined
  private isOver = false

  constructor(execution: SavedExecution, parts: JobReportParts) {
    const { job, traceId, startedAt } = execution
    this.execution = execution
    this.parts = parts
    this.trace = {
      id: traceId,
      project_name: parts.projectName,
      name: job.agent_name,
      start_time: toIso(startedAt),
      input: { inputs: job.inputs ?? null },
      source: 'sdk',
    }
  }

  /** The trace and its first span, which is the agent itself, appear. */
  begin(): OpenSpan {
    const { job, spans } = this.execution
    if (spans.length === 0) this.tell()
    return this.open({ name: job.agent_name, input: this.trace.input }, undefined)
  }

  change(change: TraceChange): void {
    expectForm(ChangeForm, change, 'trace')
    this.trace = { ...this.trace, ...omitUndefined({ ...change, tags: change.tags && [...change.tags] }) }
    if (this.note === undefined) this.tell()
    else this.tellConfiguration(this.note)
  }

  /** Says in the metadata of trace and first span, as the SDKs do, which configuration the agent runs with. */
  tellConfiguration(agent_configuration: JsonObject): void {
    this.note = agent_configuration
    this.trace = { ...this.trace, metadata: { ...Object(this.trace.metadata), agent_configuration } }
    this.tell()
    const [root] = this.works
    if (root === undefined) return
    root.span.metadata = { ...Object(root.span.metadata), agent_configuration }
    this.write({ ...root.span })
  }

  /** All that is still open ends, and the trace with it. */
  async finish({ result, error }: JobOutcome): Promise<void> {
    const [root, ...inner] = this.works
    for (const work of inner.toReversed()) this.end(work, omitUndefined({ error }))
    if (root !== undefined) this.end(root, error === undefined ? { output: { result } } : { error })
    const ending = omitUndefined({
      output: error === undefined ? { result } : undefined,
      error_info: toErrorInfo(error),
    })
    this.trace = { ...this.trace, ...ending, end_time: this.parts.clock.iso() }
    this.tell()
    this.isOver = true
    await this.outbox.flush()
  }

  private open(start: SpanStart, around: WrittenSpan | undefined): OpenSpan {
    const { execution, parts, works } = this
    const known = execution.spans[works.length]
    const saved = known ?? { id: parts.newId(), startedAt: parts.clock.now() }
    if (known === undefined) execution.spans.push(saved)
    const span: WrittenSpan = {
      id: saved.id,
      trace_id: execution.traceId,
      ...omitUndefined({ parent_span_id: around?.id }),
      project_name: parts.projectName,
      type: 'general',
      ...omitUndefined({ ...start, tags: start.tags && [...start.tags] }),
      name: start.name,
      start_time: toIso(saved.startedAt),
      source: 'sdk',
    }
    const work: Work = { span, saved }
    works.push(work)
    if (known === undefined) this.write(span)
    return {
      id: saved.id,
      span: (inner) => {
        expectForm(StartForm, inner, 'span')
        return this.open(inner, span)
      },
      end: (ending = {}) => {
        expectForm(EndForm, ending, 'span.end')
        this.end(work, ending)
      },
    }
  }

  private end({ span, saved }: Work, { error, cost, ...ending }: SpanEnd): void {
    if (span.end_time !== undefined) return
    const isKnown = saved.endedAt !== undefined
    saved.endedAt ??= this.parts.clock.now()
    Object.assign(span, {
      ...ending,
      ...omitUndefined({ total_estimated_cost: cost, error_info: toErrorInfo(error) }),
      end_time: toIso(saved.endedAt),
    })
    if (!isKnown) this.write({ ...span })
  }

  private write(span: WrittenSpan): void {
    // The actions of an agent after the end of its job have no effect.
    if (!this.isOver) this.outbox.add(span)
  }

  private tell(): void {
    if (!this.isOver) this.outbox.add('trace')
  }

  /** The latest of each; spans go first, as the SDKs send them. */
  private async send(items: readonly (WrittenSpan | 'trace')[]): Promise<void> {
    const { call, stopped } = this.parts
    const latest = new Map(items.flatMap((item) => (item === 'trace' ? [] : [[item.id, item] as const])))
    const spans = [...latest.values()]
    const traces = items.includes('trace') ? [this.trace] : []
    if (spans.length > 0 && !stopped.aborted) await call('createSpans', { body: { spans } })
    if (traces.length > 0 && !stopped.aborted) await call('createTraces', { body: { traces } })
  }
}

/** A text such as `TypeError: no text` as a trace or span shows it; undefined for none. */
export function toErrorInfo(error: string | undefined): WrittenTrace['error_info'] {
  if (error === undefined) return undefined
  const [type = ''] = error.split(':', 1)
  return { exception_type: type.trim() || 'Error', message: error, traceback: error }
}
