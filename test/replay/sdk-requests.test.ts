// What the published SDKs ask, step by step as recorded, asked of the mock: each expected status, and that what one step
// has stored is what the next one reads.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, it, onTestFinished } from 'vitest'
import { createIdSource } from '../../src/kernel/id-source.js'
import { createRunnerMock, type RunnerMock } from '../../src/mocks/mock/runner-mock.js'

interface RecordedRequest {
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly status: number
  readonly content_encoding?: 'gzip'
}

type Steps = Readonly<Record<string, readonly RecordedRequest[]>>

const file = new URL('../recorded/sdk-requests.json', import.meta.url)
const { about: _about, ...sdks } = JSON.parse(readFileSync(file, 'utf8')) as { about: string } & Record<string, Steps>

const TIME = '2026-07-14T09:30:04.118Z'

/** What was there before the first step of those that found something. */
const BEFORE: Readonly<Record<string, (ask: Ask) => Promise<void>>> = {
  async 'typescript 2.0.40'(ask) {
    const version = { template: 'Hi {{name}}' }
    await ask('POST', '/v1/private/prompts/versions', { name: 'ts-prompt', project_name: 'TS project', version })
    const blueprint = { type: 'blueprint', values: [{ key: 'temperature', value: '0.7', type: 'float' }] }
    await ask('POST', '/v1/private/agent-configs/blueprints', { project_name: 'TS project', blueprint })
  },
}

type Ask = (
  method: string,
  url: string,
  body?: unknown,
  encoding?: 'gzip',
) => Promise<{ status: number; body: unknown }>

function askOf(mock: RunnerMock): Ask {
  return async (method, url, body, encoding) => {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const media = text === undefined ? {} : { 'content-type': 'application/json' }
    const reply = await mock.handle({
      ...{ method, url },
      headers: { ...media, ...(encoding && { 'content-encoding': encoding }) },
      body: text === undefined || encoding === undefined ? text : gzipSync(text),
    })
    return { status: reply.status, body: reply.body.startsWith('{') ? JSON.parse(reply.body) : undefined }
  }
}

/** Stands in a recorded request for what the client, or an answer before it, had there. */
class Placeholders {
  private readonly ids = createIdSource(11)
  private readonly given = new Set<string>()
  private readonly values = new Map<string, string>([['time', TIME]])

  /** Ids that a step gives are new ones. */
  begin(requests: readonly RecordedRequest[]): void {
    this.given.clear()
    for (const { method, body } of requests) {
      if (method === 'GET' || body === undefined) continue
      for (const [, name = ''] of JSON.stringify(body).matchAll(/"id":"\{(\w+)\}"/g)) this.renew(name)
    }
  }

  private renew(name: string): void {
    this.given.add(name)
    this.values.set(name, this.ids.next(Date.parse(TIME)))
  }

  /** Takes over the ids that an answer tells, but for those that the step gives. */
  learn(path: string, body: unknown): void {
    if (typeof body !== 'object' || body === null) return
    const told: Record<string, unknown> = { ...body }
    if (path.endsWith('/projects/retrieve')) this.set('projectId', told['id'])
    if (path.includes('/agent-configs/') && 'envs' in told) this.set('blueprintId', told['id'])
    if (path.includes('/traces/')) this.set('projectId', told['project_id'])
    this.set('promptId', told['prompt_id'])
  }

  private set(name: string, value: unknown): void {
    if (typeof value === 'string' && !this.given.has(name)) this.values.set(name, value)
  }

  fill<Value>(value: Value): Value {
    if (value === undefined) return value
    const text = JSON.stringify(value).replaceAll(/"[^"]*\{(\w+)\}[^"]*"/g, (whole) =>
      whole.replaceAll(/\{(\w+)\}/g, (placeholder, name: string) => this.values.get(name) ?? placeholder),
    )
    return JSON.parse(text) as Value
  }
}

/** Asks what steps have asked, one after another; what was wanted of each request, and the answer. */
async function play(ask: Ask, steps: Steps) {
  const placeholders = new Placeholders()
  const played: { step: string; request: RecordedRequest; answer: Awaited<ReturnType<Ask>> }[] = []
  for (const [step, requests] of Object.entries(steps)) {
    placeholders.begin(requests)
    for (const request of requests) {
      const { method, path, query, body, content_encoding } = placeholders.fill(request)
      const search = query === undefined ? '' : `?${new URLSearchParams(query).toString()}`
      const answer = await ask(method, path + search, body, content_encoding)
      placeholders.learn(request.path, answer.body)
      played.push({ step, request, answer })
    }
  }
  return played
}

it.each(Object.entries(sdks))('%s gets the answers that it got when it was recorded', async (sdk, steps) => {
  const mock = createRunnerMock({ seed: 3 })
  onTestFinished(() => mock.close())
  const ask = askOf(mock)
  await BEFORE[sdk]?.(ask)
  const played = await play(ask, steps)
  const told = (statusOf: (each: (typeof played)[number]) => number) =>
    played.map((each) => [each.step, each.request.method, each.request.path, statusOf(each)])
  expect(told(({ answer }) => answer.status)).toEqual(told(({ request }) => request.status))
})

it('a configuration of the Python SDK is read back with a mask laid over it', async () => {
  const mock = createRunnerMock({ seed: 3 })
  onTestFinished(() => mock.close())
  const ask = askOf(mock)
  const own = ['config-create-2', 'config-create', 'config-set-env', 'config-mask', 'config-with-mask']
  await ask('POST', '/v1/private/projects', { name: 'SDK project' })
  const steps = sdks['python 2.2.122'] ?? {}
  const played = await play(ask, Object.fromEntries(own.map((step) => [step, steps[step] ?? []])))
  const answers = new Map(played.map(({ step, request, answer }) => [`${step} ${request.path}`, answer.body]))
  const model = { key: 'model', value: 'm', type: 'string' }
  expect(answers.get('config-create /v1/private/agent-configs/blueprints/{blueprintId}')).toMatchObject({
    name: 'v2',
    envs: [],
    values: [{ key: 'temperature', value: '0.9', type: 'float' }, model],
  })
  const named = '/v1/private/agent-configs/blueprints/projects/{projectId}/names/v1'
  expect(answers.get(`config-with-mask ${named}`)).toMatchObject({
    name: 'v1',
    envs: ['prod', 'staging'],
    values: [{ key: 'temperature', value: '0.1', type: 'float' }, model],
  })
})
