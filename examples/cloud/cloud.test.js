// A daemon against a server that knows users and workspaces, as the cloud does.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createRunnerMock } from 'opik-runner-kit'
import { serve } from 'opik-runner-kit/node'
import { pair } from './daemon.js'

const ann = { apiKey: 'ann-key', workspace: 'lab' }
const bob = { apiKey: 'bob-key', workspace: 'lab' }

let mock
let server
before(async () => {
  mock = createRunnerMock({
    auth: {
      'ann-key': { user: 'ann', workspaces: ['lab'] },
      'bob-key': { user: 'bob', workspaces: ['lab', 'den'] },
    },
  })
  server = await serve(mock, { port: 0 })
})
after(() => server.close())

const statusFor = async ({ apiKey, workspace }, runner) => {
  const headers = { authorization: apiKey, 'comet-workspace': workspace }
  return (await fetch(`${server.url}/v1/private/local-runners/${runner.id}`, { headers })).status
}

test('a runner belongs to whoever has activated it', async () => {
  mock.on('pairingSession.open', ({ resource }) => void mock.pairing.activate(resource.id, { name: 'laptop' }))
  const runner = await pair(server.url, ann)
  assert.equal(runner.name, 'laptop')
  assert.deepEqual([await statusFor(ann, runner), await statusFor(bob, runner)], [200, 404])
})

test('a wrong key and a foreign workspace are told apart', async () => {
  await assert.rejects(pair(server.url, { apiKey: 'Bearer ann-key', workspace: 'lab' }), /401/)
  await assert.rejects(pair(server.url, { apiKey: 'ann-key', workspace: 'den' }), /403/)
  await assert.rejects(pair(server.url, { apiKey: 'ann-key', workspace: '' }), /403/)
})
