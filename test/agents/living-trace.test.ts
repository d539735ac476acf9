// The trace that a job of a simulated agent leaves, as whoever watches it sees it grow.
import { beforeEach, describe, expect, it } from 'vitest'
import {
  createRunnerMock,
  type AgentScript,
  type GivenRunner,
  type RunnerMock,
  type Span,
  type Trace,
} from '../../src/index.js'
import { createJob, frozenMock, readJob, send } from './play.js'

let mock: RunnerMock
let runner: GivenRunner

beforeEach(() => {
  mock = frozenMock()
})

const advance = (seconds: number): Promise<void> => mock.clock.advance({ seconds })

async function run(agent: Parameters<RunnerMock['agents']['register']>[1], inputs?: unknown): Promise<string> {
  mock.agents.register('worker', agent)
  runner = await mock.given.connectedRunner()
  await mock.agents.start(runner, { agents: ['worker'] })
  const job = await createJob(mock, runner, 'worker', inputs)
  await advance(0)
  return job
}

async function traceOf(job: string): Promise<Trace & { spans: Span[] }> {
  const { trace_id: id = '' } = await readJob(mock, job)
  const trace = (await send(mock, 'GET', `/traces/${id}`)).body as Trace
  const list = await send(mock, 'GET', `/spans?project_id=${runner.projectId}&trace_id=${id}&size=100`)
  return { ...trace, spans: (list.body as { content: Span[] }).content.toReversed() }
}

const shown = ({ spans }: { spans: Span[] }): unknown[] =>
  spans.map(({ name, end_time: end }) => [name, end === undefined ? 'open' : 'ended'])

describe('a trace', () => {
  it('is there when its job begins, with the span of the agent, and ends with it', async () => {
    const job = await run({ latency_ms: 5000, result: { ok: true } }, { city: 'Oslo' })
    const early = await traceOf(job)
    expect(early).toMatchObject({
      name: 'worker',
      input: { inputs: { city: 'Oslo' } },
      start_time: '2026-01-01T00:00:00Z',
    })
    expect(early).not.toHaveProperty('end_time')
    expect(shown(early)).toEqual([['worker', 'open']])
    await advance(5)
    const late = await traceOf(job)
    expect(late).toMatchObject({
      output: { result: { ok: true } },
      end_time: '2026-01-01T00:00:05Z',
      span_count: 1,
    })
    expect(late.spans[0]).toMatchObject({ type: 'general', output: { result: { ok: true } }, duration: 5000 })
  })

  it('goes on after a restart from a snapshot of version 0.1, which kept no spans', async () => {
    const job = await run({ latency_ms: 5000, result: 'done' })
    const snapshot = structuredClone(mock.snapshot())
    for (const { work } of snapshot.crew?.runners ?? []) {
      if (work.kind === 'endpoint') for (const execution of work.jobs) Reflect.deleteProperty(execution, 'spans')
    }
    mock.restore(snapshot)
    await advance(5)
    expect(await readJob(mock, job)).toMatchObject({ status: 'completed', result: 'done' })
  })

  it('grows by the steps of a script, one inside of the other', async () => {
    const script: AgentScript = {
      thread_id: 'talk {{inputs.city}}',
      spans: [
        { name: 'plan', for_ms: 4000 },
        {
          name: 'search {{inputs.city}}',
          type: 'tool',
          inside: 'plan',
          after_ms: 1000,
          for_ms: 1000,
          output: ['{{inputs.city}}'],
        },
        {
          name: 'answer',
          type: 'llm',
          after_ms: 4000,
          for_ms: 2000,
          model: 'm',
          provider: 'p',
          usage: { total_tokens: 7 },
          cost: 0.5,
        },
      ],
    }
    const job = await run(script, { city: 'Oslo' })
    expect(shown(await traceOf(job))).toEqual([
      ['worker', 'open'],
      ['plan', 'open'],
    ])
    await advance(1)
    const [root, plan, search] = (await traceOf(job)).spans
    expect([plan?.parent_span_id, search?.parent_span_id, search?.name]).toEqual([root?.id, plan?.id, 'search Oslo'])
    await advance(4)
    expect(shown(await traceOf(job))).toEqual([
      ...[
        ['worker', 'open'],
        ['plan', 'ended'],
      ],
      ...[
        ['search Oslo', 'ended'],
        ['answer', 'open'],
      ],
    ])
    await advance(1)
    const { spans, ...trace } = await traceOf(job)
    expect(trace).toMatchObject({
      thread_id: 'talk Oslo',
      usage: { total_tokens: 7 },
      total_estimated_cost: 0.5,
      has_tool_spans: true,
    })
    expect(spans.at(-1)).toMatchObject({ name: 'answer', type: 'llm', model: 'm', provider: 'p', duration: 2000 })
    expect(spans[2]).toMatchObject({ output: ['Oslo'] })
  })

  it('grows by what a function says, and tells of its failure in all that was open', async () => {
    const job = await run(async ({ span, sleep, trace }) => {
      trace({ tags: ['tried'], metadata: { by: 'test' } })
      const outer = span({ name: 'outer', input: { n: 1 } })
      outer.span({ name: 'done' }).end({ output: 1 })
      outer.span({ name: 'inner', type: 'tool' })
      await sleep(1000)
      throw new TypeError('no text')
    })
    await advance(1)
    const { spans, ...trace } = await traceOf(job)
    const error = { exception_type: 'TypeError', message: 'TypeError: no text' }
    expect(trace).toMatchObject({ tags: ['tried'], metadata: { by: 'test' }, error_info: error })
    expect(spans.map(({ name, error_info: info }) => [name, info?.exception_type])).toEqual([
      ...[
        ['worker', 'TypeError'],
        ['outer', 'TypeError'],
      ],
      ...[
        ['done', undefined],
        ['inner', 'TypeError'],
      ],
    ])
  })

  it.each([' : ', ': none'])('tells of a failure that says no more than %j', async (error) => {
    const job = await run({ error, spans: [{ name: 'try', error }] })
    await advance(1)
    const { spans, ...trace } = await traceOf(job)
    const told = { exception_type: 'Error', message: error, traceback: error }
    expect([trace, ...spans].map((each) => each.error_info)).toEqual([told, told, told])
  })

  it('stays open when its runner dies', async () => {
    const job = await run(async ({ sleep, die }) => {
      await sleep(1000)
      die('now')
    })
    await advance(30)
    const trace = await traceOf(job)
    expect([trace.end_time, shown(trace)]).toEqual([undefined, [['worker', 'open']]])
  })
})

