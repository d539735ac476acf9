// The cases, played without any transport: plain exchanges.
import { playCases } from './wire-cases.js'
import { expect, it } from 'vitest'
import { createRunnerMock } from '../../src/index.js'

playCases('handle')

it('finds a path by its method, and by the profile of the moment, however often it was asked', async () => {
  const mock = createRunnerMock({ frozen: true })
  const runner = await mock.given.connectedRunner()
  const statusOf = async (method: string, url: string): Promise<number> => (await mock.handle({ method, url })).status
  const path = `/v1/private/local-runners/${runner.id}`
  const seen = async () => [await statusOf('GET', path), await statusOf('POST', path), await statusOf('HEAD', path)]
  expect([await seen(), await seen()]).toEqual([
    [200, 405, 200],
    [200, 405, 200],
  ])
  const environments = '/v1/private/environments'
  expect(await statusOf('GET', environments)).toBe(200)
  mock.changeSettings({ profile: 'opik@2.0' })
  expect(await statusOf('GET', environments)).toBe(404)
  mock.changeSettings({ profile: 'opik' })
  expect(await statusOf('GET', environments)).toBe(200)
  await mock.close()
})

it.each([
  ['without dashes', (id: string) => id.replaceAll('-', '')],
  ['in braces', (id: string) => `{${id}}`],
  ['with a zero byte', (id: string) => `${id}%00`],
])('knows no id %s', async (_, spell) => {
  const mock = createRunnerMock({ frozen: true })
  const { id } = await mock.given.connectedRunner()
  expect((await mock.handle({ method: 'GET', url: `/v1/private/local-runners/${spell(id)}` })).status).toBe(404)
  await mock.close()
})
