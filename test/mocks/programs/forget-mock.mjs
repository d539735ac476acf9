// Makes mocks, lets their clocks run, and forgets them without closing: nobody waits, so nothing keeps it alive.
import { createRunnerMock } from '../../../dist/index.js'

const mock = createRunnerMock()
createRunnerMock({ frozen: true })
const reply = await mock.handle({ method: 'GET', url: '/v1/private/projects' })
await mock.clock.advance({ hours: 1 })
console.log(reply.status)
