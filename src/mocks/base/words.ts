/** Small pieces of text and of objects that refusals and wire forms are made of. */

/** `{ [key]: value }`, or nothing when there is no value: the API leaves fields out rather than sending null. */
export function perhaps<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { [K in Key]?: Exclude<Value, undefined> } {
  const built: { [K in Key]?: Exclude<Value, undefined> } = {}
  if (isPresent(value)) built[key] = value
  return built
}

function isPresent<Value>(value: Value | undefined): value is Exclude<Value, undefined> {
  return value !== undefined
}

/** How long ago something was, rounded for people. */
export function ago(ms: number): string {
  const seconds = Math.max(ms, 0) / 1000
  if (seconds < 90) return `${Number(seconds.toFixed(1))} s ago`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`
  return `${Math.round(seconds / 3600)} h ago`
}
