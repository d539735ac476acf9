// Cases of request bodies: what cannot be read, what breaks the schema, media types, compression and size.
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createJob, defaultProject, pair, readJob } from '../given.js'
import { NOBODY, type Stage } from '../harness.js'
import { bodyOperations, goodInput } from '../requests.js'

/** The mock takes 16 MiB. */
const LIMIT = 16 * 1024 * 1024
const TOO_MUCH = LIMIT + 1024 * 1024
const BOMB = gzipSync(Buffer.alloc(TOO_MUCH, ' '))

export function bodyCases({ open }: Stage): void {
  describe('request bodies', () => {
    it.each(bodyOperations)('%s answers 400 to what is no JSON', async (id) => {
      const { api } = await open()
      const { path, query } = goodInput(id)
      for (const bytes of [
        '{',
        '{"a":1} x',
        'undefined',
        '{"a":+NaN}',
        "{'a':1}",
        new Uint8Array([0x22, 0xff, 0x22]),
      ]) {
        expect(await api.status(id, { path, query, bytes }), String(bytes)).toBe(400)
      }
    })

    it.each(['createJob', 'heartbeat'] as const)(
      '%s answers 413 to a body that unpacks to more than the limit',
      async (id) => {
        const { api } = await open()
        const { path, query } = goodInput(id)
        expect(await api.status(id, { path, query, bytes: BOMB, headers: { 'content-encoding': 'gzip' } })).toBe(413)
      },
    )

    it('answer 413 to a plain body over the limit, and go on answering', async () => {
      const { api } = await open()
      const project_id = await defaultProject(api)
      const json = { agent_name: 'echo', project_id, inputs: 'x'.repeat(TOO_MUCH) }
      expect(await api.status('createJob', { json })).toBe(413)
      const whole = JSON.stringify({ ...json, inputs: 'x' })
      expect(await api.status('createJob', { bytes: whole.padEnd(LIMIT) })).toBe(404)
      expect(await api.status('createJob', { bytes: whole.padEnd(LIMIT + 1) })).toBe(413)
      expect(await api.status('createJob', { json: { ...json, inputs: 'x' } })).toBe(404)
    })

    it('may be compressed', async () => {
      const { api } = await open()
      const runner = await pair(api)
      const job = { agent_name: 'echo', project_id: runner.projectId, inputs: { text: 'grüße'.repeat(1000) } }
      const bytes = gzipSync(JSON.stringify(job))
      const created = await api.expect(201, 'createJob', { bytes, headers: { 'content-encoding': 'gzip' } })
      expect((await readJob(api, created.createdId)).inputs).toEqual(job.inputs)
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

    it('may name a character set, in any case', async () => {
      const { api } = await open()
      const runner = await pair(api)
      const body = { agent_name: 'echo', project_id: runner.projectId }
      for (const type of ['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset=UTF-8']) {
        expect(await api.status('createJob', { body, headers: { 'content-type': type } })).toBe(201)
      }
    })

    it('leave out a field by null as by not naming it', async () => {
      const { api } = await open()
      const runner = await pair(api)
      const optionalFields = { mask_id: null, prompt_masks: null, blueprint_name: null, metadata: null }
      const json = { agent_name: 'echo', project_id: runner.projectId, ...optionalFields }
      const { createdId } = await api.expect(201, 'createJob', { json })
      const job = await readJob(api, createdId)
      for (const name of Object.keys(optionalFields)) expect(job).not.toHaveProperty(name)
      expect(await api.status('createJob', { json: { ...json, agent_name: null } })).toBe(422)
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

    it('judge types before constraints: both broken is 400', async () => {
      const { api } = await open()
      expect(await api.status('createJob', { json: { agent_name: 7 } })).toBe(400)
      expect(await api.status('createJob', { json: { agent_name: ' ' } })).toBe(422)
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

    it('keep the JSON that callers store as it was, nulls and odd keys included', async () => {
      const { api } = await open()
      const runner = await pair(api)
      const inputs = JSON.parse('{"a":null,"b":[null,{"c":null}],"__proto__":{"x":1},"constructor":1,"":0}') as unknown
      const jobId = await createJob(api, runner, { inputs })
      expect(JSON.stringify((await readJob(api, jobId)).inputs)).toBe(JSON.stringify(inputs))
    })
  })
}
