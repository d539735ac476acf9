/**
 * Requests that the spec forbids: parameters, bodies and forms; and what a request may bring and must take, for every
 * operation that declares that it judges it: media types of bodies and of answers, bodies that are there and count as none.
 */
import type { OperationEntry, QueryParameter } from '../../../generated/operations.js'
import { type FieldSchema, requestSchemas } from '../../../generated/request-schemas.js'
import { operations, tags, newerField } from '../../../kernel/all-operations.js'
import { idParametersOf, isOperationId, type OperationId, operationIds } from '../../../kernel/operation.js'
import { type Check, type Severity, checksOn } from '../../check/check.js'
import { type BodyFlaw, type FlawAnswer, type FlawKind, flawKinds, listFlaws } from '../../check/negative-values.js'
import { type QuirkId, expectRefusal, expectStatusOr } from '../../check/seen-quirks.js'
import { isShared } from '../../check/neighbour-requests.js'
import { prepareValidRequest, type RequestChanges, requestOf } from '../../check/valid-request.js'
import { alternatives } from '../../target/answer.js'
import { expectAnyStatus, expectEqual, expectStatus, expectThat } from '../../target/expectation.js'

/** One way to break a request of an operation. */
interface Breakage {
  name: string
  title: string
  admitted: readonly number[]
  /** Each is sent in turn. */
  changes: (body: string) => readonly RequestChanges[]
}

const operationTable: Readonly<Record<OperationId, OperationEntry>> = operations

