/**
 * Shapes of data that came from outside: each judges one value and names every place where it is not what was expected.
 * A table with one shape for each member of a type keeps the two in step.
 */

/** Keys from the root of a document to a value in it. */
export type Place = readonly (string | number)[]

/** Something wrong in a document. */
export interface ShapeProblem {
  /** Where: `['runners', 0, 'name']`. */
  readonly path: Place
  readonly value: unknown
  /** A phrase that continues "expected ...". */
  readonly expected: string
}

/** A problem as a sentence. */
export function describeShapeProblem({ path, value, expected }: ShapeProblem): string {
  return `${placeOf(path)} cannot be ${show(value)}: expected ${expected}.`
}

/** Where something is, for people: `'runners[0].name'`. */
export function placeOf(path: Place): string {
  const place = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('')
  return place === '' ? 'The whole' : `'${place.replace(/^\./, '')}'`
}

/** A value for people, cut when it is long. */
export function show(value: unknown): string {
  const written = value === undefined ? 'left out' : typeof value === 'function' ? 'a function' : JSON.stringify(value)
  return written.length > 80 ? `${written.slice(0, 77)}...` : written
}

/** Judges a value that stands at a place; an empty list when it is right. */
export type Shape = (value: unknown, path: Place) => ShapeProblem[]

/** A value that a test accepts. */
export function is(expected: string, accepts: (value: unknown) => boolean): Shape {
  return (value, path) => (accepts(value) ? [] : [{ path, value, expected }])
}

export function oneOf(...values: readonly string[]): Shape {
  return is(`one of ${values.join(', ')}`, (value) => typeof value === 'string' && values.includes(value))
}

/** One of two forms, told apart by a test. */
export function either(isFirst: (value: unknown) => boolean, first: Shape, second: Shape): Shape {
  return (value, path) => (isFirst(value) ? first : second)(value, path)
}

export function listOf(shape: Shape, what: string): Shape {
  return (value, path) => {
    if (!Array.isArray(value)) return [{ path, value, expected: `a list of ${what}` }]
    return value.flatMap((item: unknown, at) => shape(item, [...path, at]))
  }
}

export function mapOf(shape: Shape, what: string, key?: Shape): Shape {
  return (value, path) => {
    if (!isObject(value)) return [{ path, value, expected: `${what} by name` }]
    return Object.entries(value).flatMap(([name, item]) => {
      const place = [...path, name]
      return [...(key?.(name, place) ?? []), ...shape(item, place)]
    })
  }
}

/** An object with these members and no others. */
export function members(shapes: Readonly<Record<string, Shape>>, needed: readonly string[] = []): Shape {
  const known = Object.keys(shapes).join(', ')
  return (value, path) => {
    if (!isObject(value)) return [{ path, value, expected: `an object with some of ${known}` }]
    const missing = needed.filter((name) => value[name] === undefined)
    return [
      ...missing.map((name) => ({ path: [...path, name], value: undefined, expected: `a value: '${name}' is needed` })),
      ...Object.entries(value).flatMap(([name, member]) => {
        if (member === undefined) return []
        const place = [...path, name]
        const shape = Object.hasOwn(shapes, name) ? shapes[name] : undefined
        return shape?.(member, place) ?? [{ path: place, value: member, expected: `one of the fields ${known}` }]
      }),
    ]
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export const anything: Shape = () => []
export const object = is('an object', isObject)
export const text = is('a text', (value) => typeof value === 'string')
export const name = is('a text that is not blank', (value) => typeof value === 'string' && value.trim() !== '')
export const flag = is('true or false', (value) => typeof value === 'boolean')

/** A whole number within bounds, both included. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER): Shape {
  const bounds = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`
  return is(
    `a whole number ${bounds}`,
    (value) => Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most,
  )
}

/** A number within bounds, both included. */
export function number(least: number, most: number): Shape {
  return is(
    `a number from ${least} to ${most}`,
    (value) => typeof value === 'number' && value >= least && value <= most,
  )
}
