// A refusal says what the spec has it say: the words of its rule, else those of its machine, with the placeholders filled
// from the request, the settings, the state and the caller.
import { describe, expect, it } from 'vitest'
import { machines, words, type Rule } from '../../src/lifecycle/table.js'
import type { Api } from './api.js'
import { createJob, pair, submit, type Paired } from './given.js'
import { NOBODY, stageOver } from './harness.js'

interface Refused {
  status: number
  body: unknown
}

interface Case {
  on: string
  status: number
  fillers: (runner: Paired) => Record<string, string>
  provoke: (api: Api, runner: Paired) => Promise<Refused>
}

const settings = { max_pending_jobs_per_runner: 1, max_agents_per_runner: 1 }

const cases: [string, Case][] = [
  [
    'words of the machine',
    {
      on: 'getJob',
      status: 404,
      fillers: () => ({}),
      provoke: (api) => api.call('getJob', { path: { jobId: NOBODY } }),
    },
  ],
  [
    'part of the body and the workspace',
    {
      on: 'createPairingSession',
      status: 404,
      fillers: () => ({ 'body.project_id': NOBODY, workspace: 'default' }),
      provoke: (api) =>
        api.call('createPairingSession', {
          body: { project_id: NOBODY, activation_key: Buffer.alloc(32).toString('base64'), type: 'endpoint' },
        }),
    },
  ],
  [
    'setting',
    {
      on: 'createJob',
      status: 429,
      fillers: () => ({ max_pending_jobs_per_runner: '1' }),
      provoke: async (api, runner) => {
        await createJob(api, runner)
        return api.call('createJob', { body: { agent_name: 'echo', project_id: runner.projectId } })
      },
    },
  ],
  [
    'state',
    {
      on: 'reportBridgeResult',
      status: 409,
      fillers: () => ({ state: 'failed' }),
      provoke: async (api) => {
        const bridge = await pair(api, { type: 'connect' })
        const path = { runnerId: bridge.id, commandId: await submit(api, bridge) }
        await api.call('nextBridgeCommands', { path: { runnerId: bridge.id } })
        await api.expect(204, 'reportBridgeResult', { path, body: { status: 'failed', error: {} } })
        return api.call('reportBridgeResult', { path, body: { status: 'completed', result: {} } })
      },
    },
  ],
  [
    'agents that there are',
    {
      on: 'createJob',
      status: 400,
      fillers: () => ({ 'body.agent_name': 'nobody', registered: 'echo' }),
      provoke: (api, { projectId }) => api.call('createJob', { body: { agent_name: 'nobody', project_id: projectId } }),
    },
  ],
]

/** What the tables have a refusal say, by whichever rule. */
function sayings({ on, status }: Case): string[] {
  return Object.entries(machines).flatMap(([machine, { rules }]: [string, { rules: readonly Rule[] }]) =>
    rules
      .filter((rule) => rule.on === on && rule.answer === status)
      .map(({ say }) => say ?? words[machine]?.[status] ?? ''),
  )
}

describe('a refusal', () => {
  it.each(cases)('tells the %s', async (_, given) => {
    const { api } = await stageOver('handle').open({ settings })
    const runner = await pair(api)
    const { status, body } = await given.provoke(api, runner)
    expect(status).toBe(given.status)
    const fillers = given.fillers(runner)
    const wanted = sayings(given).map((say) =>
      say.replaceAll(/\{([^}]+)\}/g, (whole, name: string) => fillers[name] ?? whole),
    )
    expect(wanted).not.toEqual([])
    expect(wanted).toContain(saidIn(body))
  })
})

/** The words of either error shape. */
function saidIn(body: unknown): unknown {
  const { message, errors } = Object(body) as { message?: unknown; errors?: unknown[] }
  return message ?? errors?.[0]
}
