/** Parts of requests and answers as values: members, queries, JSON. Nothing here knows the API. */

/** The members of an object, none for anything else. */
export function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** The members that are text. */
export function toTexts(value: unknown): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const [name, member] of Object.entries(toRecord(value))) {
    if (typeof member === 'string') texts[name] = member
  }
  return texts
}

/** A query as it is sent, with its question mark; empty for none. */
export function toSearch(query: Readonly<Record<string, unknown>>): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.append(name, typeof value === 'string' ? value : JSON.stringify(value))
  }
  return search.size === 0 ? '' : `?${search.toString()}`
}

/** What a text of JSON means; undefined for any other text. */
export function parseJson(text: string): unknown {
  if (text === '') return undefined
  try {
    const parsed: unknown = JSON.parse(text)
    return parsed
  } catch {
    return undefined
  }
}
