// Adding runners, jobs and commands over the admin API.
import { describe, expect, it } from 'vitest'
import { openSite } from './site.js'

describe('POST /given/runner', () => {
  it('adds a runner in the state that is asked for', async () => {
    const { call, mock } = await openSite()
    const answer = await call('POST', '/given/runner', { name: 'laptop', type: 'connect', workspace: 'lab' })
    expect(answer).toMatchObject({ status: 201, body: { name: 'laptop', type: 'connect', workspace: 'lab' } })
    const { body } = await call('POST', '/given/runner', { status: 'disconnected', agents: ['echo'] })
    const id = String(Reflect.get(Object(body), 'id'))
    expect(mock.inspect(({ runners }) => runners.statusOf(runners.get(id)!))).toBe('disconnected')
    expect((await call('POST', '/given/runner')).status).toBe(201)
  })

  it('refuses an unknown member and what the API refuses', async () => {
    const { call } = await openSite()
    expect((await call('POST', '/given/runner', { nam: 'laptop' })).status).toBe(422)
    expect((await call('POST', '/given/runner', { project_id: '0190b8d6-c000-7002-95f4-0016f0942870' })).status).toBe(
      422,
    )
  })
})

it('POST /given/job adds a job to a runner, also to one of another workspace', async () => {
  const { call } = await openSite()
  const { body } = await call('POST', '/given/runner', { workspace: 'lab', api_key: 'ann', agents: ['echo'] })
  const runner: unknown = Reflect.get(Object(body), 'id')
  const job = await call('POST', '/given/job', { runner, api_key: 'ann', status: 'failed', error: 'Error: no' })
  expect(job).toMatchObject({ status: 201, body: { runner_id: runner, agent_name: 'echo', error: 'Error: no' } })
  expect((await call('POST', '/given/job', { runner: 'nobody' })).status).toBe(422)
})

it('POST /given/command adds a command to a runner, or with a new one', async () => {
  const { call } = await openSite()
  const { body } = await call('POST', '/given/runner', { type: 'connect' })
  const runner: unknown = Reflect.get(Object(body), 'id')
  const asked = { runner, type: 'Exec', args: { command: 'ls' }, status: 'completed', duration_ms: 7 }
  const command = await call('POST', '/given/command', asked)
  expect(command).toMatchObject({ status: 201, body: { runner_id: runner, type: 'Exec', duration_ms: 7 } })
  expect((await call('POST', '/given/command', { project_id: 'other' })).status).toBe(422)
  expect((await call('POST', '/given/command')).status).toBe(201)
})
