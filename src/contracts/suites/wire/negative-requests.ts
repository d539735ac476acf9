// Requests that are broken around their fields: bodies that are no JSON, missing or of another media type, ids that are
// none, queries out of range. Generated from the operation table.
import { operationIds, operations, pathParametersOf, type OperationId } from '../../../kernel/operation.js'
import type { OperationEntry, QueryParameter } from '../../../generated/operations.js'
import { defineCheck, type Check } from '../../check/check.js'
import { expectAnyStatus } from '../../target/expectation.js'
import { severityOf } from './negative-bodies.js'
import { prepareValidRequest, requestOf, type RequestChanges } from '../../check/valid-request.js'

/** One way to break a request of an operation. */
interface Breakage {
  name: string
  title: string
  admitted: readonly number[]
  /** Each is sent in turn. */
  changes: (body: string) => readonly RequestChanges[]
}

const operationTable: Readonly<Record<OperationId, OperationEntry>> = operations

function breakageCheck(operation: OperationId, { name, title, admitted, changes }: Breakage): Check {
  return defineCheck({
    id: `negative-input/${operation}.${name}`,
    title: `${title} is ${admitted.join(' or ')}.`,
    rule: { operation },
    severity: severityOf(operation),
    async run(context) {
      const specimen = await prepareValidRequest(context, operation)
      for (const change of changes(JSON.stringify(specimen.body ?? {}))) {
        expectAnyStatus(await context.raw(requestOf(specimen, change)), admitted)
      }
    },
  })
}

function bodyBreakages(id: OperationId, isRequired: boolean): Breakage[] {
  const missing: Breakage = {
    name: 'body.missing',
    title: `A call of ${id} without its body`,
    admitted: [422],
    changes: () => [{ rawBody: '' }],
  }
  return [
    ...(isRequired ? [missing] : []),
    {
      name: 'body.malformed-json',
      title: `A body of ${id} that is no JSON`,
      admitted: [400],
      changes: (body) => [body.slice(0, -1), `${body}}`, 'contract', '{"contract": }'].map((rawBody) => ({ rawBody })),
    },
    {
      name: 'body.wrong-media',
      title: `A body of ${id} that is not declared as application/json`,
      admitted: [415],
      changes: (rawBody) =>
        ['text/plain', 'application/xml', 'application/x-www-form-urlencoded'].map((type) => ({
          rawBody,
          headers: { 'content-type': type },
        })),
    },
  ]
}

const NO_UUIDS = ['contract', '12345', '0190babc-62a0-71d2-832a-0feffa4676eb0', '0190babc-62a0-71d2-832a-0feffa46zzzz']

function malformedPath(id: OperationId, name: string): Breakage {
  return {
    name: `${name}.malformed-id`,
    title: `A call of ${id} whose ${name} in the path is no UUID`,
    admitted: [404],
    changes: () => NO_UUIDS.map((value) => ({ path: { [name]: value } })),
  }
}

function queryBreakages(
  id: OperationId,
  { name, type, format, required, minimum, enum: values }: QueryParameter,
): Breakage[] {
  const breakage = (kind: string, phrase: string, admitted: readonly number[], texts: readonly string[]): Breakage => ({
    name: `${name}.${kind}`,
    title: `A call of ${id} ${phrase} ${name} in the query`,
    admitted,
    changes: () => texts.map((text) => ({ query: { [name]: text } })),
  })
  return [
    ...(required
      ? [
          {
            ...breakage('missing', 'without', [400], []),
            changes: () => [undefined, ''].map((text) => ({ query: { [name]: text } })),
          },
        ]
      : []),
    ...(format === 'uuid' ? [breakage('malformed-id', 'with something that is no UUID as', [404], NO_UUIDS)] : []),
    ...(values === undefined ? [] : [breakage('unknown-value', 'with an unknown', [400], ['contract_unknown'])]),
    ...(minimum === undefined ? [] : [breakage('too-small', 'with too small a', [400], [String(minimum - 1), '-100'])]),
    ...(type === 'integer'
      ? [breakage('no-number', 'with no whole number of 32 bits as', [404], ['contract', '1.5', '99999999999'])]
      : []),
    ...(type === 'boolean' ? [breakage('no-boolean', 'with text as', [200], ['contract', '1', 'yes'])] : []),
  ]
}

export const negativeRequestChecks: readonly Check[] = operationIds.flatMap((id) => {
  const { requestBody, queryParameters } = operationTable[id]
  const breakages = [
    ...(requestBody === null ? [] : bodyBreakages(id, requestBody.required)),
    ...pathParametersOf(operations[id]).map((name) => malformedPath(id, name)),
    ...queryParameters.flatMap((parameter) => queryBreakages(id, parameter)),
  ]
  return breakages.map((breakage) => breakageCheck(id, breakage))
})
