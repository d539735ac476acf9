// Cases of media types, and of the numbers in JSON that callers store.
import { describe, expect, it } from 'vitest'
import { createJob, pair } from '../given.js'
import type { Stage } from '../harness.js'
import { goodInput } from '../requests.js'

const RUNNERS = '/v1/private/local-runners'
const ODD_NUMBERS = '{"n":12345678901234567890123,"f":1.0,"z":-0.0,"e":1E5,"t":1e-7,"d":0.10,"h":1e400,"i":[1.0,2]}'

export function mediaCases(stage: Stage): void {
  describe('media types', () => typeCases(stage))
  describe('numbers in stored JSON', () => numberCases(stage))
}

function typeCases({ open }: Stage): void {
  it.each(['getRunner', 'createJob'] as const)(
    '%s answers 406 to who takes no JSON, and 415 before that',
    async (id) => {
      const { api } = await open({ auth: { 'a-key': { user: 'ann', workspaces: ['default'] } } })
      const input = goodInput(id)
      for (const accept of [
        'text/html',
        'application/xml, text/*',
        'application/json; q=0.0',
        'application/json;q=0',
        'application/json;q=0.000;charset=utf-8',
        'application/problem+json',
      ]) {
        expect(await api.status(id, { ...input, headers: { accept } }), accept).toBe(406)
      }
      const both = { accept: 'text/html', 'content-type': 'text/plain' }
      // Nobody is asked who they are before, and no id is looked at.
      expect(
        await api.status(id, {
          ...input,
          path: { runnerId: 'x', jobId: 'x', commandId: 'x', sessionId: 'x' },
          headers: both,
        }),
      ).toBe(415)
      for (const accept of [
        '*/*',
        'application/*',
        'text/html, application/json;q=0.1',
        'application/json;q=0.01',
        'Application/JSON;charset=utf-8',
      ]) {
        expect(await api.status(id, { ...input, headers: { accept } }), accept).toBe(403)
      }
    },
  )
}

function numberCases({ open, transport }: Stage): void {
  /** The whole answer, as it came. */
  const textOf = async (mock: Awaited<ReturnType<Stage['open']>>['mock'], path: string): Promise<string> =>
    (await mock.handle({ method: 'GET', url: path })).body

  it('come back as they were written, in commands and checklists, and over snapshots', async () => {
    const { api, mock } = await open()
    const runner = await pair(api, { type: 'connect' })
    const path = { runnerId: runner.id }
    const bytes = `{"type":"ReadFile","args":${ODD_NUMBERS},"timeout_seconds":30.0}`
    const { body } = await api.expect(201, 'createBridgeCommand', { path, bytes })
    await api.expect(204, 'patchChecklist', { path, bytes: '{"a":{"b":1.0,"c":1.0},"d":1.0}' })
    await api.expect(204, 'patchChecklist', { path, bytes: '{"a":{"c":1},"e":[2.0]}' })
    mock.restore(mock.snapshot())
    const command = await textOf(mock, `${RUNNERS}/${runner.id}/bridge/commands/${body.command_id}`)
    expect(command).toContain(`"args":${ODD_NUMBERS}`)
    expect(command).toContain('"timeout_seconds":30,')
    expect(await textOf(mock, `${RUNNERS}/${runner.id}`)).toContain('{"a":{"b":1.0,"c":1},"d":1.0,"e":[2.0]}')
  })

  it.skipIf(transport !== 'http')('keep their digits in what the admin API gives out and takes back', async () => {
    const { api, url, mock } = await open()
    const runner = await pair(api)
    await createJob(api, runner)
    const bytes = `{"agent_name":"echo","project_id":"${runner.projectId}","inputs":${ODD_NUMBERS}}`
    const { createdId } = await api.expect(201, 'createJob', { bytes })
    const snapshot = `${new URL(url).origin}/__admin/state`
    const kept = await (await fetch(snapshot)).text()
    expect((await fetch(snapshot, { method: 'PUT', body: kept })).ok).toBe(true)
    expect(await textOf(mock, `${RUNNERS}/jobs/${createdId}`)).toContain(ODD_NUMBERS)
  })
}
