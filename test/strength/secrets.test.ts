// Nothing that a server, a report or a file gives away holds a secret: API keys, activation keys, proofs, signatures,
// the admin token, cookies. Every output there is, is searched for every secret that went in.
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { createCall } from '../../src/mocks/agents/call-api.js'
import { textAt } from '../../src/kernel/json-value.js'
import type { ApiRequest, ApiResponse } from '../../src/mocks/base/exchange.js'
import { isSnapshot } from '../../src/mocks/mock/snapshot-links.js'
import { signActivation, toBase64 } from '../../src/kernel/pairing.js'
import { COMMAND, startServe } from '../sdk/served.js'
import { temporaryFolder } from '../temporary-folder.js'

const run = promisify(execFile)
const folder = temporaryFolder()
const API_KEY = 'kept-api-key-4711'
const OTHER_KEY = 'kept-other-key-4712'
const ADMIN_TOKEN = 'kept-admin-token-4713'
const SIGNATURE = 'a2VwdC1zaWduYXR1cmUtNDcxNA=='
const COOKIE = 'kept-cookie-4715'

/** Simulated runners that hold keys of their own, too. */
const owner = { workspace: 'team', api_key: API_KEY }
const SCENARIO = {
  agents: { echo: { result: 'done' } },
  projects: [{ name: 'simulated', ...owner }],
  runners: [
    { name: 'simulated-endpoint', project: 'simulated', agents: ['echo'], ...owner },
    { name: 'simulated-connect', project: 'simulated', type: 'connect', files: { 'a.txt': 'a' }, ...owner },
  ],
}

/** The API of a served mock, as the engine's own callers see one. */
const over =
  (url: string) =>
  async ({ method, url: path, headers = {}, body }: ApiRequest): Promise<ApiResponse> => {
    const kept = new Headers([['cookie', COOKIE]])
    for (const [name, value] of Object.entries(headers)) if (typeof value === 'string') kept.set(name, value)
    const answer = await fetch(url + path, {
      method,
      headers: kept,
      ...(method !== 'GET' && typeof body === 'string' && { body }),
    })
    return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() }
  }

it('gives no secret away', async () => {
  const [ann, bob] = ['ann', 'bob'].map((user) => ({ user, workspaces: ['team'] }))
  const keys = folder.write('keys.json', JSON.stringify({ [API_KEY]: ann, [OTHER_KEY]: bob }))
  const scenario = folder.write('scenario.json', JSON.stringify(SCENARIO))
  const state = folder.at('state.json')
  const options = ['--auth', keys, '--scenario', scenario, '--state', state, '--admin-token', ADMIN_TOKEN, '--conduct']
  const served = await startServe(options)
  const outputs = new Map<string, string>()
  const admin = async (path: string): Promise<string> => {
    const answer = await fetch(served.admin + path, { headers: { 'x-admin-token': ADMIN_TOKEN } })
    return answer.text()
  }
  const events = collectEvents(`${served.admin}/events`)

  // A whole life: pairing with a wrong proof and a right one, a signed command, refused keys, secrets in odd places.
  const call = createCall(over(served.url), { workspace: 'team', apiKey: API_KEY })
  const projectId = textAt((await call('retrieveProject', { body: { name: 'Default Project' } })).body, 'id')
  const key = new Uint8Array(32).fill(7)
  const activationKey = toBase64(key)
  const opened = { project_id: projectId, activation_key: activationKey, type: 'connect' } as const
  const path = { sessionId: (await call('createPairingSession', { body: opened })).createdId }
  const proof = { runner_name: 'watched', hmac: await signActivation(key, path.sessionId, 'watched') }
  const runner = { id: (await call('activatePairingSession', { path, body: proof })).createdId }
  await call('activatePairingSession', { path, body: { runner_name: 'x', hmac: SIGNATURE } })
  await call('createPairingSession', {
    body: { project_id: projectId, activation_key: activationKey, type: 'endpoint' },
  })
  await call('heartbeat', { path: { runnerId: runner.id }, body: { capabilities: ['bridge'] } })
  const args = { path: 'a', _hmac: SIGNATURE }
  const command = await call('createBridgeCommand', { path: { runnerId: runner.id }, body: { type: 'ReadFile', args } })
  await call('nextBridgeCommands', { path: { runnerId: runner.id }, body: {} })
  const result = { status: 'completed', result: { content: 'x', _hmac: SIGNATURE } } as const
  await call('reportBridgeResult', { path: { runnerId: runner.id, commandId: command.createdId }, body: result })
  const odd = [`/v1/private/projects?api_key=${API_KEY}`, `/nowhere?token=${ADMIN_TOKEN}`]
  for (const path of odd)
    await fetch(served.url + path, { headers: { authorization: API_KEY, 'comet-workspace': 'team' } })
  const broken = `{"activation_key":"${activationKey}","project_id":`
  await fetch(`${served.url}/v1/private/pairing/sessions`, {
    method: 'POST',
    body: broken,
    headers: { authorization: API_KEY, 'comet-workspace': 'team', 'content-type': 'application/json' },
  })

  for (const path of ['/requests', '/conduct', '/world', '/faults', '/settings', `/runners/${runner.id}`, '/clock'])
    outputs.set(path, await admin(path))
  outputs.set('events', await events.stop())
  for (const [name, text] of await verifyInto(folder.at('reports'), served)) outputs.set(name, text)
  const simulatedKeys = keysOfSimulated(await admin('/state'))
  await served.stop()
  outputs.set('standard error', served.errors())
  outputs.set('state file', await readFile(state, 'utf8'))

  const secrets = { API_KEY, OTHER_KEY, ADMIN_TOKEN, SIGNATURE, COOKIE, activationKey, ...simulatedKeys }
  const found = [...outputs].flatMap(([output, text]) =>
    Object.entries(secrets).flatMap(([name, secret]) => (text.includes(secret) ? [`${name} in ${output}`] : [])),
  )
  expect(found).toEqual([])
  // What is searched must be there to be searched.
  expect(outputs.get('/requests')).toContain('createPairingSession')
  expect(outputs.get('events')).toContain('runner.connected')
  expect(outputs.get('state file')).toContain(runner.id)
  expect(outputs.get('state file')).toContain('simulated-connect')
  expect(Object.keys(simulatedKeys)).toHaveLength(4)
  expect([...outputs.keys()].filter((name) => name.startsWith('report'))).not.toHaveLength(0)
})

