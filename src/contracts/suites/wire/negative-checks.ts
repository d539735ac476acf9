/**
 * Requests that the spec forbids: parameters, bodies and forms; and what a request may bring and must take, for every
 * operation that declares that it judges it: media types of bodies and of answers, bodies that are there and count as none.
 */
import type { OperationEntry, QueryParameter } from '../../../generated/operations.js'
import { type FieldSchema, requestSchemas } from '../../../generated/request-schemas.js'
import { operations, tags, newerField } from '../../../kernel/all-operations.js'
import { idParametersOf, isOperationId, type OperationId, operationIds } from '../../../kernel/operation.js'
import { checksOn } from '../core/checks-on.js'
import type { Check, Severity } from '../../check/check.js'
import { type BodyFlaw, type FlawAnswer, type FlawKind, flawKinds, listFlaws } from '../../check/negative-values.js'
import { expectRefusal } from '../../check/seen-quirks.js'
import { isShared, prepareValidRequest, type RequestChanges, requestOf } from '../../check/valid-request.js'
import { ownProject, runningJob } from '../../check/scenes.js'
import { expectAnyStatus } from '../../target/expectation.js'

/** Requests of an operation that are broken in one way: what each changes about a valid one, and what it may be answered. */
interface Breakage {
  name: string
  title: string
  /** A field that the check is about. */
  field?: string | undefined
  requests: (body: unknown) => readonly (readonly [RequestChanges, readonly number[]])[]
}

const operationTable: Readonly<Record<OperationId, OperationEntry>> = operations

function breakageChecks(operation: OperationId, section: string, breakages: readonly Breakage[]): Check[] {
  return checksOn(`${operation} ${section} ${severityOf(operation)}`, (it) => {
    for (const { name, title, field, requests } of breakages) {
      const place = field === undefined ? '' : ` [field:${field}]`
      it(`negative-input/${operation}.${name}${place}: ${title}.`, async (context) => {
        const valid = await prepareValidRequest(context, operation)
        for (const [changes, admitted] of requests(valid.body)) {
          expectRefusal(context, operation, await context.raw(requestOf(valid, changes)), admitted)
        }
      })
    }
  })
}

/** A breakage whose requests are all answered alike. */
function breakage(
  name: string,
  title: string,
  admitted: readonly number[],
  changes: readonly RequestChanges[] | ((body: string) => readonly RequestChanges[]),
): Breakage {
  const make = typeof changes === 'function' ? changes : () => changes
  const requests: Breakage['requests'] = (body) => make(JSON.stringify(body ?? {})).map((each) => [each, admitted])
  return { name, title: `${title} is ${admitted.join(' or ')}`, requests }
}

const withType = (type: string | null, rawBody?: string): RequestChanges => ({
  headers: { 'content-type': type },
  ...(rawBody !== undefined && { rawBody }),
})

function bodyBreakages(id: OperationId, isRequired: boolean): Breakage[] {
  const noJson = (body: string) => [body.slice(0, -1), `${body}}`, 'contract', '{"contract": }']
  const types = ['text/plain', 'application/xml', 'application/x-www-form-urlencoded']
  return [
    ...(isRequired ? [breakage('body.missing', `A call of ${id} without its body`, [422], [{ rawBody: '' }])] : []),
    breakage('body.malformed-json', `A body of ${id} that is no JSON`, [400], (body) =>
      noJson(body).map((rawBody) => ({ rawBody })),
    ),
    breakage('body.wrong-media', `A body of ${id} that is not declared as application/json`, [415], (body) =>
      types.map((type) => withType(type, body)),
    ),
  ]
}

const NO_UUIDS = ['contract', '12345', '0190babc-62a0-71d2-832a-0feffa4676eb0', '0190babc-62a0-71d2-832a-0feffa46zzzz']

function malformedPath(id: OperationId, name: string): Breakage {
  const title = `A call of ${id} whose ${name} in the path is no UUID`
  const paths = NO_UUIDS.map((value) => ({ path: { [name]: value } }))
  return breakage(`${name}.malformed-id`, title, [404], paths)
}

