// A refusal says what the spec has it say: the words of its rule, else those of its machine, with the placeholders filled
// from the request, the settings, the state and the caller.
import { describe, expect, it } from 'vitest'
import { machines, words, type Rule } from '../../src/lifecycle/table.js'
import type { OperationId } from '../../src/kernel/operation.js'
import type { Api } from './api.js'
import { createJob, pair, submit, type Paired } from './given.js'
import { NOBODY, stageOver } from './harness.js'

type Refusal = [
  what: string,
  on: OperationId,
  status: number,
  fillers: Record<string, string>,
  provoke: (api: Api, runner: Paired) => Promise<{ status: number; body: unknown }>,
]

const settings = { max_pending_jobs_per_runner: 1, max_agents_per_runner: 1 }

const refusals: Refusal[] = [
  ['words of the machine', 'getJob', 404, {}, (api) => api.call('getJob', { path: { jobId: NOBODY } })],
  [
    ...(['part of the body and the workspace', 'createPairingSession', 404] as const),
    { 'body.project_id': NOBODY, workspace: 'default' },
    (api) => {
      const activation_key = Buffer.alloc(32).toString('base64')
      return api.call('createPairingSession', { body: { project_id: NOBODY, activation_key, type: 'endpoint' } })
    },
  ],
  [
    ...(['setting', 'createJob', 429, { max_pending_jobs_per_runner: '1' }] as const),
    async (api, runner) => {
      await createJob(api, runner)
      return api.call('createJob', { body: { agent_name: 'echo', project_id: runner.projectId } })
    },
  ],
  [
    ...(['state', 'reportBridgeResult', 409, { state: 'failed' }] as const),
    async (api) => {
      const bridge = await pair(api, { type: 'connect' })
      const path = { runnerId: bridge.id, commandId: await submit(api, bridge) }
      await api.call('nextBridgeCommands', { path: { runnerId: bridge.id } })
      await api.expect(204, 'reportBridgeResult', { path, body: { status: 'failed', error: {} } })
      return api.call('reportBridgeResult', { path, body: { status: 'completed', result: {} } })
    },
  ],
  [
    ...(['agents that there are', 'createJob', 400, { 'body.agent_name': 'nobody', registered: 'echo' }] as const),
    (api, { projectId }) => api.call('createJob', { body: { agent_name: 'nobody', project_id: projectId } }),
  ],
]

describe('a refusal', () => {
  it.each(refusals)('tells the %s', async (_, on, wanted, fillers, provoke) => {
    const { api } = await stageOver('handle').open({ settings })
    const { status, body } = await provoke(api, await pair(api))
    expect(status).toBe(wanted)
    // What the tables have it say, by whichever rule.
    const sayings = Object.entries(machines).flatMap(([machine, { rules }]: [string, { rules: readonly Rule[] }]) =>
      rules
        .filter((rule) => rule.on === on && rule.answer === status)
        .map(({ say }) => say ?? words[machine]?.[status] ?? '')
        .map((say) => say.replaceAll(/\{([^}]+)\}/g, (whole, name: string) => fillers[name] ?? whole)),
    )
    const { message, errors } = Object(body) as { message?: unknown; errors?: unknown[] }
    expect(sayings).toContain(message ?? errors?.[0])
  })
})
