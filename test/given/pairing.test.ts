// Pairing in the place of the person on the web page: links as daemons print them, and what activating them does.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRunnerMock, readPairingLink, writePairingLink, type RunnerMock } from '../../src/index.js'
import { checkReply } from '../../src/mocks/adapters/node.js'

const KEYS = { 'key-ada': { user: 'ada', workspaces: ['team'] }, 'key-bob': { user: 'bob', workspaces: ['team'] } }
const ADA = { workspace: 'team', apiKey: 'key-ada' }
const BOB = { workspace: 'team', apiKey: 'key-bob' }

let mock: RunnerMock

beforeEach(() => {
  mock = createRunnerMock({ seed: 3, frozen: true, auth: KEYS, checkReply })
})
afterEach(() => mock.close())

async function statusOf(runnerId: string, { workspace, apiKey }: typeof ADA): Promise<unknown> {
  const headers = { 'comet-workspace': workspace, authorization: apiKey }
  const response = await mock.fetch(`/api/v1/private/local-runners/${runnerId}`, { headers })
  return response.status === 200 ? await response.json() : response.status
}

it('given.pairingLink makes the link that a daemon prints for its session', async () => {
  const { id: projectId } = await mock.given.project({ name: 'Bots & co', as: ADA })
  const activationKey = new Uint8Array(32).fill(7)
  const apiUrl = 'https://opik.example:8443/team/api'
  const request = { type: 'connect', name: 'läptop', activationKey, projectId, as: ADA } as const
  const link = await mock.given.pairingLink({ ...request, apiUrl })
  const { origin, pathname, search } = new URL(link)
  expect(origin + pathname).toBe('https://opik.example:8443/opik/pair/v1')
  expect(search).toContain('project=Bots%20%26%20co&workspace=team')
  expect(readPairingLink(link)).toMatchObject({
    ...{ type: 'connect', runnerName: 'läptop', activationKey, projectId },
    ...{ url: 'https://opik.example:8443/team/', projectName: 'Bots & co', workspace: 'team' },
  })
})

describe('pairing.activate', () => {
  it('takes a link and connects the runner that its daemon named', async () => {
    const link = await mock.given.pairingLink({ name: 'laptop', as: ADA })
    const { runnerId, isNew } = await mock.pairing.activate(link)
    expect(isNew).toBe(true)
    expect(await statusOf(runnerId, ADA)).toMatchObject({ name: 'laptop', status: 'connected' })
  })

  it('takes the id of a session, for whoever opened it, under a name that stays the same', async () => {
    const { id, runnerId } = await mock.given.session({ type: 'connect', as: BOB })
    expect(await mock.pairing.activate(id.toUpperCase())).toEqual({ runnerId, isNew: true })
    expect(await statusOf(runnerId, ADA)).toBe(404)
    expect(await statusOf(runnerId, BOB)).toMatchObject({ type: 'connect', name: `runner-${id.slice(-6)}` })
  })

  it('takes a name, and somebody else of the workspace as the owner', async () => {
    const { id, runnerId } = await mock.given.session({ as: ADA })
    await mock.pairing.activate(id, { name: 'mine', as: BOB })
    expect(await statusOf(runnerId, ADA)).toBe(404)
    expect(await statusOf(runnerId, BOB)).toMatchObject({ name: 'mine' })
  })

  it('tells a session that was activated before', async () => {
    const link = await mock.given.pairingLink({ as: ADA })
    const { runnerId } = await mock.pairing.activate(link)
    expect(await mock.pairing.activate(link, { name: 'other' })).toEqual({ runnerId, isNew: false })
    expect(await statusOf(runnerId, ADA)).toMatchObject({ name: 'given-runner' })
  })

  it.each(['tampered', 'expired', 'unknown', 'no link at all'])('throws for one that is %s', async (what) => {
    const link = await mock.given.pairingLink({ as: ADA, status: what === 'expired' ? 'expired' : 'open' })
    const read = readPairingLink(link)!
    const apiUrl = 'http://localhost/api'
    const wrong: Record<string, string> = {
      tampered: writePairingLink({ ...read, activationKey: new Uint8Array(32), projectName: 'any', apiUrl }),
      expired: link,
      unknown: '01a21502-bf25-7001-b7a4-8e177685f2d7',
      'no link at all': 'http://localhost/opik/pair/v1#AAAA',
    }
    await expect(mock.pairing.activate(wrong[what]!)).rejects.toMatchObject({ code: 'pairing/refused' })
    if (what === 'tampered') expect(await mock.pairing.activate(read.sessionId)).toMatchObject({ isNew: true })
  })

  it('knows who opened a session that comes from a snapshot', async () => {
    const { id, runnerId } = await mock.given.session({ as: BOB })
    mock.restore(structuredClone(mock.snapshot()))
    await mock.pairing.activate(id)
    expect(await statusOf(runnerId, BOB)).toMatchObject({ id: runnerId })
  })

  it('meets no fault and is no call of a client', async () => {
    mock.faults.inject({ status: 503 })
    await mock.pairing.activate(await mock.given.pairingLink({ as: ADA }))
    mock.journal.expect('activatePairingSession').not.toHaveBeenCalled()
  })
})
