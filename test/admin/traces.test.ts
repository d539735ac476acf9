// Traces as the admin API shows them: of every workspace, while they grow, without a word in the journal.
import { expect, it } from 'vitest'
import { openSite, type Site } from './site.js'

async function post({ mock }: Site, path: string, body: object, workspace = 'default'): Promise<void> {
  const { status } = await mock.fetch(`/api/v1/private${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'comet-workspace': workspace },
    body: JSON.stringify(body),
  })
  expect(status).toBeLessThan(300)
}

const idsIn = (list: unknown) => (list as { traces: { id: string }[] }).traces.map(({ id }) => id)

const traceAt = (second: number) => ({
  id: `01900000-000${second}-7000-8000-000000000001`,
  name: `trace ${second}`,
  start_time: `2026-07-01T12:00:0${second}Z`,
})

it('GET /traces lists the latest first, of all workspaces or of one project, no more than asked for', async () => {
  const site = await openSite()
  await post(site, '/traces', { ...traceAt(1), project_name: 'one', end_time: '2026-07-01T12:00:02Z' })
  await post(site, '/traces', { ...traceAt(2), project_name: 'two' }, 'team')
  const error_info = { exception_type: 'E', traceback: 'at' }
  await post(site, '/traces', { ...traceAt(3), project_name: 'one', error_info })
  const entries = site.mock.journal.entries().length
  const { body } = await site.call('GET', '/traces')
  expect(body).toMatchObject({
    total: 3,
    traces: [
      { name: 'trace 3', workspace: 'default', has_error: true },
      { name: 'trace 2', workspace: 'team', has_error: false },
      { name: 'trace 1', end_time: '2026-07-01T12:00:02Z', span_count: 0 },
    ],
  })
  const [latest = ''] = idsIn(body)
  const shown = (await site.call('GET', `/traces/${latest}`)).body as { trace: { project_id: string } }
  expect((await site.call('GET', `/traces?project=${shown.trace.project_id}&limit=1`)).body).toMatchObject({
    total: 2,
    traces: [{ name: 'trace 3' }],
  })
  expect(site.mock.journal.entries()).toHaveLength(entries)
  expect((await site.call('GET', '/traces?limit=many')).status).toBe(400)
})

it('GET /traces/:id shows a trace while the job that leaves it is at work', async () => {
  const site = await openSite({ scenario: 'demo' })
  const [live] = site.mock.agents.alive()
  const { id: runner, projectId } = live!.runner
  const job = { project_id: projectId, agent_name: 'research', inputs: { question: 'Why?' } }
  await post(site, '/local-runners/jobs', job)
  const seen = new Set<string>()
  let last: unknown
  for (let second = 0; second < 24; second++) {
    await site.mock.clock.advance({ seconds: 1 })
    const [id] = idsIn((await site.call('GET', '/traces')).body)
    if (id === undefined) continue
    last = (await site.call('GET', `/traces/${id.toUpperCase()}`)).body
    expect(last).toMatchObject({ workspace: 'default', runner_id: runner, trace: { name: 'research' } })
    seen.add(JSON.stringify(last))
  }
  expect(seen.size).toBeGreaterThan(5)
  const names = ['research', 'check question', 'plan', 'search', 'search', 'search', 'draft', 'review']
  const { trace, spans } = last as { trace: { end_time?: string }; spans: { name: string; end_time?: string }[] }
  expect([trace, ...spans].filter(({ end_time: end }) => end === undefined)).toEqual([])
  expect(spans.map(({ name }) => name)).toEqual(names)
  expect((await site.call('GET', '/traces/01900000-0001-7000-8000-000000000001')).status).toBe(404)
})
