// Narrowing of values that came from outside, parsed JSON and YAML above all: nothing here knows what they are about.

/** A JSON object whose members have not been looked at yet. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Whether a value is a JSON object (no array, no null). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value when it is an object, else an empty one. */
export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {}
}

/** The value when it is a list, else an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The value when it is a string, else undefined. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** The strings in a list, in order; anything else in it is left out. */
export function textsOf(value: unknown): readonly string[] {
  return listOf(value).filter((member) => typeof member === 'string')
}

/** The objects in a list, in order; none for anything else. */
export function objectsOf(value: unknown): readonly JsonObject[] {
  return listOf(value).filter(isObject)
}

/** A member of an object; undefined when it is missing. */
export function memberOf(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

/** A member that is a text; '' when it is missing. */
export function textAt(value: unknown, name: string): string {
  return textOf(memberOf(value, name)) ?? ''
}

/** The objects in a member that is a list; none when there is no list. */
export function objectsAt(value: unknown, name: string): readonly JsonObject[] {
  return objectsOf(memberOf(value, name))
}

/** Whether two JSON values are equal, in whatever order their members stand; 0 is not -0. */
export function isSameJson(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((member, at) => isSameJson(member, other[at]))
  if (!isObject(one) || !isObject(other)) return false
  const names = Object.keys(one)
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isSameJson(one[name], other[name]))
  )
}

/** JSON text with the members of every object sorted, so that equal values have equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    isObject(member)
      ? Object.fromEntries(Object.entries(member).sort(([left], [right]) => (left < right ? -1 : 1)))
      : member,
  )
}

/**
 * Where a JSON pointer leads: a holder and the name or number of its member; undefined for the root, and for nowhere.
 */
export function placeAt(root: unknown, pointer: string): { readonly parent: object; readonly key: string } | undefined {
  const keys = pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
  const last = keys.pop()
  let parent = root
  for (const key of keys) parent = typeof parent === 'object' && parent !== null ? Reflect.get(parent, key) : undefined
  return last === undefined || typeof parent !== 'object' || parent === null ? undefined : { parent, key: last }
}
