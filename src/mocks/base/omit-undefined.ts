/** Leaves fields without a value out, as the API does. */

/** Those of the fields that have a value: the API leaves fields out rather than sending null. */
export function omitUndefined<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  const left: { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } = {}
  for (const name in fields) {
    const value = fields[name]
    if (isPresent(value)) left[name] = value
  }
  return left
}

function isPresent<Value>(value: Value | undefined): value is Exclude<Value, undefined> {
  return value !== undefined
}
