// Broken request bodies: every field of every request in every way that its schema forbids. Generated from the schemas,
// so an operation that joins the spec brings its checks along.
import { requestSchemas, type FieldSchema } from '../../../generated/request-schemas.js'
import { isOperationId, operations, type OperationId } from '../../../kernel/operation.js'
import { defineCheck, type Check, type Severity } from '../../check/check.js'
import { expectAnyStatus } from '../../target/expectation.js'
import { listFlaws, type BodyFlaw, type FlawAnswer, type FlawKind } from '../../check/negative-values.js'
import { prepareValidRequest, requestOf } from '../../check/valid-request.js'

const STATUSES: Readonly<Record<FlawAnswer, readonly number[]>> = {
  unreadable: [400],
  invalid: [422],
}

const PHRASES: Readonly<Record<FlawKind, string>> = {
  missing: 'without',
  'wrong-type': 'of the wrong JSON type in',
  'malformed-id': 'with something that is no UUID in',
  'malformed-time': 'with something that is no time in',
  'unknown-value': 'with an unknown value in',
  blank: 'with a blank',
  'too-short': 'with too short a',
  'too-long': 'with too long a',
  'too-small': 'with a number below the range in',
  'too-large': 'with a number above the range in',
  'beyond-32-bits': 'with a number that fits no 32 bits in',
  empty: 'with an empty',
  'too-many': 'with too many',
  'malformed-key': 'with a key that is no UUID in',
}

/** The runner API proper is judged field by field; what stands around it, flaw by flaw. */
const SUMMARIZED = new Set<string>(['Ingestion'])

/** `must` for what runners and the web app live on, `should` for the calls around it. */
export function severityOf(operation: OperationId): Severity {
  const { tag } = operations[operation]
  return tag === 'Runners' || tag === 'Pairing' ? 'must' : 'should'
}

function checksOf(operation: OperationId, schema: FieldSchema): Check[] {
  const flaws = listFlaws(schema)
  if (!SUMMARIZED.has(operations[operation].tag)) {
    return flaws.map((flaw) => flawCheck(operation, `${nameOf(flaw)}.${flaw.kind}`, titleOf(operation, flaw), [flaw]))
  }
  const kinds = new Map<FlawKind, BodyFlaw[]>()
  for (const flaw of flaws) kinds.set(flaw.kind, [...(kinds.get(flaw.kind) ?? []), flaw])
  return [...kinds].map(([kind, those]) => {
    const answer = STATUSES[those[0]?.answer ?? 'unreadable'].join(' or ')
    return flawCheck(operation, kind, `A body of ${operation} ${PHRASES[kind]} any field is ${answer}.`, those)
  })
}

function flawCheck(operation: OperationId, name: string, title: string, flaws: readonly BodyFlaw[]): Check {
  return defineCheck({
    id: `negative-input/${operation}.${name}`,
    title,
    rule: { operation, section: 'Bodies' },
    severity: severityOf(operation),
    async run(context) {
      const specimen = await prepareValidRequest(context, operation)
      for (const flaw of flaws) {
        for (const body of flaw.breakBody(specimen.body)) {
          expectAnyStatus(await context.raw(requestOf(specimen, { body })), STATUSES[flaw.answer])
        }
      }
    },
  })
}

function titleOf(operation: OperationId, { place, kind, answer }: BodyFlaw): string {
  const where = place.length === 0 ? 'the whole' : place.map((step) => STEPS[step] ?? step).join('.')
  return `A body of ${operation} ${PHRASES[kind]} ${where} is ${STATUSES[answer].join(' or ')}.`
}

function nameOf({ place }: BodyFlaw): string {
  return place.length === 0 ? 'body' : place.map((step) => STEPS[step] ?? step).join('.')
}

const STEPS: Readonly<Record<string, string>> = { '*': 'any', '#': 'item' }

export const negativeBodyChecks: readonly Check[] = Object.entries(requestSchemas).flatMap(([operation, schema]) =>
  isOperationId(operation) ? checksOf(operation, schema) : [],
)
