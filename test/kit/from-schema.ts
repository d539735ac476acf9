// Values out of a JSON Schema, and texts of files with something odd at any place in them.
import fc from 'fast-check'

// The same in every run: what fails today fails tomorrow.
fc.configureGlobal({ seed: 1 })

/** A JSON Schema, as far as those of kit.yaml and of request bodies go. */
export interface JsonSchema {
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, JsonSchema>>
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly propertyNames?: JsonSchema
  readonly items?: JsonSchema
  readonly minItems?: number
  readonly minLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
  readonly format?: string
  readonly example?: string
}

const MAX_DEPTH = 7
const anyJson = fc.jsonValue({ maxDepth: 2 })
type Formats = Readonly<Record<string, fc.Arbitrary<string>>>
const usualFormats: Formats = {
  uuid: fc.uuid(),
  byte: fc.base64String(),
  date: fc.constantFrom('2026-12-31', '2026-02-30', '9999-12-31'),
  'date-time': fc.constantFrom('2026-01-01T00:00:00Z', '+275760-09-13T00:00:00Z', '0001-01-01T00:00:00Z', '2026-07-01'),
}

/** Values that a schema allows, its outermost numbers among them; `own`: texts for some of its formats. */
export function valuesOf(schema: JsonSchema, own: Formats = {}): fc.Arbitrary<unknown> {
  return partOf(schema, schema, { ...usualFormats, ...own }, 0)
}

function partOf(schema: JsonSchema, root: JsonSchema, formats: Formats, depth: number): fc.Arbitrary<unknown> {
  if (depth > MAX_DEPTH) return fc.constantFrom<unknown[]>(null, 0, '', [], {})
  const { $ref, anyOf, oneOf = anyOf, type } = schema
  const inner: Inner = (part) => partOf(part, root, formats, depth + 1)
  if ($ref !== undefined) return inner($ref === '#' ? root : (root.$defs?.[$ref.replace('#/$defs/', '')] ?? {}))
  if ('const' in schema) return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  if (oneOf !== undefined) return fc.oneof(...oneOf.map((part) => inner(part)))
  if (typeof type === 'object') return fc.oneof(...type.map((each) => inner({ ...schema, type: each })))
  if (type === 'object') return objectsOf(schema, inner)
  if (type === 'array') return listsOf(schema, inner)
  if (type === 'string') return textsOf(schema, formats)
  if (type === 'integer' || type === 'number') return numbersOf(schema)
  return type === 'boolean' ? fc.boolean() : type === 'null' ? fc.constant(null) : anyJson
}

type Inner = (part: JsonSchema) => fc.Arbitrary<unknown>

function numbersOf({ format, minimum, maximum }: JsonSchema): fc.Arbitrary<number> {
  const edge = format === 'int32' ? 2 ** 31 - 1 : 9e15
  return numbersBetween(minimum ?? -edge, maximum ?? edge)
}

function numbersBetween(minimum: number, maximum: number): fc.Arbitrary<number> {
  const usual = fc.integer({ min: Math.ceil(Math.max(minimum, -9)), max: Math.min(maximum, 999) })
  return fc.oneof(fc.constantFrom(minimum, maximum), usual)
}

function listsOf({ items = {}, minItems = 0 }: JsonSchema, inner: Inner): fc.Arbitrary<unknown> {
  return fc.array(inner(items), { minLength: minItems, maxLength: minItems + 2 })
}

function textsOf({ format = '', pattern, minLength = 0, example }: JsonSchema, formats: Formats): fc.Arbitrary<string> {
  if (example !== undefined) return fc.constant(example)
  if (pattern?.includes('(?') === true) return fc.string().filter((text) => new RegExp(pattern, 'u').test(text))
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern, 'u'))
  return (
    formats[format] ??
    fc.oneof(fc.constantFrom('echo', 'default', 'x'), fc.string({ minLength, maxLength: minLength + 9 }))
  )
}

function objectsOf(schema: JsonSchema, inner: Inner): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties = true, propertyNames = { type: 'string' } } = schema
  const members = Object.entries(properties).filter(([name]) => name !== '$schema')
  const named = Object.fromEntries(members.map(([name, part]) => [name, inner(part)]))
  const known = fc.record(named, { requiredKeys: required.filter((name) => name in named) })
  if (additionalProperties === false) return known
  const others = fc.array(
    fc.tuple(
      inner({ type: 'string', ...propertyNames }).map(String),
      inner(additionalProperties === true ? {} : additionalProperties),
    ),
    { maxLength: 2 },
  )
  return fc.tuple(known, others).map(([own, more]) => ({ ...Object.fromEntries(more), ...own }))
}