function queryBreakages(id: OperationId, parameter: QueryParameter): Breakage[] {
  const { name, type, format, required, minimum, enum: values } = parameter
  const flaws: readonly (readonly [boolean, string, string, number, readonly (string | undefined)[]])[] = [
    [required, 'missing', 'without', 400, [undefined, '']],
    [format === 'uuid', 'malformed-id', 'with something that is no UUID as', 404, NO_UUIDS],
    [values !== undefined, 'unknown-value', 'with an unknown', 400, ['contract_unknown']],
    [minimum !== undefined, 'too-small', 'with too small a', 400, [String((minimum ?? 0) - 1), '-100']],
    [type === 'integer', 'no-number', 'with no whole number of 32 bits as', 404, ['contract', '1.5', '99999999999']],
    [type === 'boolean', 'no-boolean', 'with text as', 200, ['contract', '1', 'yes']],
  ]
  return flaws
    .filter(([applies]) => applies)
    .map(([, kind, phrase, admitted, texts]) => {
      const queries = texts.map((text) => ({ query: { [name]: text } }))
      return breakage(`${name}.${kind}`, `A call of ${id} ${phrase} ${name} in the query`, [admitted], queries)
    })
}

const requestChecks: readonly Check[] = operationIds.flatMap((id) => {
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
  const accepts = ['text/html', 'application/xml'].map((accept) => ({ headers: { accept } }))
  const unacceptable = breakage('accept.no-json', `A call of ${id} whose Accept excludes JSON,`, [406], accepts)
  if (requestBody === null) {
    const title = `A call of ${id} of another media type, though it has no body,`
    const types = ['text/plain', 'application/xml'].map((type) => withType(type))
    return [unacceptable, breakage('media.without-body', title, [415], types)]
  }
  const statuses = [requestBody.required ? 422 : success]
  const ofNull = requestBody.isFree === true ? [400] : statuses
  return [
    unacceptable,
    breakage('body.untyped', `A call of ${id} with a body and no Content-Type,`, [415], [withType(null)]),
    breakage('body.blank', `A call of ${id} whose body is blanks,`, statuses, [{ rawBody: ' \r\n\t' }]),
    breakage('body.null', `A call of ${id} whose body is null,`, ofNull, [{ rawBody: 'null' }]),
  ]
}

const mediaChecks: readonly Check[] = operationIds
  .filter((id) => operationTable[id].isNegotiated)
  .flatMap((id) => breakageChecks(id, 'Media', mediaBreakages(id)))

const STATUSES: Readonly<Record<FlawAnswer, number>> = { unreadable: 400, invalid: 422 }

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

function flawBreakages(operation: OperationId, schema: FieldSchema): Breakage[] {
  const flaws = listFlaws(schema)
  if (!isSummarized(operation)) {
    return flaws.map((flaw) =>
      flawBreakage(operation, `${nameOf(flaw, 'body')}.${flaw.kind}`, nameOf(flaw, 'the whole'), [flaw]),
    )
  }
  const kinds = new Map<FlawKind, BodyFlaw[]>()
  for (const flaw of flaws) kinds.set(flaw.kind, [...(kinds.get(flaw.kind) ?? []), flaw])
  return [...kinds].map(([kind, those]) => flawBreakage(operation, kind, 'any field', those))
}

/** Flaws of one kind, in one field or several. */
function flawBreakage(operation: OperationId, name: string, where: string, flaws: readonly BodyFlaw[]): Breakage {
  const { kind, answer } = flaws[0] ?? { kind: 'wrong-type', answer: 'unreadable' }
  return {
    name,
    title: `A body of ${operation} ${flawKinds[kind][1]} ${where} is ${STATUSES[answer]}`,
    field: newerFieldOf(operation, flaws),
    requests: (valid) =>
      flaws.flatMap((flaw) => flaw.breakBody(valid).map((body) => [{ body }, [STATUSES[flaw.answer]]] as const)),
  }
}

/** The newer field that all flaws are in, if there is one. */
function newerFieldOf(operation: OperationId, flaws: readonly BodyFlaw[]): string | undefined {
  const fields = flaws.map(({ place }) => place.map((step) => (step === '#' ? '[]' : step)).join('/'))
  const [field, ...others] = new Set(fields)
  const isNewer = field !== undefined && others.length === 0 && newerField({ operation, field }) !== undefined
  return isNewer ? field : undefined
}

const STEPS: Readonly<Record<string, string>> = { '*': 'any', '#': 'item' }

function nameOf({ place }: BodyFlaw, whole: string): string {
  return place.length === 0 ? whole : place.map((step) => STEPS[step] ?? step).join('.')
}

const bodyChecks: readonly Check[] = Object.entries(requestSchemas).flatMap(([operation, schema]) =>
  isOperationId(operation) ? breakageChecks(operation, 'Bodies', flawBreakages(operation, schema)) : [],
)

/** Values in other letter case than the spec's, and what may be answered. */
const LETTER_CASES: readonly (readonly [OperationId, string, readonly [string, string], Severity, string])[] = [
  ['createPairingSession', 'type', ['Endpoint', 'CONNECT'], 'must', '400'],
  ['createBridgeCommand', 'type', ['readFile', 'READFILE'], 'must', '400'],
  ['reportBridgeResult', 'status', ['Completed', 'FAILED'], 'must', '400'],
  ['reportJobResult', 'status', ['Completed', 'FAILED'], 'should', '400, status-any-case 204'],
]

const formChecks = checksOn('Bodies', (it, at) => {
  for (const [operation, field, [one, other], severity, answers] of LETTER_CASES) {
    it`negative-input/${operation}.${field}.other-letter-case [${operation} ${severity}]: A ${field} of ${operation} in other letter case than the spec's is 400.
      ${operation} ${field}="${one}": ${answers}
      ${operation} ${field}="${other}": ${answers}`
  }

  at('createJob Bodies')
  it`negative-input/createJob.body.broken-gzip: A body that says it is gzip and is not is 400 or 415.
    createJob content-encoding="gzip": as badEncoding, broken-gzip-500 500`
  at('createJob Bodies should')
  it`negative-input/createJob.body.unknown-encoding: A body in an encoding that nobody knows is 400 or 415.
    createJob content-encoding="contract": as badEncoding, unknown-encoding-ignored 201`
  it('negative-input/createJob.body.no-utf8: A body that is no UTF-8 is 400.', async (context) => {
    const valid = await prepareValidRequest(context, 'createJob')
    const rawBody = Buffer.from(JSON.stringify(valid.body).replace('echo', '\u00c3('), 'latin1')
    expectAnyStatus(await context.raw(requestOf(valid, { rawBody })), [400])
  })

  at('Paths')
  it`negative-input/unknown-path: A path that the API does not know is 404.
    GET /v1/private/local-runners/jobs/of/nothing: as unknownPath`
  it`negative-input/wrong-method [should]: A known path with a method that it has not is 405.
    PUT /v1/private/local-runners/jobs: as wrongMethod`
  at('createJob')
  it`negative-input/createJob.body-before-runner: A broken body is refused (422) before the lack of a runner is noticed (404).
    ${ownProject}
    createJob {"project_id":$project_id}: 422`
  at('appendJobLogs Bodies')
  it`negative-input/appendJobLogs.refused-as-a-whole: A batch of log entries with one blank entry is refused as a whole (422).
    ${runningJob}
    appendJobLogs [{"stream":"stdout","text":"hello"}]: 204
    appendJobLogs [{"stream":"stdout","text":"hello"},{"stream":"stdout","text":"\\n"}]: 422
    getJobLogs: 200 *.text=["hello"]`
  at('Errors')
  it`negative-input/error-shapes: Refusals of broken requests come in one of the two shapes of errors.
    listRunners project_id="contract": 404
    createJob rawBody="{}": 422
    createJob rawBody="{": 400
    createJob content-type="text/plain": 415`
})

export const negativeChecks: readonly Check[] = [...bodyChecks, ...requestChecks, ...mediaChecks, ...formChecks]
