// Ten jobs a second of virtual time, all finished at once, kept for an hour each: memory must stand still once the
// first of them expire. The argument is the length of the run in virtual seconds.
import { createRunnerMock } from '../../dist/index.js'
import { settings } from '../world.mjs'
import { callsOf } from './operations.mjs'

const seconds = Number(process.argv[2])
const mock = createRunnerMock({
  settings: { ...settings, completed_job_ttl_seconds: 3600 },
  now: '2026-01-01T00:00:00Z',
  frozen: true,
  journalSize: 100,
})
const calls = callsOf(mock, await mock.given.connectedRunner({ agents: ['echo'] }))
const points = []
for (let second = 0; second <= seconds; second++) {
  for (let job = 0; job < 10; job++) {
    const id = calls.create()
    calls.next()
    calls.complete(id)
  }
  await mock.clock.advance({ seconds: 1 })
  if (second % 3600 === 0) {
    globalThis.gc()
    points.push({
      hour: second / 3600,
      jobs: JSON.parse(calls.list().body).total,
      mb: Math.round(process.memoryUsage().heapUsed / 1e5) / 10,
    })
  }
}
await mock.close()
console.log(JSON.stringify(points))
