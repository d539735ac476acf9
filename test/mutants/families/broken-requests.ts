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

const bodyMisjudgements: readonly Misjudgement[] = [
  {
    what: 'any-media-type',
    mistake: 'takes a body of any media type',
    only: ['body.wrong-media'],
    isWrong: isOtherMedia,
    answers: 'success',
  },
  {
    what: 'wrong-media-as-400',
    mistake: 'answers 400 to a body of another media type',
    only: ['body.wrong-media'],
    isWrong: isOtherMedia,
    answers: 400,
  },
  {
    what: 'malformed-json-taken',
    mistake: 'takes a body that is no JSON',
    only: ['body.malformed-json'],
    isWrong: (call) => call.text !== '' && call.body === undefined,
    answers: 'success',
  },
]

const oddMisjudgements: readonly Misjudgement[] = [
  {
    what: 'untyped-body-taken',
    mistake: 'takes a body without a type',
    only: ['body.untyped'],
    isWrong: (call) => call.text !== '' && call.header('content-type') === '',
    answers: 'success',
  },
  {
    what: 'blank-body-unreadable',
    mistake: 'cannot read a body of blanks',
    only: ['body.blank'],
    isWrong: ({ text }) => text !== '' && text.trim() === '',
    answers: 400,
  },
]

function nullMisjudged(isRequired: boolean): Misjudgement {
  return {
    what: 'null-body-misjudged',
    mistake: isRequired ? 'takes null for a body' : 'cannot read null as no body',
    only: ['body.null'],
    isWrong: ({ text }) => text === 'null',
    answers: isRequired ? 'success' : 400,
  }
}

const anyAccept: Misjudgement = {
  what: 'any-accept',
  mistake: 'answers JSON to who takes none',
  only: ['accept.no-json'],
  isWrong: (call) => !/json|\*/.test(call.header('accept')),
  answers: 'success',
}

const emptyMediaTaken: Misjudgement = {
  what: 'any-media-without-body',
  mistake: 'does not look at the type of a request without a body',
  only: ['media.without-body'],
  isWrong: isOtherMedia,
  answers: 'success',
}

function oddOf(operation: OperationId): MutantDefinition[] {
  const { requestBody, isNegotiated } = table[operation]
  if (!isNegotiated) return []
  const ofBody = requestBody === null ? [emptyMediaTaken] : [...oddMisjudgements, nullMisjudged(requestBody.required)]
  return [anyAccept, ...ofBody].map((each) => mutantOf(operation, each))
}

const missingBodyTaken: Misjudgement = {
  what: 'missing-body-taken',
  mistake: 'needs no body',
  only: ['body.missing'],
  isWrong: ({ text }) => text === '',
  answers: 'success',
}

function bodiesOf(operation: OperationId): MutantDefinition[] {
  const { requestBody } = table[operation]
  if (requestBody === null) return []
  const those = requestBody.required ? [...bodyMisjudgements, missingBodyTaken] : bodyMisjudgements
  return those.map((each) => mutantOf(operation, each))
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
  operationIds.flatMap((operation) => [
    ...bodiesOf(operation),
    ...oddOf(operation),
    ...pathOf(operation),
    ...queryOf(operation),
  ]),
)
