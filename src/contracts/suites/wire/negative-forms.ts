// Broken requests of forms that no schema shows: enum values in other letter case, bodies that are not what their encoding
// says, unknown paths, and what a refusal leaves behind.
import type { OperationId } from '../../../kernel/operation.js'
import { expectStatusOr, type AccidentId } from '../../check/seen-accidents.js'
import { alternatives } from '../../target/alternatives.js'
import { defineCheck, type Check, type Severity } from '../../check/check.js'
import { expectAnyStatus, expectEqual, expectStatus, expectThat } from '../../target/expectation.js'
import { prepareValidRequest, requestOf } from '../../check/valid-request.js'

interface LetterCase {
  operation: OperationId
  field: string
  values: readonly string[]
  /** The accident of a server that takes it all the same. */
  accident?: AccidentId
  severity: Severity
}

const LETTER_CASES: readonly LetterCase[] = [
  {
    operation: 'createPairingSession',
    field: 'type',
    values: ['Endpoint', 'CONNECT'],
    severity: 'must',
  },
  {
    operation: 'createBridgeCommand',
    field: 'type',
    values: ['readFile', 'READFILE'],
    severity: 'must',
  },
  {
    operation: 'reportBridgeResult',
    field: 'status',
    values: ['Completed', 'FAILED'],
    severity: 'must',
  },
  {
    operation: 'reportJobResult',
    field: 'status',
    values: ['Completed', 'FAILED'],
    accident: 'status-any-case',
    severity: 'should',
  },
]

function letterCaseCheck({ operation, field, values, accident, severity }: LetterCase): Check {
  return defineCheck({
    id: `negative-input/${operation}.${field}.other-letter-case`,
    title: `A ${field} of ${operation} in other letter case than the spec's is 400.`,
    rule: { operation, section: 'Bodies' },
    severity,
    async run(context) {
      const specimen = await prepareValidRequest(context, operation)
      for (const value of values) {
        const body: unknown = { ...Object(specimen.body), [field]: value }
        const answer = await context.raw(requestOf(specimen, { body }))
        if (accident === undefined) expectAnyStatus(answer, [400])
        else expectStatusOr(context, answer, [400], [accident, [204]])
      }
    },
  })
}

const encodingChecks = [
  defineCheck({
    id: 'negative-input/createJob.body.broken-gzip',
    title: 'A body that says it is gzip and is not is 400 or 415.',
    rule: { operation: 'createJob', section: 'Bodies' },
    async run(context) {
      const specimen = await prepareValidRequest(context, 'createJob')
      const headers = { 'content-encoding': 'gzip' }
      const answer = await context.raw(requestOf(specimen, { headers }))
      expectStatusOr(context, answer, alternatives.badEncoding.statuses, ['broken-gzip-500', [500]])
    },
  }),
  defineCheck({
    id: 'negative-input/createJob.body.unknown-encoding',
    title: 'A body in an encoding that nobody knows is 400 or 415.',
    rule: { operation: 'createJob', section: 'Bodies' },
    severity: 'should',
    async run(context) {
      const specimen = await prepareValidRequest(context, 'createJob')
      const headers = { 'content-encoding': 'contract' }
      const answer = await context.raw(requestOf(specimen, { headers }))
      expectStatusOr(context, answer, alternatives.badEncoding.statuses, ['unknown-encoding-ignored', [201]])
    },
  }),
  defineCheck({
    id: 'negative-input/createJob.body.no-utf8',
    title: 'A body that is no UTF-8 is 400.',
    rule: { operation: 'createJob', section: 'Bodies' },
    severity: 'should',
    async run(context) {
      const specimen = await prepareValidRequest(context, 'createJob')
      const [before = '', after = ''] = JSON.stringify(specimen.body).split('echo')
      const rawBody = new Uint8Array([
        ...new TextEncoder().encode(before),
        0xc3,
        0x28,
        ...new TextEncoder().encode(after),
      ])
      expectAnyStatus(await context.raw(requestOf(specimen, { rawBody })), [400])
    },
  }),
]

const otherChecks = [
  defineCheck({
    id: 'negative-input/unknown-path',
    title: 'A path that the API does not know is 404.',
    rule: { section: 'Paths' },
    async run(context) {
      const answer = await context.raw({ method: 'GET', path: '/v1/private/local-runners/jobs/of/nothing' })
      expectAnyStatus(answer, alternatives.unknownPath)
    },
  }),
  defineCheck({
    id: 'negative-input/wrong-method',
    title: 'A known path with a method that it has not is 405.',
    rule: { section: 'Paths' },
    severity: 'should',
    async run(context) {
      const answer = await context.raw({ method: 'PUT', path: '/v1/private/local-runners/jobs' })
      expectAnyStatus(answer, alternatives.wrongMethod)
    },
  }),
  defineCheck({
    id: 'negative-input/createJob.body-before-runner',
    title: 'A broken body is refused (422) before the lack of a runner is noticed (404).',
    rule: { operation: 'createJob' },
    async run(context) {
      const { id } = await context.newProject()
      const answer = await context.raw({
        method: 'POST',
        path: '/v1/private/local-runners/jobs',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ project_id: id }),
      })
      expectThat(answer.status === 422, 'status 422', answer.status, answer)
    },
  }),
  defineCheck({
    id: 'negative-input/appendJobLogs.refused-as-a-whole',
    title: 'A batch of log entries with one blank entry is refused as a whole (422).',
    rule: { operation: 'appendJobLogs', section: 'Bodies' },
    async run(context) {
      const { path } = await prepareValidRequest(context, 'appendJobLogs')
      const jobId = path['jobId'] ?? ''
      const entry = { stream: 'stdout', text: 'hello' }
      expectStatus(await context.call('appendJobLogs', { path: { jobId }, body: [entry] }), 204)
      const answer = await context.call('appendJobLogs', { path: { jobId }, body: [entry, { ...entry, text: '\n' }] })
      expectStatus(answer, 422)
      expectEqual('the log', await context.expectCall(200, 'getJobLogs', { path: { jobId } }), [entry], answer)
    },
  }),
  defineCheck({
    id: 'negative-input/error-shapes',
    title: 'Refusals of broken requests come in one of the two shapes of errors.',
    rule: { section: 'Errors' },
    async run(context) {
      const { body } = await prepareValidRequest(context, 'createJob')
      const path = '/v1/private/local-runners/jobs'
      const request = { method: 'POST', path, headers: { 'content-type': 'application/json' } }
      // The client holds each body against the schema of errors.
      const list = { method: 'GET', path: '/v1/private/local-runners?project_id=contract' }
      expectAnyStatus(await context.raw(list), [404])
      expectAnyStatus(await context.raw({ ...request, body: '{}' }), [422])
      expectAnyStatus(await context.raw({ ...request, body: '{' }), [400])
      const asText = { ...request, headers: { 'content-type': 'text/plain' }, body: JSON.stringify(body) }
      expectAnyStatus(await context.raw(asText), [415])
    },
  }),
]

export const negativeFormChecks: readonly Check[] = [
  ...LETTER_CASES.map(letterCaseCheck),
  ...encodingChecks,
  ...otherChecks,
]
