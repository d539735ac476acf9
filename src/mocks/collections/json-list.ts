/** Lists that come as JSON text in a query parameter. */

/** A JSON array; undefined for anything else. */
export function parseList(text: unknown): unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(String(text))
    return Array.isArray(value) ? Array.from<unknown>(value) : undefined
  } catch {
    return undefined
  }
}
