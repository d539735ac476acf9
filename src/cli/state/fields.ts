/** Objects that were read from a file: members by name, of which nothing is known yet. */

export interface Fields {
  readonly [name: string]: unknown
}

/** Whether a value is an object with members. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
