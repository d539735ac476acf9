/** Bodies and queries of the calls in a sequence, drawn from the schemas of the spec; the plainest come first. */
import { requestSchemas, type FieldSchema } from '../../../generated/request-schemas.js'
import { sampleBody } from '../../check/negative-values.js'
import { operations } from '../../../kernel/all-operations.js'
import type { ApiCall } from '../../../kernel/recording/api-call.js'
import type { OperationId } from '../../../kernel/operation.js'
import type { QueryParameter } from '../../../generated/operations.js'

/** Values that a field may have in a sequence, by the field's name: those that mean something there. */
export type Words = Readonly<Record<string, readonly unknown[]>>

const SOME_ID = '0190babc-62a0-71d2-832a-0feffa46760'

const ANY_JSON = [
  { text: 'hi', none: null },
  'done',
  { answer: 42, none: null },
  null,
  [1, 'two', [null]],
  { progress: 0.5 },
]

/**
 * The body of a call; undefined for an operation without one.
 * @param form from 0 on: each picks one value of every field
 */
export function bodyOf(operation: OperationId, form: number, words: Words): unknown {
  const schema = requestSchemas[operation]
  if (schema === undefined) return undefined
  const { requestBody } = operations[operation]
  // Every third call leaves a body out that is optional.
  const isLeftOut = requestBody?.required !== true && form % 3 === 1
  return isLeftOut ? undefined : valueOf(schema, '', new Picker(form), words)
}

export function queryOf(operation: OperationId, form: number, words: Words): ApiCall['query'] {
  const picker = new Picker(form)
  const query: Record<string, string | number | boolean> = {}
  const parameters: readonly QueryParameter[] = operations[operation].queryParameters
  for (const parameter of parameters) {
    const values = [
      ...(parameter.required ? [] : [undefined]),
      ...(words[parameter.name] ?? valuesOfParameter(parameter)),
    ]
    const value = picker.pick(values)
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      query[parameter.name] = value
  }
  return query
}

function valuesOfParameter({ type, enum: allowed, minimum = 0 }: QueryParameter): readonly unknown[] {
  if (type === 'boolean') return [true, false]
  if (type === 'integer') return [minimum, minimum + 1, minimum + 2, 100]
  return allowed ?? []
}

/** Picks a value for each field in turn; form 0 picks the first of all. */
class Picker {
  private readonly form: number
  private fields = 0

  constructor(form: number) {
    this.form = form
  }

  pick<Value>(values: readonly Value[]): Value | undefined {
    this.fields++
    const mixed = Math.imul(this.form, 0x9e3779b1) ^ Math.imul(this.form * this.fields, 0x85ebca6b)
    return values[((mixed ^ (mixed >>> 15)) >>> 0) % Math.max(1, values.length)]
  }
}

function valueOf(schema: FieldSchema, name: string, picker: Picker, words: Words): unknown {
  const known = words[name]
  if (known !== undefined) return picker.pick(known)
  if (schema.enum !== undefined) return picker.pick(schema.enum)
  switch (schema.type) {
    case 'object':
      return objectFor(schema, name, picker, words)
    case 'array':
      return listFor(schema, name, picker, words)
    case 'string':
      return textFor(schema, picker)
    case 'integer':
    case 'number':
      return picker.pick([schema.minimum ?? 0, schema.maximum ?? 500, schema.minimum ?? 5, schema.minimum ?? -3])
    case 'boolean':
      return picker.pick([true, false])
    case undefined:
      return picker.pick(ANY_JSON)
  }
}

function textFor(schema: FieldSchema, picker: Picker): unknown {
  if (schema.format === 'uuid') return `${SOME_ID}${picker.pick([1, 2, 3])}`
  const isFree = (schema.format ?? schema.example) === undefined
  return isFree ? picker.pick(['text', 'ä\n', '  some text ']) : sampleBody(schema)
}

function objectFor(schema: FieldSchema, name: string, picker: Picker, words: Words): unknown {
  const { properties, required = [], additionalProperties, propertyNames } = schema
  if (properties !== undefined) {
    const entries = Object.entries(properties).flatMap(([field, member]) => {
      const isThere = required.includes(field) || picker.pick([false, true, false]) === true
      return isThere ? [[field, valueOf(member, field, picker, words)] as const] : []
    })
    return Object.fromEntries(entries)
  }
  const keys = words[`${name}/*`] ?? (propertyNames?.format === 'uuid' ? [`${SOME_ID}1`, `${SOME_ID}2`] : ['a', 'b'])
  const count = picker.pick([1, 2, 0]) ?? 0
  const member = additionalProperties ?? {}
  return Object.fromEntries(keys.slice(0, count).map((key) => [String(key), valueOf(member, '*', picker, words)]))
}

function listFor({ items = {}, minItems = 0 }: FieldSchema, name: string, picker: Picker, words: Words): unknown[] {
  const count = Math.max(minItems, picker.pick([1, 2, 3, 0]) ?? 0)
  return Array.from({ length: count }, () => valueOf(items, `${name}/item`, picker, words))
}
