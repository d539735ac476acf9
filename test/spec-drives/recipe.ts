// The recipe of CONTRIBUTING.md for an operation: its spec, its rules and one resolver are all that is written here. Route,
// validation, types, documents, the checks of `verify` and the console's table of operations follow.
import { expect, it } from 'vitest'
import type { Document } from 'yaml'
import type { Report } from '../../src/contracts/check/report-model.js'
import type { EditedTree, Typing } from './edited-tree.js'

const JOBS = '/v1/private/local-runners/jobs'
const PATH = `${JOBS}/{jobId}/withdraw`
const own = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` })
const json = (schema: object, example: object) => ({ content: { 'application/json': { schema, example } } })

const operation = {
  ...{
    tags: ['Runners'],
    operationId: 'withdrawJob',
    'x-caller': 'runner',
    summary: 'Take back a job that nobody has begun',
  },
  parameters: [own('parameters', 'JobId'), own('parameters', 'Workspace')],
  requestBody: { required: true, ...json(own('schemas', 'WithdrawJobRequest'), { reason: 'Asked twice.' }) },
  responses: {
    '204': { description: 'The job is cancelled.' },
    '400': own('responses', 'BadRequest'),
    '401': own('responses', 'Unauthorized'),
    '403': own('responses', 'Forbidden'),
    '404': own('responses', 'NotFound'),
    '406': own('responses', 'NotAcceptable'),
    '409': own('responses', 'Conflict'),
    '413': own('responses', 'PayloadTooLarge'),
    '415': own('responses', 'UnsupportedMediaType'),
    '422': own('responses', 'UnprocessableContent'),
  },
}
const request = { type: 'object', required: ['reason'], properties: { reason: { type: 'string', minLength: 1 } } }
const rules = [
  { on: 'withdrawJob', from: 'none', answer: 404 },
  { on: 'withdrawJob', from: 'pending', to: 'cancelled', set: ['completed_at'], answer: 204 },
  {
    ...{ on: 'withdrawJob', from: ['running', 'completed', 'failed', 'cancelled'], answer: 409 },
    say: "Job {path.jobId} is '{state}' and cannot be withdrawn.",
  },
]

export function addOperation(spec: Document): void {
  const machine = ['x-lifecycle', 'machines', 'job']
  spec.setIn(['paths', PATH], spec.createNode({ post: operation }))
  spec.setIn(['components', 'schemas', 'WithdrawJobRequest'], spec.createNode(request))
  spec.addIn([...machine, 'operations'], 'withdrawJob')
  for (const rule of rules) spec.addIn([...machine, 'rules'], spec.createNode(rule))
}

/** Changes of source files by their paths. */
export const resolvers = {
  'src/mocks/resolvers/runner-resolvers.ts': (text: string) =>
    text.replace(
      '  cancelJob(',
      `  withdrawJob(_, { world, subject, decision }) {
    world.jobs.cancel(subject, decision)
    return {}
  },

  cancelJob(`,
    ),
}

/** Withdraws jobs of all kinds by any `fetch`; answers statuses, and the status of each job after it. */
const STORY = `async (fetch, base, ids) => {
  const send = (id, body) => fetch(base + '${JOBS}/' + id + '/withdraw', {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  })
  const reason = 'Asked twice.'
  const flawed = [(await send(ids.pending, {})).status, (await send(ids.pending, { reason: '' })).status,
    (await send(ids.nobody, { reason })).status]
  const seen = {}
  for (const [status, id] of Object.entries(ids)) {
    if (status === 'nobody') continue
    const answer = await send(id, { reason })
    const { message } = answer.status === 204 ? {} : await answer.json()
    const read = await (await fetch(base + '${JOBS}/' + id)).json()
    seen[status] = [answer.status, read.status, ...(message ? [message.replace(id, 'ID')] : [])]
  }
  return { flawed, seen }
}`
const IDS = `async (mock) => {
  const ids = { nobody: '01900000-0000-7000-8000-00000000dead' }
  const runner = await mock.given.connectedRunner()
  for (const status of ['completed', 'running', 'pending']) ids[status] = (await mock.given.job({ runner, status })).id
  return ids
}`
const refused = (state: string): unknown[] => [409, state, `Job ID is '${state}' and cannot be withdrawn.`]
const TOLD = {
  flawed: [422, 422, 404],
  seen: { pending: [204, 'cancelled'], running: refused('running'), completed: refused('completed') },
}

/** What the tree does that was edited like that. */
export function testOperation(tree: () => EditedTree): void {
  it('is routed, validated and answered over HTTP, in the words of its rules', () => {
    const told = tree().run(`
      import { createRunnerMock } from 'opik-runner-kit'
      import { serve } from 'opik-runner-kit/node'
      const mock = createRunnerMock()
      const ids = await (${IDS})(mock)
      const server = await serve(mock, { port: 0 })
      console.log(JSON.stringify(await (${STORY})(fetch, server.url, ids)))
      await server.close()
      await mock.close()`)
    expect(told).toEqual(TOLD)
  })

  it('is judged by the matrix of verify, and counted in the coverage that the console shows', async () => {
    const { url } = await tree().serve()
    const states = ['pending', 'running', 'completed', 'failed', 'cancelled']
    const ids = states.map((state) => `lifecycle/job.${state}.withdrawJob`)
    const chosen = ids.flatMap((id) => ['--check', id])
    const { results } = JSON.parse(tree().command('verify', url, ...chosen, '--reporter', 'json')) as Report
    expect(Object.fromEntries(results.map(({ id, verdict }) => [id, verdict.kind]))).toEqual(
      Object.fromEntries(ids.map((id) => [id, 'passed'])),
    )
    const coverage = await fetch(new URL('/__admin/coverage', url))
    expect(await coverage.text()).toContain('"on":"withdrawJob"')
  })

  it('is judged by watch: silently when right, by name with another status or another state after it', async () => {
    const { url } = await tree().serve()
    const file = tree().path('withdrawn.ndjson')
    const chosen = ['pending', 'running'].flatMap((state) => ['--check', `lifecycle/job.${state}.withdrawJob`])
    tree().command('verify', url, ...chosen, '--recording-out', file)
    const told = tree().run(`
      import { readFileSync } from 'node:fs'
      import { scenarioFrom } from 'opik-runner-kit/node'
      import { judge, readRecording } from 'opik-runner-kit/watch'
      const recording = await readRecording(readFileSync(${JSON.stringify(file)}))
      const { header, exchanges } = recording
      const at = exchanges.findIndex(({ path, status }) => path.endsWith('/withdraw') && status === 204)
      const job = exchanges[at].path.replace('/withdraw', '')
      const read = exchanges.findIndex(({ path }, place) => place > at && path === job)
      const judged = (place, changed) => {
        const spoilt = exchanges.map((each, other) => (other === place ? { ...each, ...changed(each) } : each))
        const { verdicts } = judge({ header, exchanges: spoilt }, { startsEmpty: true, sides: ['server'] })
        return verdicts.map(({ rule }) => rule)
      }
      const refused = { status: 409, response: { headers: { 'content-type': 'application/json' }, body: '{"code":409,"message":"no"}' } }
      const body = ({ response }) => ({ response: { ...response, body: response.body.replace('"cancelled"', '"running"') } })
      const { scenario } = await scenarioFrom({ header, exchanges: exchanges.slice(0, at + 1) })
      const jobs = scenario.runners.flatMap((runner) => runner.jobs ?? [])
      console.log(JSON.stringify({
        right: judged(-1, () => ({})), status: judged(at, () => refused), after: judged(read, body),
        states: jobs.map(({ status }) => status),
      }))`)
    expect(told).toMatchObject({ right: [], status: ['model/withdrawJob'], after: ['model/getJob'] })
    expect(told).toHaveProperty('states', expect.arrayContaining(['cancelled']))
  })

  it('is called by the random sequences of verify', async () => {
    const { url } = await tree().serve()
    const file = tree().path('sequences.ndjson')
    tree().command('verify', url, '--check', 'model/jobs', '--recording-out', file)
    expect(tree().read('sequences.ndjson')).toContain('/withdraw')
  })

  it('is counted by conduct, as the runner whose job it names called', () => {
    const told = tree().run(`
      import { createRunnerMock } from 'opik-runner-kit'
      import { watchConduct } from 'opik-runner-kit/conduct'
      const mock = createRunnerMock({ conduct: watchConduct })
      const ids = await (${IDS})(mock)
      const calls = () => mock.conduct.record().runners.flatMap((each) => each.calls.map(({ operation }) => operation))
      const before = calls()
      await (${STORY})(mock.fetch, 'http://localhost:5173/api', { pending: ids.pending, nobody: ids.nobody })
      console.log(JSON.stringify({ before: before.includes('withdrawJob'), after: calls().filter((each) => each === 'withdrawJob').length }))
      await mock.close()`)
    expect(told).toEqual({ before: false, after: 3 })
  })

  it('has fixtures of its schemas', () => {
    expect(tree().command('fixture', 'withdrawJobRequest')).toMatch(/^\{\s*"reason": "[^"]+"\s*\}\s*$/)
  })

  it('is in the documents', () => {
    expect(tree().read('docs/operations.md')).toContain('`withdrawJob`')
    const rows = tree().read('docs/lifecycle.md').split('\n')
    expect(rows.find((line) => line.startsWith('| `withdrawJob` |'))).toContain('409')
    expect(rows.filter((line) => line.endsWith('| `withdrawJob` |')).join()).toContain('cannot be withdrawn')
  })
}

const use = (reason: string): string => `import type { components } from './src/index.js'
  export const request: components['schemas']['WithdrawJobRequest'] = { reason: ${reason} }`

export const operationTyping: Typing = {
  fits: [
    `${use("'late'")}\nexport { directory } from './src/mocks/resolvers/all-resolvers.js'`,
    `import { fixtures } from './src/fixtures/index.js'
      export const request: string = fixtures.withdrawJobRequest.build({ reason: 'late' }).reason`,
  ],
  misfits: [use('5')],
}
