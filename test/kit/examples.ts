// Values made from the forms of kit.yaml: one that fits, and one that does not.
import { problemsOf, type OptionSchema } from '../../src/kernel/validate-options.js'

/** A value that has the form. */
export function exampleOf(form: OptionSchema): unknown {
  const { anyOf, enum: values, instance, type } = form
  if (anyOf?.[0] !== undefined) return exampleOf(anyOf[0])
  if ('const' in form) return form.const
  if (values !== undefined) return values[0]
  if (instance !== undefined) return instances[instance]?.()
  if (type === undefined || type === 'object') return objectOf(form)
  return typeof type === 'string' ? plain[type]?.(form) : {}
}

function objectOf({ required = [], properties = {}, minProperties, additionalProperties }: OptionSchema): object {
  const needed = required.map((name) => ({ [name]: exampleOf(properties[name] ?? { type: 'string' }) }))
  const inner = typeof additionalProperties === 'object' ? additionalProperties : {}
  const example: object = Object.assign({}, ...needed) as object
  return minProperties === undefined ? example : { ...example, 'some-name': exampleOf(inner) }
}

const instances: Readonly<Record<string, () => unknown>> = {
  function: () => () => undefined,
  Date: () => new Date(0),
  URL: () => new URL('http://127.0.0.1:9/'),
  Set: () => new Set<string>(),
  Uint8Array: () => new Uint8Array(32),
  AbortSignal: () => new AbortController().signal,
}

const plain: Readonly<Record<string, (form: OptionSchema) => unknown>> = {
  string: (form) => texts.find((text) => problemsOf(form, text).length === 0),
  integer: ({ minimum = 1 }) => Math.ceil(minimum),
  number: ({ minimum = 1 }) => minimum,
  boolean: () => true,
  array: ({ items = {} }) => [exampleOf(items)],
}

const texts = [
  'text',
  '01934f2c-7a3b-7c4d-8e5f-60718293a4b5',
  '2026-07-01T12:00:00Z',
  '2026-07-01',
  '3:0:1',
  '/path',
  'http://127.0.0.1:9/api',
]

/** A value that has not the form; undefined for a form that takes anything. */
export function mistypedFor(form: OptionSchema): unknown {
  return [5.5, 'wrong-one', true, null, [null], {}].find((value) => problemsOf(form, value).length > 0)
}

/** Another name that differs in a letter. */
export function misspelt(name: string, known: readonly string[]): string {
  const [first = ''] = name
  const candidates = [`${name}${first}`, `${first}${name}`, `${name}x`]
  return candidates.find((candidate) => !known.includes(candidate)) ?? `${name}xx`
}
