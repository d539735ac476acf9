// Cases of what a runner carries: its agents and its checklist.
import { describe, expect, it } from 'vitest'
import type { Api } from '../api.js'
import { pair } from '../given.js'
import { NOBODY, type Stage } from '../harness.js'

export function runnerPartCases(stage: Stage): void {
  describe('registerAgents', () => agentCases(stage))
  describe('patchChecklist', () => checklistCases(stage))
}

function agentCases({ open }: Stage): void {
  const agentsOf = async (api: Api, runnerId: string) =>
    (await api.expect(200, 'getRunner', { path: { runnerId } })).body.agents

  it('replaces the whole set, under the names of the map', async () => {
    const { api } = await open()
    const { id } = await pair(api, { agents: ['old'] })
    const path = { runnerId: id }
    const params = [
      { name: 'text', type: 'string', presence: 'required' as const },
      { name: 'n', type: 'integer', presence: 'optional' as const },
      { name: 'free', type: 'float' },
    ]
    const full = { description: 'd', language: 'python', executable: '/bin/x', source_file: 'a.py', params, timeout: 9 }
    await api.expect(204, 'registerAgents', { path, body: { 'a b/c': { ...full, name: 'other' }, bare: {} } })
    expect(await agentsOf(api, id)).toEqual([
      { ...full, name: 'a b/c' },
      { name: 'bare', timeout: 0 },
    ])
    await api.expect(204, 'registerAgents', { path, body: {} })
    expect(await agentsOf(api, id)).toEqual([])
  })

  it.each([
    [{ params: [{ name: '', type: 'string' }] }, 422],
    [{ params: [{ name: ' ', type: 'string' }] }, 422],
    [{ params: [{ name: 'a' }] }, 422],
    [{ params: [{ name: 'a', type: '\t' }] }, 422],
    [{ params: [{ type: 'string' }] }, 422],
    [{ params: [{ name: 'a', type: 'string', presence: 'REQUIRED' }] }, 400],
    [{ params: [{ name: 'a', type: 'string', presence: 'maybe' }] }, 400],
    [{ params: {} }, 400],
    [{ timeout: 'long' }, 400],
    [{ timeout: null, params: null, description: null }, 204],
    [{ params: [{ name: 'a', type: 'string', presence: null }] }, 204],
    [{ params: [] }, 204],
  ])('answers an agent %j with %i', async (agent, status) => {
    const { api } = await open()
    const { id } = await pair(api)
    expect(await api.status('registerAgents', { path: { runnerId: id }, json: { agent } })).toBe(status)
  })

  it('takes an empty name, and a negative timeout, which is shown and counts as none', async () => {
    const { api } = await open()
    const { id, projectId } = await pair(api)
    await api.expect(204, 'registerAgents', { path: { runnerId: id }, body: { '': {}, late: { timeout: -5 } } })
    expect(await agentsOf(api, id)).toEqual([
      { name: '', timeout: 0 },
      { name: 'late', timeout: -5 },
    ])
    const job = { agent_name: 'late', project_id: projectId }
    const { createdId: jobId } = await api.expect(201, 'createJob', { body: job })
    expect((await api.expect(200, 'getJob', { path: { jobId } })).body.timeout).toBe(1800)
  })

  it('answers 400 to a name without an agent, and changes nothing', async () => {
    const { api } = await open()
    const { id } = await pair(api)
    const path = { runnerId: id }
    await api.expect(204, 'registerAgents', { path, body: { kept: {} } })
    expect(await api.status('registerAgents', { path, json: { a: null } })).toBe(400)
    const { body } = await api.expect(200, 'getRunner', { path })
    expect(body.agents.map(({ name }) => name)).toEqual(['kept'])
  })

  it('takes max_agents_per_runner agents, not one more', async () => {
    const { api } = await open()
    const { id } = await pair(api)
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`agent ${n}`, {}]))
    expect(await api.status('registerAgents', { path: { runnerId: id }, body: many(50) })).toBe(204)
    expect(await api.status('registerAgents', { path: { runnerId: id }, body: many(51) })).toBe(400)
    expect(await agentsOf(api, id)).toHaveLength(50)
    expect(await api.status('registerAgents', { path: { runnerId: NOBODY }, body: many(51) })).toBe(404)
  })

  it('works for a connect runner and for a lapsed one', async () => {
    const { api, clock } = await open()
    const { id } = await pair(api, { type: 'connect' })
    const path = { runnerId: id }
    expect(await api.status('registerAgents', { path, body: { echo: {} } })).toBe(204)
    await clock.advance({ minutes: 5 })
    expect(await api.status('registerAgents', { path, body: { sum: {} } })).toBe(204)
    await api.expect(200, 'heartbeat', { path })
    expect((await agentsOf(api, id)).map(({ name }) => name)).toEqual(['sum'])
  })

  it('takes any name, those of JavaScript objects included', async () => {
    const { api } = await open()
    const { id } = await pair(api)
    const json = JSON.parse('{"__proto__": {}, "constructor": {}, "toString": {}}') as unknown
    await api.expect(204, 'registerAgents', { path: { runnerId: id }, json })
    expect((await agentsOf(api, id)).map(({ name }) => name)).toEqual(['__proto__', 'constructor', 'toString'])
  })
}

