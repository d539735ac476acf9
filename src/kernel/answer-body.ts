/** What the text of an answer means, by its media type. */
import { parseJson } from './json-text.js'

/** Media type of a list that comes item by item: lines of JSON, each closed by CRLF. */
export const STREAM = 'application/octet-stream'

/** What the body of an answer means; undefined for what cannot be read. */
export function readBody(headers: Readonly<Record<string, string>>, text: string, status: number): unknown {
  // A stream that is refused is one document, whatever its media type says.
  if (!isOfMedia(headers, STREAM) || status >= 400) return parseJson(text)
  const lines = text.split('\r\n').filter((line) => line !== '')
  const items = lines.map(parseJson)
  return items.includes(undefined) ? undefined : items
}

export function isOfMedia(headers: Readonly<Record<string, string>>, media: string): boolean {
  const [essence = ''] = (headers['content-type'] ?? '').split(';', 1)
  return essence.trim().toLowerCase() === media
}
