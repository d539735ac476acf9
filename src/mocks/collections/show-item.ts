/** How the entries of a page go out: without the fields that are not wanted, and cut where that is wanted. */
import type { CollectionQuery } from '../../generated/collection-queries.js'
import type { Entry } from '../world/collection.js'

/** Characters of a value's JSON that stay. */
const LONGEST = 10_001

const IMAGE = /data:image\/[\w.+-]+;base64,[\w+/=]+/g

/** What is done to each entry. */
export function createShow(
  { truncate }: CollectionQuery,
  exclude: readonly string[],
  isCut: boolean,
): (entry: Entry) => Entry {
  if (exclude.length === 0 && !isCut) return (entry) => entry
  return (entry) => {
    const fields = Object.entries(entry).filter(([name]) => !exclude.includes(name))
    if (!isCut) return Object.fromEntries(fields)
    return Object.fromEntries(
      fields.map(([name, value]) => {
        if (truncate.text.includes(name)) return [name, cut(value, LONGEST)]
        return [name, truncate.images.includes(name) ? cut(value, Infinity) : value]
      }),
    )
  }
}

/** A value without its images; its text, cut, when that is too long. */
function cut(value: unknown, longest: number): unknown {
  const text = JSON.stringify(value)
  const plain = text.replaceAll(IMAGE, '[image]')
  if (plain.length > longest) return plain.slice(0, longest)
  return plain === text ? value : JSON.parse(plain)
}
