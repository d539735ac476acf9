// A daemon that knows its workspace and its API key, as far as pairing goes; the rest is as on a local install.
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Opens a pairing session and waits until somebody has activated it.
 *
 * @param {string} api such as `https://www.comet.com/opik/api`
 * @param {{ apiKey: string, workspace: string }} credentials
 * @returns the runner as its owner sees it
 */
export async function pair(api, { apiKey, workspace }, { patience = 60, pause = 200 } = {}) {
  const headers = { authorization: apiKey, 'comet-workspace': workspace, 'content-type': 'application/json' }
  const call = async (path, body) => {
    const init = body === undefined ? { headers } : { headers, method: 'POST', body: JSON.stringify(body) }
    return fetch(`${api}/v1/private${path}`, init)
  }
  const project = await read(await call('/projects/retrieve', { name: 'Default Project' }))
  const activationKey = randomBytes(32).toString('base64')
  const request = { project_id: project.id, activation_key: activationKey, type: 'endpoint' }
  const session = await read(await call('/pairing/sessions', request))
  for (let attempt = 0; attempt < patience; attempt++) {
    // There is no runner before somebody has clicked the link, and none for anybody else after that.
    const response = await call(`/local-runners/${session.runner_id}`)
    if (response.status !== 404) return read(response)
    await sleep(pause)
  }
  throw new Error('Nobody has activated the session.')
}

async function read(response) {
  if (response.ok) return response.json()
  throw new Error(`${response.url} answered ${response.status}`)
}