describe('the configuration of a job', () => {
  const value = (key: string, text: string, type: 'integer' | 'boolean') => ({ key, value: text, type })

  it('changes what the demo answers, and is told of in trace and span as the SDKs do it', async () => {
    const demo = createRunnerMock({ scenario: 'demo', now: '2026-01-01T00:00:00Z', frozen: true })
    await demo.ready
    const projectId = demo.snapshot().world.runners[0]?.projectId ?? ''
    const text = 'one two three four five'
    const runIt = async (fields: object) => {
      const body = { agent_name: 'summarize', project_id: projectId, inputs: { text }, ...fields }
      const { id } = await send(demo, 'POST', '/local-runners/jobs', { body })
      await demo.clock.advance({ seconds: 1 })
      const { result, trace_id } = await readJob(demo, id)
      return { result, trace: (await send(demo, 'GET', `/traces/${trace_id}`)).body as Trace, id: trace_id }
    }
    const plain = await runIt({})
    expect(plain.result).toEqual({ summary: text, words: 5 })
    expect(plain.trace.metadata).not.toHaveProperty('agent_configuration')

    await demo.given.blueprint({
      values: [value('max_words', '4', 'integer'), value('upper_case', 'false', 'boolean')],
    })
    const second = await demo.given.blueprint({ values: [value('max_words', '3', 'integer')] })
    const mask = { type: 'mask', values: [value('max_words', '2', 'integer'), value('upper_case', 'true', 'boolean')] }
    const { id: mask_id } = await send(demo, 'PATCH', '/agent-configs/blueprints', {
      body: { project_id: projectId, blueprint: mask },
    })
    expect((await runIt({})).result).toEqual({ summary: 'one two three four', words: 5, blueprint: 'v1' })

    const masked = await runIt({ blueprint_name: 'v2', mask_id })
    const summary = { summary: 'ONE TWO', words: 5 }
    expect(masked.result).toEqual({ ...summary, blueprint: 'v2', masked: { max_words: 2, upper_case: true } })
    const note = {
      ...{ _blueprint_id: second.id, blueprint_version: 'v2', _mask_id: mask_id },
      values: { max_words: { value: 2, type: 'integer' }, upper_case: { value: true, type: 'boolean' } },
    }
    expect(masked.trace.metadata).toMatchObject({ agent_configuration: note })
    const list = await send(demo, 'GET', `/spans?project_id=${projectId}&trace_id=${masked.id}`)
    const spans = (list.body as { content: Span[] }).content
    expect(spans.find(({ name }) => name === 'summarize')?.metadata).toEqual({ agent_configuration: note })

    const unknown = await runIt({ blueprint_name: 'v9' })
    expect(unknown.result).toEqual({ summary: text, words: 5, blueprint: 'v9' })
    await demo.close()
  })

  it('stays beside the metadata that an agent gives', async () => {
    const job = await run(async ({ configuration, trace, sleep }) => {
      await sleep(1000)
      await configuration()
      trace({ metadata: { own: 1 } })
    })
    await mock.given.blueprint({ projectId: runner.projectId, values: [value('a', '1', 'integer')] })
    await advance(2)
    const { metadata } = await traceOf(job)
    expect(metadata).toMatchObject({ own: 1, agent_configuration: { blueprint_version: 'v1' } })
  })
})
