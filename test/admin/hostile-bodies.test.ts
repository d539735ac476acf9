// Every call of the admin API that takes a body, with bodies out of its form and something odd in them: an answer below
// 500 comes, it says nothing of a stack, and the mock is no worse for it.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { adminOperations } from '../../src/generated/kit-admin.js'
import { textsWithOddities, valuesOf, type JsonSchema } from '../kit/from-schema.js'
import { openSite } from './site.js'

const calls = Object.entries(adminOperations).flatMap(([path, methods]) =>
  Object.entries(methods).flatMap(([method, { body }]) => (body === undefined ? [] : [{ method, path, body }])),
)

it.each(calls)('$method $path answers every body', async ({ method, path, body }) => {
  const bugs: unknown[] = []
  const { adminUrl, mock } = await openSite(
    { settings: { reaper_interval_seconds: 1e8 } },
    { onBug: (error) => bugs.push(error) },
  )
  await fc.assert(
    fc.asyncProperty(textsWithOddities(valuesOf(body as JsonSchema)), async (text) => {
      const response = await fetch(adminUrl + path, { method, body: text })
      const said = await response.text()
      expect(response.status).toBeLessThan(500)
      expect(said).not.toMatch(/\n {4}at |RangeError|TypeError/)
      expect(bugs).toEqual([])
      expect(Number.isFinite(mock.clock.now())).toBe(true)
    }),
    { numRuns: process.env['KIT_ALL_SEEDS'] === undefined ? 15 : 60 },
  )
  expect(mock.handle({ method: 'GET', url: '/is-alive/ping' })).toBeDefined()
})
