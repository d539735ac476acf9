// Which rule an entry of the journal names: that of the lifecycle which decided the answer, and its facts.
import { describe, expect, it } from 'vitest'
import { openMock } from '../faults/stages.js'
import { callerOf } from '../mocks/harness.js'

const BASE = '/v1/private/local-runners'

describe('matched_rule', () => {
  it('names machine, trigger, states and facts', async () => {
    const mock = openMock()
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    const { id } = await mock.given.job({ runner })
    const ask = callerOf(mock)
    const report = (status: string) => ask('POST', `/local-runners/jobs/${id}/results`, { status })
    const own = `/local-runners/${runner.id}`
    mock.journal.clear()
    await ask('POST', `${own}/jobs/next`)
    await report('running')
    await report('cancelled')
    await report('completed')
    await report('completed')
    await ask('GET', `/local-runners/jobs/${id}`)
    await ask('POST', `${own}/heartbeats`)
    await ask('DELETE', own)
    await ask('POST', `${own}/heartbeats`)
    expect(mock.journal.entries().map((entry) => entry.matched_rule)).toEqual([
      'job nextJob: pending -> running',
      'job reportJobResult: running -> running [status=running]',
      'job reportJobResult: running -> running [status=pending|cancelled]',
      'job reportJobResult: running -> completed [status=completed]',
      'job reportJobResult: completed -> completed',
      'job getJob: completed -> completed',
      'runner heartbeat: connected -> connected',
      'runner disconnectRunner: connected -> none',
      'runner heartbeat: none -> none',
    ])
  })

  it('is that of the answer, however long it has waited and whatever came in between', async () => {
    const mock = openMock()
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    const connect = await mock.given.connectedRunner({ type: 'connect' })
    const session = await mock.given.session({ type: 'connect' })
    mock.journal.clear()
    const ask = callerOf(mock)
    const polls = [1, 2].map(() => ask('POST', `/local-runners/${runner.id}/jobs/next`))
    const batches = [1, 2].map(() => ask('POST', `/local-runners/${connect.id}/bridge/commands/next`))
    const activation = ask('POST', `/pairing/sessions/${session.id}/activate`, session.activation)
    await ask('POST', '/local-runners/jobs', { agent_name: 'echo', project_id: runner.projectId })
    await ask('POST', `/local-runners/${connect.id}/bridge/commands`, { type: 'ReadFile', args: {} })
    await activation
    await mock.clock.advance({ seconds: 30 })
    await Promise.all([...polls, ...batches])
    const told = mock.journal.entries().map((entry) => `${entry.status} ${entry.matched_rule ?? ''}`)
    expect([...told].sort()).toEqual([
      '200 bridgeCommand nextBridgeCommands: pending -> picked_up',
      '200 job nextJob: pending -> running',
      '200 runner nextBridgeCommands: connected -> connected',
      '200 runner nextJob: connected -> connected',
      '201 bridgeCommand createBridgeCommand: none -> pending',
      '201 job createJob: none -> pending',
      '201 pairingSession activatePairingSession: open -> activated',
    ])
  })

  it('is the way to the operation where no rule was asked', async () => {
    const mock = openMock()
    await mock.handle({ method: 'GET', url: BASE })
    await mock.handle({
      method: 'POST',
      url: `${BASE}/jobs`,
      headers: { 'content-type': 'application/json' },
      body: '{',
    })
    await mock.handle({ method: 'GET', url: '/v1/private/projects' })
    expect(mock.journal.entries().map((entry) => entry.matched_rule)).toEqual([
      `GET ${BASE}`,
      `POST ${BASE}/jobs`,
      'GET /v1/private/projects',
    ])
  })
})
