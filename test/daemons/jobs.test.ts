// Opik's own clients at work, paired as people pair them: everything that a job or command brings is read back as the web
// app reads it.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type Client, clientsOf } from '../../scripts/daemons/clients.mjs'
import { programOf } from '../../scripts/programs.mjs'
import { operations } from '../../src/kernel/all-operations.js'
import { deriveBridgeKey, readPairingLink, signBridge, verifyBridge } from '../../src/kernel/pairing.js'
import { memberOf } from '../../src/kernel/json-value.js'
import { createdId, createJob, endedJob } from '../sdk/api-client.js'
import { eventually } from '../sdk/eventually.js'
import {
  clients,
  connectCommand,
  endpointCommand,
  note,
  openSite,
  pythons,
  start,
  startAgents,
  startLinked,
  storyOf,
  type Site,
} from './daemon.js'

/** Older clients send neither traces nor spans to a host that does not answer here, without the path of the API. */
async function answersPing({ url }: Site): Promise<boolean> {
  return (await fetch(`${new URL(url).origin}/is-alive/ping`)).ok
}

const cases = clients.flatMap((client) => {
  const ways = client.language === 'python' ? (['headless', 'link'] as const) : (['headless'] as const)
  return ways.map((way) => ({ ...client, client, way }))
})

describe.concurrent.each(cases)('opik $version for $language, paired: $way', ({ client, way }) => {
  it('does its jobs', async (context) => {
    const site = await openSite(context)
    const runnerId = await startAgents(site, client, way)
    await completesJob(site, client, runnerId)
    if (way === 'link') {
      note(client, 'pairing link', 'yes')
    } else {
      await readsConfiguration(site, client)
      await staysCancelled(site, client)
    }
  })
})

