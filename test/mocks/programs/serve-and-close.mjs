// Serves a mock, lets polls of each kind wait, closes, and prints what the polls were answered. It ends when nothing
// keeps it alive; it calls no exit.
import { createRunnerMock, signActivation } from '../../../dist/index.js'
import { serve } from '../../../dist/mocks/adapters/node.js'

const mock = createRunnerMock({ scenario: process.argv[2] })
const server = await serve(mock, { port: 0 })
const key = new Uint8Array(32)

const post = async (path, body) => {
  const response = await fetch(`${server.url}/v1/private/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'key' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, text, body: text === '' ? undefined : JSON.parse(text) }
}

const project = await post('projects/retrieve', { name: 'Default Project' })
const session = await post('pairing/sessions', {
  project_id: project.body.id,
  activation_key: Buffer.from(key).toString('base64'),
  type: 'connect',
})
await post(`pairing/sessions/${session.body.session_id}/activate`, {
  runner_name: 'laptop',
  hmac: await signActivation(key, session.body.session_id, 'laptop'),
})
const runner = `local-runners/${session.body.runner_id}`
await post(`${runner}/heartbeats`, { capabilities: ['bridge'] })

const polls = [post(`${runner}/jobs/next`), post(`${runner}/bridge/commands/next`)]
// Answered on connections opened after those of the polls: by then the polls have been read.
for (let count = 0; count < 3; count++) await post(`${runner}/heartbeats`)
await server.close()
for (const { status, text } of await Promise.all(polls)) console.log(`${status} ${text}`)
