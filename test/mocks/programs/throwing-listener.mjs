// A listener of a timer's event throws: that surfaces, and stops no other timer.
import { createRunnerMock } from '../../../dist/index.js'

process.on('uncaughtException', (error) => console.log(error.message))
const settings = { reaper_interval_seconds: 0.05, next_job_poll_timeout_seconds: 0.3 }
const mock = createRunnerMock({ settings })
const stop = mock.on('timer', () => {
  stop()
  throw new Error('from a listener')
})
const runner = await mock.given.connectedRunner({ type: 'endpoint' })
const poll = await mock.handle({ method: 'POST', url: `/v1/private/local-runners/${runner.id}/jobs/next` })
console.log(poll.status, poll.body)
await mock.close()
