// Replays what the published SDKs send, step by step, to a mock: every answer has the status that they were satisfied with.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { checkReply } from '../../../src/mocks/engine/check-reply.js'
import { createRunnerMock } from '../../../src/index.js'
import { nameOf, operationOf } from './page-stories.js'

interface SdkRequest {
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly status: number
  readonly content_encoding?: 'gzip'
}

type Steps = Readonly<Record<string, readonly SdkRequest[]>>

const { about: _about, ...sdks } = JSON.parse(
  readFileSync(new URL('../../recorded/sdk-requests.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, Steps>>

/** What SDKs ask for and the spec does not have yet. This can only get shorter. */
const LEFT_OUT = [
  'GET /v1/private/agent-configs/blueprints/environments/prod/projects/{}',
  'GET /v1/private/agent-configs/blueprints/environments/staging/projects/{}',
  'GET /v1/private/agent-configs/blueprints/latest/projects/{}',
  'GET /v1/private/agent-configs/blueprints/projects/{}/names/v1',
  'GET /v1/private/agent-configs/blueprints/{}',
  'GET /v1/private/auth/workspace',
  'GET /v1/private/prompts',
  'GET /v1/private/prompts/{}',
  'GET /v1/private/prompts/{}/versions',
  'GET /v1/session/redirect/projects',
  'PATCH /v1/private/agent-configs/blueprints',
  'POST /v1/private/agent-configs/blueprints',
  'POST /v1/private/agent-configs/blueprints/environments',
  'POST /v1/private/auth',
  'POST /v1/private/prompts/versions',
  'POST /v1/private/prompts/versions/retrieve',
]

const NOW = '2026-07-14T12:00:00Z'
const ids: Readonly<Record<string, string>> = {
  time: '2026-07-14T11:59:59.123456Z',
  traceId: '019f5ffb-007c-7388-80cb-2514a92f1818',
  spanId: '019f5ffb-01f8-752f-b617-5fd1e78944cf',
}

const fill = (text: string, projectId: string): string =>
  text.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    name === 'projectId' ? projectId : (ids[name] ?? ids['spanId'] ?? ''),
  )

describe.each(Object.entries(sdks))('%s', (_, steps) => {
  it('is answered as it needs', async () => {
    const mock = createRunnerMock({ now: NOW, frozen: true, checkReply })
    let projectId = ''
    for (const [step, requests] of Object.entries(steps)) {
      for (const { method, path, query = {}, body, status, content_encoding } of requests) {
        if (operationOf(method, path) === undefined) continue
        const search = new URLSearchParams(query).toString()
        const text = body === undefined ? undefined : fill(JSON.stringify(body), projectId)
        const isZipped = content_encoding === 'gzip' && text !== undefined
        const reply = await mock.handle({
          method,
          url: fill(path, projectId) + (search === '' ? '' : `?${fill(search, projectId)}`),
          headers: { 'content-type': 'application/json', ...(isZipped ? { 'content-encoding': 'gzip' } : {}) },
          body: isZipped ? gzipSync(text) : text,
        })
        expect([step, method, path, reply.status]).toEqual([step, method, path, status])
        if (path.endsWith('/projects/retrieve') && reply.status === 200) {
          projectId = (JSON.parse(reply.body) as { id: string }).id
        }
        if (path.endsWith('/traces/{traceId}') && method === 'GET') {
          projectId = (JSON.parse(reply.body) as { project_id: string }).project_id
        }
      }
    }
    await mock.close()
  })
})

describe('the SDKs', () => {
  it('ask for nothing that is missing, but for what is named here', () => {
    const asked = Object.values(sdks).flatMap((steps) => Object.values(steps).flat())
    const missing = asked.filter(({ method, path }) => operationOf(method, path) === undefined).map(nameOf)
    expect([...new Set(missing)].toSorted()).toEqual(LEFT_OUT)
  })
})
