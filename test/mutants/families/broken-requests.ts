// Families of servers that get broken requests wrong: media type, JSON, missing body, ids in the path, parameters of the
// query; and every way in which a field of a body can be broken, accepted as if it were sound. One for each operation and way.
import type { OperationEntry, QueryParameter } from '../../../src/generated/operations.js'
import { severityOf, isSummarized } from '../../../src/contracts/suites/wire/negative-checks.js'
import { operations, responses } from '../../../src/kernel/all-operations.js'
import { idParametersOf, operationIds, type OperationId, isOperationId } from '../../../src/kernel/operation.js'
import { requestSchemas, type FieldSchema } from '../../../src/generated/request-schemas.js'
import { listFlaws, type BodyFlaw } from '../../../src/contracts/check/negative-values.js'
import { sampleBody } from '../../../src/lifecycle/steps/valid-bodies.js'
import type { Call } from '../call.js'
import { defineFamily, type Mutant, type MutantDefinition, type Spoil } from '../mutant.js'
import { refusal, answer, isObject, itemsOf } from '../reply.js'

const table: Readonly<Record<OperationId, OperationEntry>> = operations

interface Misjudgement {
  what: string
  /** Completes "createJob ...". */
  mistake: string
  /** The checks that notice it, without area and operation. */
  only: readonly string[]
  isWrong: (call: Call) => boolean
  answers: number | 'success'
}

function mutantOf(operation: OperationId, { what, mistake, only, isWrong, answers }: Misjudgement): MutantDefinition {
  return {
    id: `negative-input/${operation}.${what}`,
    mistake: `${operation} ${mistake}.`,
    severity: severityOf(operation),
    touches: [operation],
    only: only.map((name) => `negative-input/${operation}.${name}`),
    spoil: () => (call) => {
      if (!isWrong(call)) return call.proceed()
      return answers === 'success' ? successOf(operation) : refusal(answers)
    },
  }
}

const isOtherMedia = (call: Call): boolean =>
  !/^application\/json/i.test(call.header('content-type') || 'application/json')

const isMissing = ({ text }: Call): boolean => text === ''
const isNoJson = (call: Call): boolean => !isMissing(call) && call.body === undefined
const isUntyped = (call: Call): boolean => !isMissing(call) && call.header('content-type') === ''
const isBlank = (call: Call): boolean => !isMissing(call) && call.text.trim() === ''
const isNull = ({ text }: Call): boolean => text === 'null'
const takesNoJson = (call: Call): boolean => !/json|\*/.test(call.header('accept'))

type Row = readonly [
  applies: boolean,
  ...[check: string, what: string, mistake: string],
  ...[isWrong: Misjudgement['isWrong'], answers: Misjudgement['answers']],
]

