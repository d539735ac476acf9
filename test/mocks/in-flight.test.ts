// What is under way while the world is replaced or the mock closed: it is answered, and touches nothing that is new.
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { openMock } from '../faults/stages.js'

const json = { 'content-type': 'application/json' }
const gzipped = (body: unknown) => ({
  headers: { ...json, 'content-encoding': 'gzip' },
  body: new Uint8Array(gzipSync(JSON.stringify(body))),
})

const replacements: [string, (mock: RunnerMock) => unknown][] = [
  ['reset', (mock) => mock.reset()],
  ['restore', (mock) => mock.restore(mock.snapshot())],
]

describe.each(replacements)('a %s', (_name, replace) => {
  it('lets no compressed request through that was sent before', async () => {
    const mock = openMock()
    const calls = [1, 2].map((count) =>
      Promise.resolve(
        mock.handle({ method: 'POST', url: '/v1/private/projects', ...gzipped({ name: `late ${count}` }) }),
      ),
    )
    await replace(mock)
    const before = JSON.stringify(mock.snapshot())
    for (const reply of await Promise.all(calls)) expect(reply).toMatchObject({ status: 0, connection: 'drop' })
    expect(JSON.stringify(mock.snapshot())).toBe(before)
  })
})

it('a wait for a command is decided again when the command is gone meanwhile', async () => {
  const mock = openMock()
  const runner = await mock.given.connectedRunner({ type: 'connect' })
  const { command_id: id } = await mock.given.command({ runner, status: 'pending', timeoutSeconds: 30 })
  // It lives for twice its timeout and a minute.
  await mock.clock.advance({ seconds: 115 })
  const url = `/v1/private/local-runners/${runner.id}/bridge/commands/${id}`
  expect(await mock.handle({ method: 'GET', url })).toMatchObject({ status: 200 })
  const read = mock.handle({ method: 'GET', url: `${url}?wait=true` })
  await mock.clock.advance({ seconds: 10 })
  expect(await read).toMatchObject({ status: 404 })
})

it('a closed mock answers polls and waits at once', async () => {
  const mock = openMock()
  const runner = await mock.given.connectedRunner({ type: 'connect', agents: ['echo'] })
  const { command_id: id } = await mock.given.command({ runner, status: 'picked_up' })
  await mock.close()
  const base = `/v1/private/local-runners/${runner.id}`
  const ask = (method: string, path: string) => Promise.resolve(mock.handle({ method, url: base + path }))
  expect(await ask('POST', '/jobs/next')).toMatchObject({ status: 200, body: 'null' })
  expect(await ask('POST', '/bridge/commands/next')).toMatchObject({ status: 200, body: '{"commands":[]}' })
  expect(await ask('GET', `/bridge/commands/${id}?wait=true`)).toMatchObject({ status: 200 })
})