function checklistCases({ open }: Stage): void {
  const merge = async (api: Api, runnerId: string, ...patches: unknown[]): Promise<unknown> => {
    const path = { runnerId }
    for (const json of patches) await api.expect(204, 'patchChecklist', { path, json })
    return (await api.expect(200, 'getRunner', { path })).body.checklist
  }

  it.each<[string, unknown[], unknown]>([
    ['is what was sent first', [{ a: 1 }], { a: 1 }],
    ['may be empty', [{}], {}],
    ['merges objects by key', [{ a: { b: 1, c: 2 } }, { a: { c: 3, d: 4 }, e: 5 }], { a: { b: 1, c: 3, d: 4 }, e: 5 }],
    ['replaces arrays', [{ a: [1, 2, { b: 1 }] }, { a: [3] }], { a: [3] }],
    ['replaces by scalars', [{ a: { b: 1 } }, { a: 'x' }], { a: 'x' }],
    ['replaces scalars by objects', [{ a: 'x' }, { a: { b: 1 } }], { a: { b: 1 } }],
    [
      'keeps null as a value',
      [
        { a: 1, b: { c: 1 } },
        { a: null, b: null },
      ],
      { a: null, b: null },
    ],
    ['keeps what a patch does not name', [{ a: 1 }, {}], { a: 1 }],
  ])('%s', async (_title, patches, merged) => {
    const { api } = await open()
    const { id } = await pair(api)
    expect(await merge(api, id, ...patches)).toEqual(merged)
  })

  it('merges down to ten levels and replaces below', async () => {
    const { api } = await open()
    const { id } = await pair(api)
    const nest = (depth: number, leaf: unknown): unknown => (depth === 0 ? leaf : { k: nest(depth - 1, leaf) })
    expect(await merge(api, id, nest(9, { a: 1 }), nest(9, { b: 2 }))).toEqual(nest(9, { a: 1, b: 2 }))
    const { id: other } = await pair(api, { type: 'connect' })
    expect(await merge(api, other, nest(12, { a: 1 }), nest(12, { b: 2 }))).toEqual(nest(12, { b: 2 }))
  })

  it('takes keys of JavaScript objects as keys', async () => {
    const { api } = await open()
    const { id } = await pair(api)
    const text = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'
    const json = JSON.parse(text) as unknown
    expect(JSON.stringify(await merge(api, id, json, json))).toBe(text)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('answers 400 to what is no object, before it asks for the owner', async () => {
    const { api } = await open()
    for (const json of [[], [{}], 'x', 1, false]) {
      expect(await api.status('patchChecklist', { path: { runnerId: NOBODY }, json })).toBe(400)
    }
    expect(await api.status('patchChecklist', { path: { runnerId: NOBODY }, json: {} })).toBe(404)
  })

  it('may take bridge_max_payload_bytes of UTF-8 when merged, not one more', async () => {
    const { api } = await open({ settings: { bridge_max_payload_bytes: 100 } })
    const { id } = await pair(api)
    const path = { runnerId: id }
    // {"a":"...","b":"ü"} is 17 characters and 18 bytes around the text of a.
    await api.expect(204, 'patchChecklist', { path, body: { a: 'x'.repeat(82) } })
    expect(await api.status('patchChecklist', { path, body: { b: 'üü' } })).toBe(400)
    expect(await merge(api, id, {})).toEqual({ a: 'x'.repeat(82) })
    expect(await api.status('patchChecklist', { path, body: { b: 'ü' } })).toBe(204)
  })
}
