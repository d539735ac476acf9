// Opik's own clients at work on jobs: everything that a job brings is read back as the web app reads it.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { Client } from '../../scripts/daemons/clients.mjs'
import { programOf } from '../../scripts/python.mjs'
import { operations } from '../../src/kernel/all-operations.js'
import { createJob, endedJob } from '../sdk/api-client.js'
import { eventually } from '../sdk/eventually.js'
import { clients, note, openSite, pythons, startAgents, type Site } from './daemon.js'

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
    if (way === 'headless') await staysCancelled(site, client)
  })
})

/** A job runs to its end, and its logs, result, trace and spans can be read. */
async function completesJob(site: Site, client: Client, runnerId: string): Promise<void> {
  const { api, projectId } = site
  const inputs = { a: 40, b: 1 }
  const jobId = await createJob(api, { agent_name: 'adder', project_id: projectId, inputs })
  const job = await endedJob(api, jobId, () => '')
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
})
