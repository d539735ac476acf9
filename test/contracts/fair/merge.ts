// The deep merge of checklists, as the rules describe it.

/** Below this depth the new value replaces the old one. */
const DEEPEST = 10

/** What a patch makes of a checklist. */
export function merged(before: unknown, patch: unknown, depth = 0): unknown {
  if (!isObject(before) || !isObject(patch) || depth > DEEPEST) return patch
  const result: Record<string, unknown> = { ...before }
  for (const [name, value] of Object.entries(patch)) result[name] = merged(result[name], value, depth + 1)
  return result
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