/** A job runs to its end, and its logs, result, trace and spans can be read. */
async function completesJob(site: Site, client: Client, runnerId: string): Promise<void> {
  const { api, projectId } = site
  const inputs = { a: 40, b: 1 }
  const jobId = await createJob(api, { agent_name: 'adder', project_id: projectId, inputs })
  const job = await endedJob(api, jobId, () => storyOf(site))
  expect(job).toMatchObject({ runner_id: runnerId, status: 'completed', inputs, result: { sum: 42 } })
  // Logs may come after the result.
  const logs = await eventually('two lines of log', async () => {
    const { body } = await api.send('GET', `local-runners/jobs/${jobId}/logs`)
    return Array.isArray(body) && body.length >= 2 ? (body as unknown[]) : undefined
  })
  expect(JSON.stringify(logs)).toMatch(/"stream":"stdout","text":"adding Grüße/)
  expect(JSON.stringify(logs)).toMatch(/"stream":"stderr","text":"to stderr/)
  note(client, 'job', 'yes')

  const isOld = client.language === 'python' && client.version.startsWith('2.0.')
  if (isOld && !(await answersPing(site))) {
    note(client, 'trace and spans', 'no')
    return
  }
  await eventually('its trace', async () => {
    const { status, body } = await api.send('GET', `traces/${String(job['trace_id'])}`)
    return status === 200 && JSON.stringify(body).includes('"sum":42') ? true : undefined
  })
  await eventually('its spans', async () => {
    const { body } = await api.send('GET', `spans?project_id=${projectId}&trace_id=${String(job['trace_id'])}`)
    return JSON.stringify(body).includes('look_up') ? true : undefined
  })
  note(client, 'trace and spans', 'yes')
}

/** What a job's agent is configured with: the version in production, one that is named, and one with edits of the user. */
async function readsConfiguration(site: Site, client: Client): Promise<void> {
  const { api, projectId } = site
  const values = (model: string, temperature: string) => [
    { key: 'model', type: 'string', value: model },
    { key: 'temperature', type: 'float', value: temperature },
  ]
  const save = async (method: string, blueprint: object): Promise<string> =>
    createdId(await api.send(method, 'agent-configs/blueprints', { project_id: projectId, blueprint }))
  const first = await save('POST', { type: 'blueprint', values: values('première', '0.7') })
  const second = await save('PATCH', { type: 'blueprint', values: values('second', '0.9') })
  // The web app sends all values of a mask, those that were edited and those that were not.
  const mask = await save('PATCH', { type: 'mask', values: values('première', '0.2') })
  const run = async (more: object): Promise<unknown> => {
    const jobId = await createJob(api, { agent_name: 'tuned', project_id: projectId, inputs: {}, ...more })
    const { result, error } = await endedJob(api, jobId, () => storyOf(site))
    return error ?? result
  }
  expect(await run({})).toEqual({ model: 'première', temperature: 0.7 })
  expect(await run({ blueprint_name: 'v2' })).toEqual({ model: 'second', temperature: 0.9 })
  note(client, 'configuration', 'yes')
  expect(await run({ mask_id: mask, blueprint_name: 'v1' })).toEqual({ model: 'première', temperature: 0.2 })
  note(client, 'mask', 'yes')

  // The web app finds the traces of a version so.
  const tracesOf = async (blueprintId: string): Promise<string> => {
    const key = 'agent_configuration._blueprint_id'
    const filters = JSON.stringify([{ field: 'metadata', type: 'dictionary', key, operator: '=', value: blueprintId }])
    const query = new URLSearchParams({ project_id: projectId, filters })
    return JSON.stringify((await api.send('GET', `traces?${String(query)}`)).body)
  }
  await eventually('the trace with the mask', async () => ((await tracesOf(first)).includes(mask) ? true : undefined))
  await eventually('the trace of v2', async () => ((await tracesOf(second)).includes('"v2"') ? true : undefined))
}

/** A job that is cancelled while it runs stays so, whatever is reported later. */
async function staysCancelled({ api, mock, projectId }: Site, client: Client): Promise<void> {
  const jobId = await createJob(api, { agent_name: 'slow', project_id: projectId, inputs: { seconds: 7 } })
  const read = async () => (await api.send('GET', `local-runners/jobs/${jobId}`)).body as { status: string }
  await eventually('the job to run', async () => ((await read()).status === 'running' ? true : undefined))
  await api.send('POST', `local-runners/jobs/${jobId}/cancel`)
  // The agent goes on, and reports at its end.
  const path = `/v1/private/local-runners/jobs/${jobId}/results`
  await eventually('a late result', () =>
    mock.journal.entries().filter((entry) => entry.path === path).length >= 2 ? true : undefined,
  )
  expect(await read()).toMatchObject({ status: 'cancelled' })
  note(client, 'cancelled job', 'yes')
}

describe.concurrent.each(pythons)('opik $version for $language', (client) => {
  const hasAccessCheck = Object.values(operations).some(({ path }: { path: string }) => path === '/v1/private/auth')
  if (!hasAccessCheck) note(client, 'healthcheck', 'no')

  it.skipIf(!hasAccessCheck)('finds the mock healthy', async (context) => {
    const { env } = await openSite(context)
    const options = { env: { PATH: process.env['PATH'], ...env }, encoding: 'utf8' } as const
    const { stdout } = await promisify(execFile)(programOf(client.folder, 'opik'), ['healthcheck'], options)
    expect(stdout).toMatch(/available\s*:\s*yes/i)
    note(client, 'healthcheck', 'yes')
  })

  it.for(['endpoint', 'connect'] as const)('%s: is stopped from outside, and says goodbye', async (type, context) => {
    const site = await openSite(context)
    const { mock, env } = site
    const opik = promisify(execFile)
    const options = { env: { PATH: process.env['PATH'], ...env }, encoding: 'utf8' } as const
    const run = (...args: string[]) => opik(programOf(client.folder, 'opik'), [type, ...args], options)
    if (
      await run('stop', '--help').then(
        () => false,
        () => true,
      )
    ) {
      note(client, 'stopped from outside', 'no')
      return
    }
    const command = type === 'endpoint' ? endpointCommand(client, 'headless') : connectCommand(client)
    const daemon = await start(site, command)
    if (type === 'connect') await activateSession(site)
    const isReady = ({
      agents,
      capabilities,
    }: {
      agents: ReadonlyMap<string, unknown>
      capabilities: readonly string[]
    }) => (type === 'endpoint' ? agents.size === 4 : capabilities.includes('bridge'))
    const runner = await eventually(
      'a runner at work',
      () => mock.inspect(({ runners }) => [...runners.values()].find(isReady)),
      { details: () => storyOf(site) },
    )
    await run('stop', '--all')
    await daemon.ended
    const goodbye = mock.journal.entries({ operation: 'disconnectRunner' }).find(({ path }) => path.includes(runner.id))
    expect(goodbye, storyOf(site)).toMatchObject({ status: 204 })
    expect(isGroupAlive(daemon.group)).toBe(false)
    note(client, 'stopped from outside', 'yes')
  })

  it('does a command, connected by a click on its link', async (context) => {
    const site = await openSite(context)
    const { api, env } = site
    const link = readPairingLink(await startLinked(site, connectCommand(client)))!
    const runner = await eventually('the runner to call', () =>
      site.mock.inspect(({ runners }) =>
        [...runners.values()].find(({ capabilities }) => capabilities.includes('bridge')),
      ),
    )
    const key = await deriveBridgeKey(link.activationKey, link.sessionId)
    const args = { path: 'Grüße.txt', content: 'zwei – drei' }
    const _hmac = await signBridge(key, 'WriteFile', args)
    const commands = `local-runners/${runner.id}/bridge/commands`
    const { body } = await api.send('POST', commands, { type: 'WriteFile', args: { ...args, _hmac } })
    const id = String(memberOf(body, 'command_id'))
    const done = await eventually('the end of the command', async () => {
      const answer = await api.send('GET', `${commands}/${id}?wait=true&timeout=5`)
      return memberOf(answer.body, 'completed_at') === undefined ? undefined : answer.body
    })
    expect(done).toMatchObject({ status: 'completed', result: { created: true } })
    expect(readFileSync(join(env['HOME'] ?? '', args.path), 'utf8')).toBe(args.content)
    const result = memberOf(done, 'result')
    expect(await verifyBridge(key, 'completed', result, String(memberOf(result, '_hmac')))).toBe(true)
  })
})

/** Pairs a daemon as soon as it has opened a session. */
async function activateSession({ mock }: Site): Promise<void> {
  const open = await eventually('a session', () => mock.inspect(({ sessions }) => [...sessions.values()][0]))
  await mock.pairing.activate(open.id, { name: 'paired' })
}

/** Whether any process of a group is left. */
function isGroupAlive(group: number | undefined): boolean {
  try {
    return group !== undefined && process.kill(-group, 0)
  } catch {
    return false
  }
}

interface Story {
  environments: Record<string, string | null>
  prompts: string[]
  trace: string
  span: string
}

function storyCommand({ language, folder }: Client): string[] {
  return language === 'python'
    ? [programOf(folder, 'python'), resolve('test/daemons/sdk_story.py')]
    : [process.execPath, join(folder, 'sdk_story.mjs')]
}

/** Plays the story and resolves with what the program has printed last. */
async function play(site: Site, client: Client): Promise<Story> {
  const { ended } = await start(site, storyCommand(client))
  await ended
  const line = site.printed
    .join('')
    .split('\n')
    .findLast((each) => each.startsWith('{'))
  if (line === undefined) throw new Error(storyOf(site))
  return JSON.parse(line) as Story
}

describe.concurrent.each(clientsOf(false))('opik $version for $language', (client) => {
  it('keeps environments, prompts, scores and comments', async (context) => {
    const site = await openSite(context)
    const { environments, prompts, trace, span } = await play(site, client)
    expect(environments).toMatchObject({ qa: 'Für Tests.' })
    expect(environments).not.toHaveProperty('gone')
    // By version and by environment; one SDK knows commits alone.
    const [newest, ...pinned] = prompts
    expect([newest, ...new Set(pinned)]).toEqual(['Hello {{name}}', 'Hi {{name}}'])
    const read = async (path: string): Promise<unknown> => (await site.api.send('GET', path)).body
    expect(await read(`traces/${trace}`)).toMatchObject({
      environment: 'qa',
      output: { text: 'Hello Zoë' },
      feedback_scores: [{ name: 'tone', value: 0.75, reason: 'warm' }],
      span_feedback_scores: [{ name: 'speed', value: 1 }],
      comments: [{ text: 'Nice.' }],
    })
    expect(await read(`spans/${span}`)).toMatchObject({ environment: 'qa', feedback_scores: [{ name: 'speed' }] })
    const filters = encodeURIComponent(JSON.stringify([{ field: 'environment', operator: '=', value: 'qa' }]))
    expect(await read(`traces?project_id=${site.projectId}&filters=${filters}`)).toMatchObject({ total: 1 })
  })

  it('runs an agent with the newest version of its prompt, and with a draft', async (context) => {
    const site = await openSite(context)
    const { api, projectId } = site
    const save = async (version: object) => {
      const body = { name: 'greeting', project_id: projectId, version }
      return (await api.send('POST', 'prompts/versions', body)).body as { id: string; prompt_id: string }
    }
    const { prompt_id: promptId } = await save({ template: 'Hi {{name}}' })
    const draft = await save({ template: 'Ahoy {{name}}', version_type: 'mask' })
    const runnerId = await startAgents(site, client, 'headless')
    const run = async (more: object): Promise<unknown> => {
      const job = { agent_name: 'prompted', project_id: projectId, inputs: {}, ...more }
      const ended = await endedJob(api, await createJob(api, job), () => storyOf(site))
      expect(ended).toMatchObject({ runner_id: runnerId })
      return ended['error'] ?? ended['result']
    }
    expect(await run({})).toEqual({ prompt: 'Hi {{name}}' })
    const template = client.language === 'python' ? 'Ahoy {{name}}' : 'Hi {{name}}'
    // The published SDK for TypeScript takes no drafts yet.
    expect(await run({ prompt_masks: { [promptId]: draft.id } })).toEqual({ prompt: template })
  })
})
