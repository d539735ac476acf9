// Requests to the public API in somebody's name, for those who may use the admin API.
import { describe, expect, it } from 'vitest'
import { openSite } from './site.js'

const table = { 'key-ada': { user: 'ada', workspaces: ['team'] } }

describe('/as/{workspace}/{user}', () => {
  it.each([
    ['with keys', { auth: table }, { workspace: 'team', apiKey: 'key-ada' }, 'ada'],
    ['with anybody', {}, { workspace: 'team' }, 'admin'],
  ])('does what that user may do, without a key, %s', async (_title, options, as, user) => {
    const { call, mock } = await openSite(options)
    const runner = await mock.given.connectedRunner({ name: 'mine', agents: ['echo'], as })
    const path = `/as/team/${user}/v1/private/local-runners`
    expect((await call('GET', `${path}/${runner.id}`)).body).toMatchObject({ id: runner.id, name: 'mine' })
    const created = await call('POST', `${path}/jobs`, { project_id: runner.projectId, agent_name: 'echo' })
    expect(created.status).toBe(201)
    const location = created.headers.get('location') ?? ''
    expect(location).toMatch(/\/api\/v1\/private\/local-runners\/jobs\/[0-9a-f-]{36}$/)
    const list = await call('GET', `${path}?project_id=${runner.projectId}&size=1`)
    expect(list.body).toMatchObject({ total: 1, size: 1 })
  })

  it('sees what that user sees and no more', async () => {
    const { call, mock } = await openSite({ auth: table })
    const runner = await mock.given.connectedRunner({ as: { workspace: 'team', apiKey: 'key-ada' } })
    for (const other of ['team/bob', 'others/ada']) {
      expect((await call('GET', `/as/${other}/v1/private/local-runners/${runner.id}`)).status).toBe(404)
    }
  })

  it('is noted in the journal as any request is', async () => {
    const { call, mock } = await openSite()
    await call('GET', '/as/default/admin/is-alive/ping')
    expect(mock.journal.entries().at(-1)).toMatchObject({ path: '/is-alive/ping', status: 200 })
  })

  it.each(['/as/', '/as/team', '/as/team/ada', '/as//ada/v1', '/as/%ff/ada/v1'])('%s is 404', async (path) => {
    const { call } = await openSite()
    expect((await call('GET', path)).status).toBe(404)
  })
})
