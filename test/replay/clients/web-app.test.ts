// Replays what the pages of the web app ask, story by story, to a world that was set up by requests: each answer has the
// status that satisfied the page, and what the pages read is there, as the spec says.
import { afterAll, describe, expect, it } from 'vitest'
import type { OperationId } from '../../../src/kernel/operation.js'
import { checkReply } from '../../../src/mocks/engine/check-reply.js'
import { createRunnerMock, type RunnerMock } from '../../../src/index.js'
import { hasField, nameOf, operationOf, readPages, valuesAt, type PageRequest, type PageStory } from './page-stories.js'

/** What nobody can write here, so that it is never there; and what pages look for and the server does not send. */
const NEVER_THERE = /(feedback_scores|comments|value\.avg|deviation_percentage)$|^(message)$/
const NEVER_IN_THREADS = /\.?tags$/

const LACKS: Readonly<Record<string, Lacks>> = {
  a: { runner: true, configuration: true },
  c0: { configuration: true },
  h0: { configuration: true },
  run10: { room: true },
  'pair-expired': { session: true },
  'pair-tampered': { key: true },
}

/** What no recorded story asks although pages read the answer. */
const UNRECORDED: PageStory = {
  id: 'unrecorded',
  title: 'the panel of a thread, scores by hand, a new version of a prompt',
  requests: [
    { method: 'GET', path: '/v1/private/feedback-definitions', status: 200 },
    {
      method: 'POST',
      path: '/v1/private/prompts/versions',
      body: { name: 'greeting', version: { template: 'Hello {{name}}' } },
      status: 200,
    },
    {
      method: 'POST',
      path: '/v1/private/traces/threads/retrieve',
      body: { project_id: '{projectId}', thread_id: 'question 3' },
      status: 200,
    },
  ],
}

type Seen = Map<OperationId, PageAnswer[]>

