// Cases of who may do what: by keys, and in a local install.
import { describe, expect, it } from 'vitest'
import type { AuthMode } from '../../../src/mocks/base/identity.js'
import { pair } from '../given.js'
import type { Stage } from '../harness.js'
import { goodInput, runnerOperations } from '../requests.js'

const KEYS: AuthMode = {
  'ada-key': { user: 'ada', workspaces: ['lab'] },
  'bob-key': { user: 'bob', workspaces: ['lab', 'den'] },
}

export function identityCases(stage: Stage): void {
  describe('identity by keys', () => keysCases(stage))
  describe('identity of a local install', () => localCases(stage))
}

function keysCases({ open }: Stage): void {
  it.each(runnerOperations)(
    '%s answers 401 to a key that nobody knows, 403 to one without the workspace',
    async (id) => {
      const { api } = await open({ auth: KEYS })
      const input = goodInput(id)
      expect(await api.as({ workspace: 'lab' }).status(id, input)).toBe(401)
      expect(await api.as({ workspace: 'lab', apiKey: 'Bearer ada-key' }).status(id, input)).toBe(401)
      expect(await api.as({ apiKey: 'ada-key' }).status(id, input)).toBe(403)
      expect(await api.as({ apiKey: 'ada-key', workspace: 'den' }).status(id, input)).toBe(403)
    },
  )

  it('admit a member, whose user owns what it pairs', async () => {
    const { api } = await open({ auth: KEYS })
    const ada = api.as({ apiKey: 'ada-key', workspace: 'lab' })
    const bob = api.as({ apiKey: 'bob-key', workspace: 'lab' })
    const runner = await pair(ada)
    expect(await ada.status('getRunner', { path: { runnerId: runner.id } })).toBe(200)
    expect(await bob.status('getRunner', { path: { runnerId: runner.id } })).toBe(404)
  })

  it('are not asked of isAlive', async () => {
    for (const auth of [KEYS, 'local', 'open'] as const) {
      const { api } = await open({ auth })
      expect(await api.as({ workspace: 'nowhere' }).status('isAlive')).toBe(200)
    }
  })
}

function localCases({ open }: Stage): void {
  it.each(runnerOperations)('%s answers 404 to any workspace but the default one', async (id) => {
    const { api } = await open({ auth: 'local' })
    expect(await api.as({ workspace: 'lab' }).status(id, goodInput(id))).toBe(404)
  })

  it('is the same user with any key or none', async () => {
    const { api } = await open({ auth: 'local' })
    const runner = await pair(api.as({ apiKey: 'whatever' }))
    for (const caller of [api, api.as({ workspace: 'default' }), api.as({ apiKey: 'else', workspace: 'default' })]) {
      expect(await caller.status('getRunner', { path: { runnerId: runner.id } })).toBe(200)
    }
  })
}
