// Forms: the schemas of `openapi/kit.yaml` as tables, and the one function that judges a value by them. It names every
// place where a value is not what was expected; `problem.ts` tells people. A member that is undefined counts as left out.
import { isUuid } from './id-source.js'
import { isDay } from './instant.js'
import type { FormOf, OptionSchema } from '../generated/kit-form.js'
import { isObject } from './json-value.js'
import { fromBase64 } from './pairing.js'
import { nearest, problemError, show, unknownName, type ProblemPlace, type Problem } from './problem.js'

export type { OptionSchema } from '../generated/kit-form.js'

/** Everything that is wrong with a value; empty when it has the form. */
export function problemsOf(form: OptionSchema, value: unknown, path: ProblemPlace = []): Problem[] {
  const { code, anyOf } = form
  const problems = anyOf === undefined ? judge(form, value, path) : judgeEither(form, anyOf, value, path)
  return code === undefined ? problems : problems.map((problem) => ({ code, ...problem }))
}

export function hasForm<Type>(form: FormOf<Type>, value: unknown): value is Type {
  return problemsOf(form, value).length === 0
}

/**
 * Refuses what has not the form; returns the rest.
 * @param what whose it is, for the message: `createRunnerMock`
 * @throws KitError `code`, or the code of the member that is wrong
 */
export function expectForm<Type>(form: FormOf<Type>, value: unknown, what: string, code = 'options/invalid'): Type {
  if (hasForm(form, value)) return value
  throw problemError(problemsOf(form, value)[0] ?? flaw(form, value, []), code, what)
}

/** @throws KitError `code` */
export function expectKnown(value: unknown, known: readonly string[], what: string, code = 'options/invalid'): void {
  if (typeof value !== 'string' || !known.includes(value)) throw problemError(unknownName(value, known), code, what)
}

/** The form that comes nearest says what is wrong: of those that the value could have at all, the one with least flaws. */
function judgeEither(
  form: OptionSchema,
  choices: readonly OptionSchema[],
  value: unknown,
  path: ProblemPlace,
): Problem[] {
  let best: Problem[] | undefined
  for (const choice of choices) {
    const problems = problemsOf(choice, value, path)
    if (problems.length === 0) return problems
    const isPossible = !problems.some((problem) => problem.path.length === path.length) || isNear(choice, value)
    if (isPossible && (best === undefined || problems.length < best.length)) best = problems
  }
  return best ?? [flaw(form, value, path)]
}

/** Whether a value that a form refuses as a whole might have been meant for it. */
function isNear(form: OptionSchema, value: unknown): boolean {
  return form.anyOf !== undefined || (form.enum !== undefined && hasType(form, value))
}

function judge(form: OptionSchema, value: unknown, path: ProblemPlace): Problem[] {
  if (form.enum !== undefined && !form.enum.includes(value)) {
    const problem = unknownName(value, form.enum.map(String), path)
    return [form.says === undefined ? problem : { ...problem, expected: form.says }]
  }
  if (!hasType(form, value) || !isWithin(form, value)) return [flaw(form, value, path)]
  if (Array.isArray(value)) {
    const { items } = form
    return items === undefined ? [] : value.flatMap((item: unknown, at) => problemsOf(items, item, [...path, at]))
  }
  return isObject(value) ? judgeMembers(form, value, path) : []
}

function judgeMembers(form: OptionSchema, value: Readonly<Record<string, unknown>>, path: ProblemPlace): Problem[] {
  const { properties = {}, required = [], additionalProperties: others, propertyNames } = form
  const problems = required
    .filter((name) => value[name] === undefined)
    .map((name): Problem => {
      return { path: [...path, name], value: undefined, expected: `a value: '${name}' is needed` }
    })
  for (const name of Object.keys(value)) {
    const member = value[name]
    if (member === undefined) continue
    const place = [...path, name]
    if (propertyNames !== undefined) problems.push(...problemsOf(propertyNames, name, place))
    const known = Object.hasOwn(properties, name) ? properties[name] : others
    if (known === false) {
      const names = Object.keys(properties)
      problems.push({
        path: place,
        value: member,
        expected: `one of the fields ${names.join(', ')}`,
        meant: nearest(name, names),
      })
    } else if (known !== undefined && known !== true) problems.push(...problemsOf(known, member, place))
  }
  return problems
}

function flaw(form: OptionSchema, value: unknown, path: ProblemPlace): Problem {
  return { path, value: form.secret === true ? 'something else' : value, expected: form.says ?? expectation(form) }
}

function hasType({ type, instance }: OptionSchema, value: unknown): boolean {
  if (instance !== undefined)
    return Object.prototype.toString.call(value) === `[object ${instance}]` || instance === typeof value
  return type === undefined || (typeof type === 'string' ? [type] : type).some((each) => types[each]?.(value) ?? false)
}

const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  number: (value) => Number.isFinite(value),
  integer: (value) => Number.isSafeInteger(value),
  array: (value) => Array.isArray(value),
  object: isObject,
  null: (value) => value === null,
}

function isWithin(form: OptionSchema, value: unknown): boolean {
  if ('const' in form) return value === form.const
  const size = typeof value === 'number' ? value : 0
  if (size < (form.minimum ?? size) || size > (form.maximum ?? size)) return false
  if (typeof value === 'string') return isText(form, value)
  if (Array.isArray(value)) return value.length >= (form.minItems ?? 0) && value.length <= (form.maxItems ?? Infinity)
  return form.minProperties === undefined || !isObject(value) || Object.keys(value).length >= form.minProperties
}

function isText({ minLength = 0, maxLength = Infinity, pattern, format }: OptionSchema, value: string): boolean {
  const { length } = value
  if (length < minLength || length > maxLength) return false
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) return false
  return format === undefined || (formats[format]?.(value) ?? true)
}

const formats: Readonly<Record<string, (value: string) => boolean>> = {
  uuid: isUuid,
  byte: (value) => fromBase64(value) !== undefined,
  'date-time': (value) => !Number.isNaN(Date.parse(value)),
  date: isDay,
}

function expectation(form: OptionSchema): string {
  const { type, minimum, maximum, pattern, format, properties, anyOf, instance } = form
  if ('const' in form) return show(form.const)
  if (anyOf !== undefined) return anyOf.map((each) => each.says ?? expectation(each)).join(', or ')
  if (instance !== undefined) return instance === 'function' ? 'a function' : `a ${instance}`
  if (type === 'integer' || type === 'number') {
    const what = type === 'integer' ? 'a whole number' : 'a number'
    if (minimum === undefined) return what
    return maximum === undefined ? `${what} of ${minimum} or more` : `${what} from ${minimum} to ${maximum}`
  }
  if (type === 'string') {
    if (pattern === '\\S') return 'a text that is not blank'
    if (format !== undefined) return formatNames[format] ?? 'a text'
    return form.maxLength === undefined ? 'a text' : `a text of up to ${form.maxLength} characters`
  }
  if (type === 'boolean') return 'true or false'
  if (type === 'array') return form.minItems === undefined ? 'a list' : `a list of ${form.minItems} or more`
  if (type === 'object') {
    return properties === undefined ? 'an object' : `an object with some of ${Object.keys(properties).join(', ')}`
  }
  return 'something else'
}

const formatNames: Readonly<Record<string, string>> = {
  uuid: 'a UUID',
  byte: 'base64',
  date: 'a day such as 2026-12-31',
  'date-time': 'an ISO-8601 time',
}
