// The stories of accidents around runners: prompts, configurations, projects, traces and spans.
import { objectsAt } from '../../src/kernel/json-value.js'
import type { Api } from '../mocks/api.js'
import type { Story } from './story.js'

export const neighbourStories = {
  'redirect-500': {
    async play({ ask }) {
      const trace = '01900000-0000-7000-8000-00000000dead'
      const url = (path: string) => `/v1/session/redirect/projects?trace_id=${trace}&path=${btoa(path)}`
      const answers = [await ask('GET', url('http://localhost/opik')), await ask('GET', url('http://localhost/api'))]
      return [...answers, await ask('GET', '/v1/session/redirect/projects')].map(({ status }) => status)
    },
    sane: [400, 404, 400],
    today: [500, 404, 400],
  },
  'mask-as-environment': {
    async play({ api }) {
      const values = [{ key: 'temperature', value: '0.7', type: 'float' as const }]
      const first = { project_name: 'Lab', blueprint: { type: 'blueprint' as const, values } }
      await api.expect(201, 'createAgentConfig', { body: first })
      const mask = { project_name: 'Lab', blueprint: { type: 'mask' as const, values } }
      const { createdId: blueprint_id } = await api.expect(201, 'updateAgentConfig', { body: mask })
      const { id: project_id } = (await api.expect(200, 'retrieveProject', { body: { name: 'Lab' } })).body
      const body = { project_id, envs: [{ env_name: 'prod', blueprint_id }] }
      const pointed = await api.status('createOrUpdateEnvs', { body })
      return [pointed, await api.status('getBlueprintByEnv', { path: { project_id, env_name: 'prod' } })]
    },
    sane: [404, 200],
    today: [204, 404],
  },
  'search-refusals-as-stream': {
    async play({ mock }) {
      const ask = async (body: object): Promise<[number, string | undefined]> => {
        const headers = { 'content-type': 'application/json' }
        const request = { method: 'POST', url: '/v1/private/traces/search', headers, body: JSON.stringify(body) }
        const reply = await mock.handle(request)
        return [reply.status, reply.headers['content-type']]
      }
      return [await ask({ limit: 0 }), await ask({})]
    },
    sane: [
      [422, 'application/json'],
      [400, 'application/json'],
    ],
    today: [
      [422, 'application/octet-stream'],
      [400, 'application/json'],
    ],
  },
  'score-averages-mixed': {
    async play({ api }) {
      await keepTrace(api)
      const score = { id: TRACE, name: 'relevance', source: 'sdk' as const }
      await api.expect(204, 'scoreBatchOfTraces', { body: { scores: [{ ...score, value: 0 }] } })
      await api.expect(204, 'scoreBatchOfTraces', { body: { scores: [{ ...score, value: 1, project_name: 'Lab' }] } })
      const { id } = (await api.expect(200, 'retrieveProject', { body: { name: 'Default Project' } })).body
      const body = {
        metric_type: 'FEEDBACK_SCORES',
        interval: 'TOTAL',
        interval_start: '2020-01-01T00:00:00Z',
      } as const
      const { results } = (
        await api.expect(200, 'getProjectMetrics', {
          path: { id },
          body: { ...body, interval_end: '2030-01-01T00:00:00Z' },
        })
      ).body
      const { content } = (await api.expect(200, 'getProjectStats')).body
      const averages = content.find(({ project_id }) => project_id === id)?.feedback_scores
      return [results[0]?.data[0]?.value, averages?.[0]?.value]
    },
    sane: [0, 0],
    today: [null, 0.5],
  },
  'thread-ids-folded': {
    async play({ ask, api }) {
      for (const thread_id of ['chat', 'CHAT']) {
        await api.expect(201, 'createTrace', { body: { thread_id, start_time: TIME } })
      }
      const { body } = await ask('GET', '/v1/private/traces/threads?project_name=Default%20Project')
      const threads = objectsAt(body, 'content').toSorted((one) => (one['id'] === 'chat' ? -1 : 1))
      return threads.map((thread) => 'thread_model_id' in thread)
    },
    sane: [true, true],
    today: [true, false],
  },
  'deleted-trace-leaves-spans': {
    async play({ api }) {
      await keepTrace(api)
      await api.expect(204, 'deleteTraceById', { path: { id: TRACE } })
      return await api.status('getSpanById', { path: { id: SPAN } })
    },
    sane: 404,
    today: 200,
  },
  'total-counts-traces-without-spans': {
    async play({ api }) {
      await keepTrace(api)
      await api.expect(201, 'createTrace', { body: { start_time: TIME } })
      const filters = JSON.stringify([{ field: 'llm_span_count', operator: '<', value: '1' }])
      const query = { project_name: 'Default Project', filters }
      const { total, content } = (await api.expect(200, 'getTracesByProject', { query })).body
      return [total, content.length]
    },
    sane: [1, 1],
    today: [1, 0],
  },
  'neighbour-request-500': {
    async play({ api, ask }) {
      const { createdId: id } = await api.expect(201, 'createProject', { body: { name: 'Lab' } })
      const values = [{ key: 'model', value: 'x', type: 'string' as const }]
      const blueprint = { id: '01900000-0000-7000-8000-00000000beef', type: 'blueprint' as const, values }
      await api.expect(201, 'createAgentConfig', { body: { project_id: id, blueprint } })
      const configs = '/v1/private/agent-configs/blueprints'
      const env = `${configs}/environments/${'e'.repeat(51)}/projects/${id}`
      const answers = [
        await ask('POST', '/v1/private/prompts'),
        await ask('PATCH', `/v1/private/projects/${id}`, { name: 'n'.repeat(256) }),
        await ask('GET', `/v1/private/projects?sorting=${encodeURIComponent('[{"direction":"ASC"}]')}`),
        await ask('PATCH', configs, { project_id: id, blueprint: { ...blueprint, values: [null] } }),
        await ask('PATCH', configs, { project_id: id, blueprint }),
        await ask('PUT', env, { blueprint_name: 'v1' }),
      ]
      return answers.map(({ status }) => status)
    },
    sane: [422, 422, 400, 422, 409, 422],
    today: [500, 500, 500, 500, 500, 500],
  },
  'redirect-any-workspace': {
    async play({ api, ask }) {
      const id = '01900000-0000-7000-8000-00000000beef'
      await api.expect(201, 'createTrace', { body: { id, start_time: '2026-07-14T09:30:04.118Z' } })
      const query = `trace_id=${id}&path=${btoa('http://localhost/api')}&workspace_name=elsewhere`
      return (await ask('GET', `/v1/session/redirect/projects?${query}`)).status
    },
    sane: 404,
    today: 303,
  },
  'negative-timeout-wraps': {
    async play({ api, ask }) {
      const body = { timeout_to_mark_thread_as_inactive: '-PT1M' }
      const { status } = await ask('PUT', '/v1/private/workspaces/configurations', body)
      const read = await api.call('getWorkspaceConfiguration')
      return [status, read.status === 200 ? read.body.timeout_to_mark_thread_as_inactive : undefined]
    },
    sane: [422, undefined],
    today: [204, 'PT1193046H27M16S'],
  },
  'taken-version-id-replaced': {
    async play({ api, ask }) {
      const body = { name: 'greeting', version: { template: 'Hi' } }
      const { id } = (await api.expect(200, 'createPromptVersion', { body })).body
      const again = { name: 'greeting', version: { id, template: 'Hello' } }
      const { status } = await ask('POST', '/v1/private/prompts/versions', again)
      const { template } = (await api.expect(200, 'getPromptVersionById', { path: { id } })).body
      return [status, template]
    },
    sane: [409, 'Hi'],
    today: [200, 'Hi'],
  },
  'null-description-text': {
    async play({ api }) {
      const { createdId: id } = await api.expect(201, 'createPrompt', { body: { name: 'greeting', template: 'Hi' } })
      const { latest_version } = (await api.expect(200, 'getPromptById', { path: { id } })).body
      return latest_version?.change_description
    },
    sane: undefined,
    today: 'null',
  },
  'lenient-bodies': {
    async play({ ask }) {
      const values = [{ key: 'model', value: 'x', type: 'string' }]
      const answers = [
        await ask('POST', '/v1/private/prompts', { name: 'greeting', template: 'Hi', template_structure: 'poem' }),
        await ask('POST', '/v1/private/agent-configs/blueprints', {
          project_name: 'Lab',
          blueprint: { type: 'BLUEPRINT', values },
        }),
        await ask('POST', '/v1/private/projects/delete', { ids: [null] }),
      ]
      return answers.map(({ status }) => status)
    },
    sane: [400, 400, 422],
    today: [201, 201, 204],
  },
  'span-delete-501': {
    async play({ ask }) {
      const others = await Promise.all([ask('DELETE', '/v1/private/spans'), ask('PUT', '/v1/private/spans/x')])
      const { status } = await ask('DELETE', '/v1/private/spans/01900000-0000-7000-8000-00000000dead')
      return [status, ...others.map((each) => each.status)]
    },
    sane: [405, 405, 405],
    today: [501, 405, 405],
  },
} as const satisfies Record<string, Story>

const [TRACE, SPAN] = ['01900000-0000-7000-8000-000000000001', '01900000-0000-7000-8000-000000000002']
const TIME = '2026-07-01T12:00:00Z'

/** A trace with a span of a model. */
async function keepTrace(api: Api): Promise<void> {
  await api.expect(201, 'createTrace', { body: { id: TRACE, start_time: TIME } })
  await api.expect(201, 'createSpan', { body: { id: SPAN, trace_id: TRACE, type: 'llm', start_time: TIME } })
}
