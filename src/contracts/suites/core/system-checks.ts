// Checks of the server itself: that it lives, and answers JSON whether or not a path ends in a slash.
import { defineCheck } from '../../check/check.js'
import { expectAnyStatus, expectEqual, expectStatus, expectThat } from '../../target/expectation.js'

export const systemChecks = [
  defineCheck({
    id: 'system/is-alive',
    title: 'The server says that it is alive.',
    rule: { operation: 'isAlive' },
    severity: 'should',
    async run(context) {
      const { healthy } = await context.expectCall(200, 'isAlive')
      expectEqual('healthy', healthy, true)
    },
  }),
  defineCheck({
    id: 'system/trailing-slash',
    title: 'A slash at the end of a path changes nothing.',
    rule: { section: 'Paths' },
    async run(context) {
      const { id } = await context.project()
      const plain = await context.call('listRunners', { query: { project_id: id } })
      const slashed = await context.raw({ method: 'GET', path: `/v1/private/local-runners/?project_id=${id}` })
      expectStatus(plain, 200)
      expectAnyStatus(slashed, [200])
      expectEqual('the answer with a slash', slashed.body, plain.body, [plain, slashed])
    },
  }),
  defineCheck({
    id: 'system/json-answers',
    title: 'Answers with a body are application/json.',
    rule: { section: 'Bodies' },
    async run(context) {
      const { id } = await context.project()
      const answer = await context.call('listRunners', { query: { project_id: id } })
      expectStatus(answer, 200)
      const type = answer.headers['content-type'] ?? ''
      expectThat(type.startsWith('application/json'), 'content-type application/json', type, answer)
    },
  }),
]