/** What is wrong with bodies and media types. */
function aroundFieldsOf(operation: OperationId): MutantDefinition[] {
  const { requestBody, isNegotiated } = table[operation]
  const [hasBody, isRequired] = [requestBody !== null, requestBody?.required === true]
  const isOdd = isNegotiated && hasBody
  const ofNull = isRequired ? 'takes null for a body' : 'cannot read null as no body'
  const untyped = 'does not look at the type of a request without a body'
  const rows: readonly Row[] = [
    [hasBody, 'body.wrong-media', 'any-media-type', 'takes a body of any media type', isOtherMedia, 'success'],
    [
      hasBody,
      'body.wrong-media',
      'wrong-media-as-400',
      'answers 400 to a body of another media type',
      isOtherMedia,
      400,
    ],
    [hasBody, 'body.malformed-json', 'malformed-json-taken', 'takes a body that is no JSON', isNoJson, 'success'],
    [isRequired, 'body.missing', 'missing-body-taken', 'needs no body', isMissing, 'success'],
    [isNegotiated, 'accept.no-json', 'any-accept', 'answers JSON to who takes none', takesNoJson, 'success'],
    [isNegotiated && !hasBody, 'media.without-body', 'any-media-without-body', untyped, isOtherMedia, 'success'],
    [isOdd, 'body.untyped', 'untyped-body-taken', 'takes a body without a type', isUntyped, 'success'],
    [isOdd, 'body.blank', 'blank-body-unreadable', 'cannot read a body of blanks', isBlank, 400],
    [isOdd, 'body.null', 'null-body-misjudged', ofNull, isNull, isRequired ? 'success' : 400],
  ]
  return rows.flatMap(([applies, check, what, mistake, isWrong, answers]) =>
    applies ? [mutantOf(operation, { what, mistake, only: [check], isWrong, answers })] : [],
  )
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

function pathOf(operation: OperationId): MutantDefinition[] {
  return idParametersOf(operations[operation]).map((name) =>
    mutantOf(operation, {
      what: `${name}-as-400`,
      mistake: `answers 400 where ${name} in the path is no UUID`,
      only: [`${name}.malformed-id`],
      isWrong: ({ path }) => !UUID.test(path[name] ?? ''),
      answers: 400,
    }),
  )
}

function isUnsound({ type, format, minimum, enum: values }: QueryParameter, text: string): boolean {
  if (values !== undefined) return !values.includes(text)
  if (format === 'uuid') return !UUID.test(text)
  if (type === 'boolean') return text !== 'true' && text !== 'false'
  if (type !== 'integer') return false
  return !/^-?\d{1,9}$/.test(text) || (minimum !== undefined && Number(text) < minimum)
}

/** The checks of a parameter, as negative-requests.ts makes them. */
function kindsOf({ type, format, required, minimum, enum: values }: QueryParameter): string[] {
  return [
    ...(required ? ['missing'] : []),
    ...(format === 'uuid' ? ['malformed-id'] : []),
    ...(values === undefined ? [] : ['unknown-value']),
    ...(minimum === undefined ? [] : ['too-small']),
    ...(type === 'integer' ? ['no-number'] : []),
    ...(type === 'boolean' ? ['no-boolean'] : []),
  ]
}

function queryOf(operation: OperationId): MutantDefinition[] {
  return table[operation].queryParameters.flatMap((parameter) => {
    const { name, required } = parameter
    const only = kindsOf(parameter).map((kind) => `${name}.${kind}`)
    const isWrong = ({ query }: Call): boolean =>
      query.has(name) ? isUnsound(parameter, query.get(name) ?? '') : required
    if (only.length === 0) return []
    const mistake = `answers 422 to a bad ${name} in the query`
    return [mutantOf(operation, { what: `${name}-as-422`, mistake, only, isWrong, answers: 422 })]
  })
}

export const brokenRequestMutants: readonly Mutant[] = defineFamily(
  'requests misjudged',
  operationIds.flatMap((operation) => [...aroundFieldsOf(operation), ...pathOf(operation), ...queryOf(operation)]),
)

const STEPS: Readonly<Record<string, string>> = { '*': 'any', '#': 'item' }

function nameOf(place: readonly string[]): string {
  return place.length === 0 ? 'body' : place.map((step) => STEPS[step] ?? step).join('.')
}

/** The answer of an operation that succeeds. */
export function successOf(operation: OperationId): ReturnType<typeof answer> {
  const [status = 200] = Object.keys(responses[operation]).map(Number)
  return answer(status, status === 200 ? {} : undefined)
}

/** What is refused for its body goes in once more, with something sound at the place; and if need be it succeeds anyway. */
function doesNotLookAt(operation: OperationId, schema: FieldSchema, place: readonly string[]): Spoil {
  return () => async (call) => {
    const reply = await call.proceed()
    if (reply.status !== 400 && reply.status !== 422) return reply
    const mended = await call.proceed({ body: mend(schema, call.body, place) })
    return mended.status === 400 || mended.status === 422 ? successOf(operation) : mended
  }
}

function mend(schema: FieldSchema, value: unknown, [step, ...rest]: readonly string[]): unknown {
  if (step === undefined) return sampleBody(schema)
  if (step === '#') return itemsOf(value).map((item) => mend(schema.items ?? {}, item, rest))
  if (!isObject(value)) return sampleBody(schema)
  if (step !== '*') return { ...value, [step]: mend(schema.properties?.[step] ?? {}, value[step], rest) }
  const entries = Object.entries(value)
  return Object.fromEntries(
    entries.map(([name, member]) => [name, mend(schema.additionalProperties ?? {}, member, rest)]),
  )
}

function definitionsOf(operation: OperationId, schema: FieldSchema): MutantDefinition[] {
  const flaws = listFlaws(schema)
  if (isSummarized(operation)) return [wholeBody(operation, flaws)]
  const names = [...new Set(flaws.map(({ place }) => nameOf(place)))]
  const byPlace = names.map((name) => ({ name, those: flaws.filter(({ place }) => nameOf(place) === name) }))
  return byPlace.map(({ name, those }) => ({
    id: `negative-input/${operation}.${name}-unchecked`,
    mistake: `${operation} does not look at ${name === 'body' ? 'its body' : name}.`,
    severity: severityOf(operation),
    touches: [operation],
    only: those.map(({ kind }) => `negative-input/${operation}.${name}.${kind}`),
    spoil: doesNotLookAt(operation, schema, those[0]?.place ?? []),
  }))
}

function wholeBody(operation: OperationId, flaws: readonly BodyFlaw[]): MutantDefinition {
  return {
    id: `negative-input/${operation}.body-unchecked`,
    mistake: `${operation} does not look at its body.`,
    severity: severityOf(operation),
    touches: [operation],
    only: [...new Set(flaws.map(({ kind }) => `negative-input/${operation}.${kind}`))],
    spoil: () => async (call) => {
      const reply = await call.proceed()
      return reply.status === 400 || reply.status === 422 ? successOf(operation) : reply
    },
  }
}

export const brokenBodyMutants: readonly Mutant[] = defineFamily(
  'fields unchecked',
  Object.entries(requestSchemas).flatMap(([operation, schema]) =>
    isOperationId(operation) ? definitionsOf(operation, schema) : [],
  ),
)
