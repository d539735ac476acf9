// Cases of request bodies: compression, size, depth, odd keys.
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createJob, defaultProject, pair, readJob } from '../given.js'
import { NOBODY, type Stage } from '../harness.js'
import { goodInput } from '../requests.js'

/** The mock takes 16 MiB. */
const LIMIT = 16 * 1024 * 1024
const TOO_MUCH = LIMIT + 1024 * 1024
const BOMB = gzipSync(Buffer.alloc(TOO_MUCH, ' '))

export function bodyCases({ open, transport }: Stage): void {
  // To a transport, one large body is like another.
  const isLean = transport === 'fetch' || transport === 'msw'

  describe('request bodies', () => {
    it.each(['createJob', 'heartbeat'] as const)(
      '%s answers 413 to a body that unpacks to more than the limit',
      async (id) => {
        const { api } = await open()
        const { path, query } = goodInput(id)
        expect(await api.status(id, { path, query, bytes: BOMB, headers: { 'content-encoding': 'gzip' } })).toBe(413)
      },
    )

    it.skipIf(isLean)('answer 413 to a plain body over the limit, and go on answering', async () => {
      const { api } = await open()
      const project_id = await defaultProject(api)
      const json = { agent_name: 'echo', project_id, inputs: 'x'.repeat(TOO_MUCH) }
      expect(await api.status('createJob', { json })).toBe(413)
      const whole = JSON.stringify({ ...json, inputs: 'x' })
      expect(await api.status('createJob', { bytes: whole.padEnd(LIMIT) })).toBe(404)
      expect(await api.status('createJob', { bytes: whole.padEnd(LIMIT + 1) })).toBe(413)
      expect(await api.status('createJob', { json: { ...json, inputs: 'x' } })).toBe(404)
    })

    it('answer 400 to what only claims to be compressed', async () => {
      const { api } = await open()
      const whole = gzipSync(JSON.stringify({ agent_name: 'echo', project_id: NOBODY }))
      for (const bytes of [whole.subarray(0, -9), new TextEncoder().encode('{}'), gzipSync('{')]) {
        expect(await api.status('createJob', { bytes, headers: { 'content-encoding': 'gzip' } })).toBe(400)
      }
    })

    it('may say that they are not compressed', async () => {
      const { api } = await open()
      const runner = await pair(api)
      const body = { agent_name: 'echo', project_id: runner.projectId }
      for (const encoding of ['identity', ' Identity ', '']) {
        expect(await api.status('createJob', { body, headers: { 'content-encoding': encoding } })).toBe(201)
      }
    })

    it('name the first violations only, and answer by those that follow, too', async () => {
      const { api } = await open()
      const path = { jobId: NOBODY }
      const blank = Array.from({ length: 400 }, () => ({ stream: 's', text: '' }))
      const send = async (...more: object[]) => {
        const { status, body } = await api.call('appendJobLogs', { path, json: [...blank, ...more] })
        return [status, JSON.stringify(body).length < 2000]
      }
      expect(await send()).toEqual([422, true])
      expect(await send({ stream: 's', text: 7 })).toEqual([400, true])
    })

    it('are refused when they nest without end', async () => {
      const { api } = await open()
      const runner = await pair(api)
      const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
      const job = (inputs: string): string =>
        `{"agent_name":"echo","project_id":"${runner.projectId}","inputs":${inputs}}`
      expect(await api.status('createJob', { bytes: job(nested(500)) })).toBe(201)
      expect(await api.status('createJob', { bytes: job(nested(100_000)) })).toBe(400)
    })

    it('keep keys of JavaScript objects as any other: in inputs, names of agents and checklists', async () => {
      const { api } = await open()
      const runner = await pair(api)
      const path = { runnerId: runner.id }
      const odd = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":{},"":0}'
      const json = JSON.parse(odd) as Record<string, unknown>
      const jobId = await createJob(api, runner, { inputs: json })
      expect(JSON.stringify((await readJob(api, jobId)).inputs)).toBe(odd)
      for (let count = 0; count < 2; count++) await api.expect(204, 'patchChecklist', { path, json })
      const { '': _none, ...agents } = json
      await api.expect(204, 'registerAgents', { path, json: agents })
      const { body } = await api.expect(200, 'getRunner', { path })
      expect(JSON.stringify(body.checklist)).toBe(odd)
      expect(body.agents.map(({ name }) => name)).toEqual(['__proto__', 'constructor', 'toString'])
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    })
  })
}
