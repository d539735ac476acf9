// How resources stand in their lists and are found, whatever was made, changed and deleted before.
import { expect, it } from 'vitest'
import { callerOf } from './harness.js'
import { openMock } from '../faults/stages.js'

const idOf = (place: number): string => `01900000-0000-7000-8000-${String(place).padStart(12, '0')}`

it('traces stand in order of their ids, newest first, in whatever order they came and went', async () => {
  const call = callerOf(openMock())
  const add = (...places: number[]) => {
    const traces = places.map((place) => ({ id: idOf(place), name: `${place}`, start_time: '2026-07-01T12:00:00Z' }))
    return call('POST', '/traces/batch', { traces })
  }
  const listed = async (query = '') => {
    const { body } = await call('GET', `/traces?project_name=Default%20Project${query}`)
    return (body as { content: { name: string }[] }).content.map(({ name }) => Number(name))
  }
  await add(5, 2, 8)
  await add(1, 9, 5)
  await add(2, 3)
  expect(await listed()).toEqual([9, 8, 5, 3, 2, 1])
  expect(await listed('&size=2&page=2')).toEqual([5, 3])
  await call('DELETE', `/traces/${idOf(5)}`)
  await call('POST', '/traces/delete', { ids: [idOf(1), idOf(9)] })
  expect(await listed()).toEqual([8, 3, 2])
  await add(4, 1)
  expect(await listed()).toEqual([8, 4, 3, 2, 1])
  expect(await listed('&size=2&page=3')).toEqual([1])
  expect(await listed('&size=2&page=4')).toEqual([])
})

it('the jobs of a runner are listed newest first while thousands of them end and expire', async () => {
  const [perSecond, keptSeconds, runSeconds] = [100, 20, 40]
  const mock = openMock({ settings: { completed_job_ttl_seconds: keptSeconds, heartbeat_ttl_seconds: 3600 } })
  const runner = await mock.given.connectedRunner({ agents: ['echo'] })
  const call = callerOf(mock)
  const [base, job] = ['/local-runners', { agent_name: 'echo', project_id: runner.projectId }]
  const made: string[] = []
  const expectList = async (count: number): Promise<void> => {
    const rest = made.slice(made.length - count).toReversed()
    for (const [page, size] of [
      [0, 1000],
      [1, 300],
      [3, 450],
    ] as const) {
      const { body } = await call('GET', `${base}/${runner.id}/jobs?page=${page}&size=${size}`)
      const { total, content } = body as { total: number; content: { id: string }[] }
      expect(total).toBe(count)
      expect(content.map(({ id }) => id)).toEqual(rest.slice(page * size, (page + 1) * size))
    }
  }
  for (let second = 0; second < runSeconds; second++) {
    for (let at = 0; at < perSecond; at++) {
      await call('POST', `${base}/jobs`, job)
      const { id } = (await call('POST', `${base}/${runner.id}/jobs/next`)).body as { id: string }
      made.push(id)
      await call('POST', `${base}/jobs/${id}/results`, { status: 'completed' })
    }
    await mock.clock.advance({ seconds: 1 })
    if (second % 9 === 0) await expectList(Math.min(second + 1, keptSeconds - 1) * perSecond)
  }
  for (let left = keptSeconds - 1; left > 0; left--) {
    await expectList(left * perSecond)
    await mock.clock.advance({ seconds: 1 })
  }
  await expectList(0)
})
