// `mock.fetch` in the place of the platform's: whatever takes a fetch can be given it.
import createClient from 'openapi-fetch'
import { expect, it } from 'vitest'
import { createRunnerMock, type paths } from '../../src/index.js'
import { playCases } from './wire-cases.js'

const PING = 'http://mock.test/api/is-alive/ping'

it.each([
  ['a string', PING],
  ['a path alone', '/api/is-alive/ping'],
  ['a URL', new URL(PING)],
  ['a Request', new Request(PING)],
])('takes %s, without its mock before it', async (_what, input) => {
  const { fetch } = createRunnerMock()
  const response = await fetch(input)
  expect(response.status).toBe(200)
})

it('takes what to send as its second argument, over what a Request says', async () => {
  const { fetch, journal } = createRunnerMock()
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'one' }),
  }
  const url = 'http://mock.test/api/v1/private/projects'
  expect((await fetch(url, init)).status).toBe(201)
  expect((await fetch(new Request(url), { ...init, body: JSON.stringify({ name: 'two' }) })).status).toBe(201)
  const names = journal.entries().map(({ request }) => request.body)
  expect(names).toEqual([{ name: 'one' }, { name: 'two' }])
})

it('hears the signal of its second argument', async () => {
  const mock = createRunnerMock()
  const runner = await mock.given.connectedRunner()
  const controller = new AbortController()
  const path = `/api/v1/private/local-runners/${runner.id}/jobs/next`
  const waiting = mock.fetch(path, { method: 'POST', signal: controller.signal })
  controller.abort(new Error('gone'))
  await expect(waiting).rejects.toThrow('gone')
})

it('rejects what is no URL, as a fetch does', async () => {
  await expect(createRunnerMock().fetch('http://')).rejects.toThrow(TypeError)
})

it('is the fetch of a client that is made with one', async () => {
  const mock = createRunnerMock()
  const client = createClient<paths>({ baseUrl: 'http://mock.test/api', fetch: mock.fetch })
  const made = await client.POST('/v1/private/projects', { body: { name: 'client' } })
  expect(made.response.status).toBe(201)
  const found = await client.GET('/v1/private/projects', { params: { query: { name: 'client' } } })
  expect(found.data?.content).toMatchObject([{ name: 'client' }])
})

// The shared cases, played with Fetch objects.
playCases('fetch')