/** Text with the world's names in place of those in braces. */
function fill(text: string, names: PageWorld['names']): string {
  return text.replaceAll(/\{([^{}"]+)\}/g, (whole, name: string) => names.get(name) ?? whole)
}

function urlOf({ path, query = {} }: PageRequest, names: PageWorld['names']): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    search.set(name, fill(typeof value === 'string' ? value : JSON.stringify(value.json), names))
  }
  return fill(path, names) + (search.size === 0 ? '' : `?${search.toString()}`)
}

/** A job goes on between two looks at it, and ends before the last. */
async function moveJob(world: PageWorld, story: PageStory, look: number, looks: number): Promise<void> {
  const [runner, job] = [world.names.get('runnerId') ?? '', world.names.get('jobId') ?? '']
  if (look === 0) await world.send('POST', `/v1/private/local-runners/${runner}/jobs/next`)
  if (look < looks - 1) return
  const trace_id = world.names.get('traceId')
  const end = story.id === 'e' ? { status: 'failed', error: 'no' } : { status: 'completed', result: { answer: 42 } }
  await world.send('POST', `/v1/private/local-runners/jobs/${job}/results`, { ...end, trace_id })
}

/** Whether an answer is what the page wanted: where the recording has none to expect, a success, or that there is none yet. */
function isWanted({ path, status, also = [], kit }: PageRequest, answer: PageAnswer): boolean {
  if (kit === undefined) return [status, ...also].includes(answer.status)
  return answer.status < 300 || (path.includes('/agent-insights/jobs/') && answer.status === 404)
}

async function replay(world: PageWorld, story: PageStory, seen: Seen): Promise<string[]> {
  const wrong: string[] = []
  for (const request of story.requests) {
    const operation = operationOf(request.method, request.path)
    if (operation === undefined) continue
    const times = Math.min(Number(request.times ?? 1) || 1, 3)
    const looks: string[] = []
    for (let time = 0; time < times; time++) {
      if (request.job_status_seen !== undefined) await moveJob(world, story, time, times)
      const sent = request.body ?? bodyOf(request, operation)
      const body: unknown = sent && JSON.parse(fill(JSON.stringify(sent), world.names))
      const answer = await world.send(request.method, urlOf(request, world.names), body)
      if (!isWanted(request, answer)) {
        wrong.push(`${nameOf(request)}: ${answer.status} instead of ${request.status}: ${answer.text}`)
      }
      if (answer.status < 300) seen.set(operation, [...(seen.get(operation) ?? []), answer])
      if (operation === 'createJob') world.names.set('jobId', idIn(answer))
      if (operation === 'getJob') looks.push((JSON.parse(answer.text) as { status: string }).status)
    }
    if (request.job_status_seen !== undefined) expect([...new Set(looks)]).toEqual(request.job_status_seen)
  }
  return wrong
}

/** A list may be empty; what is read of one item is there in another. */
function isThere(body: unknown, field: string): boolean {
  return field === '[]' ? Array.isArray(body) : valuesAt(body, field).length > 0
}

describe.each([
  { file: 'web-app-requests.json', profile: 'opik@2.0', others: [UNRECORDED], areAllShown: true },
  { file: 'web-app-requests-2.1.json', profile: 'opik@2.1', others: [], areAllShown: false },
] as const)('the pages of the web app, $file', ({ file, profile, others, areAllShown }) => {
  const { stories, reads } = readPages(file)
  const seen: Seen = new Map()
  const worlds: PageWorld[] = []
  afterAll(() => Promise.all(worlds.map(({ mock }) => mock.close())))

  it.each([...stories, ...others])('$id: $title', async (story) => {
    const world = await createPageWorld(profile, LACKS[story.id] ?? {})
    worlds.push(world)
    expect(await replay(world, story, seen)).toEqual([])
  })

  it('ask for nothing that is missing', () => {
    const asked = new Set(stories.flatMap(({ requests }) => requests))
    const missing = [...asked].filter(({ method, path }) => operationOf(method, path) === undefined).map(nameOf)
    expect(missing).toEqual([])
  })

  it.each(reads.filter(({ name }) => !name.includes('delete')))(
    'find what they read in $name',
    ({ operation, isLocation, fields }) => {
      const answers = seen.get(operation) ?? []
      if (isLocation) {
        expect(answers.filter((answer) => !/^[\da-f-]{36}$/.test(idIn(answer)))).toEqual([])
        if (areAllShown) expect(answers).not.toEqual([])
        return
      }
      const bodies = answers.map(({ text }): unknown => (text === '' ? undefined : JSON.parse(text)))
      const isNever = (field: string): boolean =>
        NEVER_THERE.test(field) || (operation.includes('Thread') && NEVER_IN_THREADS.test(field))
      const read = fields.filter((field) => !isNever(field))
      expect(read.filter((field) => !hasField(operation, field))).toEqual([])
      if (areAllShown) expect(read.filter((field) => bodies.every((body) => !isThere(body, field)))).toEqual([])
    },
  )
})

const TIME = { interval_start: '{from}', interval_end: '{now}' }
const OF_PROMPT = { name: 'qa', template_structure: 'text', project_id: '{projectId}' }

const VERSION = { template: 'Answer well.', type: 'mustache' }

const BODIES: Partial<Record<OperationId, Readonly<Record<string, unknown>>>> = {
  getProjectKpiCards: { ...TIME, entity_type: 'traces', filters: '[]' },
  getProjectMetrics: { ...TIME, metric_type: 'TRACE_COUNT', interval: 'DAILY' },
  createJob: { agent_name: 'qa-agent', project_id: '{projectId}', inputs: { question: 'Why?' } },
  retrieveProject: { name: 'No such project' },
  createPrompt: { ...OF_PROMPT, name: 'A new prompt', template: 'Hello' },
  createEnvironment: { name: 'canary', color: '#19A979' },
  createPromptVersion: { ...OF_PROMPT, version: VERSION },
  activatePairingSession: { runner_name: 'story-laptop', hmac: '{hmac}' },
}

/** A body with the fields that the page sent, as far as they say anything. */
function bodyOf({ body_keys: keys }: PageRequest, operation: OperationId): unknown {
  if (keys === undefined) return undefined
  const { version } = keys
  const isMask = typeof version === 'object' && version !== null && 'version_type' in version
  const body = BODIES[operation]
  return isMask ? { ...body, version: { ...VERSION, version_type: 'mask' } } : body
}

const NOW = '2026-07-14T12:00:00Z'
const FROM = '2026-06-14T12:00:00Z'
const HEADERS = { 'content-type': 'application/json', 'comet-workspace': 'default' }

/** An answer of the API. */
interface PageAnswer {
  readonly status: number
  readonly location: string | undefined
  readonly text: string
}

interface PageWorld {
  readonly mock: RunnerMock
  /** What stands for the names in braces. */
  readonly names: Map<string, string>
  readonly send: (method: string, path: string, body?: unknown) => Promise<PageAnswer>
}

/** What a world is to lack. */
interface Lacks {
  readonly runner?: boolean
  readonly configuration?: boolean
  /** Room for another job. */
  readonly room?: boolean
  /** The session that the pairing page is about, or the right key for it. */
  readonly session?: boolean
  readonly key?: boolean
}

/** The id in a Location. */
function idIn({ location = '' }: PageAnswer): string {
  return location.split('/').at(-1) ?? ''
}

async function createPageWorld(profile: 'opik@2.0' | 'opik@2.1', lacks: Lacks): Promise<PageWorld> {
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
