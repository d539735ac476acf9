// Stands for a daemon that was started in a terminal: opens a pairing session and shows the link to it.
import { encodePairingFragment } from '../../../src/index.js'
import { startRunnerMock } from '../../../src/mocks/adapters/browser.js'
import { findProject, post } from './api.js'

await startRunnerMock({ keep: 'session', quiet: true })

const type = new URLSearchParams(location.search).get('type') === 'endpoint' ? 'endpoint' : 'connect'
const projectId = await findProject()
const activationKey = crypto.getRandomValues(new Uint8Array(32))
const key = btoa(String.fromCharCode(...activationKey))
const created = await post('/v1/private/pairing/sessions', { project_id: projectId, activation_key: key, type })
const { session_id: sessionId } = (await created.json()) as { session_id: string }
const fragment = encodePairingFragment({ sessionId, activationKey, projectId, runnerName: 'Zoë’s laptop', type })
document.body.append(Object.assign(document.createElement('a'), { href: `/pair#${fragment}`, textContent: 'pair' }))
