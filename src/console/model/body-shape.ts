/** Looks at values that came from outside before they are used as what they should be. */

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Whether a value is an object and no list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A member of a value; undefined when there is none. */
export function memberOf(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

/** A member that is a text; '' otherwise. */
export function textOf(value: unknown, name: string): string {
  const member = memberOf(value, name)
  return typeof member === 'string' ? member : ''
}

/** A member that is a list of objects; empty otherwise. */
export function listOf(value: unknown, name: string): readonly JsonObject[] {
  const member: unknown = memberOf(value, name)
  return Array.isArray(member) ? member.filter(isObject) : []
}

/** The names of members that tell one answer of the admin API from any other. */
export function hasMembers(value: unknown, ...names: readonly string[]): boolean {
  return isObject(value) && names.every((name) => Object.hasOwn(value, name))
}
