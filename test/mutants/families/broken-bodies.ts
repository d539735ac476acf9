// Families of servers that do not look at a field of a request: for each place of each body that a schema restricts, one
// that takes whatever is there.
import { requestSchemas, type FieldSchema } from '../../../src/generated/request-schemas.js'
import { isSummarized, severityOf } from '../../../src/contracts/suites/wire/negative-checks.js'
import { listFlaws, type BodyFlaw } from '../../../src/contracts/check/negative-values.js'
import { sampleBody } from '../../../src/contracts/check/valid-bodies.js'
import { responses } from '../../../src/kernel/all-operations.js'
import { isOperationId, type OperationId } from '../../../src/kernel/operation.js'
import { defineFamily, type Mutant, type MutantDefinition, type Spoil } from '../mutant.js'
import { answer, isObject, itemsOf } from '../reply.js'

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