function breakageChecks(operation: OperationId, section: string, breakages: readonly Breakage[]): Check[] {
  return checksOn(`${operation} ${section} ${severityOf(operation)}`, (it) => {
    for (const { name, title, admitted, changes } of breakages) {
      it(`negative-input/${operation}.${name}: ${title} is ${admitted.join(' or ')}.`, async (context) => {
        const valid = await prepareValidRequest(context, operation)
        for (const change of changes(JSON.stringify(valid.body ?? {}))) {
          expectRefusal(context, operation, await context.raw(requestOf(valid, change)), admitted)
        }
      })
    }
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

function queryBreakages(id: OperationId, { name, type, format, required, minimum, enum: values }: QueryParameter) {
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
    ...idParametersOf(operations[id]).map((name) => malformedPath(id, name)),
    ...queryParameters.flatMap((parameter) => queryBreakages(id, parameter)),
  ]
  return breakageChecks(id, '', breakages)
})

function mediaBreakages(id: OperationId): Breakage[] {
  const { requestBody, success } = operationTable[id]
  const breakage = (
    name: string,
    phrase: string,
    admitted: readonly number[],
    changes: readonly RequestChanges[],
  ): Breakage => ({ name, title: `A call of ${id} ${phrase},`, admitted, changes: () => changes })
  const accepts = ['text/html', 'application/xml'].map((accept) => ({ headers: { accept } }))
  const unacceptable = breakage('accept.no-json', 'whose Accept excludes JSON', [406], accepts)
  if (requestBody === null) {
    const types = ['text/plain', 'application/xml'].map((type) => ({ headers: { 'content-type': type } }))
    const phrase = 'of another media type, though it has no body'
    return [unacceptable, breakage('media.without-body', phrase, [415], types)]
  }
  const statuses = [requestBody.required ? 422 : success]
  return [
    unacceptable,
    breakage('body.untyped', 'with a body and no Content-Type', [415], [{ headers: { 'content-type': null } }]),
    breakage('body.blank', 'whose body is blanks', statuses, [{ rawBody: ' \r\n\t' }]),
    breakage('body.null', 'whose body is null', requestBody.isFree === true ? [400] : statuses, [{ rawBody: 'null' }]),
  ]
}

export const negativeMediaChecks: readonly Check[] = operationIds
  .filter((id) => operationTable[id].isNegotiated)
  .flatMap((id) => breakageChecks(id, 'Media', mediaBreakages(id)))

const STATUSES: Readonly<Record<FlawAnswer, readonly number[]>> = {
  unreadable: [400],
  invalid: [422],
}

/** The runner API proper is judged field by field; what stands around it, flaw by flaw. */
const SUMMARIZED = new Set<string>(['Ingestion', 'Workspace', 'Configurations', 'Prompts'])

/** Whether one check is about all fields that are wrong in the same way. */
export function isSummarized(operation: OperationId): boolean {
  return SUMMARIZED.has(tags[operation])
}

/** `must` for what runners and the web app live on, `should` for the calls around it. */
export function severityOf(operation: OperationId): Severity {
  const tag = tags[operation]
  return tag === 'Runners' || tag === 'Pairing' ? 'must' : 'should'
}

/** Where checks of one operation each stand. */
export function placeOf(operation: OperationId): string {
  return `${operation} ${severityOf(operation)}${isShared(operation) ? ' shared' : ''}`
}

function checksOf(operation: OperationId, schema: FieldSchema): Check[] {
  const flaws = listFlaws(schema)
  if (!isSummarized(operation)) {
    const named = flaws.map((flaw) => {
      return { name: `${nameOf(flaw)}.${flaw.kind}`, title: titleOf(operation, flaw), flaws: [flaw] }
    })
    return flawChecks(operation, named)
  }
  const kinds = new Map<FlawKind, BodyFlaw[]>()
  for (const flaw of flaws) kinds.set(flaw.kind, [...(kinds.get(flaw.kind) ?? []), flaw])
  const named = [...kinds].map(([kind, those]) => {
    const answer = STATUSES[those[0]?.answer ?? 'unreadable'].join(' or ')
    return { name: kind, title: `A body of ${operation} ${flawKinds[kind][1]} any field is ${answer}.`, flaws: those }
  })
  return flawChecks(operation, named)
}

/** The newer field that all flaws are in, if there is one, as the place of a check. */
function aboutNewerField(operation: OperationId, flaws: readonly BodyFlaw[]): string {
  const [field, ...others] = new Set(
    flaws.map(({ place }) => place.map((step) => (step === '#' ? '[]' : step)).join('/')),
  )
  const isNewer = field !== undefined && others.length === 0 && newerField({ operation, field }) !== undefined
  return isNewer ? ` [field:${field}]` : ''
}

function flawChecks(operation: OperationId, named: readonly NamedFlaws[]): Check[] {
  return checksOn(`${operation} Bodies ${severityOf(operation)}`, (it) => {
    for (const { name, title, flaws } of named) {
      it(`negative-input/${operation}.${name}${aboutNewerField(operation, flaws)}: ${title}`, async (context) => {
        const valid = await prepareValidRequest(context, operation)
        for (const flaw of flaws) {
          for (const body of flaw.breakBody(valid.body)) {
            expectRefusal(context, operation, await context.raw(requestOf(valid, { body })), STATUSES[flaw.answer])
          }
        }
      })
    }
  })
}

interface NamedFlaws {
  name: string
  title: string
  flaws: readonly BodyFlaw[]
}

function titleOf(operation: OperationId, { place, kind, answer }: BodyFlaw): string {
  const where = place.length === 0 ? 'the whole' : place.map((step) => STEPS[step] ?? step).join('.')
  return `A body of ${operation} ${flawKinds[kind][1]} ${where} is ${STATUSES[answer].join(' or ')}.`
}

function nameOf({ place }: BodyFlaw): string {
  return place.length === 0 ? 'body' : place.map((step) => STEPS[step] ?? step).join('.')
}

const STEPS: Readonly<Record<string, string>> = { '*': 'any', '#': 'item' }

export const negativeBodyChecks: readonly Check[] = Object.entries(requestSchemas).flatMap(([operation, schema]) =>
  isOperationId(operation) ? checksOf(operation, schema) : [],
)

interface LetterCase {
  operation: OperationId
  field: string
  values: readonly string[]
  /** The quirk of a server that takes it all the same. */
  quirk?: QuirkId
  severity: Severity
}

const LETTER_CASES: readonly LetterCase[] = [
  { operation: 'createPairingSession', field: 'type', values: ['Endpoint', 'CONNECT'], severity: 'must' },
  { operation: 'createBridgeCommand', field: 'type', values: ['readFile', 'READFILE'], severity: 'must' },
  { operation: 'reportBridgeResult', field: 'status', values: ['Completed', 'FAILED'], severity: 'must' },
  {
    ...{ operation: 'reportJobResult', field: 'status', values: ['Completed', 'FAILED'], severity: 'should' },
    quirk: 'status-any-case',
  },
]

/** Encodings that do not fit the body, and what a server with a quirk answers. */
const ENCODINGS = [
  {
    name: 'broken-gzip',
    title: 'A body that says it is gzip and is not',
    encoding: 'gzip',
    severity: 'must',
    quirk: ['broken-gzip-500', [500]],
  },
  {
    name: 'unknown-encoding',
    title: 'A body in an encoding that nobody knows',
    encoding: 'contract',
    severity: 'should',
    quirk: ['unknown-encoding-ignored', [201]],
  },
] as const

export const negativeFormChecks = checksOn('Bodies', (it, at) => {
  for (const { operation, field, values, quirk, severity } of LETTER_CASES) {
    it(`negative-input/${operation}.${field}.other-letter-case [${operation} ${severity}]: A ${field} of ${operation} in other letter case than the spec's is 400.`, async (context) => {
      const valid = await prepareValidRequest(context, operation)
      for (const value of values) {
        const body: unknown = { ...Object(valid.body), [field]: value }
        const answer = await context.raw(requestOf(valid, { body }))
        if (quirk === undefined) expectAnyStatus(answer, [400])
        else expectStatusOr(context, answer, [400], [quirk, [204]])
      }
    })
  }

  at('createJob Bodies')
  for (const { name, encoding, severity, title, quirk } of ENCODINGS) {
    it(`negative-input/createJob.body.${name} [${severity}]: ${title} is 400 or 415.`, async (context) => {
      const valid = await prepareValidRequest(context, 'createJob')
      const answer = await context.raw(requestOf(valid, { headers: { 'content-encoding': encoding } }))
      expectStatusOr(context, answer, alternatives.badEncoding.statuses, quirk)
    })
  }
  at('createJob Bodies should')
  it('negative-input/createJob.body.no-utf8: A body that is no UTF-8 is 400.', async (context) => {
    const valid = await prepareValidRequest(context, 'createJob')
    const [before = '', after = ''] = JSON.stringify(valid.body).split('echo')
    const rawBody = new Uint8Array([
      ...new TextEncoder().encode(before),
      0xc3,
      0x28,
      ...new TextEncoder().encode(after),
    ])
    expectAnyStatus(await context.raw(requestOf(valid, { rawBody })), [400])
  })

  at('Paths')
  it('negative-input/unknown-path: A path that the API does not know is 404.', async (context) => {
    const answer = await context.raw({ method: 'GET', path: '/v1/private/local-runners/jobs/of/nothing' })
    expectAnyStatus(answer, alternatives.unknownPath)
  })
  it('negative-input/wrong-method [should]: A known path with a method that it has not is 405.', async (context) => {
    const answer = await context.raw({ method: 'PUT', path: '/v1/private/local-runners/jobs' })
    expectAnyStatus(answer, alternatives.wrongMethod)
  })
  at('createJob')
  it('negative-input/createJob.body-before-runner: A broken body is refused (422) before the lack of a runner is noticed (404).', async (context) => {
    const { id } = await context.newProject()
    const answer = await context.raw({
      method: 'POST',
      path: '/v1/private/local-runners/jobs',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ project_id: id }),
    })
    expectThat(answer.status === 422, 'status 422', answer.status, answer)
  })
  at('appendJobLogs Bodies')
  it('negative-input/appendJobLogs.refused-as-a-whole: A batch of log entries with one blank entry is refused as a whole (422).', async (context) => {
    const { path } = await prepareValidRequest(context, 'appendJobLogs')
    const jobId = path['jobId'] ?? ''
    const entry = { stream: 'stdout', text: 'hello' }
    expectStatus(await context.call('appendJobLogs', { path: { jobId }, body: [entry] }), 204)
    const answer = await context.call('appendJobLogs', { path: { jobId }, body: [entry, { ...entry, text: '\n' }] })
    expectStatus(answer, 422)
    expectEqual('the log', await context.expectCall(200, 'getJobLogs', { path: { jobId } }), [entry], answer)
  })
  at('Errors')
  it('negative-input/error-shapes: Refusals of broken requests come in one of the two shapes of errors.', async (context) => {
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
  })
})
