// Checks of the conventions that hold for every operation: liveness, unknown paths, wrong methods, media types, slashes.
import { alternatives } from '../alternatives.js'
import { defineCheck } from '../check.js'
import { expectAnyStatus, expectEqual, expectStatus, expectThat } from '../expectation.js'

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
    id: 'system/unknown-path',
    title: 'A path that the API does not know is 404.',
    rule: { section: 'Paths' },
    async run(context) {
      const answer = await context.raw({ method: 'GET', path: '/v1/private/local-runners/jobs/of/nothing' })
      expectAnyStatus(answer, alternatives.unknownPath)
    },
  }),
  defineCheck({
    id: 'system/wrong-method',
    title: 'A known path with a method that it has not is 405.',
    rule: { section: 'Paths' },
    severity: 'should',
    async run(context) {
      const answer = await context.raw({ method: 'PUT', path: '/v1/private/local-runners/jobs' })
      expectAnyStatus(answer, alternatives.wrongMethod)
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
    id: 'system/unsupported-media',
    title: 'A body that is not application/json is 415.',
    rule: { operation: 'createJob', section: 'Bodies' },
    async run(context) {
      const answer = await context.raw({
        method: 'POST',
        path: '/v1/private/local-runners/jobs',
        headers: { 'content-type': 'text/plain' },
        body: 'agent_name=echo',
      })
      expectAnyStatus(answer, [415])
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