const nested = (count: number, open: string, close: string): string => open.repeat(count) + close.repeat(count)

/** What no `JSON.stringify` writes, and what a reader may stumble over. */
const ODDITIES = [
  ...String.raw`1e400 -1e400 1e-400 -0 123456789012345678901234567890 0.1 -1 9007199254740993 1.0`.split(' '),
  ...String.raw`null true [] {} "" "\ud800" "\u0000" "<<" "1e400" "2026-13-45T99:99:99Z"`.split(' '),
  ...['"+275760-09-13T00:00:01Z"', '{"__proto__": {"evil": 1}}', '{"constructor": {"prototype": {"evil": 1}}}'],
  ...['{"toString": 1}', '{"": ""}', '{"a": 1, "a": 2}'],
  ...[nested(900, '[', ']'), nested(20_000, '[', ']'), nested(20_000, '{"a":', '}').replace(':}', ':1}')],
  ...[`"${'x'.repeat(50_000)}"`, `[${'0,'.repeat(3000)}0]`],
  `{${Array.from({ length: 2000 }, (_, at) => `"k${at}": ${at}`).join()}}`,
]

const MARK = '@odd@'

/** What only YAML can say. */
const YAML_ODDITIES =
  '&a [*a] | &a { b: *a } | &a { ? *a : 1 } | .inf | .nan | !!binary "AAAA" | { ? [a] : 1 } | !<x:y> z'.split(' | ')

/** JSON of a value in which some places hold something odd, mostly one; `isYaml`: what only YAML can say, too. */
export function textsWithOddities(values: fc.Arbitrary<unknown>, isYaml = false): fc.Arbitrary<string> {
  const odd = fc.constantFrom(...ODDITIES, ...(isYaml ? YAML_ODDITIES : []))
  const share = fc.double({ min: 0, max: 0.999, noNaN: true })
  const edit = fc.record({ picks: fc.array(share, { maxLength: 8 }), odd })
  const edits = fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 4, arbitrary: fc.array(edit, { minLength: 1, maxLength: 3 }) },
  )
  return fc.tuple(values, edits).map(([value, changes]) => {
    const marked = changes.reduce((whole, { picks }, at) => mark(whole, picks, `${MARK}${at}`), value)
    const text = JSON.stringify(marked)
    return changes.reduce((written, { odd }, at) => written.replace(`"${MARK}${at}"`, () => odd), text)
  })
}

/** The value with a mark in place of one of its parts; each pick says into which member to go. */
function mark(value: unknown, [pick, ...rest]: readonly number[], name: string): unknown {
  const members = typeof value === 'object' && value !== null ? Object.keys(value) : []
  const key = pick === undefined ? undefined : members[Math.floor(pick * members.length)]
  if (key === undefined) return name
  const changed = mark(Reflect.get(Object(value) as object, key), rest, name)
  return Array.isArray(value) ? value.with(Number(key), changed) : { ...(value as object), [key]: changed }
}

/** Files that are YAML and no JSON, with what only YAML can do. */
export const oddYaml = [
  ...YAML_ODDITIES,
  ...['a: &a\n  b: &b [*a, *b]\n', '? [a, b]\n: 1\n', '? { a: 1 }\n: { b: 2 }\n', '*nobody', '&a &b x'],
  'a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n',
  ...['!!js/function "x"', '!!set { a, b }', '!!omap [a: 1]', '!<tag:evil,2026:x> y', '!!int "x"'],
  ...['!!timestamp 2026-01-01', '--- a\n--- b\n', '%YAML 9.9\n---\na: 1\n', '%TAG ! evil\n---\n!x y\n'],
  ...[
    '\uFEFFa: 1',
    'a:\tb',
    '\ta: b',
    '"\\xZZ"',
    '"open',
    "'open",
    '[',
    '{',
    '- - - -',
    'a: .inf',
    'a: -.inf',
    'a: .nan',
  ],
  ...['a: 0x7fffffffffffffffffff', 'a: 1e400', 'a: 0o777', 'a: 1_000', 'heartbeat_ttl_seconds: .inf', '<<: { a: 1 }'],
  ...['<<: *a', 'a: &a { <<: *a }', '? \n: \n', ': ', '- ? : -', '|', '>9\n x', '\u0000', '\u2028', '#', '---', '...'],
  ...['~', '', nested(20_000, '[', ']'), nested(5000, '{ a: ', '}'), '- '.repeat(20_000), `${'? '.repeat(5000)}x`],
  Array.from({ length: 3000 }, (_, at) => `${' '.repeat(at)}a:`).join('\n'),
]
