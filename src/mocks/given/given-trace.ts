/** `given.trace`: a trace with its spans, sent as the SDKs send what is over. */
import { createIdSource, type IdSource } from '../../kernel/id-source.js'
import type { SpanWrite, Trace } from '../../kernel/types.js'
import { expectSuccess } from '../agents/call-api.js'
import type { ScriptedSpan } from '../../generated/kit-schema.js'
import type * as kit from '../../generated/kit-schema.js'
import { toErrorInfo } from '../agents/report-job.js'
import { DEFAULT_PROJECT } from '../base/settings.js'
import { omitUndefined } from '../base/omit-undefined.js'
import { readShown, type GivenContext } from './given-runner.js'
import { toIso } from '../../kernel/instant.js'

/** A trace that is over. */
export type GivenTrace = Omit<kit.ScenarioTrace, 'project' | 'workspace' | 'api_key'>

/** Which trace to make. */
export interface TraceRequest extends GivenTrace, Pick<kit.TraceRequest, 'projectId' | 'as'> {}

export async function createTrace(stage: GivenContext, request: TraceRequest): Promise<Trace> {
  const { projectId, as, ago_ms, for_ms = 1000, error, spans = [], id: given, scores, comments, ...fields } = request
  const call = expectSuccess(stage.callAs(as))
  const project_name =
    projectId === undefined
      ? DEFAULT_PROJECT
      : (await readShown(call, 'getProjectById', { id: projectId }, 'name')).name
  const begin = stage.host.world.now() - (ago_ms ?? for_ms)
  const id = given ?? stage.host.world.collections.traces.newKey()
  const environment = omitUndefined({ environment: request.environment })
  const place: Place = { trace_id: id, project_name, begin, end: begin + for_ms, ...environment }
  // Under the trace's own id, so that the same trace has the same spans wherever it is made.
  const written = writeSpans(spans, place, createIdSource(Number.parseInt(id.slice(-8), 16)))
  for (let from = 0; from < written.length; from += MAX_BATCH) {
    await call('createSpans', { body: { spans: written.slice(from, from + MAX_BATCH) } })
  }
  const times = { start_time: toIso(begin), end_time: toIso(place.end) }
  const failure = omitUndefined({ error_info: toErrorInfo(error) })
  const others = omitUndefined({ ...fields, tags: fields.tags && [...fields.tags] })
  const trace = { id, project_name, ...others, ...times, ...failure, source: 'sdk' as const }
  await call('createTraces', { body: { traces: [trace] } })
  for (const [name, value] of Object.entries(scores ?? {})) {
    const body = { name, value, source: 'sdk' as const }
    await call('addTraceFeedbackScore', { path: { id }, body })
  }
  for (const text of comments ?? []) await call('addTraceComment', { path: { id }, body: { text } })
  return readShown(call, 'getTraceById', { id }, 'start_time')
}

/** Spans that createSpans takes at once. */
const MAX_BATCH = 1000

interface Place {
  readonly trace_id: string
  readonly project_name: string
  readonly begin: number
  readonly end: number
  readonly environment?: string
}

function writeSpans(spans: readonly ScriptedSpan[], place: Place, ids: IdSource): SpanWrite[] {
  const { begin, end, ...belonging } = place
  const byName = new Map<string, string>()
  return spans.map(({ inside, after_ms = 0, for_ms, cost, error, ...fields }) => {
    const start = begin + after_ms
    const id = ids.next(start)
    const parent = inside === undefined ? undefined : byName.get(inside)
    byName.set(fields.name, id)
    return {
      ...{ ...belonging, id, type: 'general' },
      ...omitUndefined({ parent_span_id: parent }),
      ...omitUndefined(fields),
      ...{ start_time: toIso(start), end_time: toIso(for_ms === undefined ? end : start + for_ms), source: 'sdk' },
      ...omitUndefined({ total_estimated_cost: cost, error_info: toErrorInfo(error) }),
    }
  })
}
