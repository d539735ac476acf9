// What a flaw of a document is, and how a walk through a document keeps track of its place.
import { objectOf } from './json-value.js'

/** Kinds of flaws, with what each means for a reader. */
export const flawMeanings = {
  'pattern syntax': 'no ECMAScript pattern; validators refuse the schema or skip the check',
  'header without schema': 'its type is left open; not compared',
  'parameter without schema': 'its type is left open; not compared',
  'response without description': 'required by OpenAPI; some tools drop the response',
  'nullable without effect': 'means nothing at that place; read as meant: null is admitted',
  'dangling reference': 'points to nothing; not compared',
  'outside reference': 'points out of the document; not followed, not compared',
  'circular reference': 'defined by itself, with no field or item in between; that much of it was not compared',
  'duplicate operationId': 'told apart by method and path',
  'duplicate path': 'differs from another path in parameter names alone; the first was compared',
  'path parameter': 'the path and its declared parameters disagree',
  'missing responses': 'required by OpenAPI',
  'unknown status': 'neither a status, a range such as 4XX, nor default',
  'malformed part': 'of the wrong JSON type; read as absent',
  'unknown type': 'no type of JSON Schema',
} as const

/** What kind of flaw. */
export type FlawKind = keyof typeof flawMeanings

/** One flaw of a document. */
export interface Flaw {
  readonly kind: FlawKind
  /** The place in words, such as `createJob response 201 header Location`. */
  readonly where: string
  /** JSON pointer to the place. */
  readonly pointer: string
  /** What stands there, where that says more than the place. */
  readonly found?: string
}

/** A part of a document on a walk, with its place. */
export interface Place {
  readonly value: unknown
  readonly where: string
  readonly pointer: string
}

/** Makes a flaw at a place. */
export function flawAt({ where, pointer }: Place, kind: FlawKind, found?: string): Flaw {
  return { kind, where, pointer, ...(found === undefined ? {} : { found }) }
}

/** The place one step further in, named by `where`. */
export function stepInto(place: Place, step: string | number, where: string): Place {
  const segment = String(step).replaceAll('~', '~0').replaceAll('/', '~1')
  const value: unknown = Array.isArray(place.value) ? place.value[Number(step)] : objectOf(place.value)[step]
  return { value, where, pointer: `${place.pointer}/${segment}` }
}

/** The places of an object's members. */
export function membersOf(place: Place, nameOf: (member: string) => string): readonly Place[] {
  return Object.keys(objectOf(place.value)).map((member) => stepInto(place, member, nameOf(member)))
}
