// Broken requests of forms that no schema shows: enum values in other letter case, bodies that are not what their encoding says.
import type { OperationId } from '../../operation.js'
import { alternatives, type Alternative } from '../alternatives.js'
import { defineCheck, type Check, type Severity } from '../check.js'
import { expectAnyStatus } from '../expectation.js'
import { prepareSpecimen, requestOf } from './specimen.js'

interface LetterCase {
  operation: OperationId
  field: string
  values: readonly string[]
  admitted: readonly number[] | (Alternative & { statuses: readonly number[] })
  severity: Severity
}

const LETTER_CASES: readonly LetterCase[] = [
  {
    operation: 'createPairingSession',
    field: 'type',
    values: ['Endpoint', 'CONNECT'],
    admitted: [400],
    severity: 'must',
  },
  {
    operation: 'createBridgeCommand',
    field: 'type',
    values: ['readFile', 'READFILE'],
    admitted: [400],
    severity: 'must',
  },
  {
    operation: 'reportBridgeResult',
    field: 'status',
    values: ['Completed', 'FAILED'],
    admitted: [400],
    severity: 'must',
  },
  {
    operation: 'reportJobResult',
    field: 'status',
    values: ['Completed', 'FAILED'],
    admitted: alternatives.statusLetterCase,
    severity: 'should',
  },
]

function letterCaseCheck({ operation, field, values, admitted, severity }: LetterCase): Check {
  const statuses = 'statuses' in admitted ? admitted.statuses : admitted
  return defineCheck({
    id: `negative-input/${operation}.${field}.other-letter-case`,
    title: `A ${field} of ${operation} in other letter case than the spec's is ${statuses.join(' or ')}.`,
    rule: { operation, section: 'Bodies' },
    severity,
    async run(context) {
      const specimen = await prepareSpecimen(context, operation)
      for (const value of values) {
        const body: unknown = { ...Object(specimen.body), [field]: value }
        expectAnyStatus(await context.raw(requestOf(specimen, { body })), admitted)
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
      const specimen = await prepareSpecimen(context, 'createJob')
      const headers = { 'content-encoding': 'gzip' }
      expectAnyStatus(await context.raw(requestOf(specimen, { headers })), alternatives.badEncoding)
    },
  }),
  defineCheck({
    id: 'negative-input/createJob.body.unknown-encoding',
    title: 'A body in an encoding that nobody knows is 400 or 415.',
    rule: { operation: 'createJob', section: 'Bodies' },
    severity: 'should',
    async run(context) {
      const specimen = await prepareSpecimen(context, 'createJob')
      const headers = { 'content-encoding': 'contract' }
      expectAnyStatus(await context.raw(requestOf(specimen, { headers })), alternatives.badEncoding)
    },
  }),
  defineCheck({
    id: 'negative-input/createJob.body.no-utf8',
    title: 'A body that is no UTF-8 is 400.',
    rule: { operation: 'createJob', section: 'Bodies' },
    severity: 'should',
    async run(context) {
      const specimen = await prepareSpecimen(context, 'createJob')
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

export const negativeFormChecks: readonly Check[] = [...LETTER_CASES.map(letterCaseCheck), ...encodingChecks]
