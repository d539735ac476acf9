// What a fallback server has answered is kept in a file, and served when it gives no answer.
import { lstatSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { serve } from '../../src/mocks/adapters/node.js'
import { createRunnerMock } from '../../src/index.js'
import { ask, openBefore, startBackend } from './backend.js'
import { temporaryFolder } from '../temporary-folder.js'

const MARK = 'x-opik-runner-kit-fallback'
const folder = temporaryFolder()

const asked = async (url: string, headers: Record<string, string> = {}) => {
  const { status, headers: answered, body } = await ask(url, { headers })
  return [status, answered[MARK], body.toString()]
}

it('serves what was read when the server is away, for the same workspace, and without a key in the file', async () => {
  const fallbackCache = folder.at('answers.json')
  let isAway = false
  const origin = await startBackend((request, response) => {
    if (isAway) return void request.socket.destroy()
    const { pathname } = new URL(request.url ?? '', 'http://x')
    response.writeHead(pathname.endsWith('missing') ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ of: request.url, in: request.headers['comet-workspace'] ?? 'none' }))
  })
  const first = await openBefore(origin, { fallbackCache })
  const path = '/v1/private/guardrails?page=1'
  const headers = { authorization: 'a-secret-key', 'comet-workspace': 'team' }
  const body = JSON.stringify({ of: path, in: 'team' })
  expect(await asked(first.url + path, headers)).toEqual([200, 'answered', body])
  expect((await asked(`${first.url}/v1/private/missing`)).slice(0, 2)).toEqual([404, 'answered'])
  expect((await ask(first.url + path, { method: 'POST', headers })).status).toBe(200)
  isAway = true
  expect(await asked(first.url + path, headers)).toEqual([200, 'kept', body])
  await first.close()
  expect(readFileSync(fallbackCache, 'utf8')).not.toContain('a-secret-key')

  // Another start, with the server still away.
  const second = await openBefore(origin, { fallbackCache })
  expect(await asked(second.url + path, headers)).toEqual([200, 'kept', body])
  expect((await asked(second.url + path)).slice(0, 2)).toEqual([424, 'failed'])
  expect((await asked(`${second.url}/v1/private/missing`)).slice(0, 2)).toEqual([424, 'failed'])
  expect((await ask(second.url + path, { method: 'POST', headers })).status).toBe(424)
})

it.each([
  ['no JSON', '{'],
  ['another file', '{"answers": {}}'],
  ['an answer with a flaw', '{"version":1,"answers":[{"workspace":"a","path":"b","status":200,"type":"","body":""}]}'],
])('refuses %s as its file, and leaves it as it is', async (_, text) => {
  const fallbackCache = folder.at('other.json')
  writeFileSync(fallbackCache, text)
  const options = { port: 0, fallback: 'http://127.0.0.1:9', fallbackCache }
  await expect(serve(createRunnerMock(), options)).rejects.toMatchObject({ code: 'fallback/cache' })
  expect(readFileSync(fallbackCache, 'utf8')).toBe(text)
})

it('refuses to keep the answers of no server', async () => {
  const fallbackCache = folder.at('nobody.json')
  for (const choice of [{}, { fallback: 'openapi.yaml' }]) {
    const started = serve(createRunnerMock(), { port: 0, fallbackCache, ...choice })
    await expect(started).rejects.toMatchObject({ code: 'fallback/cache' })
  }
})

it('follows no link that somebody has put in the way of its file', async () => {
  const [fallbackCache, victim] = [folder.at('linked.json'), folder.at('victim')]
  writeFileSync(victim, 'as it was')
  symlinkSync(victim, `${fallbackCache}.draft`)
  const server = await serve(createRunnerMock(), { port: 0, fallback: 'http://127.0.0.1:9', fallbackCache })
  await server.close()
  expect(readFileSync(victim, 'utf8')).toBe('as it was')
  expect(lstatSync(fallbackCache).isFile()).toBe(true)
})
