// Families of servers that get broken requests wrong around their fields: media type, JSON, missing body, ids in the path,
// parameters of the query. One for each operation and way.
import type { OperationEntry, QueryParameter } from '../../../src/generated/operations.js'
import { severityOf } from '../../../src/contracts/suites/wire/negative-checks.js'
import { operations } from '../../../src/kernel/all-operations.js'
import { idParametersOf, operationIds, type OperationId } from '../../../src/kernel/operation.js'
import type { Call } from '../call.js'
import { defineFamily, type Mutant, type MutantDefinition } from '../mutant.js'
import { refusal } from '../reply.js'
import { successOf } from './broken-bodies.js'

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
