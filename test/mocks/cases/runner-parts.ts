// Cases of what a runner carries: its agents and its checklist.
import { describe, expect, it } from 'vitest'
import type { Api } from '../api.js'
import { pair } from '../given.js'
import type { Stage } from '../harness.js'

export function runnerPartCases(stage: Stage): void {
  describe('registerAgents', () => agentCases(stage))
  describe('patchChecklist', () => checklistCases(stage))
}

function agentCases({ open }: Stage): void {
  const agentsOf = async (api: Api, runnerId: string) =>
    (await api.expect(200, 'getRunner', { path: { runnerId } })).body.agents

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

  it('takes keys of JavaScript objects as keys', async () => {
    const { api } = await open()
    const { id } = await pair(api)
    const text = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'
    const json = JSON.parse(text) as unknown
    expect(JSON.stringify(await merge(api, id, json, json))).toBe(text)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
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
