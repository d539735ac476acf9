// What a request may bring and must take, for every operation that declares that it judges it: media types of bodies and of
// answers, and bodies that are there and count as none. Generated from the operation table.
import type { OperationEntry } from '../../../generated/operations.js'
import { operations } from '../../../kernel/all-operations.js'
import { operationIds, type OperationId } from '../../../kernel/operation.js'
import { defineCheck, type Check } from '../../check/check.js'
import { expectAnyStatus } from '../../target/expectation.js'
import { severityOf } from './negative-checks.js'
import { prepareValidRequest, requestOf, type RequestChanges } from '../../check/valid-request.js'

const operationTable: Readonly<Record<OperationId, OperationEntry>> = operations

/** One way to send a valid request otherwise. */
interface Otherwise {
  name: string
  title: string
  statuses: readonly number[]
  changes: readonly RequestChanges[]
}

const UNACCEPTABLE: Otherwise = {
  name: 'accept.no-json',
  title: 'whose Accept excludes JSON',
  statuses: [406],
  changes: ['text/html', 'application/xml', 'application/json;q=0'].map((accept) => ({ headers: { accept } })),
}

const TYPED: Otherwise = {
  name: 'media.without-body',
  title: 'of another media type, though it has no body',
  statuses: [415],
  changes: ['text/plain', 'application/xml'].map((type) => ({ headers: { 'content-type': type } })),
}

const UNTYPED: Otherwise = {
  name: 'body.untyped',
  title: 'with a body and no Content-Type',
  statuses: [415],
  changes: [{ headers: { 'content-type': null } }],
}

function ofBody({ requestBody, success }: OperationEntry): Otherwise[] {
  if (requestBody === null) return [TYPED]
  const { required, isFree } = requestBody
  const blanks = { name: 'body.blank', title: 'whose body is blanks', changes: [{ rawBody: ' \r\n\t' }] }
  const nothing = { name: 'body.null', title: 'whose body is null', changes: [{ rawBody: 'null' }] }
  const statuses = [required ? 422 : success]
  return [UNTYPED, { ...blanks, statuses }, { ...nothing, statuses: isFree === true ? [400] : statuses }]
}

function otherwiseCheck(operation: OperationId, { name, title, statuses, changes }: Otherwise): Check {
  return defineCheck({
    id: `negative-input/${operation}.${name}`,
    title: `A call of ${operation} ${title}, is ${statuses.join(' or ')}.`,
    rule: { operation, section: 'Media' },
    severity: severityOf(operation),
    async run(context) {
      const valid = await prepareValidRequest(context, operation)
      for (const change of changes) expectAnyStatus(await context.raw(requestOf(valid, change)), statuses)
    },
  })
}

export const negativeMediaChecks: readonly Check[] = operationIds
  .filter((id) => operationTable[id].isNegotiated)
  .flatMap((id) => [UNACCEPTABLE, ...ofBody(operationTable[id])].map((each) => otherwiseCheck(id, each)))
