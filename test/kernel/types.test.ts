// The types that importers get: a name for each body, and a client by openapi-fetch that refuses what the spec has not.
import createClient from 'openapi-fetch'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { createRunnerMock } from '../../src/index.js'
import type {
  components,
  CreateLocalRunnerJobRequest,
  LocalRunner,
  LocalRunnerJob,
  operations,
  paths,
} from '../../src/index.js'

/** Only looked at by the compiler. */
const never = (_act: () => unknown): void => undefined

describe('friendly names', () => {
  it('mean the schemas of the spec', () => {
    expectTypeOf<LocalRunner>().toEqualTypeOf<components['schemas']['LocalRunner']>()
    expectTypeOf<LocalRunnerJob['status']>().toEqualTypeOf<
      'pending' | 'running' | 'completed' | 'failed' | 'cancelled'
    >()
    expectTypeOf<operations['getJob']['parameters']['path']>().toEqualTypeOf<{ jobId: string }>()
    expectTypeOf<LocalRunner>().not.toBeAny()
  })
})

describe('a client by openapi-fetch', () => {
  const mock = createRunnerMock({ seed: 7 })
  const client = createClient<paths>({ baseUrl: 'http://localhost/api', fetch: (request) => mock.fetch(request) })

  it('reads what the spec promises', async () => {
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    const params = { path: { runnerId: runner.id } }
    const { data } = await client.GET('/v1/private/local-runners/{runnerId}', { params })
    expectTypeOf(data).toExtend<LocalRunner | undefined>()
    expectTypeOf(data?.status).toEqualTypeOf<LocalRunner['status'] | undefined>()
    expect(data?.agents.map(({ name }) => name)).toEqual(['echo'])
    const { error, response } = await client.GET('/v1/private/local-runners/{runnerId}', {
      params: { path: { runnerId: '01900000-0000-7000-8000-00000000dead' } },
    })
    expect([response.status, error]).toEqual([404, expect.objectContaining({ code: 404 })])
  })

  it('refuses what the spec has not', () => {
    never(() => {
      // @ts-expect-error a path that is none
      void client.GET('/v1/private/runners')
      // @ts-expect-error a method that the path has not
      void client.PUT('/v1/private/projects')
      // @ts-expect-error a query that is required
      void client.GET('/v1/private/local-runners')
      // @ts-expect-error a status that is none
      void client.GET('/v1/private/local-runners', { params: { query: { project_id: 'x', status: 'gone' } } })
      void client.POST('/v1/private/local-runners/jobs', {
        // @ts-expect-error a field that is missing
        body: { agent_name: 'echo', inputs: {} },
      })
      void client.POST('/v1/private/local-runners/jobs', {
        // @ts-expect-error a field of the wrong type
        body: { agent_name: 7, inputs: {}, project_id: 'x' },
      })
      // @ts-expect-error a field that is none
      const job: CreateLocalRunnerJobRequest = { agent_name: 'echo', inputs: {}, project_id: 'x', agent: 'echo' }
      return job
    })
  })
})