/** The keys of the simulated runners' pairings, which a snapshot holds. */
function keysOfSimulated(text: string): Record<string, string> {
  const snapshot: unknown = JSON.parse(text)
  const pairings = isSnapshot(snapshot) ? (snapshot.crew?.runners.map(({ runner }) => runner) ?? []) : []
  return Object.fromEntries(
    pairings.flatMap(({ name, activationKey = '', bridgeKey = '' }) => [
      [`activation key of ${name}`, activationKey],
      [`bridge key of ${name}`, bridgeKey],
    ]),
  )
}

/** Every report of a run in which checks fail, so that exchanges are shown. */
async function verifyInto(out: string, { url, admin }: { url: string; admin: string }): Promise<[string, string][]> {
  const fault = { operation: 'activatePairingSession', status: 500 }
  const headers = { 'x-admin-token': ADMIN_TOKEN, 'content-type': 'application/json' }
  expect((await fetch(`${admin}/faults`, { method: 'POST', headers, body: JSON.stringify(fault) })).ok).toBe(true)
  const reporters = ['pretty', 'json', 'junit', 'html', 'github'].flatMap((name) => ['--reporter', name])
  const words = `verify ${url} --api-key ${API_KEY} --workspace team --other-api-key ${OTHER_KEY} --other-workspace team`
  const steering = `--admin ${admin} --admin-token ${ADMIN_TOKEN} --area pairing --out ${out}`
  const args = [COMMAND, ...`${words} ${steering}`.split(' '), ...reporters]
  const failed: unknown = await run(process.execPath, args, { maxBuffer: 1e8 }).catch((error: unknown) => error)
  const printed =
    failed instanceof Error && 'stdout' in failed && 'stderr' in failed
      ? `${String(failed.stdout)}${String(failed.stderr)}`
      : ''
  expect(printed).not.toBe('')
  const files = await readdir(out)
  const texts = await Promise.all(
    files.map(async (file): Promise<[string, string]> => [`report ${file}`, await readFile(join(out, file), 'utf8')]),
  )
  return [['report printed', printed], ...texts]
}

/** Reads server-sent events until told to stop. */
function collectEvents(url: string): { stop(): Promise<string> } {
  const leaving = new AbortController()
  let text = ''
  const done = (async () => {
    const answer = await fetch(url, { headers: { 'x-admin-token': ADMIN_TOKEN }, signal: leaving.signal })
    for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString('utf8')
  })().catch(() => undefined)
  return {
    async stop() {
      leaving.abort()
      await done
      return text
    },
  }
}
