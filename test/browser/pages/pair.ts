// The web app's page behind a pairing link: activates the session with what the fragment holds, then talks to the runner.
import { deriveBridgeKey } from '../../../src/index.js'
import { startRunnerMock } from '../../../src/mocks/adapters/browser.js'
import { connectAgent } from '../../../src/mocks/agents/index.js'
import { post } from './api.js'
import { proof, readLink, signature, toUuid } from './link-crypto.js'

const { mock } = await startRunnerMock({ keep: 'session', quiet: true })
const link = readLink(location.hash)
const session = toUuid(link.session)

function show(text: string): void {
  document.body.append(Object.assign(document.createElement('p'), { textContent: text }))
}

function button(text: string, act: () => Promise<string>): void {
  const made = Object.assign(document.createElement('button'), { textContent: text })
  made.addEventListener('click', () => void act().then(show))
  document.body.append(made)
}

button('pair', async () => {
  const body = { runner_name: link.name, hmac: await proof(link, link.name) }
  const { status } = await post(`/v1/private/pairing/sessions/${session}/activate`, body)
  return status === 201 ? 'paired' : String(status)
})

button('read a file', async () => {
  const [runner] = mock.snapshot().world.runners
  const id = runner?.id ?? ''
  // The daemon lives in the page, with the key that the package derives.
  const { key: activationKey, project: projectId, name, type } = link
  const bridgeKey = await deriveBridgeKey(activationKey, session)
  const daemon = { id, sessionId: session, projectId, type, name, activationKey, bridgeKey }
  await mock.agents.start(daemon, connectAgent({ files: { 'a.txt': 'hello\n' }, signatures: 'required' }))

  const args = { path: 'a.txt', limit: 10 }
  const commands = `/v1/private/local-runners/${id}/bridge/commands`
  const signed = { ...args, _hmac: await signature(link, 'ReadFile', args) }
  const { command_id: command } = (await (await post(commands, { type: 'ReadFile', args: signed })).json()) as {
    command_id: string
  }
  const read = await fetch(`/api${commands}/${command}?wait=true`)
  const { status, result } = (await read.json()) as { status: string; result: { content: string; _hmac: string } }
  const isGenuine = result._hmac === (await signature(link, status, result))
  return `${status}: ${result.content.trim()}, ${isGenuine ? 'genuine' : 'forged'}`
})

show(`${link.name} wants to pair as ${link.type}`)
