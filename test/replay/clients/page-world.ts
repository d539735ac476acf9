// A world in which every page has something to show, set up by requests alone, and what stories call the things in it.
import { checkReply } from '../../../src/mocks/engine/check-reply.js'
import { createRunnerMock, type RunnerMock } from '../../../src/index.js'
import { operationOf } from './page-stories.js'

const NOW = '2026-07-14T12:00:00Z'
const FROM = '2026-06-14T12:00:00Z'
const HEADERS = { 'content-type': 'application/json', 'comet-workspace': 'default' }

/** An answer of the API. */
export interface PageAnswer {
  readonly status: number
  readonly location: string | undefined
  readonly text: string
}

export interface PageWorld {
  readonly mock: RunnerMock
  /** What stands for the names in braces. */
  readonly names: Map<string, string>
  readonly send: (method: string, path: string, body?: unknown) => Promise<PageAnswer>
}

/** What a world is to lack. */
export interface Lacks {
  readonly runner?: boolean
  readonly configuration?: boolean
  /** Room for another job. */
  readonly room?: boolean
  /** The session that the pairing page is about, or the right key for it. */
  readonly session?: boolean
  readonly key?: boolean
}

/** The id in a Location. */
export function idIn({ location = '' }: PageAnswer): string {
  return location.split('/').at(-1) ?? ''
}

export async function createPageWorld(profile: 'opik@2.0' | 'opik@2.1', lacks: Lacks): Promise<PageWorld> {
  const mock = createRunnerMock({ profile, now: NOW, frozen: true, checkReply, seed: 5 })
  const names = new Map([
    ['now', NOW],
    ['from', FROM],
    ['time', FROM],
    ['base64url of the server', Buffer.from('http://127.0.0.1:5173/api').toString('base64url')],
  ])
  const send: PageWorld['send'] = async (method, path, body) => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const reply = await mock.handle({ method, url: path, headers: HEADERS, ...sent })
    return { status: reply.status, location: reply.headers['location'], text: reply.body }
  }
  const world = { mock, names, send }
  const project = await send('POST', '/v1/private/projects/', { name: 'Another project', description: 'For pages.' })
  names.set('projectId', idIn(project))
  await addTraces(world)
  if (lacks.configuration !== true) await addConfiguration(world)
  if (lacks.runner !== true) await addRunner(world)
  const session = await mock.given.session({ name: 'story-laptop', projectId: idIn(project), type: 'connect' })
  names.set('sessionId', lacks.session === true ? idAt(4, 8) : session.id)
  names.set('hmac', lacks.key === true ? Buffer.alloc(32).toString('base64') : session.activation.hmac)
  if (lacks.room === true) mock.changeSettings({ max_pending_jobs_per_runner: 0 })
  return world
}

const idAt = (minutes: number, end: number): string => {
  const hex = (Date.parse(NOW) - minutes * 60_000).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${end.toString(16).padStart(12, '0')}`
}
const timeAt = (minutes: number, seconds = 0): string =>
  new Date(Date.parse(NOW) - minutes * 60_000 + seconds * 1000).toISOString()

const usage = { prompt_tokens: 212, completion_tokens: 18, total_tokens: 230 }
const error_info = { exception_type: 'RangeError', message: 'no', traceback: 'at answer (agent.ts:12)' }

async function addTraces({ names, send }: PageWorld): Promise<void> {
  const [trace, root, child] = [idAt(1, 1), idAt(1, 2), idAt(1, 3)]
  names.set('traceId', trace).set('entityId', trace).set('id', root).set('spanId', child)
  const project_name = 'Another project'
  const thread_id = 'question 3'
  const begun = { project_name, start_time: timeAt(1), end_time: timeAt(1, 4), input: { question: 'question 3' } }
  const done = { ...begun, output: { answer: 'Tracing.' }, metadata: { run: 12 }, tags: ['nightly', 'smoke'] }
  const other = { ...begun, id: idAt(2, 4), name: 'qa-agent', start_time: timeAt(2), source: 'playground' }
  const traces = [{ ...done, id: trace, name: 'qa-agent', thread_id, source: 'sdk', error_info }, other]
  await send('POST', '/v1/private/traces/batch', { traces })
  const ofTrace = { ...done, trace_id: trace, source: 'sdk' }
  const llm = { type: 'llm', model: 'gpt-4o-mini', provider: 'openai', usage, total_estimated_cost: 0.0004, error_info }
  await send('POST', '/v1/private/spans/batch', {
    spans: [
      { ...ofTrace, id: root, name: 'qa-agent', type: 'general' },
      { ...ofTrace, ...llm, id: child, parent_span_id: root, name: 'complete' },
      { ...ofTrace, id: idAt(1, 5), parent_span_id: root, name: 'look up', type: 'tool' },
    ],
  })
}

async function addRunner({ mock, names }: PageWorld): Promise<void> {
  const params = [
    { name: 'question', type: 'string', presence: 'required' as const },
    { name: 'count', type: 'integer', presence: 'optional' as const },
  ]
  const projectId = names.get('projectId') ?? ''
  const runner = await mock.given.connectedRunner({ name: 'laptop', projectId, agents: { 'qa-agent': { params } } })
  names.set('runnerId', runner.id)
}

/** A prompt and two versions of a configuration, as far as there are operations for them. */
async function addConfiguration({ names, send }: PageWorld): Promise<void> {
  const project_id = names.get('projectId')
  const configs = '/v1/private/agent-configs/blueprints'
  names.set('commit', '00000000').set('blueprintId', idAt(3, 6)).set('maskId', idAt(3, 7))
  if (operationOf('POST', '/v1/private/prompts/versions') !== undefined) {
    const version = { template: 'Answer {{question}}.', type: 'mustache' }
    const made = await send('POST', '/v1/private/prompts/versions', { name: 'qa', version, project_id })
    const { id, commit, prompt_id } = JSON.parse(made.text) as Record<'id' | 'commit' | 'prompt_id', string>
    names.set('commit', commit).set('versionId', id).set('promptId', prompt_id)
  }
  if (operationOf('POST', configs) === undefined) return
  const values = [
    { key: 'model', type: 'string', value: 'gpt-4o-mini', description: 'Which model answers.' },
    { key: 'system_prompt', type: 'prompt', value: names.get('commit') },
  ]
  const blueprint = { type: 'blueprint', description: 'First.', values }
  names.set('blueprintId', idIn(await send('POST', configs, { project_id, blueprint })))
  const mask = { type: 'mask', values: values.slice(0, 1) }
  names.set('maskId', idIn(await send('PATCH', configs, { project_id, blueprint: mask })))
}
